"""One part of a message: collect its clues, find whose they are, and weigh every pupil they may mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailguard.model import EvidenceKind, Segment, SegmentKind
from mailguard.recognise import weights
from mailguard.recognise.addressed import addressed
from mailguard.recognise.candidates import candidate_numbers
from mailguard.recognise.categories import topics_of
from mailguard.recognise.circles import DRAWING, Circles
from mailguard.recognise.clues import Case, Clue, Naming, plain_segment
from mailguard.recognise.columns import Column
from mailguard.recognise.context import Surroundings
from mailguard.recognise.contradiction import contradictions, near_clues
from mailguard.recognise.effort import Effort
from mailguard.recognise.facts import HOME, UNIQUE, Fact, class_words, find_facts, find_sure, spent
from mailguard.recognise.fold import Region, Words
from mailguard.recognise.headers import of_addresses
from mailguard.recognise.index import Index, Scope
from mailguard.recognise.kin import kin
from mailguard.recognise.lone import homes, log_ins
from mailguard.recognise.names import Mark, NameFinder, NameHit
from mailguard.recognise.narrowed import Narrower, Taken
from mailguard.recognise.partial import half_label, halves, partials, twins
from mailguard.recognise.roles import Role, role_in_cell, role_of
from mailguard.recognise.roster import half_names, titled_halves
from mailguard.recognise.score import fact_bits, full_name, name_bits, namesake_bits, prior
from mailguard.recognise.slips import slips
from mailguard.recognise.strength import labels_name

_SURE = frozenset({EvidenceKind.PHONE, EvidenceKind.EMAIL})
_CLASS_NEAR = 40
_FORM_REACH = 6
_SLICE = 5_000
_OVERLAP = 10
_OFTEN = 30


class PartView:
    """The clues of one part and the cases made of them.

    `overflow` says that the part had more names than can be looked at in bounded time; what was seen of it by then
    counts as records, so that nothing passes because there was too much of it."""

    def __init__(
        self,
        segments: Sequence[Segment],
        index: Index,
        scope: Scope,
        finder: NameFinder,
        authors: Sequence[frozenset[str]] = (),
        title: str = "",
    ) -> None:
        self.sources = segments
        self.authors = authors
        self.title = title
        self.segments = [
            segment if len(segment.cells) != 1 and segment.text.isascii() else plain_segment(segment)
            for segment in segments
        ]
        self.around = Surroundings(self.segments)
        self.index = index
        self.scope = scope
        self.finder = finder
        self.clues: dict[int, Clue] = {}
        self.adults: set[int] = set()
        self.seen: set[int] = set()
        self.grown: set[tuple[str, str]] = set()
        self.effort = Effort(finder.effort)
        self.overflow = False
        self.numbers: dict[int, Sequence[Region]] = {}
        self.elsewhere: tuple[int, ...] = ()

    def look(self, at: int, segment: Segment, words: Words, numbers: Sequence[Region]) -> None:
        """Take the clues of one segment: its words where names may be, and the stretches around its numbers.

        A part with very many clues is read more thinly (names, and numbers that are one pupil's), then not at all; see
        `overflow`."""
        self.overflow = self.overflow or self.effort.too_much_of_all()
        if self.overflow:
            return
        light = self.effort.thin()
        find = find_sure if light else find_facts
        facts = [fact for region in numbers for fact in find(segment, self.index, self.scope, region)]
        self.numbers[at] = numbers
        if numbers and self.index.has_candidates and not light:
            facts += candidate_numbers(segment, self.index, self.scope, numbers, facts, self.title)
        marks: list[Mark] = []
        names: list[NameHit] = []
        if words.keys and not (of_addresses(segment) and self._bare(segment, facts)):
            marks = self.finder.marks(segment, words)
            if homes := [fact for fact in facts if fact.kind in HOME]:
                marks = [mark for mark in marks if not spent(homes, words.starts[mark.first])]
            names = self._names(segment, words, marks)
            if not light:
                facts += class_words(self.index, self.scope, segment, words, facts)
        self._spend(1 + len(facts), segment)
        if names or facts or (marks and not light):
            lines, thin = "\n" in segment.text, light or (len(marks) > _SLICE and self.effort.thin())
            self.clues[at] = Clue(at, segment, self.sources[at], words, marks, names, facts, lines, thin)
            if names:
                self.around.hush(at, {span for hit in names for span in hit.spans})

    def _names(self, segment: Segment, words: Words, marks: Sequence[Mark]) -> list[NameHit]:
        """Return the names of a segment, some thousand words of names at a time: the more the part has had, the less is
        made of further ones, even within one segment."""
        names: list[NameHit] = []
        for first in range(0, max(len(marks), 1), _SLICE):
            some = marks[max(0, first - _OVERLAP) : first + _SLICE] if len(marks) > _SLICE else marks
            found = self.finder.find(segment, words, some)
            if self.effort.thin():
                found = [hit for hit in found if not self.seen.issuperset(hit.persons)]
            else:
                found += slips(self.index, self.scope, words, some, found)
            names += found
            self.seen.update(person for hit in found for person in hit.persons)
            self._spend(len(some), segment)
            if self.overflow:
                break
        return names

    def _spend(self, clues: int, segment: Segment) -> None:
        self.effort.spend(clues, segment.kind is SegmentKind.ROW)
        self.overflow = self.overflow or self.effort.too_much()

    def _bare(self, segment: Segment, facts: Sequence[Fact]) -> bool:
        """Return whether a header of addresses shows names alone: they are those of senders and recipients."""
        own = any(fact.kind is not EvidenceKind.EMAIL for fact in facts)
        return not own and not topics_of(segment.text, self.index.lexicon).sensitive()

    def cases(self) -> dict[int, Case]:
        """Return the cases of the part by person, weighed; those that fall short are left out."""
        cases: dict[int, Case] = {}
        for clue in self.clues.values():
            hits = clue.names if clue.facts else [hit for hit in clue.names if not self._enough(hit, cases)]
            for naming, person in self._namings(clue, hits):
                cases.setdefault(person, Case(person)).namings.append(naming)
        self._labelled(cases)
        texts = [segment.text for segment in self.segments]
        listed = half_names(self.index, self.scope, self.clues, texts, self.title)
        for clue, hit in (*listed, *titled_halves(self.index, self.scope, self.clues)):
            for naming, person in self._namings(clue, [hit]):
                cases.setdefault(person, Case(person)).namings.append(naming)
        for clue, hits in addressed(self.finder, self.around, self.clues.values(), cases, self.adults):
            for naming, person in self._namings(clue, hits):
                cases.setdefault(person, Case(person)).namings.append(naming)
        named = _whole(cases)
        for clue in self.clues.values():
            if clue.facts:
                self._link(clue, cases, named)
            self._twins(clue, cases)
        self._narrow(cases)
        self._births(cases)
        for case in cases.values():
            self._weigh(case)
        return {person: case for person, case in cases.items() if case.floor or case.bits >= weights.MENTION}

    def _namings(self, clue: Clue, hits: Sequence[NameHit]) -> Iterator[tuple[Naming, int]]:
        index = self.index
        grown: dict[object, list[int]] = {}
        exactly: set[object] = set()
        for hit in hits:
            if hit.how == "exact":
                others = [person for person in hit.persons if person >= index.pupil_count]
                grown.setdefault(hit.spans, []).extend(others)
                if len(others) < len(hit.persons):
                    exactly.add(hit.spans)
        for hit in hits:
            if self._known_adult(hit, grown):
                continue
            bits = name_bits(index, clue.words, hit)
            role = (
                role_of(self.around, clue.at, hit.start, hit.end)
                if not clue.segment.cells
                else role_in_cell(clue.segment.text, hit.start)
            )
            pupils = [person for person in hit.persons if person < index.pupil_count]
            others = grown.get(hit.spans, [])
            self.adults.update(person for person in others if index.is_contact(person))
            labelled = bool(others) and role is Role.OPEN and self._is_labelled(clue, hit)
            bits += 0.0 if labelled else self._rivals(others, role)
            if hit.how != "exact" and (others or hit.spans in exactly):
                bits += weights.EXACT_RIVAL
            author = self._is_author(hit)
            if author:
                bits += weights.AUTHOR
            if role is Role.ADULT:
                if self._staff(others) and hit.given and hit.family:
                    self.grown.add((hit.given.key, hit.family.key))
                continue
            full = role is Role.OPEN or (role is Role.GREETED and not others)
            full = full and not author and full_name(index, clue.words, hit)
            rival = self._staff(others) and not labelled
            if hit.how == "partial" and hit.given is None and role in (Role.MISS, Role.GREETED):
                continue
            for person, own in zip(pupils, namesake_bits(index, clue.words, hit, pupils), strict=True):
                if others and hit.how == "exact" and own <= weights.HALF_BARREL:
                    own += weights.EXACT_RIVAL
                yield Naming(clue, hit, bits + own, full and own > weights.MIDDLE_NAME, role, rival), person

    def _is_labelled(self, clue: Clue, hit: NameHit) -> bool:
        """Return whether a name stands where a pupil's does: after a label, or in a column of pupils."""
        if clue.segment.cells:
            return any(
                mark is not None and mark.column in (Column.NAME, Column.GIVEN, Column.FAMILY)
                for mark in (hit.given, hit.family)
            )
        low, _ = self.around.line(clue.at, hit.start, hit.end)
        return labels_name(clue.segment.text[low : hit.start])

    def _staff(self, others: Sequence[int]) -> bool:
        return any(not self.index.is_contact(person) for person in others)

    def _known_adult(self, hit: NameHit, grown: dict[object, list[int]]) -> bool:
        """Return whether a member of staff of this name was named before in a place that is a grown-up's."""
        if not self.grown or hit.given is None or hit.family is None:
            return False
        return (hit.given.key, hit.family.key) in self.grown and self._staff(grown.get(hit.spans, []))

    def _is_author(self, hit: NameHit) -> bool:
        """Return whether a name is that of the message's author, whole or in part."""
        if not self.authors:
            return False
        keys = {mark.key for mark in (hit.given, hit.family) if mark and mark.key}
        return len(keys) > 1 and any(keys <= author for author in self.authors)

    def _rivals(self, others: Sequence[int], role: Role) -> float:
        """Grown-ups of the same name: what the place of the name makes of them."""
        if role is Role.MISS:
            return weights.ADULT if others else weights.MISS
        if role is Role.GREETED and others:
            return weights.ADULT
        return weights.STAFF_NAMESAKE if self._staff(others) else 0.0

    def _link(self, clue: Clue, cases: dict[int, Case], whole: frozenset[int]) -> None:
        """Give the facts of a clue to the pupils named around, or to those half named beside."""
        hits = [hit for hit in clue.names if hit.order != "hyphen"]
        taken = {n for hit in hits for m in (hit.given, hit.family) if m for n in range(m.first, m.last + 1)}
        for fact in clue.facts:
            named = [person for person in fact.persons if person in cases and self._beside(clue, fact, cases[person])]
            for person in named:
                cases[person].facts.append((clue, fact))
            if named:
                continue
            half = [
                hit
                for hit in partials(self.index, clue.segment.text, clue.words, fact, clue.marks, taken)
                if not (fact.kind is EvidenceKind.CLASS and hit.given and self._again(hit.given.key, fact, whole))
            ]
            linked = False
            for naming, person in self._namings(clue, half) if half else ():
                linked = True
                case = cases.setdefault(person, Case(person))
                case.namings.append(naming)
                if (clue, fact) not in case.facts:
                    case.facts.append((clue, fact))
            if not linked and self._alone(clue, fact):
                for person in fact.persons:
                    cases.setdefault(person, Case(person)).facts.append((clue, fact))

    def _again(self, given: str, fact: Fact, named: frozenset[int]) -> bool:
        """Return whether a forename is that of somebody in a class whom the part names in full: it is them again."""
        return any(given in halves(self.index.pupils[person])[0] for person in named.intersection(fact.persons))

    def _narrow(self, cases: dict[int, Case]) -> None:
        """Add who is shown by less than a name: half names that a class, a year, a birthday or a home narrows to one
        pupil, whole addresses, log-ins; see `narrowed` and `lone`."""
        index, scope, named = self.index, self.scope, _whole(cases)
        # Namesakes share a name's hit, so that there are many fewer hits than namings.
        hits = {id(hit): (clue.at, hit) for clue in self.clues.values() for hit in clue.names}
        hits |= {id(naming.hit): (naming.clue.at, naming.hit) for case in cases.values() for naming in case.namings}
        taken = Taken((at, span) for at, hit in hits.values() for span in hit.spans)
        told_of = [place for case in cases.values() if case.namings for place in case.facts]
        owned = {(clue.at, fact) for clue, fact in told_of if fact.kind in DRAWING}
        circles = Circles(index, scope, self.clues, self.elsewhere, named, owned)
        whole = ((n.clue.at, span) for p in named for n in cases[p].namings if n.full for span in n.hit.spans)
        narrower = Narrower(circles, self.clues, self.segments, self.sources, taken, Taken(whole), self.authors, named)
        told = list(narrower.find())
        used = {fact for case in cases.values() for _, fact in case.facts if fact.kind in HOME}
        text = (index, scope, self.clues, self.segments, self.sources, taken)
        more = [*homes(index, self.clues, used), *log_ins(*text, self.numbers), *kin(*text, self.title)]
        for clue, hit, bits, source in [*told, *[(*found, None) for found in more]]:
            for naming, person in self._namings(clue, [hit]):
                if naming.role is not Role.OPEN and (hit.how != "home" or naming.role is Role.ADULT):
                    continue
                naming.bits += bits - prior(scope)
                case = cases.setdefault(person, Case(person))
                case.namings.append(naming)
                if source and source not in case.facts:
                    case.facts.append(source)

    def _births(self, cases: dict[int, Case]) -> None:
        """A birthday near a home without a name tells which child of the home is meant."""
        for clue in self.clues.values():
            for fact in clue.facts:
                if fact.kind is not EvidenceKind.DOB:
                    continue
                for person in fact.persons:
                    case = cases.get(person)
                    if case is None or case.namings or (clue, fact) in case.facts:
                        continue
                    if any(abs(other.at - clue.at) <= _FORM_REACH for other, _ in case.facts):
                        case.facts.append((clue, fact))

    def _enough(self, hit: NameHit, cases: dict[int, Case]) -> bool:
        """Return whether all pupils a name may mean have been named so often that once more adds nothing."""
        pupils = [person for person in hit.persons if self.index.is_pupil(person)]
        if not pupils:
            return self.adults.issuperset(hit.persons)
        return all(person in cases and len(cases[person].namings) >= _OFTEN for person in pupils)

    def _labelled(self, cases: dict[int, Case]) -> None:
        """Join "Surname: Osei" and "Forename: Ama", which a form keeps on two lines, in either order."""
        labelled: dict[str, list[tuple[Clue, Mark]]] = {"given": [], "family": []}
        for clue in self.clues.values():
            for mark in clue.marks if not clue.segment.cells else ():
                if which := half_label(self.around, clue.at, clue.words, mark):
                    labelled[which].append((clue, mark))
        for given_clue, given in labelled["given"]:
            for family_clue, family in (f for f in labelled["family"] if abs(given_clue.at - f[0].at) <= _FORM_REACH):
                start, end = given_clue.words.starts[given.first], given_clue.words.ends[given.last]
                # the hit is weighed in the forename's words, of which the surname may be none
                placed = family if family_clue is given_clue else family._replace(first=given.first, last=given.last)
                hits = self.finder.hits(((start, end),), given, placed, "cells", 0)
                for naming, person in self._namings(given_clue, hits):
                    naming.full = naming.hit.how == "exact"
                    case = cases.setdefault(person, Case(person))
                    case.namings.append(naming)
                    span = ((family_clue.words.starts[family.first], family_clue.words.ends[family.last]),)
                    other = NameHit(span, None, family, (person,), "partial", "cells")
                    case.namings.append(Naming(family_clue, other, naming.bits - 1))

    def _twins(self, clue: Clue, cases: dict[int, Case]) -> None:
        mark = Mark(-1, -1, "")
        for span, persons in twins(self.index, self.scope, clue.words):
            for person in persons:
                hit = NameHit((span,), mark, mark, (person,), "twins")
                cases.setdefault(person, Case(person)).namings.append(Naming(clue, hit, -prior(self.scope) + 2))

    def _beside(self, clue: Clue, fact: Fact, case: Case) -> bool:
        """Return whether a fact may belong to a named pupil: same row; a class next to the name; else same part."""
        if fact.kind in UNIQUE:
            return True
        for naming in case.namings:
            if naming.clue is clue:
                if clue.segment.cells or fact.kind is not EvidenceKind.CLASS:
                    return True
                if -_CLASS_NEAR < fact.start - naming.hit.end < _CLASS_NEAR:
                    return True
            elif not clue.segment.cells and not naming.clue.segment.cells:
                if fact.kind is EvidenceKind.CLASS:
                    if abs(clue.at - naming.clue.at) <= 8 and clue.segment.text.count(":") == 1:
                        return True
                else:
                    return True
        return False

    def _alone(self, clue: Clue, fact: Fact) -> bool:
        """Return whether a fact identifies a household or pupil without any name."""
        if fact.kind in UNIQUE or fact.kind in _SURE:
            return True
        pair = {EvidenceKind.ADDRESS: EvidenceKind.POSTCODE, EvidenceKind.POSTCODE: EvidenceKind.ADDRESS}
        if fact.kind in pair:
            return any(
                other.kind is pair[fact.kind] and not set(other.persons).isdisjoint(fact.persons)
                for near in near_clues(self.clues, clue, -3, 3)
                for other in near.facts
            )
        return False

    def _weigh(self, case: Case) -> None:
        best = case.best
        home: dict[EvidenceKind, float] = {}
        single: dict[EvidenceKind, float] = {}
        for _, fact in case.facts:
            bits = fact_bits(self.index, self.scope, fact)
            table = home if fact.kind in HOME else single
            table[fact.kind] = max(table.get(fact.kind, 0.0), bits)
        own = sum(bits for kind, bits in single.items() if kind is not EvidenceKind.CLASS)
        if home:
            strongest = max(home.values())
            own += strongest + weights.HOUSEHOLD_REST * (sum(home.values()) - strongest)
        case.own_bits = own
        against = contradictions(self.index, self.clues, case)
        case.bits = (
            prior(self.scope) + (best.bits if best else 0.0) + own + single.get(EvidenceKind.CLASS, 0.0) + against
        )
        case.floor = against > -10 and any(naming.full for naming in case.namings)
        case.doubtful = all(naming.rival for naming in case.namings if naming.full)


def _whole(cases: dict[int, Case]) -> frozenset[int]:
    """Return the pupils whom a part names plainly in full."""
    return frozenset(p for p, case in cases.items() if any(n.full and n.hit.how == "exact" for n in case.namings))
