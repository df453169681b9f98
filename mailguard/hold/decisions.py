"""Release and refuse: who may decide, on what, and what is written down.

Both run in the caller's write transaction, so a command line in another process and the console obey the same rules,
and two people who decide at once cannot both succeed. The relay notices by itself that something was released.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mailguard.hold.second import DECIDERS, is_needed, is_sender, may_second, somebody_may
from mailguard.model import Message, Outcome, RecipientState, Verdict
from mailguard.roll.keys import address_key
from mailguard.store import Conflict, Transaction, approvals, audit, holds, queue, users
from mailguard.store.approvals import Asked, Ended
from mailguard.store.holds import Held, Kept
from mailguard.store.users import User


class NotAllowed(Exception):
    """The rules forbid this decision; the text says which and holds no pupil data."""


class NeedsSecond(NotAllowed):
    """This may be sent, but only if two people say so: `ask` for the second."""


class Reason(StrEnum):
    """What a decision is counted under, beside the reason in the person's own words."""

    ROLL_OUT_OF_DATE = "roll-out-of-date"
    DIFFERENT_PERSON = "different-person"
    HARMLESS = "harmless"
    ENTITLED = "entitled"
    WRONG_RECIPIENT = "wrong-recipient"
    OTHER = "other"


COUNTED = (*((action, reason.value) for action in ("release", "refuse") for reason in Reason), ("expire", "expired"))
"""Every (action, reason) that a decision is counted under, so that each begins at 0."""


@dataclass(frozen=True, slots=True)
class By:
    """Who decides and why. `emergency` lets root decide without a user of that name, also on own mail; the audit trail
    shows it as an act of its own kind."""

    user: str
    reason: str = field(repr=False)
    kind: Reason = Reason.OTHER
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """What a message would be today: `changed` if the roll or the policy is no longer the one it was judged with, and
    then the new verdict."""

    changed: bool = False
    verdict: Verdict | None = field(default=None, repr=False)

    @property
    def still_held(self) -> tuple[str, ...]:
        """Addresses that would be held today as well."""
        found = self.verdict.recipients if self.verdict else ()
        return tuple(one.address for one in found if one.outcome is Outcome.HOLD)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision did: the recipients it moved, those that stay held, and what the judgement is today."""

    message_id: str
    reference: str
    moved: tuple[str, ...] = field(repr=False)
    left: tuple[str, ...] = field(repr=False)
    review: Review


def review(
    tx: Transaction,
    message_id: str,
    revisions: tuple[str, str],
    judge_again: Callable[[Message], Verdict],
) -> Review:
    """Judge a held message again if `revisions` (roll, policy; those in force) are not those of its verdict.

    Runs before the decision, in a read transaction of its own: judging takes too long to keep others from writing."""
    row = queue.message_row(tx, holds.find(tx, message_id))
    if (row["roll_revision"], row["policy_revision"]) == revisions:
        return Review()
    return Review(True, judge_again(queue.load(tx, row["id"])))


def release(
    tx: Transaction,
    message: str,
    by: By,
    to: Sequence[str] | None = None,
    reviewed: Review | None = None,
    version: str = "",
) -> Decided:
    """Send a held message (id or reference) to all its held recipients, or to those in `to` only.

    NotAllowed by the rules; NeedsSecond where it takes two people and this is the first (or the one who asked);
    Gone if there is no such message; Conflict if somebody decided first. Nothing is changed
    then: the caller's transaction ends by the exception."""
    held = _seen(tx, message, version)
    user = _decider(tx, held, by)
    chosen = _chosen(held, to)
    second = None
    if user is not None and not by.emergency:
        if is_sender(user, held.sender):
            raise NotAllowed("the sender of a message cannot release it; ask a colleague")
        second = _second(tx, held, chosen, user)
    return _decide(tx, held, by, chosen, RecipientState.QUEUED, reviewed or Review(), second)


def ask(tx: Transaction, message: str, by: By, to: Sequence[str] | None = None, version: str = "") -> Held:
    """Ask that a second person releases a held message, to those in `to` or all. Nothing moves. Errors as of
    `release`, and NotAllowed where there is nobody to ask."""
    held = _seen(tx, message, version)
    user = _decider(tx, held, by)
    chosen = _chosen(held, to)
    if user is None or is_sender(user, held.sender):
        raise NotAllowed("the sender of a message cannot have it released; ask a colleague")
    if not somebody_may(tx, user, held):
        raise NotAllowed("there is nobody who could be the second person; add a user with the role approver or dpo")
    ns = [one.n for one in chosen]
    approvals.ask(tx, held.id, user.name, by.reason.strip(), by.kind.value, ns)
    detail: dict[str, object] = {"recipients": ns, "kind": by.kind.value}
    audit.append(tx, [audit.Entry("second-person-asked", user.name, held.id, held.school, by.reason.strip(), detail)])
    return held


def redirectable(tx: Transaction, message: str, by: By, version: str = "") -> Held:
    """The message, if `by` may have it sent to others than it was addressed to. Errors as of `release`."""
    held = _seen(tx, message, version)
    user = _decider(tx, held, by)
    if user is None or is_sender(user, held.sender):
        raise NotAllowed("the sender of a message cannot redirect it; ask a colleague")
    _chosen(held, None)
    return held


def version_of(held: Held, asked: Asked | None) -> str:
    """What a person saw when they decided: changes with every recipient's state and with every request."""
    states = ",".join(f"{one.n}={one.state.value}" for one in held.recipients)
    return hashlib.blake2b(f"{states};{asked.n if asked else 0}".encode(), digest_size=8).hexdigest()


def refuse(tx: Transaction, message: str, by: By, to: Sequence[str] | None = None, version: str = "") -> Decided:
    """Stop a held message for all its held recipients, or for those in `to` only. Errors as of `release`; the sender
    may stop his own message, and one person is enough."""
    held = _seen(tx, message, version)
    _decider(tx, held, by)
    return _decide(tx, held, by, _chosen(held, to), RecipientState.REFUSED, Review(), None)


def _seen(tx: Transaction, message: str, version: str) -> Held:
    """The message as it is; Conflict if it is not as it was seen (`version`, "" if nothing was)."""
    held = holds.details(tx, holds.find(tx, message))
    if version and version != version_of(held, approvals.find(tx, held.id)):
        raise Conflict("somebody else decided or asked first: " + _states(held.recipients))
    return held


def _second(tx: Transaction, held: Held, chosen: Sequence[Kept], user: User) -> str | None:
    """Check that sending does not take another person; returns who was the first, "nobody-named" where nobody could be
    a second, None where one person is enough."""
    asked = approvals.find(tx, held.id)
    covered = asked is not None and {one.n for one in chosen} <= set(asked.ns)
    if not is_needed(chosen):
        # It was asked all the same, with others that together are many.
        return asked.by if asked and covered and may_second(user, users.get(tx, asked.by), held) else None
    if asked is not None and covered:
        if may_second(user, users.get(tx, asked.by), held):
            return asked.by
        raise NeedsSecond("a second person was asked and has to answer")
    if not somebody_may(tx, user, held):
        return "nobody-named"
    raise NeedsSecond("this takes a second person, who is neither sender nor the one who asks")


def _decider(tx: Transaction, held: Held, by: By) -> User | None:
    if not by.reason.strip():
        raise NotAllowed("a reason is required")
    if by.emergency:
        if os.geteuid() != 0:
            raise NotAllowed("an emergency decision is for root only")
        return users.get(tx, by.user)
    user = users.get(tx, by.user)
    if user is None:
        raise NotAllowed("there is no user of that name; `mailguard user add` makes one")
    reach = user.reach(DECIDERS)
    if not reach:
        raise NotAllowed("this user may not decide on held mail")
    if held.school not in reach:
        raise NotAllowed("this user may not decide on mail of another school")
    return user


def _decide(
    tx: Transaction,
    held: Held,
    by: By,
    chosen: Sequence[Kept],
    state: RecipientState,
    reviewed: Review,
    second: str | None,
) -> Decided:
    released = state is RecipientState.QUEUED
    holds.decide(tx, held.id, [one.n for one in chosen], state)
    word = "released" if released else "refused"
    detail: dict[str, object] = {
        "recipients": [one.n for one in chosen],
        "kind": by.kind.value,
        "judged_again": reviewed.changed,
        "still_held": [one.n for one in chosen if one.address in reviewed.still_held],
    }
    if second is not None:
        detail["second_person_after"] = second
    approvals.settle(tx, held.id, _ended(released, second))
    action = f"emergency-{word}" if by.emergency else word
    audit.append(tx, [audit.Entry(action, by.user, held.id, held.school, by.reason.strip(), detail)])
    holds.count_decision(tx, held.school, "release" if released else "refuse", by.kind.value)
    moved = {one.n for one in chosen}
    left = [one.address for one in held.recipients if one.state is RecipientState.HELD and one.n not in moved]
    return Decided(held.id, held.reference, tuple(one.address for one in chosen), tuple(left), reviewed)


def _ended(released: bool, second: str | None) -> Ended:
    if not released:
        return Ended.DECLINED
    return Ended.APPROVED if second else Ended.OVERTAKEN


def _chosen(held: Held, to: Sequence[str] | None) -> list[Kept]:
    waiting = [one for one in held.recipients if one.state is RecipientState.HELD]
    if to is None:
        if not waiting:
            raise Conflict("nothing of this message is held any more: " + _states(held.recipients))
        return waiting
    chosen: dict[int, Kept] = {}
    for address in to:
        same = [one for one in held.recipients if address_key(one.address).exact == address_key(address).exact]
        if not same:
            raise NotAllowed("an address that was named is not a recipient of this message")
        still = [one for one in same if one.state is RecipientState.HELD]
        if not still:
            raise Conflict("a recipient that was named is not held any more: " + _states(same))
        chosen |= {one.n: one for one in still}
    if not chosen:
        raise NotAllowed("no recipient was named")
    return list(chosen.values())


def _states(recipients: Sequence[Kept]) -> str:
    return ", ".join(sorted({one.state.value for one in recipients})) or "it has no recipients"
