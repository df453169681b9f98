"""How long another process has computed, waited for a processor and slept.

A limit of seconds by the wall clock cannot tell a child that hangs from one that the machine has no time for: on a busy
machine it would hold mail that is fine. Children have a strict limit of processor time, kept by the kernel and, should
one that was taken over ignore its signal, here. What is left to stop is a child that neither computes nor wants to, so
only the time it sleeps is counted against it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

MOST_WINDOWS = 20
"""After so many times its limit a child is stopped however busy it seems, where its waiting is not told."""
_LONGEST_PAUSE = 5.0
_GRACE = 2.0
"""Seconds beyond its processor time after which a child is not believed to end by the kernel's signal."""
_STARVING = 0.01
"""Share of a window that a child must have computed to be taken for busy where its waiting is not told."""
_SCHEDULED = 2  # CPUCLOCK_SCHED: the clock of everything a process has computed (clock_getcpuclockid(3))


class Limits(NamedTuple):
    """What a child may do over one task: sleep for so many seconds, compute for so many."""

    asleep: float
    computing: float


class _Busy(NamedTuple):
    """Seconds by the wall clock, seconds computed, seconds waited for a processor (None: not told)."""

    wall: float
    computed: float
    waited: float | None


def cpu_seconds(pid: int) -> float | None:
    """Return the processor time that a process has used, None if it has gone or this kernel does not tell."""
    try:
        return time.clock_gettime(~pid << 3 | _SCHEDULED)
    except OSError:
        return None


def _busy(pid: int, wall: float) -> _Busy:
    try:
        computed, waited, _ = Path(f"/proc/{pid}/schedstat").read_bytes().split()
        return _Busy(wall, int(computed) / 1e9, int(waited) / 1e9)
    except (OSError, ValueError):  # not in this kernel, or hidden from us (hidepid, proc(5))
        return _Busy(wall, cpu_seconds(pid) or 0.0, None)


class Watch:
    """Calls `expired` once the process has passed a limit; begins at once, ends by `cancel`.

    The first second is not looked at, which spares short tasks the cost: it counts as sleep."""

    def __init__(self, pid: int, limits: Limits, expired: Callable[[], None]) -> None:
        self._pid = pid
        self._limit, self._most_computed = limits.asleep, limits.computing + _GRACE
        self._expired = expired
        self._loop = asyncio.get_running_loop()
        self._slept = min(1.0, self._limit / 4)
        self._until = self._loop.time() + MOST_WINDOWS * self._limit
        self._since: _Busy | None = None
        self._timer = self._loop.call_later(self._slept, self._look)

    def cancel(self) -> None:
        """Stop watching."""
        self._timer.cancel()

    def _look(self) -> None:
        now = _busy(self._pid, self._loop.time())
        if self._since is None:
            self._computed = now.computed
        else:
            self._slept += _slept(self._since, now)
        self._since = now
        left = self._limit - self._slept
        over = now.computed - self._computed > self._most_computed or (now.waited is None and now.wall >= self._until)
        if over or left <= 0.01 * self._limit:
            self._expired()
            return
        self._timer = self._loop.call_later(min(max(left, self._limit / 20), _LONGEST_PAUSE), self._look)


def _slept(since: _Busy, now: _Busy) -> float:
    wall, computed = now.wall - since.wall, now.computed - since.computed
    if now.waited is not None and since.waited is not None:
        return max(0.0, wall - computed - (now.waited - since.waited))
    return 0.0 if computed >= _STARVING * wall else wall
