"""One thread that writes: what waits is drained into one transaction, so that one fsync serves them all.

A job is an operation and its item. Jobs of one operation in a drain run as one call with all their items, which makes
executemany of the hot statements. If the transaction fails, each job is tried again in a transaction of its own, so
that a bad one cannot refuse its neighbours. Nobody hears of success before the commit.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from mailguard.store.database import Database, Transaction, translated
from mailguard.store.errors import StoreError

Operation = Callable[[Transaction, Sequence[Any]], Sequence[Any]]
"""Takes the items of several jobs and returns a result for each, in order."""

_POLL_SECONDS = 0.5
_MOST_JOBS = 500
_MOST_BYTES = 16 << 20


@dataclass(slots=True)
class _Job:
    operation: Operation
    item: Any
    future: asyncio.Future[Any] | None
    weight: int
    result: Any = None
    error: BaseException | None = None


class Writer:
    """The writer thread of one process. `on_foreign_change` is called on the loop when another process has written."""

    def __init__(self, database: Database, probe: Callable[[Connection], int], on_foreign_change: Callable[[], None]):
        self._database = database
        self._probe = probe
        self._on_foreign_change = on_foreign_change
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._seen: int | None = None

    def start(self) -> None:
        """Start the thread; results are delivered on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="mailguard-writer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Write what waits, then end the thread."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(thread.join)

    def submit(self, operation: Operation, item: Any, weight: int = 0) -> asyncio.Future[Any]:
        """Queue a job; the future has its result after the commit. `weight` is its size in bytes."""
        if self._thread is None or self._loop is None:
            raise StoreError("the store is not open")
        future: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put(_Job(operation, item, future, weight))
        return future

    def _run(self) -> None:
        connection: Connection | None = None
        while True:
            jobs, last = self._drain()
            if jobs or connection is None:
                connection = self._commit(connection, jobs)
            if jobs:
                self._answer(jobs)
            connection = self._look_around(connection)
            if last:
                break
        if connection is not None:
            connection.close()

    def _drain(self) -> tuple[list[_Job], bool]:
        try:
            job = self._queue.get(timeout=_POLL_SECONDS)
        except Empty:
            return [], False
        jobs: list[_Job] = []
        weight = 0
        while job is not None:
            jobs.append(job)
            weight += job.weight
            if len(jobs) >= _MOST_JOBS or weight >= _MOST_BYTES:
                return jobs, False
            try:
                job = self._queue.get_nowait()
            except Empty:
                return jobs, False
        return jobs, True

    def _commit(self, connection: Connection | None, jobs: list[_Job]) -> Connection | None:
        """Run the jobs; every one has a result or an error afterwards. Returns the connection to go on with, None if it
        broke."""
        try:
            if connection is None:
                connection = self._database.engine.connect()
            self._together(connection, jobs)
            return connection
        except Exception as error:
            if len(jobs) > 1 and connection is not None and not connection.invalidated:
                for job in jobs:
                    connection = self._commit(connection, [job])
                return connection
            for job in jobs:
                job.error = error if isinstance(error, StoreError) else StoreError(_say(error))
            if isinstance(error, SQLAlchemyError | OSError) and connection is not None:
                connection.close()
                connection = None
            return connection

    def _together(self, connection: Connection, jobs: list[_Job]) -> None:
        groups: dict[Operation, list[_Job]] = {}
        for job in jobs:
            groups.setdefault(job.operation, []).append(job)
        with translated(), connection.begin():
            transaction = self._database.transaction(connection)
            for operation, members in groups.items():
                results = operation(transaction, [job.item for job in members])
                for job, result in zip(members, results, strict=True):
                    job.result = result

    def _answer(self, jobs: list[_Job]) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_resolve, jobs)

    def _look_around(self, connection: Connection | None) -> Connection | None:
        if connection is None or self._loop is None:
            return connection
        try:
            version = self._probe(connection)
        except Exception:
            connection.close()
            return None
        if self._seen is not None and version != self._seen and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._on_foreign_change)
        self._seen = version
        return connection


def _resolve(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future is None or job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)


def _say(error: BaseException) -> str:
    # Only the kind: the text of an unforeseen exception may quote what it failed on.
    return f"write failed: {type(error).__name__}"
