"""How strongly a name or a fact speaks for a pupil, in bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import log2
from operator import attrgetter
from typing import NamedTuple

from mailguard.model import EvidenceKind, Pupil
from mailguard.recognise import weights
from mailguard.recognise.facts import Fact
from mailguard.recognise.fold import Words, name_parts
from mailguard.recognise.index import PARTICLES, Index, Scope
from mailguard.recognise.names import Mark, NameHit

_HANGS_ON = frozenset({" ", "\n", "-", "_", "\u00a0", "‐", "-\n"})
_HANGING = 3
_TOLD_APART = frozenset({"initials", "addressed", "roster", "narrowed", "sibling", "home"})
"""Ways of naming whose worth is told with the name, whichever pupil is meant."""
_SURE = {
    **dict.fromkeys((EvidenceKind.UPN, EvidenceKind.ULN, EvidenceKind.NHS, EvidenceKind.UCI), weights.DECISIVE),
    **dict.fromkeys((EvidenceKind.ADMISSION, EvidenceKind.CANDIDATE), weights.LABELLED_NUMBER),
    **dict.fromkeys((EvidenceKind.PHONE, EvidenceKind.EMAIL), weights.SURE_HOME),
}
"""What facts are worth that are decisive, or nearly certain."""
_PLACE_BEFORE = frozenset(
    {"in", "on", "at", "the", "near", "this", "every", "next", "last", "our", "by", "until", "since"}
)


def prior(scope: Scope) -> float:
    """Return the bits of a pupil before any evidence: one of N pupils and of the outsiders."""
    return -log2(max(scope.pupils, 1) * weights.OUTSIDERS + 1)


def rarity(index: Index, key: str, given: bool, how: str = "exact") -> float:
    """Return -log2 of the share of pupils with this forename or surname token (the term's frequency)."""
    counts, tokens = index.given_count if given else index.family_count, index.tokens
    if how == "variant":
        groups = [f"~{group}" for group in index.lexicon.variants.get(key, ())]
        owners = sum(counts[tokens[group]] for group in groups if group in tokens)
    else:
        owners = counts[tokens[key]] if key in tokens else 0
    return -log2((owners + 1) / (index.pupil_count + 2))


def name_bits(index: Index, words: Words, hit: NameHit) -> float:
    """Return the bits of a name in its text, whoever of the persons is meant."""
    if hit.how == "initials":
        return 2 * weights.INITIAL
    if hit.how in ("narrowed", "sibling", "home"):
        return 0.0  # what it is worth is told with it
    if hit.how == "roster":
        return -prior(index.everybody) + weights.ROSTER - log2(len(hit.persons))
    if hit.how == "addressed" and hit.given and hit.family:
        pair = rarity(index, hit.given.key, True) + rarity(index, hit.family.key, False)
        return pair + weights.ADDRESSED
    bits = weights.between(hit.between)
    if hit.how == "variant":
        bits += weights.VARIANT
    elif hit.how == "typo":
        wrong = next((m for m in (hit.given, hit.family) if m and m.key not in index.tokens), hit.family or hit.given)
        bits += weights.TYPO if wrong and len(wrong.key) > 5 else weights.SHORT_TYPO
    if hit.order == "family-first":
        bits += weights.FAMILY_FIRST
    elif hit.order == "hyphen" and not words.file:
        bits += weights.HYPHEN
    ordinary = index.lexicon.ordinary
    common = marks = 0
    for mark, given in ((hit.given, True), (hit.family, False)):
        if mark is None:
            continue
        marks += 1
        bits += _mark_bits(index, hit, mark, given)
        if not words.capital(mark.first) and not words.file:
            everyday = mark.key in index.lexicon.everyday
            bits += weights.ORDINARY_LOWER if everyday else weights.LOWER_CASE * (2 if mark.key in ordinary else 1)
        common += mark.key in index.lexicon.everyday
    if common:
        bits += _phrase_bits(words, hit) if common == marks == 2 else weights.EVERYDAY_WORD
    if marks == 2 and _thing_follows(index, words, hit):
        bits += weights.PLACE_AFTER
    return bits


def _phrase_bits(words: Words, hit: NameHit) -> float:
    """Two everyday words: what their place in the text makes of them."""
    if hit.order in ("cells", "comma") or words.file:
        return weights.PHRASE_ALONE
    return weights.PHRASE if starts_phrase(words, hit) else _within(words, hit)


def _within(words: Words, hit: NameHit) -> float:
    text = words.text
    line = text[text.rfind("\n", 0, hit.start) + 1 : hit.start] + text[hit.end :].partition("\n")[0]
    return weights.PHRASE_ALONE if len(line.strip(" .,;:|-•*0123456789()")) < 4 else weights.PHRASE_WITHIN


def starts_phrase(words: Words, hit: NameHit) -> bool:
    """Return whether a name begins a sentence that goes on, or stands in a heading written with capitals."""
    text = words.text
    before = text[max(0, hit.start - 60) : hit.start].rpartition("\n")[2].rstrip(" \"'“‘*_>")
    after = text[hit.end : hit.end + 60].partition("\n")[0].strip(" *_")
    follows = after[:1].isalpha()
    if (not before or before[-1] in ".!?") and follows:
        return True
    rest = [word for word in (before + " " + after).split() if len(word) > 3 and word[0].isalpha()]
    return bool(rest) and follows and all(word[0].isupper() for word in rest)


def _mark_bits(index: Index, hit: NameHit, mark: Mark, given: bool) -> float:
    if len(mark.key) == 1 and hit.how == "partial":
        return weights.INITIAL
    if mark.key not in index.tokens and hit.how == "typo":
        pupil = index.pupils[hit.persons[0]]
        parts = name_parts(pupil.forename if given else pupil.surname)
        return min((rarity(index, part, given) for part in parts), default=0.0)
    return rarity(index, mark.key, given, hit.how if given else "exact")


def _thing_follows(index: Index, words: Words, hit: NameHit) -> bool:
    assert hit.given is not None
    assert hit.family is not None
    after = max(hit.given.last, hit.family.last) + 1
    if (
        hit.order == "cells"
        or after >= len(words)
        or words.keys[after] not in index.lexicon.things
        or not words.capital(after)
    ):
        return False
    return words.gap(after - 1) == " "


class _Names(NamedTuple):
    """A pupil's names folded: `parts` of the forename and these `joined`, those and the preferred one's as `forenames`,
    `own` with the `middles`; the parts of each surname, and of all of them as `family`."""

    parts: tuple[str, ...]
    joined: str
    forenames: frozenset[str]
    middles: tuple[str, ...]
    own: frozenset[str]
    families: tuple[tuple[str, ...], ...]
    family: frozenset[str]


_Key = tuple[str, str, str, str, str, str]
_key_of: Callable[[Pupil], _Key] = attrgetter(
    "forename", "preferred_forename", "middle_names", "surname", "preferred_surname", "former_surname"
)


@lru_cache(maxsize=1 << 10)
def _names_of(forename: str, preferred: str, middle: str, *surnames: str) -> _Names:
    parts, other, middles = name_parts(forename), name_parts(preferred), name_parts(middle)
    middles = (*middles, "".join(middles))
    forenames = frozenset({*parts, *other, "".join(parts), "".join(other)})
    families = tuple(name_parts(name) for name in surnames if name)
    family = frozenset(part for parts in families for part in parts)
    own = forenames if forenames.issuperset(middles) else forenames.union(middles)
    return _Names(parts, "".join(parts), forenames, middles, own, families, family)


def namesake_bits(index: Index, words: Words, hit: NameHit, pupils: Sequence[int]) -> list[float]:
    """Return for each of the pupils of a name the further bits: which of the pupil's names the words are, and whether
    the words around fit. Those whose names are the same get the same; it is reckoned once."""
    if hit.given is None or hit.family is None or hit.how in _TOLD_APART:
        return [0.0] * len(pupils)
    known: dict[_Key, float] = {}
    found = []
    for person in pupils:
        key = _key_of(index.pupils[person])
        bits = known.get(key)
        if bits is None:
            bits = known[key] = _fit(index, words, hit, _names_of(*key))
        found.append(bits)
    return found


def _fit(index: Index, words: Words, hit: NameHit, names: _Names) -> float:
    assert hit.given is not None
    assert hit.family is not None
    bits = 0.0
    given = hit.given.key
    own = names.own
    if hit.how == "exact" and given in names.middles and given not in names.forenames:
        bits += weights.MIDDLE_NAME
        # A second middle name is no further reason to take the first for what the pupil is called.
        own = names.forenames
    near = _run(words, min(hit.given.first, hit.family.first), max(hit.given.last, hit.family.last))
    bits += _family_fit(hit.family.key, names.families, near)
    if others := own & near - {given, hit.family.key, names.joined}:
        bits += sum(min(weights.EXTRA_NAME, rarity(index, part, True)) for part in others if len(part) > 1)
    if len(names.parts) > 1 and given in names.parts and not near.issuperset(names.parts):
        bits += weights.HALF_BARREL
    return bits + _neighbours(index, words, hit, names)


def _run(words: Words, first: int, last: int) -> set[str]:
    """Return the words of a name and those that hang on to it at either end: capitalised ones and particles."""
    low, high = first, last
    small = not words.capital(first)
    while low and first - low < _HANGING and words.gap(low - 1) in _HANGS_ON and _hangs(words, low - 1, small):
        low -= 1
    while (
        high + 1 < len(words)
        and high - last < _HANGING
        and words.gap(high) in _HANGS_ON
        and _hangs(words, high + 1, small)
    ):
        high += 1
    return set(words.keys[low : high + 1])


def _hangs(words: Words, place: int, small: bool) -> bool:
    return small or words.capital(place) or words.file or words.keys[place] in PARTICLES


def _family_fit(key: str, families: Sequence[tuple[str, ...]], near: set[str]) -> float:
    """A surname of several parts should stand there whole; one half is possible."""
    best = weights.HALF_BARREL
    for parts in families:
        if key in ("".join(parts), "".join(parts[1:])) or (key in parts and set(parts) - PARTICLES <= near):
            best = max(best, 0.0 if len(parts) == 1 else 2.0)
    return best


def _neighbours(index: Index, words: Words, hit: NameHit, names: _Names) -> float:
    """Words beside the name that are other people's names: another forename before, another surname after."""
    assert hit.given is not None
    assert hit.family is not None
    if hit.order in ("cells", "family-first"):
        return 0.0
    bits = 0.0
    left, right = (hit.given, hit.family) if hit.given.first < hit.family.first else (hit.family, hit.given)
    for place, gap_at, inside in ((left.first - 1, left.first - 1, left), (right.last + 1, right.last, right)):
        if not 0 <= place < len(words) or not words.capital(place):
            continue
        gap, key = words.gap(gap_at), words.keys[place]
        if key in names.own or key in names.family or key in PARTICLES or len(key) < 2 or key in index.lexicon.ordinary:
            continue
        if gap == "-":
            bits += weights.OTHER_HALF
        elif gap == " " and (token := index.tokens.get(key)) is not None:
            counts = index.given_count if inside is hit.given else index.family_count
            if counts[token]:
                bits += weights.NEIGHBOUR
    return bits


def _is_family(index: Index, key: str) -> bool:
    token = index.tokens.get(key)
    return token is not None and index.family_count[token] > 0


def full_name(index: Index, words: Words, hit: NameHit) -> bool:
    """Return whether the hit is a full, plainly written name, which is at least a mention however common it is."""
    if hit.how != "exact" or hit.given is None or hit.family is None:
        return False
    if hit.order == "family-first" or (hit.order == "hyphen" and not words.file):
        return False
    everyday = index.lexicon.everyday
    first, last = pair = (hit.given, hit.family)
    for mark in pair:
        if (mark.key in everyday or len(mark.key) < 3) and not words.capital(mark.first):
            return False
    if first.first > last.first:
        first, last = last, first
    inner = words.keys[first.last + 1 : last.first]
    if inner and hit.order != "cells" and any(_is_family(index, key) for key in inner):
        return False
    if hit.order == "given-first" and hit.given.key in everyday and hit.family.key in everyday:
        before = words.keys[first.first - 1] if first.first else ""
        if starts_phrase(words, hit) or before in _PLACE_BEFORE:
            return False
    return not _thing_follows(index, words, hit)


def fact_bits(index: Index, scope: Scope, fact: Fact) -> float:
    """Return the bits of a fact for each pupil who has the value: decisive, nearly certain, or the value's rarity."""
    sure = _SURE.get(fact.kind)
    if sure is not None:
        return sure
    rare = log2(max(scope.pupils, 200) / max(len(fact.persons), 1))
    if fact.kind is EvidenceKind.DOB and not fact.labelled:
        rare += weights.UNLABELLED_DATE
    return rare if rare > 0.0 else 0.0
