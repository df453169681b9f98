"""What all requests share: the database, roll and policy in force, the jail that reads, the clock."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from mailguard.console.cards import Shelf
from mailguard.console.oidc import Provider, Used
from mailguard.console.passwords import Doorkeeper
from mailguard.console.people import People
from mailguard.console.prometheus import Prometheus
from mailguard.console.settings import ConsoleSettings
from mailguard.hold import wording
from mailguard.hold.teller import school_time
from mailguard.model import Envelope, Message, Place, Reading, Roll, Verdict
from mailguard.observe import Event, log, log_failure
from mailguard.policy import Policy, PolicyError, load_policy
from mailguard.store import Database, StoreSettings
from mailguard.store.revisions import current_roll, roll_history
from mailguard.workers import Workers, WorkerSettings
from mailguard.workers.picture import Picture

T = TypeVar("T")
_KEPT_READINGS = 24
_READ_SECONDS = 90.0
_MOST_KEPT_BYTES = 4 << 20


class Site:
    """One console. Its methods may be called from any thread but the event loop's."""

    def __init__(
        self,
        database: Database,
        settings: ConsoleSettings,
        policy_file: Path,
        workers: WorkerSettings | None = None,
        hostname: str = "",
        providers: Sequence[Provider] = (),
        notices: Path | None = None,
    ) -> None:
        """`policy_file` is the policy's path; `hostname` stands in the messages that decisions make; `providers` are
        whose accounts may sign in beside the local ones; `notices` is the folder of the schools' own words."""
        self.database = database
        self.settings = settings
        self.hostname = hostname
        self.doorkeeper = Doorkeeper()
        self.zone = school_time()
        self.shelf = Shelf()
        self.providers = {one.settings.name: one for one in providers}
        self.used = Used()
        self.prometheus = Prometheus(settings.prometheus) if settings.prometheus else None
        self.words = wording.Shelf(notices)
        self._policy_file = policy_file
        self._workers = Workers(workers)
        self._started = False
        self._screening: tuple[str, str] | None = None
        self._starting = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._policy: Policy | None = None
        self._policy_stamp = (0, 0, 0)
        self._people: People | None = None
        self._building = threading.Lock()
        self._readings: OrderedDict[str, Reading] = OrderedDict()
        self._pictures: OrderedDict[tuple[str, ...], bytes] = OrderedDict()

    @classmethod
    def open(cls, store: StoreSettings, settings: ConsoleSettings, policy_file: Path, **others: Any) -> Site:
        """Open the store. StoreError if that fails."""
        return cls(Database.open(store, "console"), settings, policy_file, **others)

    async def start(self) -> None:
        """Note the event loop that work is handed to."""
        self._loop = asyncio.get_running_loop()

    async def close(self) -> None:
        """End the workers and the database's connections."""
        if self._started:
            await self._workers.close()
        if self.prometheus is not None:
            self.prometheus.close()
        self.database.close()

    def now(self) -> datetime:
        """The time, in the school's zone."""
        return datetime.now(UTC).astimezone(self.zone)

    # --- roll and policy ----------------------------------------------------------------------------------------------

    def policy(self) -> Policy:
        """The policy in force; the one before it while the file cannot be used. PolicyError if there never was one."""
        try:
            status = self._policy_file.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            stamp = (0, 0, 0)
        if self._policy is None or stamp != self._policy_stamp:
            try:
                self._policy = load_policy(self._policy_file)
            except PolicyError as error:
                if self._policy is None:
                    raise
                log_failure(error, key="policy")
            self._policy_stamp = stamp
        return self._policy

    def people(self) -> People:
        """Names and addresses of the roll and policy in force."""
        policy = self.policy()
        with self.database.read() as tx:
            history = roll_history(tx)
        revision = (history[0].digest if history else "", policy.revision)
        with self._building:
            if self._people is None or self._people.revision != revision:
                self._people = People(self.roll(), policy)
                settle_memory()
                log(Event.ROLL_LOADED, revision=revision[0])
            return self._people

    def roll(self) -> Roll:
        """The roll in force; an empty one before the first import."""
        with self.database.read() as tx:
            return current_roll(tx) or Roll()

    # --- reading and judging, in other processes ----------------------------------------------------------------------

    def reading(self, message: Message) -> Reading:
        """What the jail reads in a message; the last few are remembered."""
        kept = self._readings.get(message.id)
        if kept is None:
            kept = self._await(self._read(message.content, self.policy().mail.passwords))
            if len(message.content) < _MOST_KEPT_BYTES:
                self._readings[message.id] = kept
                while len(self._readings) > _KEPT_READINGS:
                    self._readings.popitem(last=False)
        return kept

    def page_picture(self, message: Message, place: Place, page: int, words: Sequence[str]) -> bytes:
        """A page of a PDF in a message as a PNG file, `words` boxed; b"" if there is none to see. The last few are
        remembered here, so that no browser has to keep them."""
        key = (message.id, *place, str(page), "", *words)
        kept = self._pictures.get(key)
        if kept is None:
            picture = self._await(self._picture(message.content, place, page, words))
            kept = picture.png() if picture is not None else b""
            if kept:
                self._pictures[key] = kept
                while len(self._pictures) > _KEPT_READINGS:
                    self._pictures.popitem(last=False)
        return kept

    def part_bytes(self, message: Message, place: Place) -> bytes:
        """The bytes of a part of a message; b"" if there is none."""
        return self._await(self._part_bytes(message.content, place))

    def looks(self, message: Message, words: Sequence[str]) -> str:
        """A page of the HTML of a message's own text, harmless, `words` marked; "" if there is none."""
        return self._await(self._looks(message.content, words))

    def judge(self, content: bytes, envelope: Envelope) -> Verdict:
        """The verdict on a message by the roll and policy in force."""
        return self._await(self._judge(content, envelope, self.roll(), self.policy()))

    async def _read(self, content: bytes, passwords: tuple[str, ...]) -> Reading:
        await self._start_workers()
        return await self._workers.read(content, passwords=passwords)

    async def _picture(self, content: bytes, place: Place, page: int, words: Sequence[str]) -> Picture | None:
        await self._start_workers()
        return await self._workers.page_picture(content, place, page, words, self.policy().mail.passwords)

    async def _part_bytes(self, content: bytes, place: Place) -> bytes:
        await self._start_workers()
        return await self._workers.part_bytes(content, place, self.policy().mail.passwords)

    async def _looks(self, content: bytes, words: Sequence[str]) -> str:
        await self._start_workers()
        return await self._workers.looks(content, words, self.policy().mail.passwords)

    async def _judge(self, content: bytes, envelope: Envelope, roll: Roll, policy: Policy) -> Verdict:
        await self._start_workers()
        async with self._starting:
            if self._screening != (roll.revision, policy.revision):
                await self._workers.replace(roll, policy)
                self._screening = (roll.revision, policy.revision)
        return (await self._workers.screen(content, envelope)).verdict

    async def _start_workers(self) -> None:
        async with self._starting:
            if not self._started:
                await self._workers.start()
                self._started = True

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            work.close()
            raise RuntimeError("the site was not started")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_READ_SECONDS)


def settle_memory() -> None:
    """Let the garbage collector pass over what is there to stay: walking all names of a large roll in the middle of a
    page is what a slow page was made of."""
    gc.collect()
    gc.freeze()
