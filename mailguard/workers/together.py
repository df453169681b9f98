"""Small plain messages, many at once: what waits goes to a shared reader in one packet and on to a screener in another.

A message alone costs two packets, two memory files and four changes of process; together they share them. Only what
`route.split` calls plain text goes this way, and only as long as nothing unusual happens: a message whose reader or
screener gives no proper answer is handed back (`None`) and takes the careful way, alone. The walls are the same: the
reader knows no pupils, the screener opens no files, and the relay passes readings on unread.

Could one message change what is read of its neighbours, or of those after it? A reader that a message has taken over
could say anything of all that it is given later, so who shares one is chosen by what it takes to take it over. Text
without a mark of HTML (`Split.bare`) meets nothing but Python's own string functions (decoding, `re`, JSON), and shares
a reader with everybody's. HTML meets a parser in C (libxml2): it shares a reader with the same sender's messages only,
in packets of their own, so that whatever somebody forwards can change the reading of that person's mail and of nobody
else's. A child of its own for each HTML letter costs 4 ms of CPU, eight times what the letter costs now; a second
reading to compare with would have to parse HTML too.

Files meet larger parsers yet. Those of the plainest messages, up to 256 KB, have a reader of their sender's, not the
one of HTML: it ends after so many messages (`shared_files`), within a minute without work, and as soon as it met
anything that it cannot read, which a new child then reads from the start. Whoever writes a file that takes its reader
over has that file read as they like in any case; what sharing adds is that somebody who passes on such a file of others
has their next few messages read by it. A new child for each message costs 9 ms of CPU of 16 for a PDF of two pages.
Anything further (large files, ambiguous mail, mail without a sender) has a child for itself.
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
_MOST_PASSED = 64

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class _Waiting(Generic[T, R]):
    item: T
    size: int
    key: str
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

    async def put(self, item: T, size: int, key: str = "") -> R | None:
        """Return the result for `item`, which counts `size` bytes; None if it is to go alone. Items of different keys
        are in different batches."""
        loop = asyncio.get_running_loop()
        waiting: _Waiting[T, R] = _Waiting(item, size, key, loop.create_future())
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
            if len(self._waiting) <= _MOST_MESSAGES and len({waiting.key for waiting in self._waiting}) == 1:
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
        passed: list[_Waiting[T, R]] = []
        size = 0
        while self._waiting and len(batch) < _MOST_MESSAGES and len(passed) < _MOST_PASSED:
            waiting = self._waiting.popleft()
            if waiting.future.done():  # its message was given up meanwhile
                continue
            if batch and (waiting.key != batch[0].key or size + waiting.size > _MOST_TOGETHER):
                passed.append(waiting)
                continue
            size += waiting.size
            batch.append(waiting)
        self._waiting.extendleft(reversed(passed))
        return batch


def _answer(waiting: _Waiting[T, R], result: R | None) -> None:
    if not waiting.future.done():
        waiting.future.set_result(result)
