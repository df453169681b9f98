"""Half a name that what stands around it narrows to one pupil: "4B" above and "Aisha" below, "Client: J.S." over a
date of birth, "her brother Sami" beside a sister's full name.

A class, a year, a birthday or a home draws a circle of pupils. Inside it a forename, a surname or two initials are
looked up, never in the whole roll. What speaks against is told by counting: everybody else of the school who bears the
same half name (pupils outside the circle, staff, parents) may be meant too, the more so the further off the circle was
drawn. Bits are the odds of the one within against all those without.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from math import log2
from typing import NamedTuple

from mailguard.model import Segment, SegmentKind
from mailguard.recognise import weights
from mailguard.recognise.circles import ABOVE, KIN, LINE, LINES_OF_A_FORM, NEAR, PART, Circle, Circles, line_of
from mailguard.recognise.clues import Clue
from mailguard.recognise.columns import Column, cell_at, column_of
from mailguard.recognise.facts import Fact
from mailguard.recognise.fold import Region, Words, fold
from mailguard.recognise.names import Mark, NameHit
from mailguard.recognise.partial import (
    INITIALS,
    after_title,
    continued,
    follows,
    goes_on,
    halves,
    initials_of,
    maybe_word,
    of_year,
    whole_word,
)
from mailguard.recognise.years import find_years

_OUTSIDERS, _STAFF, _CONTACT = 1.0, 4.0, 0.3
"""What people on no list, a member of staff and a parent count for among those outside, a pupil counting one."""
_PAIRS = 200
"""Pupils of a school to each pair of initials."""
_NEXT = 10
_MOST = 2
_SHORT, _FIRST = 300, 40
_LONGEST = 3_000
_MOST_ANCHORS = 400
_NOBODY = Mark(-1, -1, "")
_TO_SOMEBODY = frozenset(
    {"dear", "hi", "hello", "hey", "morning", "afternoon", "thanks", "ta", "cheers", "love", "from", "regards", "by"}
)
_LABELLED = re.compile(r"(?:^|\n)[^\n:]{1,40}:[ \t]*$")
_AFTER_ENTRY = re.compile(r"[ \t]*(?:[-–—:,;.(/]|in\b|from\b|of\b|is\b|was\b|has\b|and\b|$|\n)")
_BEFORE_NAME = re.compile(
    r"(?:\b(?:re|about|for|with|on|meet|see|and|pupil|child|student|client|to|of)|[:–—-])[ \t]*$", re.I
)


class Found(NamedTuple):
    """A half name for one pupil, or the few whom it fits; what it is worth; the fact that drew the circle, if one
    did."""

    clue: Clue
    hit: NameHit
    bits: float
    source: tuple[Clue, Fact] | None


class Taken:
    """Slices of a part's segments that speak for somebody already; asked for one, it searches, whatever their
    number."""

    def __init__(self, slices: Iterable[tuple[int, Region]]) -> None:
        self._of: dict[int, list[Region]] = {}
        for at, (start, end) in sorted(slices):
            some = self._of.setdefault(at, [])
            if some and start < some[-1][1]:
                some[-1] = (some[-1][0], max(end, some[-1][1]))
            else:
                some.append((start, end))

    def touches(self, at: int, start: int, end: int) -> bool:
        """Return whether any lies in `text[start:end]` of a segment, or over a piece of it."""
        some = self._of.get(at, ())
        last = bisect_right(some, (end, -1)) - 1
        return last >= 0 and some[last][0] < end and some[last][1] > start


class Narrower:
    """Looks for half names in the clues of one part.

    `taken` are slices that speak for somebody already, by segment; `elsewhere` the pupils of the one class that the
    message speaks of; `kin` the pupils of the homes of those whom the part names in full; `authors` the words of the
    names of whoever wrote the message, `named` the pupils whom the part names in full."""

    def __init__(
        self,
        circles: Circles,
        clues: dict[int, Clue],
        segments: Sequence[Segment],
        sources: Sequence[Segment],
        taken: Taken,
        whole: Taken,
        authors: Sequence[frozenset[str]],
        named: frozenset[int],
    ) -> None:
        self.circles, self.index, self.scope = circles, circles.index, circles.scope
        self.clues, self.segments, self.sources = clues, segments, sources
        self.taken, self.whole, self.authors, self.named = taken, whole, authors, named

    @cached_property
    def said(self) -> frozenset[str]:
        """The words of the forenames of those whom the part names in full."""
        return frozenset().union(*(halves(self.index.pupils[person])[0] for person in self.named))

    def find(self) -> Iterator[Found]:
        """Yield the half names of the part, then the initials."""
        for at in sorted(self.clues):
            clue = self.clues[at]
            if clue.thin or clue.words.file or not _of_text(clue.segment):
                continue
            for mark in clue.marks:
                whole = whole_word(clue.words, mark)
                start, end = clue.words.starts[whole.first], clue.words.ends[whole.last]
                if not clue.words.capital(mark.first) or self.taken.touches(at, start, end):
                    continue
                if not self._may_be(clue, mark):
                    continue
                if found := self._half(clue, mark, self.circles.around(clue, start, end)):
                    yield found
        yield from self._all_initials()

    def _may_be(self, clue: Clue, mark: Mark) -> bool:
        """Return whether a word may be a pupil's half name by its place: capital, no title, greeting or author."""
        words, lexicon = clue.words, self.index.lexicon
        start = words.starts[mark.first]
        if len(mark.key) < 2 or mark.key in self.index.class_words:
            return False
        if mark.key in lexicon.ordinary and not self._is_name(clue, mark):
            return False
        before = words.keys[mark.first - 1] if mark.first else ""
        if before in _TO_SOMEBODY and words.ends[mark.first - 1] > start - 3:
            return False
        return not after_title(words, mark) and not any(mark.key in author for author in self.authors)

    def _is_name(self, clue: Clue, mark: Mark) -> bool:
        """Return whether an English word stands where a name does: all of a cell, of a line or of a labelled value,
        just before its year or class, or with a capital within a sentence, unless it is an everyday one."""
        text, words = clue.segment.text, clue.words
        start, end = words.starts[mark.first], words.ends[mark.last]
        cell = cell_at(clue.segment, start) if clue.segment.cells else None
        if cell is not None:
            return len(text[cell.start : cell.end].strip()) == end - start
        if self.circles.just_after(clue, end, _NEXT):
            return True
        low = text.rfind("\n", 0, start) + 1
        before = text[low:start].strip(" -•*\t>\"“'‘")
        if text[end : end + 1] in ("", "\n") and (not before or _LABELLED.search(text[:start])):
            return True
        return bool(before) and before[-1] not in ".!?:" and mark.key not in self.index.lexicon.everyday

    def _half(self, clue: Clue, mark: Mark, circles: Sequence[Circle]) -> Found | None:
        """Return whom a forename or a surname, with the other's initial where one stands beside, means.

        A forename of somebody in the circle whom the part names in full is that one's again, and that of anybody named
        in full is no other form of a brother's ("Harriet" is not Harry). Beside a full name on its
        line only the line itself or the home tells whose half name another is: who writes names in full does so."""
        words = clue.words
        mark = whole_word(words, mark)
        letter, span = _initial_beside(words, mark)
        low, high = line_of(clue.segment.text, *span)
        if self.whole.touches(clue.at, low, high):
            circles = [circle for circle in circles if circle.doubt in (LINE, KIN)]
        for circle in circles:
            for given, variant in ((True, False), (False, False), (True, True)):
                if (variant or (given and not letter and circle.source is None)) and mark.key in self.said:
                    continue  # whoever was named in full is named again
                persons = self._bearers(mark.key, letter, given, variant, circle)
                if given and not self.named.isdisjoint(persons):
                    return None
                if not persons or len(persons) > _MOST or self._goes_on(words, mark, persons, letter):
                    continue
                bits = self._odds(mark.key, letter, given, circle) + weights.VARIANT * variant
                if bits < 0:
                    continue
                pair = (mark, _NOBODY) if given else (_NOBODY, mark)
                hit = NameHit((span,), pair[0], pair[1], tuple(persons), "narrowed")
                return Found(clue, hit, bits - log2(len(persons)), circle.source)
        return None

    def _bearers(self, key: str, letter: str, given: bool, variant: bool, circle: Circle) -> list[int]:
        """Return the pupils of a circle who bear a half name, or another form of the forename."""
        pupils, variants = self.index.pupils, self.index.lexicon.variants
        if variant:
            groups = set(variants.get(key, ()))
            persons = [
                person
                for person in (circle.persons if groups else ())
                if any(not groups.isdisjoint(variants.get(name, ())) for name in halves(pupils[person])[0])
            ]
        else:
            persons = [person for person in circle.persons if key in halves(pupils[person])[not given]]
        if letter:
            persons = [person for person in persons if letter in initials_of(pupils[person])[given]]
        return list(dict.fromkeys(persons))

    def _goes_on(self, words: Words, mark: Mark, persons: Sequence[int], letter: str) -> bool:
        """Return whether a half name is but a piece of a longer one, or of the name of a thing."""
        own = [halves(self.index.pupils[person]) for person in persons]
        given, family = frozenset().union(*(g for g, _ in own)), frozenset().union(*(f for _, f in own))
        if continued(self.index, words, mark, given, family) or follows(words, mark, given | family):
            return True
        return not letter and goes_on(self.index, words, mark, given, family)

    def _odds(self, key: str, letter: str, given: bool, circle: Circle) -> float:
        """Return the bits of one within the circle against all without who bear the same half name."""
        index, scope = self.index, self.scope
        token = index.tokens.get(key)
        within = frozenset(circle.persons)
        bearers: list[int] = []
        if token is not None:
            bearers = index.with_given(token, scope) if given else index.with_family(token, scope)
        weight = _OUTSIDERS if not letter else _OUTSIDERS / 4
        for person in bearers:
            if person in within:
                continue
            if index.is_pupil(person):
                weight += not letter or letter in initials_of(index.pupils[person])[given]
            elif index.is_contact(person):
                weight += _CONTACT / (8 if letter else 1)
            else:
                weight += _STAFF / (4 if letter else 1)
        return -log2(circle.doubt * weight)

    def _all_initials(self) -> Iterator[Found]:
        """Yield the initials of the part, where anything draws a circle."""
        drawn = self.circles.drawn
        if not drawn and self.circles.message is None and not self._years_near():
            return
        near = {at + step for at in sorted(drawn)[:_MOST_ANCHORS] for step in range(-LINES_OF_A_FORM, ABOVE + 1)}
        for at, segment in enumerate(self.segments):
            reached = at in near or (at < _FIRST and len(segment.text) < _SHORT)
            clue = self.clues.get(at)
            if not reached or not _of_text(segment) or (clue and clue.thin):
                continue
            yield from self._initials(at, segment, clue)

    def _years_near(self) -> bool:
        return any(
            next(find_years(segment.text, 0, _SHORT), None) is not None
            for segment in self.segments[:_FIRST]
            if len(segment.text) < _SHORT
        )

    def _initials(self, at: int, segment: Segment, clue: Clue | None) -> Iterator[Found]:
        text = segment.text
        for match in INITIALS.finditer(text, 0, _LONGEST):
            start, end = match.span()
            dotted = match[0][1] == "."
            if (
                self.taken.touches(at, start, end)
                or self.circles.draws(at, start)
                or (not dotted and not self._stands_for_somebody(segment, match))
            ):
                continue
            if fold(match[0]).replace(".", "") in self.index.class_words:
                continue
            if clue is None:
                clue = Clue(
                    at, segment, self.sources[at], Words(text, False, [(0, len(text))]), [], [], [], "\n" in text
                )
            if found := self._of_letters(clue, match, dotted):
                self.clues.setdefault(at, clue)
                yield found

    def _stands_for_somebody(self, segment: Segment, match: re.Match[str]) -> bool:
        """Return whether two capitals without dots stand where a person does: a cell of their own, a labelled value,
        the head of an entry, after "re" or "about"."""
        text, start, end = segment.text, match.start(), match.end(2)
        if maybe_word(match[0]):
            return False
        cell = cell_at(segment, start) if segment.cells else None
        if cell is not None:
            filled = len(text[cell.start : cell.end].strip()) == end - start
            return filled and column_of(cell.head) not in (Column.ADULT, Column.PLACE)
        low, high = line_of(text, start, end)
        if text[low:high].isupper() and high - low > end - start + 8:
            return False
        before = text[low:start].strip(" \t-•*·>0123456789.)")
        if not before:
            return bool(_AFTER_ENTRY.match(text, end))
        return bool(_BEFORE_NAME.search(before)) and bool(_AFTER_ENTRY.match(text, end))

    def _of_letters(self, clue: Clue, match: re.Match[str], dotted: bool) -> Found | None:
        index = self.index
        first, last = fold(match[1])[:1], fold(match[2])[:1]
        start, end = match.span()
        staff = (first + last) in index.staff_initials.get(self.scope.number, ())
        for circle in self.circles.around(clue, start, end):
            persons = []
            for person in dict.fromkeys(circle.persons):
                given, family = initials_of(index.pupils[person])
                if first in given and last in family:
                    persons.append(person)
            if not persons or len(persons) > _MOST:
                continue
            weight = self.scope.pupils / _PAIRS + _OUTSIDERS + _STAFF * staff
            bits = -log2(circle.doubt * weight * (1 if dotted else 2))
            if bits < 0 or (not dotted and circle.doubt > self._reach(clue, staff) and not circle.born):
                continue
            hit = NameHit((match.span(),), _NOBODY, _NOBODY, tuple(persons), "narrowed")
            return Found(clue, hit, bits - log2(len(persons)), circle.source)
        return None

    def _reach(self, clue: Clue, staff: bool) -> float:
        """Return how far the circle of two capitals without dots may be drawn: they have many meanings, one of them a
        teacher's initials."""
        return LINE if staff else PART if clue.segment.cells else NEAR


def _of_text(segment: Segment) -> bool:
    """Return whether a segment is text that somebody wrote, not a header of addresses or a file's name."""
    if segment.kind is SegmentKind.HEADER:
        return segment.place[-1] == "subject"
    return segment.kind is not SegmentKind.FILE_NAME


def _initial_beside(words: Words, mark: Mark) -> tuple[str, Region]:
    """Return the one capital letter that stands after a half name, or before it, and the slice of both."""
    start, end = words.starts[mark.first], words.ends[mark.last]
    for place, gap_at in ((mark.last + 1, mark.last), (mark.first - 1, mark.first - 1)):
        if not 0 <= place < len(words) or len(words.keys[place]) != 1 or not words.capital(place):
            continue
        if of_year(words, place):
            continue
        if words.gap(gap_at) in (" ", ". ", ", ", ".", "\u00a0") and words.keys[place] not in ("i", "a"):
            return words.keys[place], (min(start, words.starts[place]), max(end, words.ends[place]))
    return "", (start, end)
