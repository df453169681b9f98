"""What speaks against a pupil: another child's labelled date of birth, pupil number or class beside the name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailguard.model import EvidenceKind
from mailguard.recognise import weights
from mailguard.recognise.clues import Case, Clue, Naming
from mailguard.recognise.dates import near_miss
from mailguard.recognise.index import Index

_NEAR = 160
_CLASS_NEAR = 40


def contradictions(index: Index, clues: Mapping[int, Clue], case: Case) -> float:
    """Return the bits of contradictions: another labelled date of birth, pupil number or class beside every
    naming, and none that agrees anywhere in the part."""
    if not any(_told_near(clues, naming.clue) for naming in case.namings[:50]):
        return 0.0
    agreed = {fact.kind for _, fact in case.facts}
    pupil = index.pupils[case.person]
    bits = 0.0
    for kind, weight in weights.CONTRADICTION.items():
        if kind in agreed or not case.namings or (kind is EvidenceKind.DOB and pupil.date_of_birth is None):
            continue
        if all(_contradicts(index, clues, naming, kind, case.person) for naming in case.namings):
            bits += weight
    return bits


def _contradicts(index: Index, clues: Mapping[int, Clue], naming: Naming, kind: EvidenceKind, person: int) -> bool:
    birth = index.pupils[person].date_of_birth
    reach = _CLASS_NEAR if kind is EvidenceKind.CLASS else _NEAR
    for clue in _next_to(clues, naming.clue):
        for fact in clue.facts:
            if fact.kind is not kind or person in fact.persons:
                continue
            if kind is EvidenceKind.DOB and (not fact.labelled or (birth and near_miss(fact.key, birth))):
                continue
            if clue is naming.clue and not clue.segment.cells and not -20 < fact.start - naming.hit.end < reach:
                continue
            return True
    return False


def _told_near(clues: Mapping[int, Clue], clue: Clue) -> bool:
    """Return whether any fact stands where it may contradict a name of the clue; found once for all its namings."""
    if clue.told is None:
        clue.told = any(near.facts for near in _next_to(clues, clue))
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
