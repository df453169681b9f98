"""How the verbs of enrol reach the store: the same from a command, the console and a thread of the relay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from mailguard.store import Database, Store, Transaction, Vault

P = ParamSpec("P")
T = TypeVar("T")


class Door(Protocol):
    """Runs a core function in a transaction of its own. Blocks; may raise StoreError."""

    @property
    def vault(self) -> Vault:
        """The keys of the database."""
        ...

    @property
    def node(self) -> str:
        """Who we are among the processes on the database."""
        ...

    def read(self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run function(tx, *args) in a read transaction."""
        ...

    def write(self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run function(tx, *args) in a write transaction."""
        ...


class DatabaseDoor:
    """The door of a process that opened the database itself: a command, the console."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.vault = database.vault
        self.node = database.node

    def read(self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run function(tx, *args) in a read transaction."""
        with self._database.read() as tx:
            return function(tx, *args, **kwargs)

    def write(self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run function(tx, *args) in a write transaction."""
        with self._database.write() as tx:
            return function(tx, *args, **kwargs)


class StoreDoor:
    """The door of a thread of the relay: transactions run in the store's own threads, so that a write waits its turn
    among the mail."""

    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop) -> None:
        self._store = store
        self._loop = loop
        self.vault = store.vault
        self.node = store.node

    def read(self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run function(tx, *args) in a read transaction."""
        return asyncio.run_coroutine_threadsafe(self._store.read(function, *args, **kwargs), self._loop).result()

    def write(self, function: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run function(tx, *args) in a write transaction."""
        return asyncio.run_coroutine_threadsafe(self._store.write(function, *args, **kwargs), self._loop).result()
