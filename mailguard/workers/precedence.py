"""Who is served first: a sender that waits for its 250, before mail that has been accepted and waits for nobody.

Judging and delivering take as much of the event loop as accepting does. Done beside it, they make every sender of a
crowd wait for the mail of those before it; put off, they are done in large groups, which costs less. So a burst of mail
is worked off in turns. First it is only accepted, for a second at most, and judged only as far as the loop is idle (a
slow disk, say). Then it is judged, and whoever would begin another message waits at its MAIL until that is done, for a
second at most; what is on its way in is finished first. Nobody who has sent a body waits for anything but its disk.

Where there is no crowd nothing is gained by that: what arrives when few came lately is judged at once, whoever is being
served. So a letter among large files waits for none of them to be written.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from types import TracebackType

from mailguard.model import Message

LONGEST_SECONDS = 1.0
"""What has waited for so long begins, whoever else is being served; and so long at most a sender waits at its MAIL."""
MOST_WAITING = 1000
"""So many are accepted before they are judged."""
FEW = 24
FEW_SECONDS = 0.05
"""Where not so many came within so many seconds, nobody is held back."""
_LEFT = 16
"""So few in hand are no reason to let a sender wait."""
_RECENT_SECONDS = 0.01
_CLOSING_SECONDS = 0.01
_TICK_SECONDS = 0.002
_IDLE_SHARE = 0.15
_LATE = 1.5
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


class _Turn(Enum):
    SENDERS = auto()  # accepting
    CLOSING = auto()  # no further message begins; those that are being made durable are finished
    JUDGING = auto()


class Precedence:
    """`with` it somebody is served who waits. `due(count)` is called when `count` of the others may begin, who were
    held back before; they ask `stop` again, and tell what is left."""

    def __init__(self, due: Callable[[int], None], clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` tells seconds as `Waiting.since` does."""
        self._due = due
        self._clock = clock
        self._served = 0
        self._arrivals: deque[float] = deque([float("-inf")] * FEW, maxlen=FEW)  # when each of the last was accepted
        self._tick: asyncio.TimerHandle | None = None
        self._wall = self._cpu = 0.0
        self._going_on = False
        self._turn = _Turn.SENDERS
        self._gate: asyncio.Future[None] | None = None  # while it is not the senders' turn

    def __enter__(self) -> None:
        self._served += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._served -= 1
        self._arrivals.append(self._clock())
        if self._turn is _Turn.CLOSING and not self._served and self._gate is not None:
            self._judge(self._gate)

    async def let_in(self) -> None:
        """Return when a sender may begin a message: at once, or after those before it were judged."""
        if self._gate is not None:
            await asyncio.shield(self._gate)

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

    def left(self, hands: Hands) -> None:
        """Hear what waits for `hands` or is in them: with little left, it is the senders' turn."""
        if self._turn is _Turn.JUDGING and len(hands.waiting) + len(hands.busy) <= _LEFT:
            self._turn = _Turn.SENDERS
            self._open(self._gate)

    def holds_back(self, waiting: int, since: float) -> bool:
        """True if those who wait (so many, the first of them `since` a time of the clock) are not to begin yet; then
        `due` is called in a moment."""
        now = self._clock()
        if self._turn is _Turn.JUDGING or now - self._arrivals[0] >= FEW_SECONDS:
            return False
        if not self._served and now - self._arrivals[-1] >= _RECENT_SECONDS:
            return False
        if self._turn is _Turn.SENDERS and (waiting >= MOST_WAITING or now - since >= LONGEST_SECONDS):
            if waiting <= _LEFT:
                return False
            self._close()
        if self._tick is None:
            self._wall, self._cpu = now, time.thread_time()
            self._tick = asyncio.get_running_loop().call_later(_TICK_SECONDS, self._look)
        return True

    def _look(self) -> None:
        self._tick = None
        wall, cpu = self._clock() - self._wall, time.thread_time() - self._cpu
        # Late itself: the loop is busy, or the machine, and then it only seems to be idle.
        idle = wall < _LATE * _TICK_SECONDS and cpu < _IDLE_SHARE * wall
        self._due(_TRICKLE if idle else 0)

    def _go_on(self, at_least: int) -> None:
        self._going_on = False
        self._due(max(0, at_least))

    def _close(self) -> None:
        loop = asyncio.get_running_loop()
        self._turn, self._gate = _Turn.CLOSING, loop.create_future()
        loop.call_later(_CLOSING_SECONDS, self._judge, self._gate)
        loop.call_later(LONGEST_SECONDS, self._open, self._gate)

    def _judge(self, gate: asyncio.Future[None]) -> None:
        if self._gate is gate and self._turn is _Turn.CLOSING:
            self._turn = _Turn.JUDGING
            self._due(0)

    def _open(self, gate: asyncio.Future[None] | None) -> None:
        """Let senders in, though it may not be their turn yet: what takes so long is judged beside them."""
        if gate is not None and self._gate is gate:
            self._gate = None
            gate.set_result(None)
