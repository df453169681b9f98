"""One thread that writes: what waits is drained into one transaction, so that one fsync serves them all.

A job is an operation and its item. Jobs of one operation in a drain run as one call with all their items, which makes
executemany of the hot statements. If the transaction fails, each job is tried again in a transaction of its own, so
that a bad one cannot refuse its neighbours. Nobody hears of success before the commit.

A commit costs its fsync, however much it holds, and jobs come in while one runs. So work that nobody waits for at the
other end of a line (verdicts, outcomes) does not start a commit at once but goes with the next one that somebody does
wait for, or alone after a moment; and where several wait at a time, a short pause before the commit lets those come
along that were answered by the last one. The pause is a share of what a sync takes here and now: nothing on a disk
that is fast. Where the database leaves the sync to us (SQLite), it is done by threads of its own: the next transaction
is written while the one before is on its way to the disk.

A job that brings a large body has a transaction without small ones, and these go between two of them: ten megabytes
take tens of milliseconds to be written, and a letter must not wait for more of them than those under way.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection

from mailguard.store.database import Database, Transaction, translated
from mailguard.store.errors import StoreError

Operation = Callable[[Transaction, Sequence[Any]], Sequence[Any]]
"""Takes the items of several jobs and returns a result for each, in order."""

_POLL_SECONDS = 0.5
_MOST_JOBS = 500
_MOST_BYTES = 4 << 20
_HEAVY = 256 << 10
_MOST_HEAVY = 1 << 20
_LATER_SECONDS = 0.005
_LOOK_SECONDS = 0.05
_PAUSE_SHARE = 0.25
_LONGEST_PAUSE = 0.002
_SHORTEST_PAUSE = 0.0002
_SYNCERS = 3
_TOLD_AT_ONCE = 16


@dataclass(slots=True)
class _Job:
    operation: Operation
    item: Any
    future: asyncio.Future[Any]
    weight: int
    urgent: bool = True
    result: Any = None
    error: StoreError | None = None


class Writer:
    """The writer thread of one process. `on_foreign_change` is called on the loop when another process has written."""

    def __init__(self, database: Database, on_foreign_change: Callable[[], None]) -> None:
        self._database = database
        self._on_foreign_change = on_foreign_change
        self._queue: SimpleQueue[list[_Job] | None] = SimpleQueue()
        self._gathered: list[_Job] = []  # on the loop, not handed over yet
        self._due: asyncio.Handle | None = None
        self._due_soon = False
        self._thread: threading.Thread | None = None
        self._connection: Connection | None = None
        self._heavy: deque[_Job] = deque()  # taken from the queue, not written yet
        self._looked = 0.0
        self._written: SimpleQueue[list[_Job] | None] = SimpleQueue()
        self._syncers: list[threading.Thread] = []
        self._sync_seconds = 0.0  # smoothed, as is the next
        self._urgent_jobs = 0.0

    @property
    def running(self) -> bool:
        """Whether jobs are taken."""
        return self._thread is not None

    def start(self) -> None:
        """Start the thread; results are delivered on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="mailguard-writer", daemon=True)
        self._thread.start()
        if self._database.backend.syncs_apart:
            for _ in range(_SYNCERS):
                syncer = threading.Thread(target=self._sync, name="mailguard-sync", daemon=True)
                syncer.start()
                self._syncers.append(syncer)

    async def stop(self) -> None:
        """Write what waits, then end the thread."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._hand_over()
            self._queue.put(None)
            await asyncio.to_thread(thread.join)
            for syncer in self._syncers:
                await asyncio.to_thread(syncer.join)
            self._syncers.clear()

    def submit(self, operation: Operation, item: Any, weight: int = 0, *, urgent: bool = True) -> asyncio.Future[Any]:
        """Queue a job; the future has its result after the commit. `weight` is its size in bytes; one that is not
        `urgent` may wait a few milliseconds for company."""
        if self._thread is None:
            raise StoreError("the store is not open")
        future: asyncio.Future[Any] = self._loop.create_future()
        self._gathered.append(_Job(operation, item, future, weight, urgent))
        if urgent and not self._due_soon:
            self._due_soon = True
            self._come_back(self._loop.call_soon(self._hand_over))
        elif self._due is None:
            self._come_back(self._loop.call_later(_LATER_SECONDS, self._hand_over))
        return future

    def hurry(self) -> None:
        """Somebody waits for what was submitted so far after all: let it be written now."""
        if self._gathered and not self._due_soon:
            self._due_soon = True
            self._come_back(self._loop.call_soon(self._hand_over))

    def _come_back(self, due: asyncio.Handle) -> None:
        if self._due is not None:
            self._due.cancel()
        self._due = due

    def _hand_over(self) -> None:
        """Give the thread what was gathered in this round of the loop, at once: to wake it for every job would cost
        more than the job."""
        if self._due is not None:
            self._due.cancel()
        self._due, self._due_soon = None, False
        if self._gathered:
            gathered, self._gathered = self._gathered, []
            self._queue.put(gathered)

    def _run(self) -> None:
        last = False
        while not last or self._heavy:
            if not last:
                jobs, last = self._drain()
                self._write(jobs)
            self._write(self._next_heavy())
            self._look_around()
        for _ in self._syncers:
            self._written.put(None)
        self._disconnect()

    def _write(self, jobs: list[_Job]) -> None:
        if not jobs:
            return
        begun = monotonic()
        self._commit(jobs)
        self._urgent_jobs += (sum(job.urgent for job in jobs) - self._urgent_jobs) / 8
        if self._syncers:
            self._written.put(jobs)
        else:
            self._took(jobs, monotonic() - begun)
            self._call_loop(_resolve, jobs)

    def _sync(self) -> None:
        """Be a syncer: bring what was written to the disk, then tell whose it is."""
        while (jobs := self._written.get()) is not None:
            last = False
            with suppress(Empty):
                while not last:
                    more = self._written.get_nowait()
                    last = more is None
                    jobs = [*jobs, *(more or ())]
            begun = monotonic()
            try:
                self._database.backend.sync()
            except Exception as error:  # it may be on the disk, or not: whoever sent it sends it again
                _fail([job for job in jobs if job.error is None], error)
            self._took(jobs, monotonic() - begun)
            self._call_loop(_resolve, jobs)
            if last:
                return

    def _took(self, jobs: list[_Job], seconds: float) -> None:
        if not any(job.weight >= _HEAVY for job in jobs):
            self._sync_seconds += (seconds - self._sync_seconds) / 8

    def _drain(self) -> tuple[list[_Job], bool]:
        """Return the small jobs of the next transaction, and True if there will be no others. Waits for some unless
        there are heavy ones to go on with."""
        try:
            gathered = self._queue.get(not self._heavy, _POLL_SECONDS)
        except Empty:
            return [], False
        if gathered is None:
            return [], True
        self._pause()
        return self._take_waiting(gathered)

    def _pause(self) -> None:
        pause = min(self._sync_seconds * _PAUSE_SHARE, _LONGEST_PAUSE)
        if self._urgent_jobs > 1.5 and pause > _SHORTEST_PAUSE:
            sleep(pause)

    def _take_waiting(self, gathered: list[_Job]) -> tuple[list[_Job], bool]:
        jobs = self._light_of(gathered)
        weight = sum(job.weight for job in jobs)
        with suppress(Empty):
            while len(jobs) < _MOST_JOBS and weight < _MOST_BYTES:
                more = self._queue.get_nowait()
                if more is None:
                    return jobs, True
                light = self._light_of(more)
                jobs += light
                weight += sum(job.weight for job in light)
        return jobs, False

    def _light_of(self, jobs: list[_Job]) -> list[_Job]:
        self._heavy += [job for job in jobs if job.weight >= _HEAVY]
        return [job for job in jobs if job.weight < _HEAVY]

    def _next_heavy(self) -> list[_Job]:
        jobs: list[_Job] = []
        weight = 0
        while self._heavy and (not jobs or weight + self._heavy[0].weight <= _MOST_HEAVY):
            jobs.append(self._heavy.popleft())
            weight += jobs[-1].weight
        return jobs

    def _commit(self, jobs: list[_Job]) -> bool:
        """Run the jobs; every one has a result or an error afterwards. False if there was no transaction to run in."""
        try:
            with translated():
                connection = self._connect()
                transaction = connection.begin()
        except Exception as error:
            # Locked or gone: the same would meet every job alone, each after a long wait.
            self._disconnect()
            _fail(jobs, error)
            return False
        try:
            with translated(), transaction:
                _perform(self._database.transaction(connection), jobs)
        except Exception as error:
            if connection.invalidated or connection.in_transaction():
                self._disconnect()
            if len(jobs) == 1:
                _fail(jobs, error)
            else:
                self._commit_singly(jobs)
        return True

    def _commit_singly(self, jobs: list[_Job]) -> None:
        for n, job in enumerate(jobs):
            if not self._commit([job]):
                for other in jobs[n + 1 :]:
                    other.error = job.error
                return

    def _connect(self) -> Connection:
        if self._connection is None:
            connection = self._database.engine.connect()
            try:
                self._database.backend.watch(connection)
            except BaseException:
                connection.invalidate()
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                # Not back to the pool: it may be broken, and it holds what `watch` gave it.
                connection.invalidate()
                connection.close()

    def _look_around(self) -> None:
        """Ask whether another process has written: whenever there is nothing else to do, and now and then."""
        if monotonic() - self._looked < _LOOK_SECONDS:
            return
        try:
            with translated():
                changed = self._database.backend.others_wrote(self._connect())
        except Exception:
            self._disconnect()
            return
        self._looked = monotonic()
        if changed:
            self._call_loop(self._on_foreign_change)

    def _call_loop(self, function: Callable[..., None], *args: Any) -> None:
        # The loop may have been closed by a crash of its owner; what is committed is committed.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *args)


def _perform(transaction: Transaction, jobs: list[_Job]) -> None:
    groups: dict[Operation, list[_Job]] = {}
    for job in jobs:
        groups.setdefault(job.operation, []).append(job)
    for operation, members in groups.items():
        results = operation(transaction, [job.item for job in members])
        for job, result in zip(members, results, strict=True):
            job.result = result


def _resolve(jobs: list[_Job]) -> None:
    """On the loop: tell whose jobs are done, first those that somebody waits for at the other end of a line. What comes
    of it is done at once, so they are told a few at a time, and the loop serves connections in between."""
    if len(jobs) > _TOLD_AT_ONCE:
        jobs.sort(key=lambda job: not job.urgent)
        asyncio.get_running_loop().call_soon(_resolve, jobs[_TOLD_AT_ONCE:])
    _tell(jobs[:_TOLD_AT_ONCE])


def _tell(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)


def _fail(jobs: list[_Job], error: Exception) -> None:
    # Of anything unforeseen only the kind is told: its text may quote what it failed on.
    told = error if isinstance(error, StoreError) else StoreError(f"write failed: {type(error).__name__}")
    for job in jobs:
        job.error = told
