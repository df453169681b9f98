"""Reminds people of what waits: the office at set hours until it decides, and others when it has waited too long.

Nothing here decides. Each reminder has a key in the store, so that it goes out once over all nodes and restarts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from mailguard.hold.notices import Left, Post, digest_notice, escalation_notice
from mailguard.hold.settings import ReminderSettings
from mailguard.hold.teller import SchoolPost, Words, new_post, offices_of, school_time
from mailguard.model import Message
from mailguard.observe import Event, log, log_failure
from mailguard.store import Store, StoreError, told
from mailguard.store.told import Waiting

LOOK_SECONDS = 60.0
_LATE = timedelta(hours=1)
"""A digest whose hour passed while nothing ran is sent up to so much later, then left out."""


class Reminder:
    """Sends digests and escalations until it is cancelled."""

    def __init__(
        self,
        store: Store,
        schools: Callable[[], Mapping[str, SchoolPost]],
        hostname: str,
        settings: ReminderSettings,
        console_url: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        words: Words = lambda school: {},
    ) -> None:
        """`schools` gives what is in force now, by school code; `words` a school's own wording of notices.
        `console_url` is "" where there is no console."""
        self._words = words
        self._store = store
        self._schools = schools
        self._hostname = hostname
        self._settings = settings
        self._console_url = console_url
        self._clock = clock
        self._zone = school_time()

    async def run(self) -> None:
        """Look once a minute."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                log_failure(error, stage="notice")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Send what is due now."""
        now = self._clock()
        for moment in self._digest_moments(now):
            found = await self._store.read(told.waiting, moment)
            for school, left in _by_school(found).items():
                for office in sorted({one for one in offices_of(school, self._schools()) if one}):
                    notice = digest_notice(self._left(school, left), office, self._post(now, school))
                    await self._send(school, notice, f"digest|{moment:%Y%m%d%H%M}|{self._key(school, office)}")
        late = await self._store.read(told.unescalated, now - self._settings.escalate_after)
        for school, left in _by_school(late).items():
            for one in sorted(self._overseers(school)):
                notice = escalation_notice(self._left(school, left), one, self._post(now, school))
                await self._send(school, notice, f"late|{left[0].id}|{len(left)}|{self._key(school, one)}")
            if self._overseers(school):
                await self._store.write(told.mark_escalated, *(each.id for each in left))

    def _digest_moments(self, now: datetime) -> list[datetime]:
        """Moments of digests that have come within the last hour."""
        here = now.astimezone(self._zone)
        days = (here.date() - timedelta(days=1), here.date())
        moments = [datetime.combine(day, at, here.tzinfo) for day in days for at in self._settings.digest]
        return [moment for moment in moments if timedelta(0) <= now - moment < _LATE]

    def _overseers(self, school: str) -> set[str]:
        """Who is told of what waits too long: those named for it, else the office again."""
        schools = self._schools()
        own = [schools[school]] if school in schools else list(schools.values())
        named = {address for each in own for address in each.escalate_to}
        return named or {office for office in offices_of(school, schools) if office}

    def _left(self, school: str, left: list[Waiting]) -> Left:
        own = self._schools().get(school)
        return Left(
            messages=len(left),
            oldest=left[0].received_at.astimezone(self._zone),
            school=own.name if own else "",
            references=tuple(one.reference for one in left),
        )

    def _post(self, now: datetime, school: str) -> Post:
        return new_post(now, self._hostname, "", self._console_url, self._words(school))

    def _key(self, school: str, address: str) -> str:
        return self._store.digest("reminder", f"{school}|{address}").hex()[:24]

    async def _send(self, school: str, notice: Message, key: str) -> None:
        await self._store.enqueue(notice, once=key)
        log(Event.NOTICE_QUEUED, school=school)


def _by_school(found: list[Waiting]) -> dict[str, list[Waiting]]:
    schools: dict[str, list[Waiting]] = {}
    for one in found:
        schools.setdefault(one.school, []).append(one)
    return schools
