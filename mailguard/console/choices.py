"""What can be decided about a held message, in the order it is offered: the safe choices first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mailguard.console.people import FamilyAddress, People, joined, pupils_of
from mailguard.console.words import people as people_words
from mailguard.hold.second import is_needed, is_sender, is_sensitive, is_unread, may_second, pupils_shown, somebody_may
from mailguard.roll.keys import address_key
from mailguard.store import Transaction, users
from mailguard.store.approvals import Asked
from mailguard.store.holds import Held, Kept
from mailguard.store.users import User

_MOST_PUPILS = 4  # brothers and sisters; more are no family's own matter


class Action(StrEnum):
    """What the form's choice says."""

    STOP = "stop"
    REDIRECT = "redirect"
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
    family = right_family(held, waiting, people)
    if family:
        whose = people.names(pupils_of(found for one in waiting for found in one.findings))
        hint = f"To {joined([one.name for one in family[:3]])}. You look at it once more first."
        found.append(Choice(Action.REDIRECT, f"Send it to the family of {whose} instead", hint))
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
        hint = f"{_why_two(waiting)} takes two people. It stays held until then."
        found.append(Choice(Action.ASK, "Ask a second person to send it", hint))
    else:
        hint = "It goes out at once and cannot be called back."
        if needed:
            hint += f" {_why_two(waiting)} takes two people, but no second is named here: yours is the only word."
        found.append(Choice(Action.SEND, "Send it anyway", hint))
    return found


def _why_two(waiting: Sequence[Kept]) -> str:
    """What takes two people, as the beginning of a sentence: the gravest."""
    if any("barred-contact" in one.rules for one in waiting):
        return "An order keeps it from them: sending it"
    if is_sensitive(waiting):
        return "It is sensitive: sending it"
    if is_unread(waiting):
        return "The check of it broke off: sending it"
    return f"It shows records of {pupils_shown(waiting)} pupils: sending so many"


def right_family(held: Held, waiting: Sequence[Kept], people: People) -> list[FamilyAddress]:
    """The addresses that may have what the message shows of pupils, and are not among its recipients."""
    keys = pupils_of(found for one in waiting for found in one.findings)
    if len(keys) > _MOST_PUPILS:
        return []
    already = {address_key(one.address).normal for one in held.recipients}
    return [one for one in people.family_of(keys) if address_key(one.address).normal not in already]


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
