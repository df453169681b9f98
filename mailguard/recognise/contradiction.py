"""What speaks against a pupil: another child's labelled date of birth, pupil number or class beside the name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailguard.model import EvidenceKind
from mailguard.recognise import weights
from mailguard.recognise.clues import Case, Clue, Naming
from mailguard.recognise.dates import near_miss
from mailguard.recognise.facts import Fact
from mailguard.recognise.index import Index

_NEAR = 160
_CLASS_NEAR = 40


def contradictions(index: Index, clues: Mapping[int, Clue], case: Case) -> float:
    """Return the bits of contradictions: another labelled date of birth, pupil number or class beside every
    naming, and none that agrees anywhere in the part."""
    if not any(_told_near(clues, naming.clue) for naming in case.namings[:50]):
        return 0.0
    agreed = {fact.kind for _, fact in case.facts}
    doubtful = {fact.kind for _, fact in _told_near(clues, case.namings[0].clue)} - agreed
    bits = 0.0
    for kind, weight in weights.CONTRADICTION.items():
        if kind in doubtful and all(_contradicts(index, clues, n, kind, case.person) for n in case.namings):
            bits += weight
    return bits


def _contradicts(index: Index, clues: Mapping[int, Clue], naming: Naming, kind: EvidenceKind, person: int) -> bool:
    reach = _CLASS_NEAR if kind is EvidenceKind.CLASS else _NEAR
    for clue, fact in _told_near(clues, naming.clue):
        if fact.kind is not kind or person in fact.persons:
            continue
        if kind is EvidenceKind.DOB and not (fact.labelled and _born_otherwise(index, person, fact.key)):
            continue
        if clue is naming.clue and not clue.segment.cells and not -20 < fact.start - naming.hit.end < reach:
            continue
        return True
    return False


def _born_otherwise(index: Index, person: int, found: str) -> bool:
    """Return whether a pupil's birthday is known and an ISO date is no slip for it."""
    birth = index.pupils[person].date_of_birth
    return birth is not None and not near_miss(found, birth)


def _told_near(clues: Mapping[int, Clue], clue: Clue) -> list[tuple[Clue, Fact]]:
    """Return the facts that may contradict a name of the clue, and whose they are; found once for all its namings."""
    if clue.told is None:
        clue.told = [(near, fact) for near in _next_to(clues, clue) for fact in near.facts]
    return clue.told


def _next_to(clues: Mapping[int, Clue], clue: Clue) -> Iterator[Clue]:
    """Yield the clue and, where every line is a segment, the labelled lines just below it."""
    yield clue
    if clue.lines or clue.segment.cells:
        return
    for other in near_clues(clues, clue, 1, 4):
        if not other.segment.cells and not other.names and ":" in other.segment.text[:40]:
            yield other


def near_clues(clues: Mapping[int, Clue], clue: Clue, first: int, last: int) -> Iterator[Clue]:
    """Yield the clues of the segments around, by their distance."""
    for at in range(clue.at + first, clue.at + last + 1):
        if at in clues:
            yield clues[at]
