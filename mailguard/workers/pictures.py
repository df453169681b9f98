"""The jail's second class: a message whose pictures may show text is read once more, with that text recognised.

Recognising takes a second a page and half a gigabyte, so it has its own server, with limits of its own, started when
the first picture comes; it runs at a low priority and its children at the lowest, and no other message waits for them.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable

from mailguard.workers import orders
from mailguard.workers.crew import Crew
from mailguard.workers.sandbox import REQUIRED
from mailguard.workers.server import Child, ChildDied, Server, ServerError
from mailguard.workers.settings import WorkerSettings
from mailguard.workers.turns import Turns

_EXTRA = ("rapidocr", "onnxruntime")
_REST_SECONDS = 300.0
_BYTES_A_SECOND = 100_000  # a guess, to say who is next
_LONGEST_GUESS = 30.0

Give = Callable[[Child, int, bytes, orders.Task, float], Awaitable[bytes]]
"""Give a child a task and have its answer written to the descriptor, within so many seconds."""


def installed() -> bool:
    """Return whether the extra that recognises text is installed; nothing of it is imported here."""
    return all(importlib.util.find_spec(name) is not None for name in _EXTRA)


class Pictures:
    """The server that recognises text, and the turns in which messages enter it."""

    def __init__(self, settings: WorkerSettings, give: Give) -> None:
        self.crew = Crew(self._start, 0.0)
        self._settings = settings
        self._give = give
        self._turns = Turns(max(settings.picture_readers, 1), 0, 0.0, 0.0)
        self._able = settings.picture_readers > 0 and installed()
        self._rest_until = 0.0

    @property
    def able(self) -> bool:
        """False without the extra, where the settings say so, and for a while after its server did not start."""
        return self._able and asyncio.get_running_loop().time() >= self._rest_until

    async def read(self, fd: int, content: bytes, task: orders.Task, sender: str = "") -> None:
        """Have a message or file read, text in pictures and all, into the memory file `fd`.

        ChildDied if its child died; what it had read by then is in the file. WorkersError after `close`."""
        try:
            await self.crew.serve(self._by_own, fd, content, task, sender)
        except ChildDied as death:
            if not death.alone:
                self._rest_until = asyncio.get_running_loop().time() + _REST_SECONDS
            raise

    async def _by_own(self, fd: int, content: bytes, task: orders.Task, sender: str) -> bytes:
        guess = min(len(content) / _BYTES_A_SECOND, _LONGEST_GUESS)
        async with self._turns.turn(guess, sender, heavy=True), self.crew.fresh(orders.SLOWED) as child:
            return await self._give(child, fd, content, task, self._settings.read_wall_seconds)

    async def _start(self) -> Server:
        settings = self._settings
        setup = orders.Setup(
            module=settings.reader_module,
            memory_bytes=settings.picture_memory_bytes,
            cpu_seconds=settings.picture_cpu_seconds,
            output_bytes=settings.result_bytes,
            recycle_messages=settings.recycle_messages,
            recycle_growth_bytes=settings.recycle_growth_bytes,
            pictures=True,
        )
        server = await Server.start("jail_server", setup, b"", seconds=settings.start_seconds)
        if settings.require_sandbox and not set(REQUIRED) <= set(server.layers):
            await server.close()
            raise ServerError("require_sandbox is set and a layer is missing")
        return server
