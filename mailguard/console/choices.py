"""What can be decided about a held message, in the order it is offered: the safe choices first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailguard.console.people import People
from mailguard.console.words import people as people_words
from mailguard.hold.second import is_needed, is_sender, may_second, somebody_may
from mailguard.store import Transaction, users
from mailguard.store.approvals import Asked
from mailguard.store.holds import Held, Kept
from mailguard.store.users import User


class Action(StrEnum):
    """What the form's choice says."""

    STOP = "stop"
    SOME = "some"
    ASK = "ask"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class Choice:
    """One offer: what it does and what follows, in words."""

    action: Action
    text: str
    hint: str


def choices(
    tx: Transaction, user: User, held: Held, waiting: Sequence[Kept], asked: Asked | None, people: People
) -> list[Choice]:
    """What `user` may decide about the recipients in `waiting` now."""
    found = [_stop(held, waiting, people)]
    if is_sender(user, held.sender):
        return found
    fine = entitled(waiting)
    if fine and len(fine) < len(waiting):
        rest = len(waiting) - len(fine)
        text = f"Send it only to those who may have it ({len(fine)} of {len(waiting)})"
        found.append(Choice(Action.SOME, text, f"It is stopped for the other {people_words(rest)}."))
    needed = is_needed(waiting)
    if asked is not None:
        if may_second(user, users.get(tx, asked.by), held):
            hint = "Two people have then agreed. It goes out at once."
            found.append(Choice(Action.SEND, f"Send it, as {asked.by} asks", hint))
    elif needed and somebody_may(tx, user, held):
        hint = "This takes two people, because it is sensitive. It stays held until the other has decided."
        found.append(Choice(Action.ASK, "Ask a second person to send it", hint))
    else:
        hint = "It goes out at once and cannot be called back."
        if needed:
            hint += " It is sensitive, and no second person is named for this school: yours is the only word."
        found.append(Choice(Action.SEND, "Send it anyway", hint))
    return found


def entitled(waiting: Sequence[Kept]) -> list[Kept]:
    """Those who are held only because others are."""
    return [one for one in waiting if not set(one.rules) - {"split"}]


def _stop(held: Held, waiting: Sequence[Kept], people: People) -> Choice:
    who = people.who(waiting[0].address).called if len(waiting) == 1 else f"None of the {len(waiting)} people"
    nothing = f"{who} receives nothing." if len(waiting) == 1 else f"{who} receives it."
    if tells(held, people):
        return Choice(Action.STOP, "Stop it and tell the sender", nothing)
    return Choice(Action.STOP, "Stop it", f"{nothing} The sender is not staff and is not told.")


def tells(held: Held, people: People) -> bool:
    """Whether the sender may be told: only on a staff domain."""
    return "@" in held.sender and bool(people.addresses.domain_schools(held.sender))
