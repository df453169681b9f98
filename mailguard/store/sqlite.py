"""What is special about SQLite: how a connection is opened, the file's mode, the process lock, the wake-up poll."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from mailguard.store.errors import StoreError

# FULL and WAL: a commit is on the disk when it returns. 16 KB pages cost 20 to 30 % less CPU for big bodies.
_FIRST = ("page_size=16384", "auto_vacuum=incremental")  # before the first table, or never
_KEPT_FREE = 2000  # pages: 32 MB stay ready for the next rush
_VACUUM_SLICE = 500
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=15000",
    "wal_autocheckpoint=1000",
    "journal_size_limit=67108864",
    "foreign_keys=ON",
    "secure_delete=FAST",
    "temp_store=MEMORY",
)


def open_engine(path: Path) -> Engine:
    """An engine on the database file, made with mode 0600 in an existing folder if it is new."""
    if not path.parent.is_dir():
        raise StoreError(f"folder {path.parent} of the database does not exist")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself: they are begun below, immediate where they write.
        connection.isolation_level = None
        for pragma in _PRAGMAS if path.stat().st_size else _FIRST + _PRAGMAS:
            connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("begin" if reading else "begin immediate")

    return engine


class ProcessLock:
    """An exclusive lock on a file beside the database: one relay process a database. The kernel ends it with the
    process, however that dies."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._descriptor = -1

    def take(self) -> None:
        """Take the lock; StoreError if another process holds it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise StoreError("another mailguard relay uses this database") from None
        self._descriptor = descriptor

    def drop(self) -> None:
        """Give the lock back, if it is held."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def data_version(connection: Connection) -> int:
    """A number that changes when another connection has committed since this connection last asked. Asked past
    SQLAlchemy, which would begin a transaction for it."""
    raw: Any = connection.connection.dbapi_connection
    return int(raw.execute("pragma data_version").fetchone()[0])


def give_back_pages(connection: Connection) -> int:
    """Cut a slice of free pages off the file if more than half of a large file is free; 0 if it is not."""
    free, total = (
        int(connection.exec_driver_sql(f"pragma {name}").scalar_one()) for name in ("freelist_count", "page_count")
    )
    if free < _KEPT_FREE or free * 2 < total:
        return 0
    # A page a step, and no columns: only the driver itself steps to the end of it.
    raw: Any = connection.connection.dbapi_connection
    raw.execute(f"pragma incremental_vacuum({_VACUUM_SLICE})").fetchall()
    return _VACUUM_SLICE
