"""Who is served first: a sender that waits for its 250, before mail that has been accepted and waits for nobody.

Judging and delivering take as much of the event loop as accepting does. Done at once, they make every sender wait for
the mail of those before it; put off for a moment, they are done in larger groups, which costs less. They are put off by
a second at most, and only where it helps: a loop that is idle (a slow disk, say) goes on with them meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from mailguard.model import Message

LONGEST_SECONDS = 1.0
"""What has waited for so long begins, whoever else is being served."""
MOST_WAITING = 1000
_RECENT_SECONDS = 0.003
_TICK_SECONDS = 0.002
_IDLE_SHARE = 0.55
_TRICKLE = 8
_MOST_IN_A_ROUND = 16


@dataclass(slots=True)
class Waiting:
    """A message between acceptance and verdict. `reserved` bytes of the memory budget are its own; `suspect` marks one
    that may have been started before; `since` it waits, or is in hand (a time of `time.monotonic`)."""

    message_id: str
    message: Message | None
    reserved: int = 0
    suspect: bool = False
    since: float = field(default_factory=time.monotonic)


class Hands:
    """What waits to be judged, and how many messages may be in hand at one time."""

    def __init__(self, size: int) -> None:
        self.waiting: deque[Waiting] = deque()
        self.busy: dict[str, Waiting] = {}
        self.free = size

    def take(self) -> Waiting:
        """Take the next one in hand."""
        waiting = self.waiting.popleft()
        waiting.since = time.monotonic()
        self.busy[waiting.message_id] = waiting
        self.free -= 1
        return waiting

    def let_go(self, waiting: Waiting) -> None:
        """The hand is free for another; nothing happens if it was before."""
        if self.busy.pop(waiting.message_id, None) is not None:
            self.free += 1


class Precedence:
    """`with` it somebody is served who waits. `due(count)` is called when `count` of the others may begin, who were
    held back before; they ask `holds_back` again."""

    def __init__(self, due: Callable[[int], None]) -> None:
        self._due = due
        self._served = 0
        self._last = float("-inf")
        self._tick: asyncio.TimerHandle | None = None
        self._wall = self._cpu = 0.0
        self._going_on = False

    def __enter__(self) -> None:
        self._served += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._served -= 1
        self._last = time.monotonic()

    def stop(self, hands: Hands, begun: int, at_least: int) -> bool:
        """True if, of what waits for `hands`, nothing more is to begin now, after `begun` in this round of the loop;
        `due` is called when it may go on. `at_least` so many may begin whoever is served, but not all in one round:
        hundreds would keep those at a line waiting for as long as all of them take to their first pause."""
        if begun < at_least or not self.holds_back(len(hands.waiting), hands.waiting[0].since):
            if begun < _MOST_IN_A_ROUND:
                return False
            if not self._going_on:
                self._going_on = True
                asyncio.get_running_loop().call_soon(self._go_on, at_least - begun)
        return True

    def _go_on(self, at_least: int) -> None:
        self._going_on = False
        self._due(max(0, at_least))

    def holds_back(self, waiting: int, since: float) -> bool:
        """True if those who wait (so many, the first of them `since` a time of `time.monotonic`) are not to begin yet;
        then `due` is called in a moment."""
        now = time.monotonic()
        if not self._served and now - self._last >= _RECENT_SECONDS:
            return False
        if waiting >= MOST_WAITING or now - since >= LONGEST_SECONDS:
            return False
        if self._tick is None:
            self._wall, self._cpu = now, time.thread_time()
            self._tick = asyncio.get_running_loop().call_later(_TICK_SECONDS, self._look)
        return True

    def _look(self) -> None:
        self._tick = None
        wall, cpu = time.monotonic() - self._wall, time.thread_time() - self._cpu
        self._due(_TRICKLE if cpu < _IDLE_SHARE * wall else 0)
