"""Names with a slip of the pen or of a scanner: one half of a name is right, the other is one edit away.

There is no index of misspellings: an unknown capitalised word is compared only with the forenames that occur under
the surname beside it, or the surnames that occur with the forename beside it, so the work stays small.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rapidfuzz.distance import OSA

from mailguard.recognise.fold import Words
from mailguard.recognise.index import PARTICLES, Index, Scope
from mailguard.recognise.names import Mark, NameHit, joint_of
from mailguard.recognise.partial import short_for

_SHORTEST = 4
_LONG = 8
_SCANNER = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("ii", "u"), ("ri", "n"))


def slips(
    index: Index, scope: Scope, words: Words, marks: Sequence[Mark], found: Sequence[NameHit]
) -> Iterator[NameHit]:
    """Yield names of which one half is misspelt, next to marks that no full name has used."""
    used = {n for hit in found for mark in (hit.given, hit.family) if mark for n in range(mark.first, mark.last + 1)}
    ordinary = index.lexicon.everyday
    for mark in marks:
        if mark.first in used or mark.key in ordinary or len(mark.key) < 3 or not words.capital(mark.first):
            continue
        for place in (mark.last + 1, mark.first - 1):
            if not 0 <= place < len(words) or place in used:
                continue
            key = words.keys[place]
            if len(key) < _SHORTEST or key in ordinary or key in PARTICLES or not words.capital(place):
                continue
            other = Mark(place, place, key, mark.column, mark.cell)
            yield from _beside(index, scope, words, mark, other)


def _beside(index: Index, scope: Scope, words: Words, mark: Mark, other: Mark) -> Iterator[NameHit]:
    left, right = (mark, other) if mark.first < other.first else (other, mark)
    joint = joint_of(words, left, right)
    token = index.tokens.get(mark.key)
    if joint is None or token is None:
        return
    spans = ((words.starts[left.first], words.ends[right.last]),)
    order = "comma" if joint in ("comma", "csv") else "given-first"
    if index.family_count[token] and (other is left) == (order == "given-first"):
        persons = _near(index, other.key, index.givens_under(token, scope), True)
        if persons:
            yield NameHit(spans, other, mark, persons, "typo", order)
    if index.given_count[token] and (other is right) == (order == "given-first"):
        persons = _near(index, other.key, index.families_under(token, scope), False)
        if persons:
            yield NameHit(spans, mark, other, persons, "typo", order)


def _near(index: Index, key: str, tokens: dict[int, list[int]], given: bool) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for token, persons in tokens.items():
        if one_slip(key, index.words[token]) or (given and short_for(key, index.words[token])):
            found.update(dict.fromkeys(persons))
    return tuple(found)


def one_slip(left: str, right: str) -> bool:
    """Return whether two different words are one edit apart (two in long words), or alike to a scanner."""
    if left == right or len(right) < _SHORTEST or abs(len(left) - len(right)) > 2:
        return False
    if left + "s" == right or right + "s" == left:
        return False  # Park and Parks are two families
    allowed = 2 if min(len(left), len(right)) >= _LONG else 1
    if OSA.distance(left, right, score_cutoff=allowed) <= allowed:
        return left[0] == right[0] or left[1:3] == right[1:3]
    return _scanned(left) == _scanned(right)


def _scanned(word: str) -> str:
    for seen, meant in _SCANNER:
        word = word.replace(seen, meant)
    return word
