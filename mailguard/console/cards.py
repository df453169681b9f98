"""Held mail as the lists show it: a card a message, and groups of cards that one decision can stop.

What a card shows of a message never changes once it was judged, so cards are kept in memory between requests, so many;
the states of recipients and the requests for a second person are asked anew each time."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailguard.batch.grouping import subject_skeleton
from mailguard.console.people import People, pupils_told
from mailguard.console.words import gravest
from mailguard.hold.second import is_needed
from mailguard.model import Category, PupilKey, RecipientState
from mailguard.recognise.fold import fold
from mailguard.store import Transaction, approvals, holds
from mailguard.store.holds import Held
from mailguard.store.users import Reach

MOST_WAITING = 2000
"""Messages that one list looks at, the oldest; the next come up as these are decided."""
_KEPT = 5000


@dataclass(frozen=True, slots=True)
class Facts:
    """What never changes about a held message. `rules` and `pupils` are those of its held recipients; `special` says
    that sending it takes two people."""

    id: str
    reference: str
    at: datetime
    school: str
    sender: str = field(repr=False)
    subject: str = field(repr=False)
    addresses: tuple[str, ...] = field(repr=False)
    rules: frozenset[str]
    pupils: frozenset[PupilKey]
    categories: tuple[Category, ...]
    special: bool
    group: str


@dataclass(frozen=True, slots=True)
class Card:
    """One held message in a list: its facts, the positions of the recipients still held, whether a second person was
    asked."""

    facts: Facts
    held: tuple[int, ...]
    asked: bool

    @property
    def to(self) -> list[str]:
        """The addresses it is held for."""
        return [self.facts.addresses[n] for n in self.held]


@dataclass(frozen=True, slots=True)
class Group:
    """Cards of one sender, one subject but for names and numbers, and one set of reasons; often only one."""

    key: str
    cards: tuple[Card, ...]

    @property
    def first(self) -> Card:
        """The oldest."""
        return self.cards[0]

    @property
    def people(self) -> int:
        """How many recipients they are held for, a person of two messages twice."""
        return sum(len(card.held) for card in self.cards)

    @property
    def one_pupil(self) -> bool:
        """Whether all of them are about one pupil, the same."""
        return len(self.first.facts.pupils) == 1 and all(
            one.facts.pupils == self.first.facts.pupils for one in self.cards
        )

    @property
    def single(self) -> bool:
        """Whether it is one message only."""
        return len(self.cards) == 1


class Shelf:
    """The facts of messages seen lately."""

    def __init__(self) -> None:
        self._facts: OrderedDict[str, Facts] = OrderedDict()
        self._lock = threading.Lock()

    def facts(self, tx: Transaction, ids: Sequence[str]) -> dict[str, Facts]:
        """The facts of these messages, by id."""
        with self._lock:
            found = {one: self._facts[one] for one in ids if one in self._facts}
        missing = [one for one in ids if one not in found]
        for held in holds.opened(tx, missing):
            found[held.id] = facts_of(tx, held)
        with self._lock:
            for message_id in missing:
                if message_id in found:
                    self._facts[message_id] = found[message_id]
            while len(self._facts) > _KEPT:
                self._facts.popitem(last=False)
        return found

    def waiting(self, tx: Transaction, reach: Reach) -> list[Card]:
        """Every message within reach that somebody is held for, oldest first, at most MOST_WAITING."""
        states = holds.waiting_states(tx, reach, MOST_WAITING)
        ids = list(states)
        facts, asked = self.facts(tx, ids), approvals.find_all(tx, ids)
        return [
            Card(
                facts[one],
                tuple(sorted(n for n, state in states[one].items() if state is RecipientState.HELD)),
                one in asked,
            )
            for one in ids
            if one in facts
        ]


def facts_of(tx: Transaction, held: Held) -> Facts:
    """What never changes about a held message."""
    kept = [one for one in held.recipients if one.outcome == "hold"] or list(held.recipients)
    rules = frozenset(rule for one in kept for rule in one.rules)
    told = frozenset(rules - {"split"}) or rules
    categories = {category for one in kept for found in one.findings for category in found.categories}
    return Facts(
        id=held.id,
        reference=held.reference,
        at=held.received_at,
        school=held.school,
        sender=held.sender,
        subject=held.subject,
        addresses=tuple(one.address for one in held.recipients),
        rules=told,
        pupils=pupils_told(tx, held, kept),
        categories=tuple(category for category in Category if category in categories),
        special=is_needed(kept),
        group=_group_key(tx, held, told),
    )


def _group_key(tx: Transaction, held: Held, rules: frozenset[str]) -> str:
    if not held.sender:
        return tx.vault.digest("group", held.id).hex()
    parts = (held.school, held.sender.casefold(), subject_skeleton(held.subject), ",".join(sorted(rules)))
    return tx.vault.digest("group", "\0".join(parts)).hex()


def grouped(cards: Iterable[Card]) -> list[Group]:
    """The cards in groups, by the age of each group's oldest."""
    groups: defaultdict[str, list[Card]] = defaultdict(list)
    for card in cards:
        groups[card.facts.group].append(card)
    return [Group(key, tuple(members)) for key, members in groups.items()]


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the held mail is wanted: "" and False where all is."""

    text: str = field(default="", repr=False)
    reason: str = ""
    sender: str = field(default="", repr=False)
    school: str = ""
    second: bool = False

    @property
    def on(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.text or self.reason or self.sender or self.school or self.second)

    def passes(self, card: Card, people: People) -> bool:
        """Whether a card is wanted."""
        facts = card.facts
        return (
            (not self.reason or gravest(facts.rules) == self.reason)
            and (not self.sender or facts.sender.casefold() == self.sender.casefold())
            and (not self.school or facts.school == self.school)
            and (not self.second or card.asked or facts.special)
            and (not self.text or self._holds_text(card, people))
        )

    def _holds_text(self, card: Card, people: People) -> bool:
        facts = card.facts
        names = [people.name(key) for key in facts.pupils]
        names += [people.who(address).name for address in facts.addresses]
        texts = (facts.reference, facts.sender, facts.subject, *facts.addresses, *names)
        shown = "\n".join(map(fold, texts))  # accents and apostrophes may be left out
        return all(word in shown for word in fold(self.text).split())
