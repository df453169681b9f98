"""What a part of a message says about pupils: clues by segment, namings by place, a case for each pupil."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from operator import attrgetter

from mailguard.model import Segment
from mailguard.recognise.facts import Fact
from mailguard.recognise.fold import Words, plain
from mailguard.recognise.names import Mark, NameHit
from mailguard.recognise.roles import Role


@dataclass(slots=True)
class Clue:
    """What segment number `at` of a part holds; `source` is the segment with its letters as the sender wrote them,
    `lines` says that it has more than one, `thin` that it was looked at hastily because the part holds so much.
    `told` are the facts that stand in it or just below, once that is asked (see `contradiction`)."""

    at: int
    segment: Segment
    source: Segment
    words: Words
    marks: list[Mark]
    names: list[NameHit]
    facts: list[Fact]
    lines: bool
    thin: bool = False
    told: list[tuple[Clue, Fact]] | None = field(default=None, compare=False, repr=False)


def plain_segment(segment: Segment) -> Segment:
    """Return a segment with plain letters; a row of one cell without a heading is a line like any other."""
    text = plain(segment.text)
    if len(segment.cells) == 1 and not segment.cells[0].head:
        return replace(segment, text=text, cells=())
    return segment if text is segment.text or text == segment.text else replace(segment, text=text)


@dataclass(slots=True)
class Naming:
    """A name in its place, for one pupil. `full` is a plainly written full name; `rival` says that staff
    have the same name and nothing at the place tells which of the two is meant."""

    clue: Clue
    hit: NameHit
    bits: float
    full: bool = False
    role: Role = Role.OPEN
    rival: bool = False


_bits_of = attrgetter("bits")


@dataclass(slots=True)
class Case:
    """One pupil in one part: everything that speaks for them and what it is worth.

    `own_bits` are those of own attributes: number, date of birth, home. With `floor` the pupil is at least mentioned;
    if it is `doubtful`, that floor is no ground for a record."""

    person: int
    namings: list[Naming] = field(default_factory=list)
    facts: list[tuple[Clue, Fact]] = field(default_factory=list)
    bits: float = 0.0
    own_bits: float = 0.0
    floor: bool = False
    doubtful: bool = False

    @property
    def best(self) -> Naming | None:
        """The naming with the most bits."""
        return max(self.namings, key=_bits_of, default=None)

    @property
    def beside_another(self) -> bool:
        """Whether the pupil is shown but as the brother or sister of somebody named: what is told is told of both."""
        return bool(self.namings) and not self.facts and all(n.hit.how == "sibling" for n in self.namings)

    def spans(self) -> set[tuple[int, int, int]]:
        """Return the slices that speak for the pupil as (segment, start, end)."""
        found = {(naming.clue.at, start, end) for naming in self.namings for start, end in naming.hit.spans}
        return found | {(clue.at, fact.start, fact.end) for clue, fact in self.facts}


def lies_in(naming: Naming, other: Naming) -> bool:
    """Return whether a naming is but a piece of another one: "Osei" of "Addo-Osei T"."""
    low, high = naming.hit.start, naming.hit.end
    if naming.clue is not other.clue or naming.clue.segment.cells:
        return False
    return other.hit.start <= low and high <= other.hit.end and high - low < other.hit.end - other.hit.start
