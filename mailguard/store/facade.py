"""The relay's door to the store: asyncio in front, one writer thread and a few reader threads behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar

from mailguard.model import Message
from mailguard.store import queue, sqlite
from mailguard.store.budget import ByteBudget
from mailguard.store.database import Database, Transaction
from mailguard.store.envelope import message_rows
from mailguard.store.errors import StoreFull
from mailguard.store.settings import StoreSettings
from mailguard.store.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")

_READERS = 2
_SEAL_IN_THREAD = 1 << 20


class Store:
    """See the package's docstring for every method and its failures."""

    def __init__(self, settings: StoreSettings, database: Database) -> None:
        self.settings = settings
        self.memory = ByteBudget(settings.memory_bytes)
        self._database = database
        self._lock = sqlite.ProcessLock(settings.path)
        self._changed = asyncio.Event()
        self._writer = Writer(database, sqlite.data_version, self._changed.set)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="mailguard-reader")

    @classmethod
    def open(cls, settings: StoreSettings, node: str = "local") -> Store:
        """Open the database with its key; nothing runs yet."""
        return cls(settings, Database.open(settings, node))

    async def start(self) -> None:
        """Take the process lock and start the writer."""
        self._lock.take()
        self._writer.start()

    async def close(self) -> None:
        """Write what waits and let go of everything."""
        await self._writer.stop()
        self._readers.shutdown()
        self._database.close()
        self._lock.drop()

    def check_room(self, size: int = 0) -> None:
        """StoreFull if a message of `size` bytes would use up the disk's reserve."""
        if self.free_bytes() - size < self.settings.reserve_bytes:
            raise StoreFull("the disk is nearly full")

    def free_bytes(self) -> int:
        """Free bytes of the data folder's file system."""
        status = os.statvfs(self.settings.path.parent)
        return status.f_bavail * status.f_frsize

    async def accept(self, message: Message) -> None:
        """Store a message durably, to be judged."""
        self.check_room(len(message.content))
        rows = await self._seal(message, own=False)
        await self._writer.submit(queue.accept, rows, rows.weight)

    async def load(self, message_id: str) -> Message:
        """The message with its content."""
        return await self.read(queue.load, message_id)

    async def changed(self) -> None:
        """Wait until another process has written."""
        await self._changed.wait()
        self._changed.clear()

    async def write(self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a core function in the writer thread."""
        result: T = await self._writer.submit(_call, lambda tx: function(tx, *args, **kwargs))
        return result

    async def read(self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a core function in a reader thread."""

        def run() -> T:
            with self._database.read() as tx:
                return function(tx, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    async def _seal(self, message: Message, own: bool) -> Any:
        if len(message.content) > _SEAL_IN_THREAD:
            return await asyncio.to_thread(message_rows, message, self._database.vault, self._database.node, own)
        return message_rows(message, self._database.vault, self._database.node, own)


def _call(tx: Transaction, items: Any) -> list[Any]:
    return [function(tx) for function in items]
