"""Small plain messages, many at once: what waits goes to a shared reader in one packet and on to a screener in another.

A message alone costs two packets, two memory files and four changes of process; together they share them. Only what
`route.split` calls plain text goes this way, and only as long as nothing unusual happens: a message whose reader or
screener gives no proper answer is handed back (`None`) and takes the careful way, alone. The walls are the same: the
reader knows no pupils, the screener opens no files, and the relay passes readings on unread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

MOST_BYTES = 8 << 10
"""A message larger than this goes alone: its reading might not fit into the packet."""
_MOST_MESSAGES = 16
_MOST_TOGETHER = 24 << 10

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class _Waiting(Generic[T, R]):
    item: T
    size: int
    future: asyncio.Future[R | None]


class Together(Generic[T, R]):
    """Runs `work` on what waits, at most `turns` batches at once; what comes meanwhile is the next batch.

    `work` takes items and returns a result for each, None for one that is to go alone."""

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R | None]]], turns: int) -> None:
        self._work = work
        self._turns = turns
        self._waiting: deque[_Waiting[T, R]] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._due = False
        self._closed = False

    async def put(self, item: T, size: int) -> R | None:
        """Return the result for `item`, which counts `size` bytes; None if it is to go alone."""
        loop = asyncio.get_running_loop()
        waiting: _Waiting[T, R] = _Waiting(item, size, loop.create_future())
        self._waiting.append(waiting)
        if not self._due and len(self._running) < self._turns:
            self._due = True  # later in this round of the loop: what comes until then goes with it
            loop.call_soon(self._start)
        return await waiting.future

    async def close(self) -> None:
        """End what runs; whoever waits goes alone."""
        self._closed = True
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while self._waiting:
            _answer(self._waiting.popleft(), None)

    def _start(self) -> None:
        self._due = False
        while self._waiting and len(self._running) < self._turns:
            task = asyncio.get_running_loop().create_task(self._run())
            self._running.add(task)
            task.add_done_callback(self._ended)
            if len(self._waiting) <= _MOST_MESSAGES:
                return  # that one takes them all

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        # Who was answered last may have come again before this was told, and found every turn taken.
        if self._waiting and not self._due and not self._closed:
            self._start()

    async def _run(self) -> None:
        while batch := self._next():
            results: Sequence[R | None] = ()
            try:
                results = await self._work([waiting.item for waiting in batch])
            finally:
                for n, waiting in enumerate(batch):
                    _answer(waiting, results[n] if n < len(results) else None)

    def _next(self) -> list[_Waiting[T, R]]:
        batch: list[_Waiting[T, R]] = []
        size = 0
        while self._waiting and len(batch) < _MOST_MESSAGES:
            waiting = self._waiting[0]
            size += waiting.size
            if batch and size > _MOST_TOGETHER:
                break
            self._waiting.popleft()
            if not waiting.future.done():  # its message was given up meanwhile
                batch.append(waiting)
        return batch


def _answer(waiting: _Waiting[T, R], result: R | None) -> None:
    if not waiting.future.done():
        waiting.future.set_result(result)
