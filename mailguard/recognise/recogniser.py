"""Reading and index to sightings: collect names and facts part by part, weigh them, and say record or mention.

The recogniser knows nothing of recipients. It returns pupils and ambiguous sets; who may have the message is judged
elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

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
)
from mailguard.recognise import weights
from mailguard.recognise.categories import categories_of
from mailguard.recognise.details import email_key
from mailguard.recognise.facts import Fact, find_facts
from mailguard.recognise.fold import Words, name_parts, words_of
from mailguard.recognise.index import Index, Scope
from mailguard.recognise.names import NameFinder, NameHit
from mailguard.recognise.score import name_bits, person_bits, prior
from mailguard.recognise.strength import form_labels, labels_name, personal_head, sensitive, value_cell

_UNIQUE = frozenset({EvidenceKind.UPN, EvidenceKind.ULN, EvidenceKind.NHS, EvidenceKind.UCI, EvidenceKind.ADMISSION})
_HOME = frozenset({EvidenceKind.POSTCODE, EvidenceKind.ADDRESS, EvidenceKind.PHONE, EvidenceKind.EMAIL})
_SURE_HOME = frozenset({EvidenceKind.PHONE, EvidenceKind.EMAIL})


@dataclass(slots=True)
class Clues:
    """What one segment holds."""

    segment: Segment
    words: Words
    names: list[NameHit]
    facts: list[Fact]


@dataclass(slots=True)
class Case:
    """One pupil in one part: the clues that speak for them and what they are worth."""

    person: int
    names: list[tuple[Clues, NameHit, float]] = field(default_factory=list)
    facts: list[tuple[Clues, Fact]] = field(default_factory=list)
    bits: float = 0.0
    own_bits: float = 0.0


def recognise(reading: Reading, index: Index, school: str | None, sender: str = "") -> Sightings:
    """Return every pupil seen in a reading, confidential contacts' details, and pupil numbers not on the roll.

    `school` limits names to one school's roll; None (or one the roll does not have) means all schools. Identifiers,
    phones and e-mail addresses are looked up in the whole roll. `sender` is the envelope sender: the author's own
    name and address are no evidence."""
    scope = index.scope(school)
    finder = NameFinder(index, scope)
    pupils: list[Sighting] = []
    confidential: list[ContactSighting] = []
    unknown: list[UnknownIdentifier] = []
    for part in _parts(reading.segments):
        clues = [c for segment in part if (c := _clues(segment, finder, email_key(sender))) is not None]
        if clues:
            pupils += _sightings(clues, part, index, scope)
            confidential += _confidential(clues, index)
            unknown += _unknown(clues, index)
    confidential += _addresses(reading, index)
    return Sightings(tuple(pupils), tuple(confidential), tuple(unknown))


def _parts(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    parts: dict[tuple[str, ...], list[Segment]] = {}
    for segment in segments:
        parts.setdefault(segment.place[: segment.leaf], []).append(segment)
    yield from parts.values()


def _clues(segment: Segment, finder: NameFinder, sender: str) -> Clues | None:
    facts = [fact for fact in find_facts(segment, finder.index, finder.scope) if fact.key != sender or not sender]
    if segment.kind is SegmentKind.HEADER and segment.place[:1] != ("subject",):
        facts = []
    names: list[NameHit] = []
    words = Words("")
    if not finder.scope.vocabulary.isdisjoint(words_of(segment.text)):
        words = Words(segment.text)
        names = finder.find(words)
    return Clues(segment, words, names, facts) if names or facts or len(words) else None


def _sightings(clues: list[Clues], part: list[Segment], index: Index, scope: Scope) -> list[Sighting]:
    cases = _cases(clues, index, scope)
    kept = _explain_away(list(cases.values()))
    part_categories = categories_of("\n".join(segment.text for segment in part), index.lexicon)
    people = len({group[0].person for group in kept})
    return [_sighting(group, index, part_categories, people) for group in kept]


def _cases(clues: list[Clues], index: Index, scope: Scope) -> dict[int, Case]:
    cases: dict[int, Case] = {}
    for clue in clues:
        for hit in clue.names:
            base = name_bits(index, clue.words, hit)
            for person in hit.persons:
                if index.is_pupil(person):
                    bits = base + person_bits(index, clue.words, hit, index.pupils[person])
                    cases.setdefault(person, Case(person)).names.append((clue, hit, bits))
    for clue in clues:
        for fact in clue.facts:
            for person in fact.persons:
                if (
                    person in cases
                    or fact.kind in _UNIQUE
                    or _partly_named(clue, index, person)
                    or fact.kind in _SURE_HOME
                ):
                    cases.setdefault(person, Case(person)).facts.append((clue, fact))
    for case in cases.values():
        _weigh(case, clues, index, scope)
    return {person: case for person, case in cases.items() if case.bits >= weights.MENTION or _floor(case, index)}


def _partly_named(clue: Clues, index: Index, person: int) -> bool:
    pupil = index.pupils[person]
    keys = {*name_parts(pupil.forename), *name_parts(pupil.preferred_forename), *name_parts(pupil.surname)}
    return any(key in keys and clue.words.capital(place) for place, key in enumerate(clue.words.keys))


def _weigh(case: Case, clues: list[Clues], index: Index, scope: Scope) -> None:
    best = max((bits for _, _, bits in case.names), default=0.0)
    home: dict[EvidenceKind, float] = {}
    own = 0.0
    for _, fact in case.facts:
        if fact.kind in _UNIQUE:
            own = max(own, weights.DECISIVE)
        elif fact.kind is EvidenceKind.DOB:
            own = max(own, weights.DOB)
        elif fact.kind in _HOME:
            home[fact.kind] = 18.0 if fact.kind in _SURE_HOME else 8.0
    if home:
        strongest = max(home.values())
        own += strongest + weights.HOUSEHOLD_REST * (sum(home.values()) - strongest)
    case.own_bits = own
    case.bits = prior(scope) + best + own
    if own < weights.DECISIVE and _contradicted(case, index):
        case.bits += weights.CONTRADICTION["dob"]


def _contradicted(case: Case, index: Index) -> bool:
    """Return whether a labelled date of birth just after every mention of the name is another one."""
    birth = index.pupils[case.person].date_of_birth
    if birth is None or not case.names or any(fact.kind is EvidenceKind.DOB for _, fact in case.facts):
        return False
    return all(
        any(fact.kind is EvidenceKind.DOB and fact.labelled and -20 < fact.start - hit.end < 160 for fact in clue.facts)
        for clue, hit, _ in case.names
    )


def _floor(case: Case, index: Index) -> bool:
    """A full name is at least a mention, however common it is; in small letters only if no word is an everyday one."""
    ordinary = index.lexicon.ordinary
    return any(
        not hit.variant
        and hit.between == 0
        and hit.order != "family-first"
        and all(clue.words.capital(mark.first) or mark.key not in ordinary for mark in (hit.given, hit.family))
        and not {hit.given.key, hit.family.key} <= ordinary
        for clue, hit, bits in case.names
    )


def _spans(case: Case) -> set[tuple[int, int, int]]:
    spans = {(id(clue), hit.start, hit.end) for clue, hit, _ in case.names}
    return spans | {(id(clue), fact.start, fact.end) for clue, fact in case.facts}


def _explain_away(cases: list[Case]) -> list[list[Case]]:
    """Drop a case whose words all lie within those of a clearly stronger one; group equals as ambiguous."""
    cases.sort(key=lambda case: -case.bits)
    groups: list[tuple[set[tuple[int, int, int]], list[Case]]] = []
    for case in cases:
        spans = _spans(case)
        for known, group in groups:
            if all(any(c == s[0] and a <= s[1] and s[2] <= b for c, a, b in known) for s in spans):
                if group[0].bits - case.bits < weights.SPAN_MARGIN and spans == known:
                    group.append(case)
                break
        else:
            groups.append((spans, [case]))
    return [group for _, group in groups]


def _sighting(group: list[Case], index: Index, part_categories: dict[Category, int], people: int) -> Sighting:
    case = group[0]
    anchor = max(case.names, key=lambda n: n[2])[0] if case.names else case.facts[0][0]
    segment = anchor.segment
    near = categories_of(segment.text, index.lexicon)
    if people <= 2 and not segment.cells:
        near = {**part_categories, **near}
    record = (
        case.own_bits >= weights.RECORD_ATTRIBUTES
        or form_labels(segment.text) >= 3
        or (sensitive(near) > 0 and people <= 2)
        or _personal_row(case)
        or any(labels_name(clue.segment.text, hit.start) for clue, hit, _ in case.names)
        or (sensitive(near) > 0 and len(segment.text) < 600)
    )
    evidence: dict[tuple[EvidenceKind, str, tuple[str, ...]], Evidence] = {}
    for clue, hit, _ in sorted(case.names, key=lambda n: -n[2]):
        _add(evidence, EvidenceKind.NAME, clue.segment, hit.start, hit.end)
    for clue, fact in case.facts:
        _add(evidence, fact.kind, clue.segment, fact.start, fact.end)
    return Sighting(
        pupils=tuple(sorted(index.pupils[c.person].key for c in group)),
        strength=Strength.RECORD if record else Strength.MENTION,
        place=segment.place,
        leaf=segment.leaf,
        categories=tuple(c for c in Category if c in near),
        evidence=tuple(list(evidence.values())[:12]),
        bits=round(case.bits, 2),
    )


def _personal_row(case: Case) -> bool:
    for clue, hit, _ in case.names:
        segment = clue.segment
        for cell in segment.cells:
            if cell.start <= hit.start < cell.end:
                continue
            text = segment.text[cell.start : cell.end]
            if text.strip() and (personal_head(cell.head) or value_cell(text)):
                return True
    return False


def _add(
    evidence: dict[tuple[EvidenceKind, str, tuple[str, ...]], Evidence],
    kind: EvidenceKind,
    segment: Segment,
    start: int,
    end: int,
) -> None:
    text = segment.text[start:end]
    evidence.setdefault((kind, text, segment.place), Evidence(kind, text, segment.place, start, end))


def _confidential(clues: list[Clues], index: Index) -> Iterator[ContactSighting]:
    seen: dict[str, list[tuple[Segment, Evidence]]] = {}
    for clue in clues:
        for fact in clue.facts:
            for contact in index.confidential.get((fact.kind.value, fact.key), ()):
                text = clue.segment.text[fact.start : fact.end]
                evidence = Evidence(fact.kind, text, clue.segment.place, fact.start, fact.end)
                seen.setdefault(contact, []).append((clue.segment, evidence))
    for contact, found in seen.items():
        segment = found[0][0]
        yield ContactSighting(contact, segment.place, segment.leaf, tuple(evidence for _, evidence in found[:8]))


def _addresses(reading: Reading, index: Index) -> Iterator[ContactSighting]:
    for address in reading.addresses:
        for contact in index.confidential.get((EvidenceKind.EMAIL.value, email_key(address.address)), ()):
            place = (f"header {address.header}",)
            evidence = Evidence(EvidenceKind.EMAIL, address.address, place, 0, len(address.address))
            yield ContactSighting(contact, place, 1, (evidence,))


def _unknown(clues: list[Clues], index: Index) -> Iterator[UnknownIdentifier]:
    found: list[tuple[Segment, Evidence]] = []
    for clue in clues:
        for fact in clue.facts:
            if fact.kind is EvidenceKind.UPN and not fact.persons and (fact.labelled or _personal(clue)):
                text = clue.segment.text[fact.start : fact.end]
                found.append((clue.segment, Evidence(fact.kind, text, clue.segment.place, fact.start, fact.end)))
    if found:
        segment = found[0][0]
        categories = categories_of(segment.text, index.lexicon)
        yield UnknownIdentifier(
            segment.place, segment.leaf, tuple(e for _, e in found[:20]), tuple(c for c in Category if c in categories)
        )


def _personal(clue: Clues) -> bool:
    """Return whether a date or a name stands near a number that looks like a pupil's."""
    return bool(clue.names) or any(fact.kind is EvidenceKind.DOB for fact in clue.facts)
