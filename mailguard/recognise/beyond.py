"""Pupils of the trust's other schools: a full name counts there only with own evidence, or in a form or table row.

Names alone are compared with the sender's school, because in a whole trust every common name is somebody's. But a
record pasted from the wrong school has more than a name. Only text around figures and labels and table rows is looked
at a second time, so that prose costs next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.model import EvidenceKind, Segment
from mailguard.recognise.clues import Case, Naming
from mailguard.recognise.fold import Region, Words
from mailguard.recognise.index import Index
from mailguard.recognise.names import NameFinder
from mailguard.recognise.part import PartView
from mailguard.recognise.scan import number_regions
from mailguard.recognise.strength import labels_name

_LABEL = re.compile(r"\b(?:names?|pupil|student|child|learner|candidate|surname|forename|re)\s*[:=\t]", re.IGNORECASE)
_REACH = 120
_LABEL_REACH = 60
_EVIDENCE = frozenset(EvidenceKind) - {EvidenceKind.NAME, EvidenceKind.FILE_NAME, EvidenceKind.CLASS}


def beyond(view: PartView, index: Index, finder: NameFinder, cases: dict[int, Case]) -> dict[int, Case]:
    """Return the cases of pupils outside the view's scope; `cases` are those within. `finder` looks everywhere."""
    wide = PartView(view.sources, index, index.everybody, finder, view.authors)
    for at, segment in enumerate(wide.segments):
        numbers = number_regions(segment.text)
        regions = _regions(segment, numbers)
        if regions:
            wide.look(at, segment, Words(segment.text, False, regions), numbers)
    view.overflow = view.overflow or wide.overflow
    if not wide.clues:
        return {}
    taken = {span for case in cases.values() if case.namings for span in _name_spans(case)}
    return {
        person: case
        for person, case in wide.cases().items()
        if not index.within(person, view.scope) and _sure(wide, case, taken)
    }


def _regions(segment: Segment, numbers: list[Region]) -> list[Region]:
    text = segment.text
    if segment.cells:
        return [(0, len(text))]
    near = [(max(0, low - _REACH), min(len(text), high + _REACH)) for low, high in numbers]
    near += [(m.start(), min(len(text), m.end() + _LABEL_REACH)) for m in _LABEL.finditer(text)]
    found: list[Region] = []
    for low, high in sorted(near):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def _name_spans(case: Case) -> Iterator[tuple[int, int, int]]:
    for naming in case.namings:
        if naming.hit.given is not None and naming.hit.family is not None:
            yield from ((naming.clue.at, start, end) for start, end in naming.hit.spans)


def _sure(view: PartView, case: Case, taken: set[tuple[int, int, int]]) -> bool:
    """Return whether a full name has own evidence, or is plainly written in a form or row and fits nobody within."""
    whole = [n for n in case.namings if n.hit.given and n.hit.family and n.hit.how in ("exact", "variant", "typo")]
    if whole and any(fact.kind in _EVIDENCE for _, fact in case.facts):
        return True
    whole = [naming for naming in whole if all(view.index.is_pupil(person) for person in naming.hit.persons)]
    if whole and any(fact.kind is EvidenceKind.CLASS for _, fact in case.facts):
        return True
    return any(naming.full and _in_form(view, naming) and not _overlaps(naming, taken) for naming in whole)


def _in_form(view: PartView, naming: Naming) -> bool:
    if sum(view.index.is_pupil(person) for person in naming.hit.persons) > 1:
        return False
    segment, at = naming.clue.segment, naming.clue.at
    low, _ = view.around.line(at, naming.hit.start, naming.hit.end)
    return bool(segment.cells) or labels_name(segment.text[low : naming.hit.start])


def _overlaps(naming: Naming, taken: set[tuple[int, int, int]]) -> bool:
    return any(
        at == naming.clue.at and start < low_end and low < end
        for at, start, end in taken
        for low, low_end in naming.hit.spans
    )
