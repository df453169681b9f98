"""One part of a message: collect its clues, find whose they are, and weigh every pupil they may mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mailguard.model import EvidenceKind, Segment
from mailguard.recognise import weights
from mailguard.recognise.context import Surroundings
from mailguard.recognise.dates import near_miss
from mailguard.recognise.facts import HOME, UNIQUE, Fact, class_words, find_facts
from mailguard.recognise.fold import Region, Words
from mailguard.recognise.index import Index, Scope
from mailguard.recognise.names import Mark, NameFinder, NameHit
from mailguard.recognise.partial import halves, partials, twins
from mailguard.recognise.roles import Role, role_of, signed_off, titled
from mailguard.recognise.score import fact_bits, full_name, name_bits, person_bits, prior
from mailguard.recognise.slips import slips
from mailguard.recognise.strength import name_label

_SURE = frozenset({EvidenceKind.PHONE, EvidenceKind.EMAIL})
_NEAR = 160
_CLASS_NEAR = 40
_MOST_ADDRESSED = 4
_FORM_REACH = 6
_THIN = 20_000
_OFTEN = 30
_TOO_MUCH = 250_000


@dataclass(slots=True)
class Clue:
    """What segment number `at` of a part holds."""

    at: int
    segment: Segment
    words: Words
    marks: list[Mark]
    names: list[NameHit]
    facts: list[Fact]


@dataclass(slots=True)
class Naming:
    """A name in its place, for one pupil. `full` is a plainly written full name; `adult` a grown-up's place."""

    clue: Clue
    hit: NameHit
    bits: float
    full: bool = False
    role: Role = Role.OPEN


@dataclass(slots=True)
class Case:
    """One pupil in one part: everything that speaks for them and what it is worth.

    `own_bits` are those of own attributes: number, date of birth, home."""

    person: int
    namings: list[Naming] = field(default_factory=list)
    facts: list[tuple[Clue, Fact]] = field(default_factory=list)
    bits: float = 0.0
    own_bits: float = 0.0
    floor: bool = False

    @property
    def best(self) -> Naming | None:
        """The naming with the most bits."""
        return max(self.namings, key=lambda naming: naming.bits, default=None)

    def spans(self) -> set[tuple[int, int, int]]:
        """Return the slices that speak for the pupil as (segment, start, end)."""
        found = {(naming.clue.at, start, end) for naming in self.namings for start, end in naming.hit.spans}
        return found | {(clue.at, fact.start, fact.end) for clue, fact in self.facts}


class PartView:
    """The clues of one part and the cases made of them.

    `overflow` says that the part had more names than can be looked at in bounded time; what was seen of it by then
    counts as records, so that nothing passes because there was too much of it."""

    def __init__(self, segments: Sequence[Segment], index: Index, scope: Scope, finder: NameFinder) -> None:
        self.segments = segments
        self.around = Surroundings(segments)
        self.index = index
        self.scope = scope
        self.finder = finder
        self.clues: dict[int, Clue] = {}
        self.adults: set[int] = set()
        self.seen: set[int] = set()
        self.spent = 0
        self.overflow = False

    def look(self, at: int, segment: Segment, words: Words, numbers: Sequence[Region]) -> None:
        """Take the clues of one segment: its words where names may be, and the stretches around its numbers.

        A part with very many clues is read more thinly, then not at all; see `overflow`."""
        light = self.spent > _THIN
        if self.overflow:
            return
        facts = []
        if not light:
            facts = [fact for region in numbers for fact in find_facts(segment, self.index, self.scope, region)]
        marks: list[Mark] = []
        names: list[NameHit] = []
        if words.keys:
            marks = self.finder.marks(segment, words)
            if facts:
                marks = [mark for mark in marks if not _spent(words, mark, facts)]
            names = self.finder.find(segment, words, marks)
            if light:
                names = [hit for hit in names if not self.seen.issuperset(hit.persons)]
            else:
                names += list(slips(self.index, self.scope, words, marks, names))
                facts += class_words(self.index, self.scope, words)
        self.seen.update(person for hit in names for person in hit.persons)
        self.spent += 1 + len(marks) + len(facts)
        self.overflow = self.spent > _TOO_MUCH
        if names or facts or (marks and not light):
            self.clues[at] = Clue(at, segment, words, marks, names, facts)
            if names:
                self.around.hush(at, {span for hit in names for span in hit.spans})

    def cases(self) -> dict[int, Case]:
        """Return the cases of the part by person, weighed; those that fall short are left out."""
        cases: dict[int, Case] = {}
        for clue in self.clues.values():
            hits = clue.names if clue.facts else [hit for hit in clue.names if not self._enough(hit, cases)]
            for naming, person in self._namings(clue, hits):
                cases.setdefault(person, Case(person)).namings.append(naming)
        self._labelled(cases)
        self._addressed(cases)
        for clue in self.clues.values():
            if clue.facts:
                self._link(clue, cases)
            self._twins(clue, cases)
        for case in cases.values():
            self._weigh(case)
        return {person: case for person, case in cases.items() if case.floor or case.bits >= weights.MENTION}

    def _namings(self, clue: Clue, hits: Sequence[NameHit]) -> Iterator[tuple[Naming, int]]:
        index = self.index
        grown: dict[object, list[int]] = {}
        for hit in hits:
            if hit.how == "exact":
                others = [person for person in hit.persons if not index.is_pupil(person)]
                grown.setdefault(hit.spans, []).extend(others)
        for hit in hits:
            bits = name_bits(index, clue.words, hit)
            role = role_of(self.around, clue.at, hit.start, hit.end) if not clue.segment.cells else Role.OPEN
            pupils = [person for person in hit.persons if index.is_pupil(person)]
            others = grown.get(hit.spans, [])
            self.adults.update(person for person in others if index.is_contact(person))
            bits += self._rivals(others, role)
            if others and hit.how != "exact":
                bits += weights.EXACT_RIVAL
            if role is Role.ADULT:
                continue
            full = role is Role.OPEN or (role is Role.GREETED and not others)
            full = full and full_name(index, clue.words, hit)
            for person in pupils:
                own = person_bits(index, clue.words, hit, index.pupils[person])
                yield Naming(clue, hit, bits + own, full and own > weights.OTHER_HALF + 1, role), person

    def _rivals(self, others: Sequence[int], role: Role) -> float:
        """Grown-ups of the same name: what the place of the name makes of them."""
        staff = any(not self.index.is_contact(person) for person in others)
        if role is Role.MISS:
            return weights.ADULT if others else weights.MISS
        if role is Role.GREETED and others:
            return weights.ADULT
        return weights.STAFF_NAMESAKE if staff else 0.0

    def _link(self, clue: Clue, cases: dict[int, Case]) -> None:
        """Give the facts of a clue to the pupils named around, or to those half named beside."""
        whole = [hit for hit in clue.names if hit.order != "hyphen"]
        taken = {n for hit in whole for m in (hit.given, hit.family) if m for n in range(m.first, m.last + 1)}
        for fact in clue.facts:
            named = [person for person in fact.persons if person in cases and self._beside(clue, fact, cases[person])]
            for person in named:
                cases[person].facts.append((clue, fact))
            if named:
                continue
            half = list(partials(self.index, clue.segment.text, clue.words, fact, clue.marks, taken))
            linked = False
            for naming, person in self._namings(clue, half):
                linked = True
                case = cases.setdefault(person, Case(person))
                case.namings.append(naming)
                if (clue, fact) not in case.facts:
                    case.facts.append((clue, fact))
            if not linked and self._alone(clue, fact):
                for person in fact.persons:
                    cases.setdefault(person, Case(person)).facts.append((clue, fact))

    def _enough(self, hit: NameHit, cases: dict[int, Case]) -> bool:
        """Return whether all pupils a name may mean have been named so often that once more adds nothing."""
        pupils = [person for person in hit.persons if self.index.is_pupil(person)]
        return all(person in cases and len(cases[person].namings) >= _OFTEN for person in pupils)

    def _labelled(self, cases: dict[int, Case]) -> None:
        """Join "Surname: Osei" and "Forename: Ama", which a form keeps on two lines, in either order."""
        labelled: dict[str, list[tuple[Clue, Mark]]] = {"given": [], "family": []}
        for clue in self.clues.values():
            for mark in clue.marks if not clue.segment.cells else ():
                start = clue.words.starts[mark.first]
                if clue.segment.text[max(0, start - 3) : start].rstrip(" \u00a0")[-1:] not in (":", "\t"):
                    continue
                low, _ = self.around.line(clue.at, start, start)
                which = name_label(clue.segment.text[low:start])
                if which:
                    labelled[which].append((clue, mark))
        for given_clue, given in labelled["given"]:
            for family_clue, family in labelled["family"]:
                if abs(given_clue.at - family_clue.at) > _FORM_REACH:
                    continue
                start, end = given_clue.words.starts[given.first], given_clue.words.ends[given.last]
                hits = self.finder.hits(((start, end),), given, family, "cells", 0)
                for naming, person in self._namings(given_clue, hits):
                    naming.full = naming.hit.how == "exact"
                    case = cases.setdefault(person, Case(person))
                    case.namings.append(naming)
                    span = ((family_clue.words.starts[family.first], family_clue.words.ends[family.last]),)
                    other = NameHit(span, None, family, (person,), "partial", "cells")
                    case.namings.append(Naming(family_clue, other, naming.bits - 1))

    def _addressed(self, cases: dict[int, Case]) -> None:
        """Join a forename in the text with the surname in "Dear Mrs Osei", the pupil's own or the parent's, unless a
        pupil of that surname is named in full."""
        families = {
            mark.key: (clue.at, clue.words.starts[mark.first])
            for clue in self.clues.values()
            for mark in clue.marks
            if not clue.segment.cells and titled(clue.segment.text, clue.words.starts[mark.first])
        }
        families = {key: start for key, start in families.items() if not self._settled(key, cases)}
        families = {key: start for key, start in families.items() if not signed_off(self.around, *start)}
        if not families or len(families) > _MOST_ADDRESSED:
            return
        for clue in self.clues.values():
            named = [hit for hit in clue.names if hit.how != "typo" and any(map(self.index.is_pupil, hit.persons))]
            taken = {m.first for hit in named for m in (hit.given, hit.family) if m}
            for mark in clue.marks:
                if mark.first in taken or mark.key in families or not self._forename(clue, mark):
                    continue
                hits = [hit for family in families for hit in self._child_of(clue, mark, family)]
                for naming, person in self._namings(clue, hits):
                    cases.setdefault(person, Case(person)).namings.append(naming)

    def _settled(self, family: str, cases: dict[int, Case]) -> bool:
        token = self.index.tokens.get(family)
        if token is None or family in self.index.lexicon.everyday:
            return True
        hits = (naming.hit for case in cases.values() for naming in case.namings)
        return any(hit.family is not None and hit.family.key == family for hit in hits)

    def _forename(self, clue: Clue, mark: Mark) -> bool:
        token = self.index.tokens.get(mark.key)
        known = token is not None and self.index.given_count[token] > 0
        known = known or mark.key in self.index.lexicon.variants
        if not known or mark.key in self.index.lexicon.everyday or not clue.words.capital(mark.first):
            return False
        after = mark.last + 1
        return after >= len(clue.words) or clue.words.gap(mark.last) not in (" ", "-") or not clue.words.capital(after)

    def _child_of(self, clue: Clue, mark: Mark, family: str) -> Iterator[NameHit]:
        exact, variant = self.finder.persons(mark.key, family)
        spans = ((clue.words.starts[mark.first], clue.words.ends[mark.last]),)
        named = [person for person in exact if self.index.is_pupil(person)]
        pupils = [person for person in named if mark.key in halves(self.index.pupils[person])[0]]
        if not named:
            pupils = [person for person in variant if self.index.is_pupil(person)]
        if not pupils:
            token = self.index.tokens[family]
            parents = [person for person in self.index.with_family(token, self.scope) if self.index.is_contact(person)]
            children = {child for parent in parents for child in self.index.children_of(parent)}
            pupils = [child for child in sorted(children) if mark.key in halves(self.index.pupils[child])[0]]
        if pupils:
            yield NameHit(spans, mark, Mark(-1, -1, family), tuple(pupils), "addressed")

    def _twins(self, clue: Clue, cases: dict[int, Case]) -> None:
        for span, persons in twins(self.index, self.scope, clue.words):
            for person in persons:
                mark = Mark(-1, -1, "")
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
                for near in self._near(clue, -3, 3)
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
        against = self._against(case)
        case.bits = (
            prior(self.scope) + (best.bits if best else 0.0) + own + single.get(EvidenceKind.CLASS, 0.0) + against
        )
        case.floor = against > -10 and any(naming.full for naming in case.namings)

    def _against(self, case: Case) -> float:
        """Return the bits of contradictions: another labelled date of birth, pupil number or class beside every
        naming, and none that agrees anywhere in the part."""
        if not any(near.facts for naming in case.namings[:50] for near in self._next_to(naming.clue)):
            return 0.0
        agreed = {fact.kind for _, fact in case.facts}
        pupil = self.index.pupils[case.person]
        bits = 0.0
        for kind, weight in weights.CONTRADICTION.items():
            if kind in agreed or not case.namings or (kind is EvidenceKind.DOB and pupil.date_of_birth is None):
                continue
            if all(self._contradicts(naming, kind, case.person) for naming in case.namings):
                bits += weight
        return bits

    def _contradicts(self, naming: Naming, kind: EvidenceKind, person: int) -> bool:
        birth = self.index.pupils[person].date_of_birth
        reach = _CLASS_NEAR if kind is EvidenceKind.CLASS else _NEAR
        for clue in self._next_to(naming.clue):
            for fact in clue.facts:
                if fact.kind is not kind or person in fact.persons:
                    continue
                if kind is EvidenceKind.DOB and (not fact.labelled or (birth and near_miss(fact.key, birth))):
                    continue
                if clue is naming.clue and not clue.segment.cells and not -20 < fact.start - naming.hit.end < reach:
                    continue
                return True
        return False

    def _next_to(self, clue: Clue) -> Iterator[Clue]:
        """Yield the clue and, where every line is a segment, the labelled lines just below it."""
        yield clue
        if clue.segment.cells or "\n" in clue.segment.text:
            return
        for other in self._near(clue, 1, 4):
            if not other.segment.cells and not other.names and ":" in other.segment.text[:40]:
                yield other

    def _near(self, clue: Clue, first: int, last: int) -> Iterator[Clue]:
        """Yield the clues of the segments around, by their distance."""
        for at in range(clue.at + first, clue.at + last + 1):
            if at in self.clues:
                yield self.clues[at]


def _spent(words: Words, mark: Mark, facts: Sequence[Fact]) -> bool:
    """Return whether a mark lies inside an address, a postcode or a known e-mail address."""
    start = words.starts[mark.first]
    return any(fact.start <= start < fact.end for fact in facts if fact.kind in HOME)
