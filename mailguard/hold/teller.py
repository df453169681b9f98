"""Tells sender and office of what was held: within a minute, once over all nodes, once a run, also after a crash.

What is untold is found in the store, so nothing depends on the moment of the hold. The first message of a sending run
is told of at once, the rest together when the run has paused. The notices of one occasion are stored under keys that no
other node can use again; a crash between two of them repeats nothing.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailguard.hold.notices import (
    More,
    Post,
    Stopped,
    office_group_notice,
    office_notice,
    sender_group_notice,
    sender_notice,
)
from mailguard.hold.wording import Wording
from mailguard.model import Message, RecipientState, Verdict
from mailguard.observe import Event, log, log_failure
from mailguard.roll.keys import domain_key
from mailguard.store import Store, StoreError, Transaction, holds, told
from mailguard.store.holds import Held
from mailguard.store.told import Waiting

POLL_SECONDS = 20.0
PAUSE = timedelta(minutes=3)
"""A sending run that held nothing for so long has paused: its rest is told of together."""
LONGEST_PAUSE = timedelta(minutes=15)
"""So long the rest of a run that does not pause is kept waiting."""


Words = Callable[[str], Mapping[str, Wording]]
"""Gives a school's own wording of notices, by notice."""


@dataclass(frozen=True, slots=True)
class SchoolPost:
    """Where a school's notices go: its name, its office mailbox ("" if none), its staff domains, and who is told of
    what waits too long."""

    name: str = ""
    office: str = ""
    staff_domains: tuple[str, ...] = ()
    escalate_to: tuple[str, ...] = ()


class Teller:
    """Sends notices until it is cancelled."""

    def __init__(
        self,
        store: Store,
        schools: Callable[[], Mapping[str, SchoolPost]],
        hostname: str,
        console_url: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        words: Words = lambda school: {},
    ) -> None:
        """`schools` gives what is in force now, by school code; `words` a school's own wording of notices.
        `console_url` is "" where there is no console."""
        self.words = words
        self._store = store
        self._schools = schools
        self._hostname = hostname
        self._console_url = console_url
        self._clock = clock
        self._zone = school_time()
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
        """Tell of some of what is untold: of the first message of a run at once, of the rest together when the run has
        paused. Returns of how many messages."""
        found = await self._store.read(told.untold)
        runs: dict[tuple[str, str], list[Waiting]] = {}
        for one in found:
            runs.setdefault((one.batch_key or one.id, one.school), []).append(one)
        return sum([await self._tell_run(members) for members in runs.values()])

    async def _tell_run(self, members: list[Waiting]) -> int:
        first, key = members[0], f"run|{members[0].school}|{members[0].batch_key}"
        if not first.batch_key or not await self._store.read(told.is_noted, key):
            held = await self._store.read(holds.details, first.id)
            await self._send(held, self._about_one(held), held.id)
            await self._store.write(_mark_first, first.id, key if first.batch_key else "")
            return 1
        now = self._clock()
        if now - members[-1].received_at < PAUSE and now - first.received_at < LONGEST_PAUSE:
            return 0
        held = await self._store.read(holds.details, first.id)
        # After a crash between the notice and the mark the same messages are found, or more: those are told of anew.
        await self._send(held, self._about_more(held, members), f"{first.id}|{len(members)}")
        await self._store.write(told.mark_told, *(one.id for one in members))
        return len(members)

    async def _send(self, held: Held, notices: list[tuple[str, Message]], key: str) -> None:
        for kind, notice in notices:
            await self._store.enqueue(notice, once=f"notice|{kind}|{key}")
            log(Event.NOTICE_QUEUED, message=held.id, school=held.school)

    def _about_one(self, held: Held) -> list[tuple[str, Message]]:
        own = self._schools().get(held.school)
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
        return self._addressed(
            held,
            lambda office, post: office_notice(stopped, office, post),
            lambda post: sender_notice(stopped, post),
        )

    def _about_more(self, held: Held, members: list[Waiting]) -> list[tuple[str, Message]]:
        own = self._schools().get(held.school)
        more = More(
            messages=len(members),
            held=sum(one.held for one in members),
            first=members[0].received_at.astimezone(self._zone),
            last=members[-1].received_at.astimezone(self._zone),
            sender=held.sender,
            school=own.name if own else "",
            references=tuple(one.reference for one in members),
        )
        return self._addressed(
            held,
            lambda office, post: office_group_notice(more, office, post),
            lambda post: sender_group_notice(more, post),
        )

    def _addressed(
        self, held: Held, to_office: Callable[[str, Post], Message], to_sender: Callable[[Post], Message]
    ) -> list[tuple[str, Message]]:
        """The notices of one occasion: to the office (to all where the school is not known) and to a sender of ours; an
        office that is itself the sender is told once."""
        schools = self._schools()
        own = schools.get(held.school)
        offices = {office for office in offices_of(held.school, schools) if office}
        found = [
            (f"office|{n}", to_office(office, self._post("", held.school))) for n, office in enumerate(sorted(offices))
        ]
        if _is_staff(held.sender, schools) and held.sender.casefold() not in {office.casefold() for office in offices}:
            found.append(("sender", to_sender(self._post(own.office if own else "", held.school))))
        return found

    def _post(self, reply_to: str, school: str) -> Post:
        return new_post(self._clock(), self._hostname, reply_to, self._console_url, self.words(school))


def new_post(
    at: datetime, hostname: str, reply_to: str, console_url: str, words: Mapping[str, Wording] | None = None
) -> Post:
    """How one notice goes out, with an id of its own that sorts by time, like the ids of the messages that come in."""
    name = f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(6)}"
    return Post(name, at, hostname, reply_to, console_url, words or {})


def offices_of(school: str, schools: Mapping[str, SchoolPost]) -> list[str]:
    """The offices that decide about a school's mail: its own, or all of them where the school is not known."""
    own = schools.get(school)
    return [own.office] if own else [each.office for each in schools.values()]


def _mark_first(tx: Transaction, message_id: str, run: str) -> None:
    told.mark_told(tx, message_id)
    if run:
        told.note(tx, run, message_id)


def _is_staff(sender: str, schools: Mapping[str, SchoolPost]) -> bool:
    domains = {domain_key(domain) for school in schools.values() for domain in school.staff_domains}
    return "@" in sender and domain_key(sender.rpartition("@")[2]) in domains


def school_time() -> tzinfo | None:
    """The time zone that schools live in."""
    try:
        return ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        return None  # a machine without time zones: its own local time
