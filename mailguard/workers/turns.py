"""Who may work now: lanes in which short work never waits long for heavy work.

A lane has so many places. Its work has a small allowance of processor time; what has used it up runs at a low priority
from then on and moves to a place of the slow lane. Where that is full and somebody waits, it is evicted: its
child is ended, and it is begun again when the slow lane has room. So whoever waits for a place waits, at most, for the
allowances of those before it, and heavy work is neither given up nor able to keep others from being served.

Who is next is decided by virtual deadlines: the time of arrival plus what the work is expected to cost, plus a little
for each piece of work the same sender has here already. So a letter goes before a large file that came shortly before
it, one sender's thousand messages do not keep the others waiting, and nobody waits for ever.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

_SENDER_SECONDS = 0.1
"""How far each further piece of work of one sender stands back."""
_LEAST_SECONDS = 0.01


class Worker(Protocol):
    """What is watched while it works (`server.Child`)."""

    def cpu_seconds(self) -> float | None:
        """Processor time used so far, None where that cannot be told."""

    def slow_down(self) -> None:
        """Go on at a low priority."""

    def evict(self) -> None:
        """End at once; whoever waits for the answer gets `server.Evicted`."""


class Places:
    """So many places; who has the earliest virtual deadline comes next."""

    def __init__(self, size: int, freed: Callable[[], bool] = lambda: False) -> None:
        """`freed` is asked first who is to have a place that becomes free: True if it has taken it."""
        self._free = size
        self._freed = freed
        self._queue: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return sum(not future.done() for _, _, future in self._queue)

    def take(self) -> bool:
        """Take a place if there is one."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def enter(self, deadline: float, waits: Callable[[], None] = lambda: None) -> None:
        """Wait for a place; `waits` is called if there is none now."""
        if self.take():
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (deadline, next(self._numbers), future))
        waits()
        try:
            await future
        except BaseException:
            if future.done() and not future.cancelled():
                self.leave()  # it came at the same moment
            raise

    def leave(self) -> None:
        """Give a place back."""
        if self._freed():
            return
        while self._queue:
            _, _, future = heapq.heappop(self._queue)
            if not future.done():
                future.set_result(None)
                return
        self._free += 1


class Turns:
    """One lane and the slow lane behind it."""

    def __init__(self, size: int, slow: int, allowance: float, patience: float) -> None:
        """`size` pieces of work at once, and `slow` beside them that have used more than `allowance` seconds of
        processor time or `patience` seconds altogether."""
        self._quick = Places(size)
        self._slow = Places(slow, self._rescue)
        self._slow_size = slow
        self.allowance = allowance
        self.patience = patience
        self._staying: list[_Stay] = []  # who has used up its allowance and found no place in the slow lane
        self._senders: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(
        self, cost: float = 0.0, sender: str = "", *, heavy: bool = False, crowd: bool = False
    ) -> AsyncIterator[Callable[[Worker], None]]:
        """Wait for a turn; call what is given with the worker that uses it.

        `cost` is the seconds that the work is expected to take. `heavy` work goes to the slow lane (where there is one)
        from the start, in a worker that the caller starts at a low priority, and is not evicted. A `crowd` shares a
        worker and waits for each other: it is evicted without anybody else waiting."""
        stay = _Stay(self, slow=heavy and self._slow_size > 0, watched=not heavy, crowd=crowd)
        deadline = asyncio.get_running_loop().time() + cost + _SENDER_SECONDS * self._senders[sender]
        self._senders[sender] += 1
        try:
            if stay.slow:
                await self._slow.enter(deadline)
            else:
                await self._quick.enter(deadline, self._press)
            try:
                yield stay.watch
            finally:
                stay.end()
        finally:
            self._senders[sender] -= 1
            if not self._senders[sender]:
                del self._senders[sender]

    def overstays(self, stay: _Stay) -> None:
        """`stay` has used up its allowance: let it go on in the slow lane or, as long as nobody waits, where it is."""
        if stay.crowd:
            stay.evict()
        elif self._slow.take():
            self._pass_on(stay)
        else:
            self._staying.append(stay)
            self._press()

    def ended(self, stay: _Stay) -> None:
        """`stay` is over: its place is free."""
        if stay in self._staying:
            self._staying.remove(stay)
        (self._slow if stay.slow else self._quick).leave()

    def _pass_on(self, stay: _Stay) -> None:
        stay.slow = True
        self._quick.leave()

    def _rescue(self) -> bool:
        """Give a free place of the slow lane to who waits for it in the other one, before those that begin anew."""
        if not self._staying:
            return False
        self._pass_on(self._staying.pop(0))
        return True

    def _press(self) -> None:
        """Somebody waits: who stays beyond its allowance has to go."""
        for _ in range(min(self._quick.waiting, len(self._staying)) if self._staying else 0):
            self._staying.pop(0).evict()


class _Stay:
    """One piece of work in a place. `slow` tells which lane the place belongs to."""

    def __init__(self, turns: Turns, *, slow: bool, watched: bool, crowd: bool) -> None:
        self.slow = slow
        self.crowd = crowd
        self._watched = watched
        self._turns = turns
        self._worker: Worker | None = None
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, worker: Worker) -> None:
        """Measure what `worker` uses from now on."""
        if not self._watched:
            return
        self._worker = worker
        self._begun = asyncio.get_running_loop().time()
        self._used = worker.cpu_seconds()
        self._wait(self._turns.allowance)

    def evict(self) -> None:
        assert self._worker is not None
        self._worker.evict()

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._turns.ended(self)

    def _wait(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(max(seconds, _LEAST_SECONDS), self._look)

    def _look(self) -> None:
        assert self._worker is not None
        left = self._turns.patience - (asyncio.get_running_loop().time() - self._begun)
        used = self._worker.cpu_seconds()
        if used is not None and self._used is not None:
            left = min(left, self._turns.allowance - (used - self._used))
        if left > 0:
            self._wait(left)
            return
        self._timer = None
        self._worker.slow_down()
        self._turns.overstays(self)
