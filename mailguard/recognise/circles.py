"""Draw the circles of pupils among whom half a name is looked up: by a class, a year, a birthday, a home.

Nearest first: the line or row of the half name, then the lines around, the part, the message. Where a class stands in
the line itself, no wider one is asked.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Container, Mapping, Sequence
from typing import NamedTuple

from mailguard.model import EvidenceKind
from mailguard.recognise.clues import Clue
from mailguard.recognise.details import address_key
from mailguard.recognise.facts import Fact
from mailguard.recognise.fold import Region
from mailguard.recognise.index import Index, Scope
from mailguard.recognise.years import find_years, key_of_year, year_key

LINE, NEAR, PART, MESSAGE, KIN = 0.01, 0.03, 0.05, 0.1, 0.04
"""How far the chance that anybody outside a circle is meant is from that of anybody inside: by where it is drawn."""
DRAWING = frozenset({EvidenceKind.CLASS, EvidenceKind.DOB})
ABOVE, _BELOW, LINES_OF_A_FORM = 12, 3, 4
_FOLLOWING = 200
_YEAR_NEAR = 40
_MOST_AROUND = 20
_LONGEST_CLASS = 30
_LONGEST_YEAR = 10
_YEAR_HEAD = re.compile(r"\W*(?:nc ?)?(?:y|yr|year)(?: ?(?:grp|group))?\W*|\W*ncy\W*", re.IGNORECASE)
_MOST_KIN, _MOST_NAMED, _MOST_SCHOOLS, _MOST_OF_A_YEAR = 6, 4, 4, 400


class Circle(NamedTuple):
    """Pupils among whom a half name is looked up, how much those outside count, and the fact that drew it, if one
    did."""

    persons: tuple[int, ...]
    doubt: float
    source: tuple[Clue, Fact] | None = None

    @property
    def born(self) -> bool:
        """Whether a birthday drew it."""
        return self.source is not None and self.source[1].kind is EvidenceKind.DOB


class Circles:
    """The circles of one part; `elsewhere` are the pupils of the one class that the message speaks of, `named` those
    whom the part names in full, whose homes draw one too.

    `owned` are facts, by segment, that stand beside the name, or half of it, whose they are: the class in "Ama (4B)
    lost Matilda" tells which Ama, and draws no circle for a Matilda."""

    def __init__(
        self,
        index: Index,
        scope: Scope,
        clues: Mapping[int, Clue],
        elsewhere: tuple[int, ...],
        named: Collection[int],
        owned: Container[tuple[int, Fact]] = frozenset(),
    ) -> None:
        self.index, self.scope, self.clues = index, scope, clues
        self.drawn = {
            at: sorted(found, key=lambda fact: fact.start)
            for at, clue in clues.items()
            if not clue.thin and (found := [f for f in clue.facts if f.kind in DRAWING and (at, f) not in owned])
        }
        own = any(fact.kind is EvidenceKind.CLASS for clue in clues.values() for fact in clue.facts)
        self.message = Circle(elsewhere, MESSAGE) if elsewhere and not own else None
        related = _kin(index, scope, named)
        self.home = Circle(related, KIN) if related else None
        self._years: dict[str, tuple[int, ...]] = {}

    def around(self, clue: Clue, start: int, end: int) -> list[Circle]:
        """Return the circles that may hold a half name at `text[start:end]`, the surest first."""
        found = self._beside(clue, start, end)
        if all(circle.born for circle in found):
            found += self._further(clue, start)
        return [*found, self.home] if self.home else found

    def just_after(self, clue: Clue, end: int, reach: int) -> bool:
        """Return whether a class or a year begins within a reach after an offset."""
        if any(fact.kind is EvidenceKind.CLASS for fact in self._facts(clue.at, end, end + reach)):
            return True
        return next(find_years(clue.segment.text, end, end + reach), None) is not None

    def draws(self, at: int, offset: int) -> bool:
        """Return whether an offset of a segment lies within a class or a birthday."""
        return any(fact.start <= offset < fact.end for fact in self._facts(at, offset - _LONGEST_CLASS, offset + 1))

    def _facts(self, at: int, low: int, high: int) -> Sequence[Fact]:
        """Return the facts of a segment that begin in a stretch of it."""
        facts = self.drawn.get(at)
        if not facts:
            return ()
        first = bisect_left(facts, low, key=_start)
        return facts[first : bisect_left(facts, high, first, key=_start)]

    def _beside(self, clue: Clue, start: int, end: int) -> list[Circle]:
        """Return the circles that the line, or the row, of a half name draws."""
        text = clue.segment.text
        low, high = (0, len(text)) if clue.segment.cells else line_of(text, start, end)
        facts = sorted(self._facts(clue.at, low, high), key=lambda fact: max(fact.start - end, start - fact.end))
        found: list[Circle] = []
        for kind in (EvidenceKind.DOB, EvidenceKind.CLASS):
            nearest = next((fact for fact in facts if fact.kind is kind), None)
            if nearest:
                found.append(Circle(nearest.persons, LINE, (clue, nearest)))
        if all(circle.born for circle in found):
            year = next(find_years(text, max(low, start - _YEAR_NEAR), min(high, end + _YEAR_NEAR)), None)
            year = year or _year_of_row(clue)
            found += [Circle(self._year(year), NEAR)] if year else []
        return found

    def _year(self, year: str) -> tuple[int, ...]:
        if year not in self._years:
            names, number = self.index.schools, self.scope.number
            schools = [names[number]] if number < len(names) else names[:_MOST_SCHOOLS]
            owners = self.index.owners
            keys = [year_key(school, year) for school in schools]
            found = (p for key in keys for p in owners(EvidenceKind.CLASS, key, self.scope, _MOST_OF_A_YEAR))
            self._years[year] = tuple(found)
        return self._years[year]

    def _further(self, clue: Clue, start: int) -> list[Circle]:
        """Return the circles drawn by what stands around in the segment, above it or just below, or by the rest of the
        message: a birthday in the lines around, and the nearest class."""
        own = self._facts(clue.at, max(0, start - 3_000), start + _FOLLOWING)[-_MOST_AROUND:]
        births = [(clue, fact) for fact in own if fact.kind is EvidenceKind.DOB]
        for step in range(-LINES_OF_A_FORM, LINES_OF_A_FORM + 1) if not clue.segment.cells else ():
            other = self.clues.get(clue.at + step)
            if other and step and not other.segment.cells:
                facts = self.drawn.get(other.at, ())[:_MOST_AROUND]
                births += [(other, fact) for fact in facts if fact.kind is EvidenceKind.DOB]
        found = [Circle(fact.persons, NEAR, (other, fact)) for other, fact in births[:_MOST_AROUND]]
        nearest = _class_of(clue, own, NEAR, start)
        for step in (*range(-1, -ABOVE - 1, -1), *range(1, _BELOW + 1)):
            if nearest is not None:
                break
            nearest = self._class_at(clue, clue.at + step)
        nearest = nearest or self.message
        return [*found, nearest] if nearest else found

    def _class_at(self, clue: Clue, at: int) -> Circle | None:
        other = self.clues.get(at)
        if other is None or at not in self.drawn or (clue.segment.cells and other.segment.cells):
            return None
        return _class_of(other, self.drawn[at][-_MOST_AROUND:], PART, len(other.segment.text))


def _year_of_row(clue: Clue) -> str:
    """Return the key of the year group that a row has in a column of years, or ""."""
    cell = next((cell for cell in clue.segment.cells if _YEAR_HEAD.fullmatch(cell.head)), None)
    return key_of_year(clue.segment.text[cell.start : cell.end].strip()[:_LONGEST_YEAR]) if cell else ""


def _start(fact: Fact) -> int:
    return fact.start


def _class_of(clue: Clue, facts: Sequence[Fact], doubt: float, start: int) -> Circle | None:
    """Return the circle of the one class that a text speaks of, or of the last one above an offset of several lines."""
    classes = [fact for fact in facts if fact.kind is EvidenceKind.CLASS]
    if len({fact.persons for fact in classes}) > 1:
        classes = [fact for fact in classes if fact.end <= start][-1:] if clue.lines else []
    return Circle(classes[0].persons, doubt, (clue, classes[0])) if classes else None


def _kin(index: Index, scope: Scope, named: Collection[int]) -> tuple[int, ...]:
    """Return the other pupils of the homes of those whom a part names in full, if these are few."""
    if not 0 < len(named) <= _MOST_NAMED:
        return ()
    found: dict[int, None] = {}
    for person in sorted(named):
        key = address_key(index.pupils[person].address)
        home = index.owners(EvidenceKind.ADDRESS, key, scope) if key else []
        if len(home) <= _MOST_KIN:
            found.update(dict.fromkeys(home))
    return tuple(person for person in found if person not in named)


def line_of(text: str, start: int, end: int) -> Region:
    """Return the bounds of the line or lines that hold `text[start:end]`."""
    low = text.rfind("\n", 0, start) + 1
    high = text.find("\n", end)
    return low, len(text) if high < 0 else high
