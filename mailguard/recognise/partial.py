"""Half a name with a second clue: forename and class, surname and date of birth, initials and class, the twins.

A forename alone says nothing; together with a value that few pupils share it names one of them. The search starts at
the value: its owners are few, and each is asked whether half of his or her name stands near.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from mailguard.model import EvidenceKind, Pupil
from mailguard.recognise.context import Surroundings
from mailguard.recognise.facts import Fact
from mailguard.recognise.fold import Words, fold, name_parts
from mailguard.recognise.index import PARTICLES, Index, Scope
from mailguard.recognise.names import Mark, NameHit
from mailguard.recognise.roles import titled
from mailguard.recognise.strength import name_label

_REACH = {EvidenceKind.CLASS: 30, EvidenceKind.DOB: 160}
_OTHER_REACH = 220
_INITIALS_REACH = 40
_LONGEST_LABEL = 40
_MOST_WORDS = 2
_BROKEN = 40
"""A line as long as this that ends within a sentence was broken by a mail program."""
_TWO_LETTERS = "GP PE ID UK TA HT AM PM IT RE PP MP NB PS DT CP OK KS EP TV PC LA YR"
_SMALL_WORDS = "AT TO IN ON OF IS IT NO SO WE HE BY OR IF AS AN BE DO GO ME MY UP US"
_ABBREVIATIONS = frozenset(_TWO_LETTERS.split())
_WORDS = frozenset(_SMALL_WORDS.split())
_ENDING = re.compile(r"(?:(?P<twin>[b-df-hj-np-tv-z])(?P=twin))?(?:ie|ey|ee|y|i|s|o|a)$")
_SHORTEST_STEM = 3
_CAPITAL = (
    "[" + "".join(letter for letter in map(chr, (*range(0x250), *range(0x1E00, 0x1F00))) if letter.isupper()) + "]"
)
INITIALS = re.compile(rf"(?<![\w.'’&])({_CAPITAL})(?:\.?[ \u00a0]?|\.\r?\n)({_CAPITAL})(?:\.(?![^\W\d_])|(?![\w.'’&]))")
"""Two initials, on two lines if need be; not two of the three letters of "M.O.T."."""
_TO_CLASS = re.compile(r"[\s(,\[–-]{0,3}(?:(?:in|of|from|class|form|year|yr|group)\s+)*[\s(\[]?", re.IGNORECASE)
_YEAR_WORDS = frozenset({"reception", "nursery", "class", "form", "year", "yr"})
_NO_LETTER = frozenset("\u25a0\u25a1\u25af\ufffd")
"""What stands in a document for a letter that its font did not have."""
_FAMILY_WORDS = frozenset(
    {"twins", "triplets", "siblings", "brothers", "sisters", "boys", "girls", "children", "kids", "family"}
)
_BORN_TOGETHER = frozenset({"twins", "triplets"})
_NAMED_AFTER = (" ", ": ", " - ", ", ", " (")
_ALL_OF = frozenset({"the", "both", "two", "three", "four", "all", "those", "these", "our"})
_MOST_OF_FAMILIES = 8


def half_label(around: Surroundings, at: int, words: Words, mark: Mark) -> str:
    """Return "given" or "family" where a word is the value of the label of a forename or surname, on its line or, alone
    on its own, on the one above; else "".

    "Name" is the label of a forename only where its value is one word: a surname has a label of its own then."""
    text = around.segments[at].text
    start, end = words.starts[mark.first], words.ends[mark.last]
    gap = text[max(0, start - 3) : start]
    first = not gap or gap.endswith("\n")
    if not first and gap.rstrip(" \u00a0")[-1:] not in (":", "\t", ".") and not gap.endswith("  "):
        return ""
    low, high = around.line(at, start, end)
    rest = text[end:high].split()
    alone = len(rest) <= _MOST_WORDS
    if first:
        above = next(around.lines_before(at, low), "") if alone else ""
        label = name_label(above.strip(" *_:") + ":") if 0 < len(above) < _LONGEST_LABEL else ""
    else:
        label = name_label(text[low:start])
    if label == "name":
        return "given" if not rest else ""
    return label


def halves(pupil: Pupil) -> tuple[frozenset[str], frozenset[str]]:
    """Return the folded words of a pupil's forenames and of the surnames."""
    given, family = (pupil.forename, pupil.preferred_forename), (pupil.surname, pupil.preferred_surname)
    return _halves(given, family, pupil.former_surname, pupil.aliases)


@lru_cache(maxsize=1 << 11)  # by the names alone: to hash all two dozen fields of a pupil takes longer than to look
def _halves(
    forenames: tuple[str, str], surnames: tuple[str, str], former: str, aliases: tuple[str, ...]
) -> tuple[frozenset[str], frozenset[str]]:
    given = {*name_parts(forenames[0]), *name_parts(forenames[1]), fold(forenames[0].replace(" ", ""))}
    family = {*name_parts(surnames[0]), *name_parts(surnames[1]), "".join(name_parts(surnames[0]))}
    family.update(name_parts(former))
    for alias in aliases:
        given.update(name_parts(alias)[:1])
    return frozenset(given), frozenset(family)


def partials(
    index: Index, text: str, words: Words, fact: Fact, marks: Sequence[Mark], taken: set[int]
) -> Iterator[NameHit]:
    """Yield the owners of a fact of whose names one half, or the initials, stands near it. `taken` are words that
    belong to full names or addresses already."""
    reach = _REACH.get(fact.kind, _OTHER_REACH)
    near = [
        mark
        for mark in marks
        if mark.first not in taken
        and -reach < words.starts[mark.first] - fact.end < reach
        and fact.start - words.ends[mark.last] < reach
        and (words.capital(mark.first) or mark.key not in index.lexicon.ordinary)
        and not (fact.kind is EvidenceKind.CLASS and _lines_apart(text, words, mark, fact))
    ]
    variants = index.lexicon.variants
    for person in fact.persons if near else ():  # a class has many, and most text about it names none of them
        given, family = halves(index.pupils[person])
        groups = {group for name in given for group in variants.get(name, ())}
        for mark in near:
            span = ((words.starts[mark.first], words.ends[mark.last]),)
            if continued(index, words, mark, given, family):
                continue
            if fact.kind is EvidenceKind.CLASS and mark.key in given and goes_on(index, words, mark, given, family):
                continue
            if mark.key in given:
                yield NameHit(span, mark, None, (person,), "partial")
            elif mark.key in family and not after_title(words, mark):
                if fact.kind is EvidenceKind.CLASS and follows(words, whole_word(words, mark), given | family):
                    continue
                yield _with_initial(index, words, mark, person, span)
            elif not groups.isdisjoint(variants.get(mark.key, ())):
                yield NameHit(span, mark, None, (person,), "partial")
    if fact.kind is EvidenceKind.DOB:
        yield from _diminutives(index, words, fact, taken)
    yield from _initials(index, text, fact)


def _lines_apart(text: str, words: Words, mark: Mark, fact: Fact) -> bool:
    """Return whether a line ends between a half name and a class; `narrowed` asks who else may be meant there."""
    start, end = words.starts[mark.first], words.ends[mark.last]
    return text.find("\n", *((end, fact.start) if end <= fact.start else (fact.end, start))) >= 0


def whole_word(words: Words, mark: Mark) -> Mark:
    """Return a mark with the words that hyphens join to it, so that "Osei" of "Addo-Osei" stands where that does."""
    first, last = mark.first, mark.last
    while first and words.gap(first - 1) == "-" and words.capital(first - 1):
        first -= 1
    while last + 1 < len(words) and words.gap(last) == "-" and words.capital(last + 1):
        last += 1
    if first == mark.first and last == mark.last:
        return mark  # as nearly always
    return mark._replace(first=first, last=last)


def after_title(words: Words, mark: Mark) -> bool:
    """Return whether a surname follows a title, with its particles if it has any ("Dr de Silva")."""
    place = whole_word(words, mark).first
    while place and words.keys[place - 1] in PARTICLES and words.gap(place - 1) == " ":
        place -= 1
    return titled(words.text, words.starts[place])


def _diminutives(index: Index, words: Words, fact: Fact, taken: set[int]) -> Iterator[NameHit]:
    """A short form of a forename next to its bearer's date of birth, whether any list knows the form or not."""
    reach = _REACH[EvidenceKind.DOB]
    for place, key in enumerate(words.keys):
        near = -reach < words.starts[place] - fact.end < reach and fact.start - words.ends[place] < reach
        if not near or place in taken or not words.capital(place) or key in index.lexicon.ordinary:
            continue
        for person in fact.persons:
            name = next((name for name in sorted(halves(index.pupils[person])[0]) if short_for(key, name)), "")
            if name:
                span = ((words.starts[place], words.ends[place]),)
                yield NameHit(span, Mark(place, place, name), None, (person,), "partial")


def short_for(key: str, name: str) -> bool:
    """Return whether a word is a short form of a forename: its beginning ("Bea"), or that with an ending ("Tabby",
    "Gabs", "Mo" is too short to tell)."""
    if key == name or len(name) < len(key) - 1:
        return False
    ending = _ENDING.search(key)
    stems = {key, key[: ending.start()] + (ending["twin"] or "")} if ending else {key}
    return any(len(stem) >= _SHORTEST_STEM and len(stem) < len(name) and name.startswith(stem) for stem in stems)


def _with_initial(index: Index, words: Words, mark: Mark, person: int, span: tuple[tuple[int, int], ...]) -> NameHit:
    """A surname, with the forename's initial where it stands beside it ("J Osei", "Osei, J.")."""
    initials, _ = initials_of(index.pupils[person])
    for place in (mark.first - 1, mark.last + 1):
        if 0 <= place < len(words) and words.keys[place] in initials:
            first, last = min(place, mark.first), max(place, mark.last)
            wide = ((words.starts[first], words.ends[last]),)
            if len(words.text[wide[0][0] : wide[0][1]]) < len(mark.key) + 6:
                return NameHit(wide, Mark(place, place, words.keys[place]), mark, (person,), "partial")
    return NameHit(span, None, mark, (person,), "partial")


def continued(index: Index, words: Words, mark: Mark, given: frozenset[str], family: frozenset[str]) -> bool:
    """Return whether a half name goes on with a word that is not the pupil's: "Noah Clarke" is no clue for another
    Noah, "Zofia Nowak" or "Z Nowak" none for another Nowak."""
    for place, gap_at in ((mark.first - 1, mark.first - 1), (mark.last + 1, mark.last)):
        if not 0 <= place < len(words) or not words.capital(place):
            continue
        key, gap = words.keys[place], words.gap(gap_at)
        if of_year(words, place):
            continue
        if key in given or key in family or gap not in (" ", "-", ". ", ", ", "\u00a0") or key in index.class_words:
            continue
        if len(key) == 1:
            if gap != ", " and not any(name.startswith(key) for name in (*given, *family)):
                return True
        elif gap == "-" or (gap in (" ", "\u00a0") and _name_word(index, key)):
            return True
    return False


def goes_on(index: Index, words: Words, mark: Mark, given: frozenset[str], family: frozenset[str]) -> bool:
    """Return whether a half name goes on with any other word with a capital: "Drew Green watering rota"."""
    after = mark.last + 1
    if after >= len(words) or not words.capital(after) or words.gap(mark.last) not in (" ", "-", "\u00a0"):
        return False
    key = words.keys[after]
    if len(key) == 1 or words.shouted(after) or _cut_short(words, after, family):
        return False
    if words.file and key in index.lexicon.ordinary:
        return False
    return key not in given and key not in family and key not in index.class_words and not of_year(words, after)


def follows(words: Words, mark: Mark, own: frozenset[str]) -> bool:
    """Return whether a word with a capital stands before a half name within its sentence ("by Roald Osei")."""
    before = mark.first - 1
    if before < 1 or words.gap(before) not in (" ", "\u00a0", "-") or not words.capital(before):
        return False
    key = words.keys[before]
    starts = words.text[: words.starts[before]].rstrip(" \"'“‘([*-•")[-1:] in ("", ".", "!", "?", ":", ";", "\n", ",")
    return len(key) > 1 and key not in own and not starts and not of_year(words, before)


def _cut_short(words: Words, place: int, family: frozenset[str]) -> bool:
    """Return whether a word is the head of a surname up to a letter that the font did not have ("Wi■niewska")."""
    end = words.ends[place]
    return words.text[end : end + 1] in _NO_LETTER and any(name.startswith(words.keys[place]) for name in family)


def of_year(words: Words, place: int) -> bool:
    """Return whether a word with a capital belongs to a year or a class ("Aisha Year 4", "Aisha Y4", "4B Aisha")."""
    if words.text[max(0, words.starts[place] - 2) : words.starts[place]].rstrip("-.")[-1:].isdigit():
        return True
    following = words.text[words.ends[place] : words.ends[place] + 2].strip()
    return following[:1].isdigit() or words.keys[place] in _YEAR_WORDS


def _name_word(index: Index, key: str) -> bool:
    lexicon = index.lexicon
    return (key in index.tokens or key in lexicon.variants) and key not in lexicon.everyday


def _initials(index: Index, text: str, fact: Fact) -> Iterator[NameHit]:
    if fact.kind not in (EvidenceKind.CLASS, EvidenceKind.DOB):
        return
    low = max(0, fact.start - _INITIALS_REACH)
    for match in INITIALS.finditer(text, low, min(len(text), fact.end + 20)):
        if fact.start <= match.start() < fact.end:
            continue  # the tutor's, within "LH/10A"
        apart = text[match.end() : fact.start] if match.end() <= fact.start else text[fact.end : match.start()]
        if (
            ("\n" in apart and not _broken(text, apart, min(match.end(), fact.end)))
            or fold(match[0]) in index.class_words
            or ("." not in match[0] and not _are_initials(text, match, apart))
        ):
            continue
        letters = fold(match[1])[:1], fold(match[2])[:1]
        for person in fact.persons:
            given, family = initials_of(index.pupils[person])
            if letters[0] in given and letters[1] in family:
                mark = Mark(-1, -1, "")
                yield NameHit((match.span(),), mark, mark, (person,), "initials")


def _broken(text: str, apart: str, end: int) -> bool:
    """Return whether a mail program broke a line between initials and a class: it was long, the next is not blank."""
    line = text[text.rfind("\n", 0, end) + 1 : end]
    return len(line) >= _BROKEN and apart.count("\n") == 1


def maybe_word(letters: str) -> bool:
    """Return whether two capitals are a known abbreviation or a small word."""
    return letters in _ABBREVIATIONS or letters in _WORDS


def _are_initials(text: str, match: re.Match[str], apart: str) -> bool:
    """Return whether two capitals without dots next to a class or birthday may be somebody's initials."""
    if match[0] in _ABBREVIATIONS or not (len(apart.strip(" (,:-–")) < 6 or _TO_CLASS.fullmatch(apart)):
        return False
    if match[0] not in _WORDS:
        return True
    line = text[text.rfind("\n", 0, match.start()) + 1 :].partition("\n")[0]
    return not line.isupper()


@lru_cache(maxsize=1 << 12)
def initials_of(pupil: Pupil) -> tuple[frozenset[str], frozenset[str]]:
    """Return the folded first letters of a pupil's forenames and of the surnames."""
    given = (pupil.forename, pupil.preferred_forename)
    family = (pupil.surname, pupil.preferred_surname, *name_parts(pupil.surname))
    return frozenset(fold(name[:1]) for name in given if name), frozenset(fold(name[:1]) for name in family if name)


def twins(index: Index, scope: Scope, words: Words) -> Iterator[tuple[tuple[int, int], tuple[int, ...]]]:
    """Yield ("the Khan twins", "twins: Khan") the slice and the pupils: those of one surname and birthday, or of one
    home; of few such homes all."""
    if _FAMILY_WORDS.isdisjoint(words.keys):
        return
    for place, kind in enumerate(words.keys):
        if kind not in _FAMILY_WORDS:
            continue
        before, after = place - 1, place + 1
        if place and _of_family(index, scope, words, before) and words.gap(before) in (" ", "\u00a0"):
            name, span = before, (words.starts[before], words.ends[place])
        elif kind in _BORN_TOGETHER and after < len(words) and words.gap(place) in _NAMED_AFTER:
            name, span = after, (words.starts[place], words.ends[after])
            if not _of_family(index, scope, words, name):
                continue
        else:
            continue
        if persons := _family(index, scope, index.tokens[words.keys[name]], kind):
            yield span, persons


def _of_family(index: Index, scope: Scope, words: Words, place: int) -> bool:
    """Return whether a word before or after "twins" may be a surname; an everyday word needs a "the" before it."""
    key = words.keys[place]
    if key not in scope.vocabulary or key not in index.tokens or not words.capital(place):
        return False
    return key not in index.lexicon.everyday or (place > 0 and words.keys[place - 1] in _ALL_OF)


def _family(index: Index, scope: Scope, token: int, kind: str) -> tuple[int, ...]:
    homes: dict[tuple[object, str], list[int]] = {}
    for person in index.with_family(token, scope):
        if index.is_pupil(person):
            pupil = index.pupils[person]
            shared = pupil.date_of_birth if kind in _BORN_TOGETHER else pupil.address or pupil.postcode
            homes.setdefault((shared, fold(pupil.surname)), []).append(person)
    groups = [group for (shared, _), group in homes.items() if shared and len(group) > 1]
    if not groups and kind not in _BORN_TOGETHER and len(homes) == 1:
        groups = list(homes.values())  # of several children one may be at this school
    found = tuple(person for group in groups for person in group)
    return found if len(found) <= _MOST_OF_FAMILIES else ()
