"""Who may change what the roll says: named users, the same at the command line and in the console."""

from __future__ import annotations

import os
from dataclasses import dataclass

from mailguard.store import Transaction, users
from mailguard.store.users import Role

KEEPERS = frozenset({Role.OFFICE, Role.APPROVER, Role.DPO})
"""May add and end overrides."""
NOTERS = KEEPERS | {Role.TECHNICIAN, Role.TRUST}
"""May note and close corrections, and roll back."""


class NotAllowed(Exception):
    """The rules forbid this act; the text says which and holds no pupil data."""


class Incomplete(ValueError):
    """Something that was asked for lacks a part or cannot be; the text says what and holds no pupil data."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `emergency` lets root act without a user of that name; the audit trail says so."""

    user: str
    emergency: bool = False

    @property
    def told(self) -> str:
        """How the audit trail names them."""
        return f"{self.user} (emergency, root)" if self.emergency else self.user


def check(tx: Transaction, actor: Actor, roles: frozenset[Role], school: str = "") -> None:
    """Raise NotAllowed unless the actor has one of the roles, for that school ("": for every school)."""
    if actor.emergency:
        if os.geteuid() != 0:
            raise NotAllowed("an emergency act is for root only")
        return
    user = users.get(tx, actor.user)
    if user is None:
        raise NotAllowed("there is no user of that name; `mailguard user add` makes one")
    reach = user.reach(roles)
    if not reach:
        raise NotAllowed("this user may not do that")
    if school not in reach:
        raise NotAllowed("this user may do that for their own school only")
