"""Find full names of the roll in the words of a text: any order, any fold, with middle names between.

A name is two marks, one that can be a forename and one that can be a surname, close together with nothing between
that ends a sentence, a cell or a list entry. The pair of tokens is looked up in the index, never one token alone: a
common forename has too many owners to be worth opening.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mailguard.model import Segment
from mailguard.recognise.columns import Column, cell_at, column_of, staff_row
from mailguard.recognise.effort import Effort
from mailguard.recognise.fold import Words
from mailguard.recognise.index import FAMILY, GIVEN, PARTICLES, Index, Scope
from mailguard.recognise.roles import titled

_BREAK = re.compile(r"[|;:!?•·=<>{}\[\]@#&/\\]|(?<!\*\s)(?<!\*)\*(?!\s?\*)|\n\s*\n|\.\s|\d|\s-\s|[–—]|[()]|\n\s*[-•>]")
# A star ends a name, as a bullet does; not where mail programs write two bold words as "*Ama* *Osei*".
_JOINER = re.compile(r"[-‐‑\u00ad]\s*\n\s*|[-‐‑'’]? ?")
_WIDE = re.compile(r"\t+|[ \u00a0]{2,30}")
_INITIAL = re.compile(r"\b([A-Za-z])\.")
_QUOTED = re.compile(r"[(\"“'‘][^\W\d_]+[)\"”'’]")
_PLAIN_GAP = re.compile(r"[A-Za-z ,]*")
_OTHER_HALF = (0, FAMILY, GIVEN, GIVEN | FAMILY)
"""By the halves that one word may be: those that make a name with it."""
_REACH = 3
_LOOK_AHEAD = 9
_CELL_GAP = 120


Spans = tuple[tuple[int, int], ...]
"""Slices of a segment's text."""
Persons = tuple[int, ...]
_NOBODY: tuple[Persons, Persons] = ((), ())


class Mark(NamedTuple):
    """A word, or words that join to one name token: words `first` to `last`, folded `key`; `column` is what the
    table cell around it holds, if any."""

    first: int
    last: int
    key: str
    column: Column | None = None
    cell: int = -1


class NameHit(NamedTuple):
    """Words that name persons of the roll.

    `spans` are the slices to show as evidence. `how` is "exact", "variant" (another form of the forename), "typo" or
    "partial" (one of given and family is missing), or what told whose a half name or none is ("sibling": the brother or
    sister of somebody named); `order` is "given-first", "comma" (surname, forename),
    "family-first", "cells" (two cells or labels) or "hyphen" (more likely one compound name, but for file names);
    `between` counts the words between the marks."""

    spans: Spans
    given: Mark | None
    family: Mark | None
    persons: tuple[int, ...]
    how: str = "exact"
    order: str = "given-first"
    between: int = 0

    @property
    def start(self) -> int:
        """Where the first slice begins."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Where the last slice ends."""
        return self.spans[-1][1]


class NameFinder:
    """Looks up pairs of tokens for one message and remembers what it looked up; `effort`: what that cost."""

    def __init__(self, index: Index, scope: Scope) -> None:
        self.index = index
        self.scope = scope
        self._known: dict[tuple[str, str], tuple[Persons, Persons]] = {}
        self._halves: dict[str, int] = {}
        self.effort = Effort()

    def find(self, segment: Segment, words: Words, marks: Sequence[Mark]) -> list[NameHit]:
        """Return every name among the marks, overlapping ones included."""
        found: list[NameHit] = []
        halves = [self._half(mark.key) for mark in marks]
        for place, left in enumerate(marks):
            fits = _OTHER_HALF[halves[place]]
            for ahead, right in enumerate(marks[place + 1 : place + _LOOK_AHEAD], start=place + 1):
                between = right.first - left.last - 1
                if between > _REACH and left.cell == right.cell:
                    break
                if between < 0 or not halves[ahead] & fits or not self._meant(left.key, right.key):
                    continue
                if left.cell != right.cell:
                    found += self._across(segment, words, left, right)
                    continue
                joint = joint_of(words, left, right)
                if joint is None and left.cell >= 0 and _gap(words, left, right) in (";", "; "):
                    joint = "comma"
                if joint is not None:
                    found += self._pair(words, left, right, between, joint)
        return _without_bridges(found)

    def marks(self, segment: Segment, words: Words) -> list[Mark]:
        """Return the words that occur in names of the scope, and neighbours that do when joined; in a table row only
        those in cells that may hold a pupil's name."""
        vocabulary = self.scope.vocabulary
        marks: list[Mark] = []
        keys = words.keys
        last = len(keys) - 1
        everyday = self.scope.everyday
        text = words.text
        hyphens = "-" in text or (not text.isascii() and ("\u00ad" in text or "‐" in text))
        for place in [n for n, key in enumerate(keys) if hyphens or key in vocabulary or key in PARTICLES]:
            key = keys[place]
            if key in vocabulary and (key not in everyday or words.file or words.capital(place)):
                marks.append(Mark(place, place, key))
            if (hyphens or key in PARTICLES) and place < last:
                gap = words.gap(place)
                if key in PARTICLES or "-" in gap or "\u00ad" in gap or "‐" in gap:
                    joined = key + keys[place + 1]
                    if joined in vocabulary and _JOINER.fullmatch(gap):
                        marks.append(Mark(place, place + 1, joined))
        if segment.cells:
            if staff_row(segment):
                return []
            return [placed for mark in marks if (placed := _in_cell(segment, words, mark)) is not None]
        return marks

    def _half(self, key: str) -> int:
        """Return which halves of a name a word may be; most pairs of words are told to be none by this alone."""
        half = self._halves.get(key)
        if half is None:
            half = self._halves[key] = self.index.half_of(key)
        return half

    def _meant(self, left: str, right: str) -> bool:
        """Return whether two words name anybody in either order: a cheaper question than how they hang together."""
        exact, variant = self.persons(left, right)
        if exact or variant:
            return True
        exact, variant = self.persons(right, left)
        return bool(exact or variant)

    def persons(self, given: str, family: str) -> tuple[Persons, Persons]:
        """Return the persons so named, and those for whom the forename is a variant."""
        known = self._known.get((given, family))
        if known is None:
            known = self._known[given, family] = self._look_up(given, family)
        return known

    def hits(self, spans: Spans, given: Mark, family: Mark, order: str, between: int) -> list[NameHit]:
        """Return the names that a forename mark and a surname mark give."""
        exact, variant = self.persons(given.key, family.key)
        found = []
        if exact:
            found.append(NameHit(spans, given, family, exact, "exact", order, between))
        if variant:
            found.append(NameHit(spans, given, family, variant, "variant", order, between))
        return found

    def _pair(self, words: Words, left: Mark, right: Mark, between: int, joint: str) -> list[NameHit]:
        if "\n" in _gap(words, left, right) and titled(words.text, words.starts[left.first]):
            return []  # "Dear Mrs Osei" above "Ama was ..."
        spans = ((words.starts[left.first], words.ends[right.last]),)
        if joint == "comma":
            return self.hits(spans, right, left, "comma", between)
        if joint == "csv":
            return self.hits(spans, right, left, "comma", between) + self.hits(spans, left, right, "comma", between)
        if joint == "hyphen":
            return self.hits(spans, left, right, "hyphen", 0) + self.hits(spans, right, left, "hyphen", 0)
        found = self.hits(spans, left, right, "given-first", between)
        return found + self.hits(spans, right, left, "family-first", between)

    def _across(self, segment: Segment, words: Words, left: Mark, right: Mark) -> list[NameHit]:
        """Join a surname and a forename from two cells of one row."""
        columns = (left.column, right.column)
        named = {Column.FAMILY, Column.GIVEN} == set(columns)
        bare = (
            columns == (Column.OTHER, Column.OTHER)
            and right.cell == left.cell + 1
            and _alone(segment, words, left, right)
        )
        if not named and not bare:
            return []
        spans = tuple((words.starts[mark.first], words.ends[mark.last]) for mark in (left, right))
        found = []
        if columns != (Column.FAMILY, Column.GIVEN):
            found += self.hits(spans, left, right, "cells", 0)
        if columns != (Column.GIVEN, Column.FAMILY):
            found += self.hits(spans, right, left, "cells", 0)
        return found

    def _look_up(self, given: str, family: str) -> tuple[Persons, Persons]:
        tokens = self.index.tokens
        last = tokens.get(family)
        if last is None:
            return _NOBODY
        first = tokens.get(given)
        exact = self.index.named(first, last, self.scope) if first is not None else []
        variant: list[int] = []
        for group in self.index.lexicon.variants.get(given, ()):
            number = tokens.get(f"~{group}")
            if number is not None:
                variant += self.index.named(number, last, self.scope)
        if not exact and not variant:
            return _NOBODY
        return tuple(exact), tuple(dict.fromkeys(person for person in variant if person not in exact))


def _gap(words: Words, left: Mark, right: Mark) -> str:
    return words.text[words.ends[left.last] : words.starts[right.first]]


def joint_of(words: Words, left: Mark, right: Mark) -> str | None:
    """Return how two marks hang together: "space", "comma", "csv" (a comma without a space), "wide" (columns of plain
    text), or None where something between them ends a name."""
    gap = _gap(words, left, right)
    if gap in (" ", "\u00a0"):
        return "space"
    if gap == "-":
        return "hyphen"
    if gap in (", ", ","):
        return "comma" if gap == ", " else "csv"
    if _WIDE.fullmatch(gap):
        return "wide"
    if len(gap) > 40 or gap.count(",") > 1 or gap.count("\n") > 1:
        return None
    if not _PLAIN_GAP.fullmatch(gap) and _BREAK.search(_INITIAL.sub(r"\1", _QUOTED.sub(" x ", gap))):
        return None
    inner = range(left.last + 1, right.first)
    if any(
        not words.capital(n) and words.keys[n] not in PARTICLES and words.keys[n] not in ("and", "nee", "known", "as")
        for n in inner
    ):
        return None
    return "comma" if "," in gap else "space"


def _in_cell(segment: Segment, words: Words, mark: Mark) -> Mark | None:
    cell = cell_at(segment, words.starts[mark.first])
    if cell is None:
        return None
    column = column_of(cell.head)
    if column in (Column.ADULT, Column.PLACE):
        return None
    return mark._replace(column=column, cell=segment.cells.index(cell))


def _alone(segment: Segment, words: Words, left: Mark, right: Mark) -> bool:
    """Return whether two marks fill their cells."""
    for mark in (left, right):
        cell = segment.cells[mark.cell]
        if (
            cell.head
            or len(segment.text[cell.start : cell.end].strip()) > words.ends[mark.last] - words.starts[mark.first] + 2
        ):
            return False
    return True


def _quality(hit: NameHit) -> float:
    worth = {"given-first": 3.0, "cells": 3.0, "comma": 2.5, "family-first": 1.5, "hyphen": 1.0}[hit.order]
    return worth - 0.5 * hit.between - (0.5 if hit.how == "variant" else 0.0)


def _without_bridges(hits: list[NameHit]) -> list[NameHit]:
    """Drop a name whose two words both belong to better names: in "Jack Fletcher, Lee Wu" there is no Lee Fletcher."""
    if len(hits) < 3:
        return hits
    kept: list[NameHit] = []
    used: dict[int, set[int]] = {}
    for number, hit in enumerate(sorted(hits, key=_quality, reverse=True)):
        assert hit.given is not None
        assert hit.family is not None
        givens = used.get(hit.given.first, set())
        families = used.get(hit.family.last, set())
        if givens and families and not givens & families:
            continue
        kept.append(hit)
        for word in {hit.given.first, hit.given.last, hit.family.first, hit.family.last}:
            used.setdefault(word, set()).add(number)
    return kept
