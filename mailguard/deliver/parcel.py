"""What a route carries: recipients of one message that go out together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailguard.deliver.client import Rcpt, Transaction
from mailguard.deliver.route import Route
from mailguard.store import Due, DueRecipient


class Cargo:
    """The content of one message in memory, shared by its parcels; `done` is called when the last one drops it.
    Without content in memory, it is read from the store when a connection is ready for it."""

    def __init__(self, content: bytes | None, done: Callable[[], None] = lambda: None) -> None:
        self.content = content
        self._done = done
        self._holders = 0

    def hold(self) -> None:
        """Count a parcel in."""
        self._holders += 1

    def drop(self) -> None:
        """Count a parcel out."""
        self._holders -= 1
        if not self._holders:
            self.content = None
            self._done()


@dataclass(frozen=True, slots=True)
class Parcel:
    """One transaction to be: recipients of `due` that share a route. `claimed`: from the queue, not straight from the
    door."""

    due: Due
    recipients: tuple[DueRecipient, ...]
    cargo: Cargo
    route: Route
    claimed: bool = False

    def transaction(self, content: bytes) -> Transaction:
        """Return what is to be sent."""
        due = self.due
        return Transaction(
            sender=due.sender,
            recipients=[Rcpt(one.address, one.notify, one.orcpt) for one in self.recipients],
            content=content,
            body_type=due.body_type,
            smtputf8=due.smtputf8,
            ret=due.ret,
            envid=due.envid,
        )
