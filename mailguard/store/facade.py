"""The relay's door to the store: asyncio in front, one writer thread and a few reader threads behind."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Concatenate, ParamSpec, TypeVar

from mailguard import __version__
from mailguard.model import Message, Sightings, Verdict
from mailguard.store import nodes, queue, verdicts
from mailguard.store.budget import ByteBudget
from mailguard.store.crypto import CHUNK, Seal, Vault
from mailguard.store.database import Database, Transaction
from mailguard.store.envelope import MessageRows, SealedEnvelope, message_rows, open_envelope
from mailguard.store.errors import StoreError, StoreFull
from mailguard.store.room import Room
from mailguard.store.rows import Counts, Due, Settled, to_stored
from mailguard.store.settings import StoreSettings
from mailguard.store.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")

_READERS = 2
_SEAL_IN_THREAD = 1 << 20
_SLICE_CHUNKS = 4
_SEALED_AT_ONCE = 100
_REMEMBERED = 2000
_BACKLOG_SECONDS = 5.0
_SETTLE_AGAIN_SECONDS = 1.0
_VOID_SECONDS = 0.1


class Store:
    """See the package's docstring for every method and its failures."""

    def __init__(self, settings: StoreSettings, database: Database) -> None:
        self.settings = settings
        self.memory = ByteBudget(settings.memory_bytes)
        self._database = database
        self._vault = database.vault
        self._changed = asyncio.Event()
        self._writer = Writer(database, self._changed.set)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="mailguard-reader")
        self._room = Room(database.backend, settings.reserve_bytes)
        self._fresh: OrderedDict[str, MessageRows] = OrderedDict()
        self._backlog = 0
        self._backlog_at = 0.0
        self._unsettled: list[Settled] = []
        self._doubtful: set[int] = set()  # ends of leases whose commit failed, or seemed to
        self._leased = datetime.min.replace(tzinfo=UTC)
        self._beating: asyncio.Task[None] | None = None

    @property
    def vault(self) -> Vault:
        """The keys of the database."""
        return self._vault

    @property
    def node(self) -> str:
        """This process's name among those on the database."""
        return self._database.node

    @classmethod
    def open(cls, settings: StoreSettings, node: str = "local") -> Store:
        """Open the database with its key; nothing runs yet."""
        return cls(settings, Database.open(settings, node))

    async def start(self) -> None:
        """Take the process lock, start the writer, void old leases, sweep torn uploads."""
        self._database.backend.take()
        self._writer.start()
        try:
            await self._in_writer(nodes.recover, __version__)
            await self._measure_backlog()
            self._beating = asyncio.ensure_future(self._beat())
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Write what waits and let go of everything. Outcomes that cannot be written even now are lost: what they are
        about is delivered again after the next start."""
        beating, self._beating = self._beating, None
        if beating is not None:
            beating.cancel()
        if self._unsettled and self._writer.running:
            late, self._unsettled = self._unsettled, []
            with suppress(StoreError):
                await self.settle(late)
        if beating is not None and self._writer.running and self.settings.on_postgres:
            with suppress(StoreError):
                await self._in_writer(nodes.sign_off)
        await self._writer.stop()
        self._readers.shutdown()
        self._database.backend.drop()
        self._database.close()

    def check_room(self, size: int = 0) -> None:
        """StoreFull if a message of `size` bytes would use up the disk's reserve or pass the backlog limit."""
        self._room.check(size)
        fresh = time.monotonic() - self._backlog_at < _BACKLOG_SECONDS
        if fresh and self._backlog + size > self.settings.backlog_bytes:
            raise StoreFull("the queue is full")

    def has_room(self) -> bool:
        """Whether messages are taken; callable from any thread. StoreError if that cannot be told."""
        try:
            self.check_room()
        except StoreFull:
            return False
        return True

    def free_bytes(self) -> int:
        """Free bytes of the data folder's file system. StoreError if that cannot be told."""
        return self._database.backend.free_bytes()

    async def accept(self, message: Message) -> None:
        """Store a message durably, to be judged."""
        size = len(message.content)
        self.check_room(size)
        if self._backlog + size > self.settings.backlog_bytes:
            await self._measure_backlog()
            self.check_room(size)
        self._room.taken(size)
        large = size > _SLICE_CHUNKS * CHUNK
        rows = await self._upload(message) if large else await self._seal(message, own=False)
        await self._writer.submit(queue.accept, rows, rows.weight)
        self._backlog += size
        self._remember(rows)

    async def record_verdict(
        self,
        message_id: str,
        verdict: Verdict,
        sightings: Sightings,
        mode: str = "enforce",
        batch_key: str = "",
        subject: str = "",
        handover: bool = False,
    ) -> Due | None:
        """Write a verdict with all that follows from it; the queued recipients if `handover`."""
        row, seal, envelope = await self._opened(message_id)
        findings: list[dict[str, Any]] = []
        for finding in verdicts.finding_rows(message_id, envelope.recipients, seal, self._vault, verdict):
            findings.append(finding)
            if not len(findings) % _SEALED_AT_ONCE:
                await asyncio.sleep(0)  # others have the event loop in between
        now = datetime.now(UTC)
        until = self._lease_end(now) if handover else None
        judgement = verdicts.Judgement(
            verdict=verdict,
            sightings=sightings,
            mode=mode,
            batch_key=batch_key,
            subject=subject,
            at=now,
            lease_node=self._database.node if handover else None,
            lease_until=until,
        )
        rows = verdicts.verdict_rows(message_id, envelope.recipients, seal, self._vault, judgement, findings)
        with self._voided(until):
            await self._writer.submit(verdicts.record, rows, rows.weight, urgent=False)
        self._fresh.pop(message_id, None)
        return self._handed_over({**row, "school": verdict.school}, envelope, rows.queued, now, handover)

    async def enqueue(self, message: Message, once: str = "", handover: bool = False) -> Due | None:
        """Store a message of our own straight as queued, if `once` is new or empty."""
        now = datetime.now(UTC)
        rows = await self._seal(message, own=True)
        until = self._lease_end(now) if handover else None
        with self._voided(until):
            new = await self._writer.submit(queue.enqueue, queue.Own(rows, once, until), rows.weight)
        if not new:
            return None
        return self._handed_over(rows.message, rows.envelope, range(len(message.envelope.recipients)), now, handover)

    async def claim_due(self, now: datetime, limit: int) -> list[Due]:
        """Lease queued recipients whose time has come."""
        until = self._lease_end(now)
        with self._voided(until):
            found = await self._in_writer(queue.claim, now, limit, until)
        if not found:
            return []
        return await asyncio.to_thread(lambda: [queue.open_due(row, some, self._vault) for row, some in found])

    async def settle(self, outcomes: Sequence[Settled], dsns: Sequence[Message] = ()) -> None:
        """Write outcomes of delivery and the DSNs they cause."""
        own = [queue.Own(await self._seal(message, own=True)) for message in dsns]
        await self._settling(outcomes, own)
        if own:
            self._changed.set()

    def settle_soon(self, outcomes: Sequence[Settled]) -> asyncio.Future[None]:
        """Write outcomes when the writer gets to it; tried again later if that fails."""
        late, self._unsettled = self._unsettled, []
        together = [*late, *outcomes]

        def look(future: asyncio.Future[Any]) -> None:
            if not future.cancelled() and future.exception() is not None:
                self._unsettled += together
                asyncio.get_running_loop().call_later(_SETTLE_AGAIN_SECONDS, self._settle_late)

        future = self._settling(together, [])
        future.add_done_callback(look)
        return future

    def hurry(self) -> None:
        """Somebody waits for what `settle_soon` or `record_verdict` was given: write it now, not with the next one."""
        self._writer.hurry()

    async def give_back(self, recipient_ids: Sequence[str]) -> None:
        """End leases without an attempt."""
        await self._in_writer(queue.give_back, recipient_ids)

    async def unjudged(self, limit: int) -> list[str]:
        """Messages accepted but not judged, oldest first."""
        if self.settings.on_postgres:
            await self._in_writer(nodes.adopt, limit)
        return await self.read(queue.unjudged, limit)

    async def load(self, message_id: str) -> Message:
        """The message with its content."""
        return await self.read(queue.load, message_id)

    def digest(self, field: str, value: str) -> bytes:
        """A keyed digest that may be stored and compared in the clear."""
        return self._vault.digest(field, value)

    def mac(self, field: str, value: str) -> str:
        """The same in hexadecimal: 32 characters that nobody can make without the key."""
        return self.digest(field, value).hex()

    async def counts(self) -> Counts:
        """What the metrics show."""
        return await self.read(queue.counts)

    async def changed(self) -> None:
        """Wait until somebody may have made something due."""
        await self._changed.wait()
        self._changed.clear()

    async def write(self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a core function in the writer thread; wakes who waits in `changed`."""
        result = await self._in_writer(function, *args, **kwargs)
        self._changed.set()
        return result

    async def _in_writer(
        self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        result: T = await self._writer.submit(_call, lambda tx: function(tx, *args, **kwargs))
        return result

    async def read(self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a core function in a reader thread."""

        def run() -> T:
            with self._database.read() as tx:
                return function(tx, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    async def _beat(self) -> None:
        """Tell the other nodes that this one lives."""
        while True:
            await asyncio.sleep(nodes.BEAT_SECONDS)
            with suppress(StoreError):
                await self._in_writer(nodes.beat)

    def _settling(self, outcomes: Sequence[Settled], dsns: list[queue.Own]) -> asyncio.Future[Any]:
        now = datetime.now(UTC)
        rows = [queue.outcome_row(outcome, self._vault, now) for outcome in outcomes]
        weight = sum(own.rows.weight for own in dsns)
        return self._writer.submit(queue.settle, queue.Outcomes(rows, dsns), weight, urgent=False)

    def _lease_end(self, now: datetime) -> datetime:
        """When a lease taken now runs out: a moment that no other lease of this process has."""
        self._leased = max(now + self.settings.lease, self._leased + timedelta(microseconds=10))
        return self._leased

    @contextmanager
    def _voided(self, until: datetime | None) -> Iterator[None]:
        """End the leases of a commit that failed: after a sync that failed it is there, perhaps, and its recipients
        would wait in nobody's hand until the lease runs out."""
        try:
            yield
        except StoreError:
            if until is not None:
                self._doubtful.add(to_stored(until))
                asyncio.get_running_loop().call_later(_VOID_SECONDS, self._void)
            raise

    def _void(self) -> None:
        if not (self._doubtful and self._writer.running):
            return
        doubtful, self._doubtful = self._doubtful, set()

        def look(future: asyncio.Future[Any]) -> None:
            if future.cancelled() or future.exception() is not None:
                self._doubtful |= doubtful
                asyncio.get_running_loop().call_later(_SETTLE_AGAIN_SECONDS, self._void)
            else:
                self._changed.set()

        self._writer.submit(_call, lambda tx: queue.void(tx, sorted(doubtful))).add_done_callback(look)

    def _settle_late(self) -> None:
        if self._unsettled and self._writer.running:
            self.settle_soon([])

    def _handed_over(
        self, row: dict[str, Any], envelope: SealedEnvelope, queued: Sequence[int], now: datetime, handover: bool
    ) -> Due | None:
        if not handover:
            self._changed.set()
            return None
        return queue.due_of(row, [queue.Fresh(n, to_stored(now)) for n in queued], envelope) if queued else None

    async def _seal(self, message: Message, own: bool) -> MessageRows:
        if len(message.content) > _SEAL_IN_THREAD:
            return await asyncio.to_thread(message_rows, message, self._vault, self._database.node, own)
        return message_rows(message, self._vault, self._database.node, own)

    async def _upload(self, message: Message) -> MessageRows:
        """Seal and write the chunks of a large message ahead of it, a slice at a time: neither does anybody else's 250
        wait for all of them, nor is there a second copy of it in memory. The last slice goes with the message."""
        message_id = message.id
        rows = message_rows(message, self._vault, self._database.node, own=False, content=False)
        chunks = rows.seal.seal_chunks(message.content)

        def seal_some() -> list[bytes]:
            return list(islice(chunks, _SLICE_CHUNKS))

        ahead = 0
        try:
            some = await asyncio.to_thread(seal_some)
            while more := await asyncio.to_thread(seal_some):
                await self._writer.submit(queue.upload_slice, queue.Slice(message_id, ahead, some), sum(map(len, some)))
                ahead += len(some)
                some = more
        except StoreError:
            # The sweep at the next start does it if this fails too.
            self._writer.submit(_call, lambda tx: nodes.drop_upload(tx, message_id)).add_done_callback(_forget)
            raise
        return dataclasses.replace(rows, chunks=some, sent_ahead=ahead)

    async def _measure_backlog(self) -> None:
        self._backlog = await self.read(queue.backlog)
        self._backlog_at = time.monotonic()

    def _remember(self, rows: MessageRows) -> None:
        self._fresh[rows.message["id"]] = MessageRows(rows.message, rows.recipients, [], rows.seal, rows.envelope)
        if len(self._fresh) > _REMEMBERED:
            self._fresh.popitem(last=False)

    async def _opened(self, message_id: str) -> tuple[dict[str, Any], Seal, SealedEnvelope]:
        """The row of a message, its key and its envelope."""
        fresh = self._fresh.get(message_id)
        if fresh is not None:
            return fresh.message, fresh.seal, fresh.envelope
        row = await self.read(queue.message_row, message_id)
        return (row, *open_envelope(row, self._vault))


def _call(tx: Transaction, items: Any) -> list[Any]:
    return [function(tx) for function in items]


def _forget(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
