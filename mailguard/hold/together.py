"""Sending a whole group: fenced, because one careless word would give many families each other's data at once.

Only messages whose findings are alike go together: the same rules, strengths and kinds of data. All of them move in one
transaction or none does, by the rules that hold for each alone; each has its own entry in the audit trail. Together
they may be what none of them is alone, records of very many pupils: then all of them take two people."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mailguard.hold.decisions import By, Decided, NotAllowed, Review, ask, release, version_of
from mailguard.hold.second import MANY_PUPILS, is_needed, is_sender, may_second, pupils_shown, somebody_may
from mailguard.model import RecipientState
from mailguard.store import Conflict, Transaction, approvals, holds, users
from mailguard.store.approvals import Asked
from mailguard.store.holds import Held, Kept
from mailguard.store.users import User

MOST = 200
"""Messages that go together at most: they move in one transaction, and somebody has to look at them all."""

Likeness = frozenset[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Together:
    """What of a group can go together and what differs from it, with who was asked; `seen` names exactly this, so that
    nothing goes that was not shown."""

    alike: tuple[Held, ...]
    others: tuple[Held, ...]
    asked: Mapping[str, Asked] = field(repr=False)

    @property
    def seen(self) -> str:
        """What a person saw: changes with every message, recipient's state and request."""
        states = [f"{one.id}={version_of(one, self.asked.get(one.id))}" for one in self.alike]
        return hashlib.blake2b(";".join(states).encode(), digest_size=16).hexdigest()

    @property
    def sensitive(self) -> list[Held]:
        """Those that take two people; all of them where together they show records of very many pupils."""
        if pupils_shown(kept for one in self.alike for kept in waiting_of(one)) >= MANY_PUPILS:
            return list(self.alike)
        return [one for one in self.alike if is_needed(waiting_of(one))]

    @property
    def unasked(self) -> list[Held]:
        """Those that take two people and of which nobody was asked yet."""
        return [one for one in self.sensitive if one.id not in self.asked]


def look(tx: Transaction, ids: Sequence[str]) -> Together:
    """Part the messages named into those alike (as most of them are; as the oldest, where several are equally many) and
    the others. Of whatever is no longer held nothing is said."""
    found = [one for one in holds.opened(tx, ids) if waiting_of(one)]
    if not found:
        return Together((), (), {})
    likenesses = [_likeness(one) for one in found]
    counted = Counter(likenesses)
    most = max(counted.values())
    chosen = next(one for one in likenesses if counted[one] == most)
    pairs = list(zip(found, likenesses, strict=True))
    alike = tuple(held for held, likeness in pairs if likeness == chosen)
    others = tuple(held for held, likeness in pairs if likeness != chosen)
    return Together(alike, others, approvals.find_all(tx, ids))


def why_not(tx: Transaction, user: User, together: Together) -> str:
    """Why `user` cannot send the group, nor ask for it; "" if nothing stands against it."""
    if any(is_sender(user, one.sender) for one in together.alike):
        return "They are your own emails: ask a colleague."
    if len(together.alike) > MOST:
        return f"More than {MOST} emails never go together."
    waits = together.sensitive and not together.unasked
    if waits and not all(may_second(user, users.get(tx, together.asked[one.id].by), one) for one in together.sensitive):
        return "A second person was asked, and has to answer."
    return ""


def takes_asking(tx: Transaction, user: User, together: Together) -> bool:
    """Whether `user` can only ask a second person: something takes two people, and there is a second."""
    return any(somebody_may(tx, user, one) for one in together.unasked)


def release_together(
    tx: Transaction, ids: Sequence[str], by: By, seen: str, reviews: Mapping[str, Review]
) -> list[Decided]:
    """Release every message alike of those named. Conflict if it is not what was seen, NotAllowed by the rules for any
    of them; the caller's transaction then ends, and nothing has moved."""
    together, user = _checked(tx, ids, seen), users.get(tx, by.user)
    if user is None or takes_asking(tx, user, together):
        raise NotAllowed("this takes a second person, who is neither sender nor the one who asks")
    if refused := why_not(tx, user, together):
        raise NotAllowed(refused[:1].lower() + refused[1:].rstrip("."))
    by = _counted(by, len(together.alike))
    return [release(tx, one.id, by, None, reviews.get(one.id)) for one in together.alike]


def ask_together(tx: Transaction, ids: Sequence[str], by: By, seen: str) -> int:
    """Ask a second person for all that take two and of which nobody was asked. Returns how many. Errors as of
    `release_together`."""
    together = _checked(tx, ids, seen)
    by = _counted(by, len(together.alike))
    return len([ask(tx, one.id, by) for one in together.unasked])


def waiting_of(held: Held) -> list[Kept]:
    """The recipients that a message is still held for."""
    return [one for one in held.recipients if one.state is RecipientState.HELD]


def _checked(tx: Transaction, ids: Sequence[str], seen: str) -> Together:
    together = look(tx, ids)
    if not together.alike or together.seen != seen:
        raise Conflict("the group is not as it was shown")
    if len(together.alike) > MOST:
        raise NotAllowed("so many never go together")
    return together


def _counted(by: By, count: int) -> By:
    return replace(by, reason=f"{by.reason} (one of {count} decided together)")


def _likeness(held: Held) -> Likeness:
    """What the findings of a message's held recipients are, but for whose they are and where they stand."""
    return frozenset(
        (finding.rule, finding.strength, frozenset(finding.categories))
        for one in waiting_of(held)
        for finding in one.findings
    )
