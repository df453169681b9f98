"""Tells sender and office of what was held: within a minute, once over all nodes, once a batch, also after a crash.

What is untold is found in the store, so nothing depends on the moment of the hold. The notices of one message are
stored under keys that no other node can use again; a crash between two of them repeats nothing.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailguard.hold.notices import Post, Stopped, office_notice, sender_notice
from mailguard.model import Message, RecipientState, Verdict
from mailguard.observe import Event, log, log_failure
from mailguard.roll.keys import domain_key
from mailguard.store import Store, StoreError, holds
from mailguard.store.holds import Held

POLL_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class SchoolPost:
    """Where a school's notices go: its name, its office mailbox ("" if none), its staff domains."""

    name: str = ""
    office: str = ""
    staff_domains: tuple[str, ...] = ()


class Teller:
    """Sends notices until it is cancelled."""

    def __init__(
        self,
        store: Store,
        schools: Callable[[], Mapping[str, SchoolPost]],
        hostname: str,
        console_url: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`schools` gives what is in force now, by school code. `console_url` is "" where there is no console."""
        self._store = store
        self._schools = schools
        self._hostname = hostname
        self._console_url = console_url
        self._clock = clock
        self._zone = _school_time()
        self._look = asyncio.Event()

    def held(self, message: Message, verdict: Verdict) -> None:
        """Something was held (Flow's `on_held`): look now."""
        self._look.set()

    async def run(self) -> None:
        """Look for what is untold, now and whenever something was held."""
        while True:
            self._look.clear()
            try:
                while await self.tell():
                    pass
            except StoreError as error:
                log_failure(error, stage="notice")
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._look.wait()
            except TimeoutError:
                continue

    async def tell(self) -> int:
        """Tell of some of what is untold. Returns of how many messages."""
        found = await self._store.read(holds.untold)
        for message_id in found:
            held = await self._store.read(holds.details, message_id)
            for kind, notice in self._notices(held):
                key = f"notice|{kind}|{held.batch_key or held.id}"
                await self._store.enqueue(notice, once=key)
                log(Event.NOTICE_QUEUED, message=held.id, school=held.school)
            await self._store.write(holds.mark_told, held.id)
        return len(found)

    def _notices(self, held: Held) -> list[tuple[str, Message]]:
        schools = self._schools()
        own = schools.get(held.school)
        waiting = [one for one in held.recipients if one.state is RecipientState.HELD]
        stopped = Stopped(
            reference=held.reference,
            at=held.received_at.astimezone(self._zone),
            sender=held.sender,
            recipients=len(held.recipients),
            held=len(waiting),
            rules=frozenset(rule for one in waiting for rule in one.rules),
            school=own.name if own else "",
            group=bool(held.batch_key),
        )
        # A message of no known school waits for a decision too: every office is asked.
        offices = [own.office] if own else [school.office for school in schools.values()]
        found = [
            (f"office|{n}", office_notice(stopped, office, self._post("")))
            for n, office in enumerate(sorted({office for office in offices if office}))
        ]
        if _is_staff(held.sender, schools):
            reply_to = own.office if own else ""
            found.append(("sender", sender_notice(stopped, self._post(reply_to))))
        return found

    def _post(self, reply_to: str) -> Post:
        # The id sorts by time, like the ids of the messages that come in.
        name = f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(6)}"
        return Post(name, self._clock(), self._hostname, reply_to, self._console_url)


def _is_staff(sender: str, schools: Mapping[str, SchoolPost]) -> bool:
    domains = {domain_key(domain) for school in schools.values() for domain in school.staff_domains}
    return "@" in sender and domain_key(sender.rpartition("@")[2]) in domains


def _school_time() -> tzinfo | None:
    try:
        return ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        return None  # a machine without time zones: its own local time
