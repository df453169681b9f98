"""A fork server kept alive, with its idle children."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

from mailguard.model import UnreadableReason
from mailguard.workers.server import Child, ChildDied, Server, ServerError

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
_STABLE_SECONDS = 30.0
_MOST_OWNERS = 8
"""So many owners' idle children are kept, those served last."""
_IDLE_SECONDS = 30.0
"""How long an owner's idle child is kept at least; it is gone after twice that."""


P = ParamSpec("P")
T = TypeVar("T")


class WorkersError(Exception):
    """Workers could not start, or are closed: the text names the fault and holds nothing of roll or mail."""


class Crew:
    """Children of one fork server, which is started again, with growing pauses, whenever it has ended."""

    def __init__(self, start: Callable[[], Awaitable[Server]], patience: float) -> None:
        self._start = start
        self._patience = patience
        self._server: Server | None = None
        self._starting = asyncio.Lock()
        self._idle: dict[tuple[int, str], list[Child]] = {}  # by how far their priority is lowered, and by owner
        self._sweeping: asyncio.TimerHandle | None = None
        self._deaths = 0
        self._started_at = 0.0
        self.closed = False

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers of the sandbox proven to hold in the server now running, none while there is none."""
        return self._server.layers if self._server is not None else ()

    @property
    def pid(self) -> int | None:
        """Process id of the server now running."""
        return self._server.pid if self._server is not None and self._server.alive else None

    async def open(self) -> Server:
        """Return the living server, starting one where needed; ServerError if it does not start or after `close`."""
        async with self._starting:
            if self._server is not None and self._server.alive:
                return self._server
            loop = asyncio.get_running_loop()
            if self._server is not None:
                await self._server.close()
                self._deaths = 1 if loop.time() - self._started_at > _STABLE_SECONDS else self._deaths + 1
                self._server = None
            if self._deaths:
                await asyncio.sleep(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (self._deaths - 1)))
            if self.closed:
                raise ServerError("the workers are closed")
            self._started_at = loop.time()
            try:
                self._server = await self._start()
            except ServerError:
                self._deaths += 1
                raise
            return self._server

    @asynccontextmanager
    async def fresh(self, nice: int) -> AsyncIterator[Child]:
        """Lend a new child for one task, its priority lowered by `nice`; it ends afterwards."""
        child = await (await self.open()).fork(nice)
        try:
            yield child
        finally:
            child.hang_up()

    @asynccontextmanager
    async def shared(self, nice: int = 0, owner: str = "", most: int = 0) -> AsyncIterator[Child]:
        """Lend an idle child of this priority, or a new one, and keep it for the next task unless it is tired or has
        done `most` tasks (0: as many as come).

        A child that has worked for an `owner` never works for another one."""
        idle = self._idle.setdefault((nice, owner), [])
        while idle and idle[-1].tired:
            idle.pop()
        child = idle.pop() if idle else await (await self.open()).fork(nice)
        try:
            yield child
        finally:
            if child.tired or self.closed or 0 < most <= child.tasks:
                child.hang_up()
            else:
                self._keep((nice, owner), child)

    def _keep(self, key: tuple[int, str], child: Child) -> None:
        self._idle[key] = [*self._idle.pop(key, ()), child]  # the owner that was served last at the end
        if key[1] and self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._sweep, {})
        owned = [key for key in self._idle if key[1]]
        for key in owned[: max(0, len(owned) - _MOST_OWNERS)]:
            for old in self._idle.pop(key):
                old.hang_up()

    def _sweep(self, last: dict[Child, int]) -> None:
        """End owners' children that have done nothing since the `last` sweep, when they had done so many tasks."""
        seen: dict[Child, int] = {}
        for key in [key for key in self._idle if key[1]]:
            for child in self._idle[key]:
                if last.get(child) == child.tasks:
                    child.hang_up()
                else:
                    seen[child] = child.tasks
            self._idle[key] = [child for child in self._idle[key] if child in seen]
            if not self._idle[key]:
                del self._idle[key]
        self._sweeping = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._sweep, seen) if seen else None

    async def serve(self, run: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something that needs this crew's server, again while there is none: that is never the message's fault.

        ChildDied when there was none for as long as a start may take, WorkersError after `close`.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while True:
            try:
                return await run(*args, **kwargs)
            except ServerError:
                if self.closed:
                    raise WorkersError("the workers are closed") from None
                if loop.time() > until:
                    raise ChildDied(UnreadableReason.CRASHED, "no worker could be started", alone=False) from None

    async def close(self) -> None:
        """End the server and all its children, for good."""
        self.closed = True
        async with self._starting:
            if self._server is not None:
                await self._server.close()
                self._server = None
        if self._sweeping is not None:
            self._sweeping.cancel()
        for child in itertools.chain.from_iterable(self._idle.values()):
            child.hang_up()
        self._idle.clear()
