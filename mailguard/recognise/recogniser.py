"""Reading and index to sightings: collect names and facts part by part, weigh them, and say record or mention.

The recogniser knows nothing of recipients. It returns pupils and ambiguous sets; who may have the message is judged
elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mailguard.model import (
    Category,
    ContactSighting,
    Evidence,
    EvidenceKind,
    Reading,
    Segment,
    SegmentKind,
    Sighting,
    Sightings,
    Strength,
    UnknownIdentifier,
    Unreadable,
    UnreadableReason,
)
from mailguard.recognise import weights
from mailguard.recognise.across import message_shows, subject_heads
from mailguard.recognise.beyond import beyond
from mailguard.recognise.boilerplate import boilerplate
from mailguard.recognise.categories import topics_of
from mailguard.recognise.clues import Case, Clue
from mailguard.recognise.details import another_home, email_key
from mailguard.recognise.entries import spread
from mailguard.recognise.facts import Fact
from mailguard.recognise.fold import Region, Words, name_parts
from mailguard.recognise.index import Index, Scope
from mailguard.recognise.names import NameFinder
from mailguard.recognise.part import PartView
from mailguard.recognise.record import Record
from mailguard.recognise.scan import name_regions, number_regions
from mailguard.recognise.twice import once

_FROM = frozenset({"from", "sender", "reply-to", "resent-from"})
_NUMBERS = frozenset({EvidenceKind.UPN, EvidenceKind.ULN, EvidenceKind.NHS})
_CATEGORIES = tuple(Category)
_MOST_EVIDENCE = 12
_FEW = 2
_VERY_MANY = 200
"""Records of one school in one part: more than any family or agency may have pupil by pupil."""
_LONGEST_TEXT = 1_000_000
"""Characters around names of one text beyond which the rest is not looked at; the part then counts as overflowing."""
_BUCKET = 8
"""Slices are kept by the 256 characters they lie in, so that a long segment costs no more than many short ones."""


def recognise(reading: Reading, index: Index, school: str | None, sender: str = "") -> Sightings:
    """Return every pupil seen in a reading, confidential contacts' details, and pupil numbers not on the roll.

    `school` limits names to one school's roll; None (or one the roll does not have) means all schools. Identifiers,
    phones and e-mail addresses are looked up in the whole roll. `sender` is the envelope sender: the author's own
    address is no evidence."""
    scope = index.scope(school)
    finder = NameFinder(index, scope)
    author = email_key(sender)
    views = []
    authors = _authors(reading, index, author)
    title = next((segment.text for segment in reading.segments if segment.place == ("subject",)), "")
    for segments in _parts(reading.segments):
        view = PartView(segments, index, scope, finder, authors, title)
        _look(view, scope)
        views.append(view)
    _share_classes(views)
    found = []
    elsewhere = NameFinder(index, index.everybody) if 0 <= scope.number < len(index.schools) > 1 else None
    for view in views:
        cases = view.cases()
        if elsewhere:
            cases.update(beyond(view, index, elsewhere, cases))
        if cases:
            _set_apart(view, cases.values())
        if cases or view.clues:
            found.append((view, _explained(list(cases.values()))))
    _drop_relatives(found, index)
    return Sightings(
        tuple(_sightings(found, views, index)),
        tuple(_confidential(views, reading, index, author)),
        tuple(_unknown(views, index)),
        tuple(_unread(view) for view in views if view.overflow),
    )


def _set_apart(view: PartView, cases: Iterable[Case]) -> None:
    """Blank out the boilerplate of a part before it is asked what the part says of its pupils."""
    named: dict[int, list[tuple[int, int]]] = {}
    for naming in (naming for case in cases for naming in case.namings):
        named.setdefault(naming.clue.at, []).extend(naming.hit.spans)
    for at, spans in boilerplate(view.segments, named, view.index.lexicon).items():
        view.around.blank(at, spans)


def _share_classes(views: Sequence[PartView]) -> None:
    """Tell the parts of the one class that the message speaks of, if it is one: the subject's is that of the body. The
    class of a pupil who is named beside it is that pupil's."""
    found = set()
    for clue in (clue for view in views for clue in view.clues.values()):
        named = {person for hit in clue.names for person in hit.persons}
        for fact in clue.facts:
            if fact.kind is EvidenceKind.CLASS and named.isdisjoint(fact.persons):
                found.add(fact.persons)
    if len(found) == 1:
        for view in views:
            view.elsewhere = next(iter(found))


def _unread(view: PartView) -> Unreadable:
    first = view.segments[0]
    return Unreadable(
        first.place[: first.leaf], UnreadableReason.TOO_LARGE, "more names than can be judged", first.leaf
    )


def _parts(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    parts: dict[tuple[str, ...], list[Segment]] = {}
    for segment in segments:
        parts.setdefault(segment.place[: segment.leaf], []).append(segment)
    yield from map(once, parts.values())


def _authors(reading: Reading, index: Index, sender: str) -> list[frozenset[str]]:
    """Return the words of the names of whoever wrote the message: by its headers and, for staff, by the roll."""
    names = [header.name for header in reading.addresses if header.header.lower() in _FROM]
    names += index.staff_names.get(sender, ())
    found = (frozenset(name_parts(name)) for name in names)
    return [words for words in found if len(words) > 1]


def _look(view: PartView, scope: Scope) -> None:
    regions, complete = name_regions([segment.text for segment in view.segments], scope)
    for at, (segment, names) in enumerate(zip(view.segments, regions, strict=True)):
        text = segment.text
        file = segment.kind is SegmentKind.FILE_NAME
        numbers = number_regions(text)
        if file or names or numbers:
            kept = [(0, len(text))] if file else _first(names)
            view.look(at, segment, Words(text, file, kept), numbers)
            view.overflow = view.overflow or (not file and kept[-1:] != names[-1:])
    view.overflow = view.overflow or not complete


def _first(regions: list[Region]) -> list[Region]:
    """Return the first regions of one text, as many as can be looked at in bounded time."""
    if not regions or regions[-1][1] < _LONGEST_TEXT:
        return regions
    kept, left = [], _LONGEST_TEXT
    for start, end in regions:
        if left > 0:
            kept.append((start, min(end, start + left)))
            left -= end - start
    return kept


def _explained(cases: list[Case]) -> list[list[Case]]:
    """Drop a case whose words all lie within those of a clearly stronger one; group equals as ambiguous."""
    cases.sort(key=lambda case: (-case.bits, case.person))
    groups: list[list[Case]] = []
    owners: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for case in cases:
        spans = case.spans()
        holders = _holders_of_all(spans, owners)
        if holders:
            group = groups[min(holders)]
            if group[0].bits - case.bits < weights.SPAN_MARGIN:
                group.append(case)
            continue
        for at, start, end in spans:
            for bucket in range(start >> _BUCKET, (end >> _BUCKET) + 1):
                owners.setdefault((at, bucket), []).append((start, end, len(groups)))
        groups.append([case])
    return groups


def _holders_of_all(
    spans: Iterable[tuple[int, int, int]], owners: dict[tuple[int, int], list[tuple[int, int, int]]]
) -> set[int]:
    """Return the groups that have a slice around each of these; most often a slice is met of which none has."""
    found: set[int] | None = None
    for span in spans:
        holders = _holders(span, owners)
        found = holders if found is None else found & holders
        if not found:
            break
    return found or set()


def _holders(span: tuple[int, int, int], owners: dict[tuple[int, int], list[tuple[int, int, int]]]) -> set[int]:
    """Return the groups that have a slice around this one."""
    at, start, end = span
    near = owners.get((at, start >> _BUCKET), ())
    return {group for low, high, group in near if low <= start and end <= high}


def _drop_relatives(found: list[tuple[PartView, list[list[Case]]]], index: Index) -> None:
    """A parent of a pupil who is surely meant may share another pupil's name: then the parent is meant."""
    sure = {
        case.person
        for _, groups in found
        for group in groups
        for case in group
        if case.own_bits >= weights.RECORD_ATTRIBUTES or case.floor or case.bits > 3
    }
    if len(sure) > _FEW + 1:
        return
    for view, groups in found:
        for group in list(groups):
            case = group[0]
            if case.own_bits:
                continue
            rivals = {p for naming in case.namings for p in naming.hit.persons if p in view.adults}
            children = {child for rival in rivals for child in index.children_of(rival)}
            if children and children & (sure - {c.person for c in group}):
                groups.remove(group)


def _sightings(
    found: list[tuple[PartView, list[list[Case]]]], views: Sequence[PartView], index: Index
) -> Iterator[Sighting]:
    everyone = {group[0].person for _, groups in found for group in groups}
    for view, groups in found:
        common = _Common(index)
        records = []
        for group in groups:
            record = Record(view, group[0], groups, common.of(group[0].person))
            common.note(group[0].person, record)
            records.append(record)
        spread(view, [(group[0], record) for group, record in zip(groups, records, strict=True)])
        for group, record in zip(groups, records, strict=True):
            if not record.record and len(everyone) <= _FEW and len(found) + 1 > 1:
                more = message_shows(group[0], view, [other for other, _ in found if other is not view])
                record.record = bool(more)
                record.categories |= more
            if not record.record and len(everyone) == 1:
                record.record, more = subject_heads(group[0], view, views)
                record.categories |= more if record.record else set()
            yield _sighting(view, group, record, index)


class _Common:
    """What the records of one part have in common, school by school, once a school has very many of them there.

    No recipient may have so many and not the others, but for the categories: staff and agencies. See `Record`."""

    def __init__(self, index: Index) -> None:
        self.schools = index.school_of
        self.counts: dict[int, int] = {}
        self.shared: dict[int, frozenset[Category]] = {}

    def of(self, person: int) -> frozenset[Category] | None:
        """Return the categories common to all records of the pupil's school so far; None if there are not very many."""
        school = self.schools[person]
        return self.shared[school] if self.counts.get(school, 0) >= _VERY_MANY else None

    def note(self, person: int, record: Record) -> None:
        """Count a record, unless there are very many already."""
        school = self.schools[person]
        count = self.counts.get(school, 0)
        if record.record and count < _VERY_MANY:
            self.counts[school] = count + 1
            categories = frozenset(record.categories)
            self.shared[school] = self.shared.get(school, categories) & categories


def _sighting(view: PartView, group: list[Case], record: Record, index: Index) -> Sighting:
    case = group[0]
    best = case.best
    segment = (best.clue if best else case.facts[0][0]).segment
    return Sighting(
        pupils=tuple(sorted(index.pupils[c.person].key for c in group)),
        strength=Strength.RECORD if record.record else Strength.MENTION,
        place=segment.place,
        leaf=segment.leaf,
        categories=tuple([category for category in _CATEGORIES if category in record.categories]),
        evidence=_evidence(case),
        bits=round(case.bits, 2),
        beside=record.beside,
    )


def _evidence(case: Case) -> tuple[Evidence, ...]:
    found: dict[tuple[EvidenceKind, str], Evidence] = {}
    for naming in sorted(case.namings, key=lambda naming: -naming.bits):
        segment = naming.clue.source
        kind = EvidenceKind.FILE_NAME if segment.kind is SegmentKind.FILE_NAME else EvidenceKind.NAME
        kind = EvidenceKind.ADDRESS if naming.hit.how == "home" else kind
        for start, end in naming.hit.spans:
            _add(found, kind, segment, start, end)
    for clue, fact in case.facts:
        if len(found) >= _MOST_EVIDENCE:
            break
        _add(found, fact.kind, clue.source, fact.start, fact.end)
    return tuple(list(found.values())[:_MOST_EVIDENCE])


def _add(
    found: dict[tuple[EvidenceKind, str], Evidence], kind: EvidenceKind, segment: Segment, start: int, end: int
) -> None:
    text = segment.text[start:end]
    if (kind, text) not in found:
        found[kind, text] = Evidence(kind, text, segment.place, start, end)


def _confidential(views: Sequence[PartView], reading: Reading, index: Index, author: str) -> Iterator[ContactSighting]:
    for view in views if index.confidential else ():
        seen: dict[str, list[tuple[Clue, Evidence]]] = {}
        for clue in view.clues.values():
            for fact in clue.facts:
                if fact.key == author:
                    continue
                for contact in index.confidential.get((fact.kind.value, fact.key), ()):
                    if fact.kind is EvidenceKind.ADDRESS and _elsewhere(index, contact, clue, fact):
                        continue
                    text = clue.source.text[fact.start : fact.end]
                    evidence = Evidence(fact.kind, text, clue.segment.place, fact.start, fact.end)
                    seen.setdefault(contact, []).append((clue, evidence))
        for contact, found in seen.items():
            segment = found[0][0].segment
            evidence_found = tuple(evidence for _, evidence in found[:_MOST_EVIDENCE])
            yield ContactSighting(contact, segment.place, segment.leaf, evidence_found)
    for address in reading.addresses:
        for contact in index.confidential.get((EvidenceKind.EMAIL.value, email_key(address.address)), ()):
            place = (f"header {address.header}",)
            yield ContactSighting(
                contact, place, 1, (Evidence(EvidenceKind.EMAIL, address.address, place, 0, len(address.address)),)
            )


def _elsewhere(index: Index, contact_id: str, clue: Clue, fact: Fact) -> bool:
    """Return whether an address is plainly another home than a confidential contact's of the same number and street."""
    home = index.hidden_homes[contact_id]
    return another_home(home, clue.source.text, fact.start, fact.end, index.towns)


def _unknown(views: Sequence[PartView], index: Index) -> Iterator[UnknownIdentifier]:
    for view in views:
        found: list[tuple[Clue, Evidence]] = []
        for clue in view.clues.values():
            for fact in clue.facts:
                if fact.kind in _NUMBERS and not fact.persons and (fact.labelled or _personal(clue)):
                    text = clue.source.text[fact.start : fact.end]
                    found.append((clue, Evidence(fact.kind, text, clue.segment.place, fact.start, fact.end)))
        if found:
            segment = found[0][0].segment
            topics = topics_of(segment.text, index.lexicon).all()
            categories = tuple(category for category in Category if category in topics)
            evidence = tuple(evidence for _, evidence in found[:_MOST_EVIDENCE])
            yield UnknownIdentifier(segment.place, segment.leaf, evidence, categories)


def _personal(clue: Clue) -> bool:
    """Return whether a birthday or a name stands near a number that looks like a pupil's."""
    return bool(clue.names) or any(fact.kind is EvidenceKind.DOB for fact in clue.facts)
