"""What is special about SQLite: how a connection is opened, the file's mode, the process lock, the wake-up poll.

See `mailguard.store.backend` for what each method is for."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from mailguard.store.errors import StoreError

# FULL and WAL: a commit is on the disk when it returns. A commit writes whole pages: with 16 KB ones a small message
# writes twice as much, with 4 KB ones a large body takes more calls.
_FIRST = ("page_size=8192", "auto_vacuum=incremental")  # before the first table, or never
_KEPT_FREE = 4000  # pages: 32 MB stay ready for the next rush
_VACUUM_SLICE = 1000
_CHECKPOINT_SECONDS = 1.0
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=15000",
    "wal_autocheckpoint=8000",
    "journal_size_limit=67108864",
    "foreign_keys=ON",
    "secure_delete=FAST",
    "temp_store=MEMORY",
)


class SQLite:
    """The embedded database: one file, one relay process, any number of command lines beside it."""

    syncs_apart = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = -1
        self._seen: int | None = None
        self._engine: Engine | None = None
        self._file: tuple[int, int] | None = None  # device and number of the file that the engine was made for
        self._checkpointer: threading.Thread | None = None
        self._ending = threading.Event()
        self._log_files: list[int] = []  # the log of the writer's connection is the last one
        self._new_log = True

    def open_engine(self) -> Engine:
        """An engine on the database file, made with mode 0600 in an existing folder if it is new."""
        path = self._path
        if not path.parent.is_dir():
            raise StoreError(f"folder {path.parent} of the database does not exist")
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._file = _identity(path)
        except OSError as error:
            raise StoreError(f"database {path} cannot be opened: {error.strerror}") from None
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

        self._engine = engine
        return engine

    def serialise(self, connection: Connection) -> None:
        """Nothing to do: a write transaction is alone by itself."""

    def take(self) -> None:
        """Lock a file beside the database; StoreError if another process holds it. The kernel ends the lock with the
        process, however that dies."""
        path = self._path.with_name(self._path.name + ".lock")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise StoreError("another mailguard relay uses this database") from None
        self._lock = descriptor
        if self._engine is None:
            return  # only kept from others while a copy is put in its place: nothing is written through this
        self._ending.clear()
        self._checkpointer = threading.Thread(
            target=self._keep_log_short, args=(self._engine,), name="mailguard-checkpoints", daemon=True
        )
        self._checkpointer.start()

    def _keep_log_short(self, engine: Engine) -> None:
        """Move what was committed from the log to the database, every second, beside the writer: inside a commit it
        would keep everybody's 250 waiting. What comes meanwhile stays in the log, so that under constant load it grows;
        then the writer does the rest (wal_autocheckpoint)."""
        while not self._ending.wait(_CHECKPOINT_SECONDS):
            # A full disk or a locked database: the writer meets the same and says so.
            with suppress(SQLAlchemyError, sqlite3.Error), engine.connect() as connection:
                raw: Any = connection.connection.dbapi_connection
                raw.execute("pragma wal_checkpoint(passive)").fetchall()

    def drop(self) -> None:
        """Give the lock back, if it is held."""
        self._ending.set()
        while self._log_files:
            os.close(self._log_files.pop())
        if self._checkpointer is not None:
            self._checkpointer.join()
            self._checkpointer = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def watch(self, connection: Connection) -> None:
        """Begin to look for what others write, on the writer's new connection. Its commits write the log and leave it
        to `sync` to bring that to the disk (in WAL mode `synchronous=NORMAL` differs from FULL in nothing else)."""
        raw: Any = connection.connection.dbapi_connection
        raw.execute("pragma synchronous=normal")
        self._new_log = True
        self._seen = _data_version(connection)

    def others_wrote(self, connection: Connection) -> bool:
        """Whether another process has committed since this was last asked."""
        before, self._seen = self._seen, _data_version(connection)
        return before != self._seen

    def sync(self) -> None:
        """Bring the log to the disk, as a commit with `synchronous=FULL` would do by itself; here several may be under
        way at one time, and the next transaction does not wait for any of them."""
        if self._new_log:
            self._new_log = False
            self._log_files.append(os.open(f"{self._path}-wal", os.O_RDWR | os.O_CLOEXEC))
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)  # the file may be new
            finally:
                os.close(folder)
        os.fdatasync(self._log_files[-1])

    def free_bytes(self) -> int:
        """Free bytes of the data folder's file system. StoreError if that cannot be told, or if the database file is
        gone or another: what is written to a file without a name ends with this process, so there is no room at all."""
        try:
            status = os.statvfs(self._path.parent)
            file = _identity(self._path)
        except OSError:
            raise StoreError("the database file cannot be reached") from None
        if self._file is not None and file != self._file:
            raise StoreError("the database file was replaced while it was in use")
        return status.f_bavail * status.f_frsize

    def disk_bytes(self) -> int:
        """Size of the data folder's file system. StoreError if that cannot be told."""
        try:
            status = os.statvfs(self._path.parent)
        except OSError:
            raise StoreError("the data folder cannot be reached") from None
        return status.f_blocks * status.f_frsize


def _data_version(connection: Connection) -> int:
    # Asked past SQLAlchemy, which would begin a transaction for it.
    raw: Any = connection.connection.dbapi_connection
    return int(raw.execute("pragma data_version").fetchone()[0])


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def give_back_pages(connection: Connection) -> int:
    """Cut a slice of free pages off the file if more than half of a large file is free; 0 if it is not."""
    free, total = (
        int(connection.exec_driver_sql(f"pragma {name}").scalar_one()) for name in ("freelist_count", "page_count")
    )
    if free < _KEPT_FREE or free * 2 < total:
        return 0
    # The pragma frees one page a step and the driver steps once, so it is asked once for each page.
    for _ in range(_VACUUM_SLICE):
        connection.exec_driver_sql("pragma incremental_vacuum(1)")
    return _VACUUM_SLICE
