"""What is special about PostgreSQL: several nodes on one database, and how they tell each other of work.

See `mailguard.store.backend` for what each method is for.
"""

from __future__ import annotations

import hashlib
import sys
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError

from mailguard.store.errors import StoreError

_MIGRATION = 0x6D61696C

# A commit is on the disk, and where replicas are named as synchronous on theirs, when it returns. A server that is
# gone without a word is noticed within seconds, so that the client hears 451 instead of waiting.
_OPTIONS = {
    "options": "-c synchronous_commit=on -c timezone=UTC -c lock_timeout=15s "
    # The server, too, notices within a minute that a node is gone, and lets go of its lock.
    "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3",
    "application_name": "mailguard",
    # A database made in the C locale has no encoding of its own: its texts would come as bytes.
    "client_encoding": "utf8",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20000,
}


class Postgres:
    """A PostgreSQL server (15 or later)."""

    syncs_apart = False

    def __init__(self, url: str, node: str) -> None:
        self._url = url
        self._node = int.from_bytes(hashlib.blake2b(node.encode(), digest_size=8).digest(), "big", signed=True)
        self._working = False

    def open_engine(self) -> Engine:
        """An engine whose pooled connections are tried before use: the server may have been restarted."""
        try:
            url = make_url(self._url).set(drivername="postgresql+psycopg")
        except ArgumentError:
            raise StoreError("store url: postgresql://user@host/database expected") from None
        return create_engine(url, connect_args=_OPTIONS, pool_pre_ping=True)

    def serialise(self, connection: Connection) -> None:
        """Take a lock that ends with the transaction."""
        connection.exec_driver_sql(f"select pg_advisory_xact_lock({_MIGRATION})")

    def take(self) -> None:
        """From now on the writer's connection holds this node's lock (see `watch`)."""
        self._working = True

    def drop(self) -> None:
        """The lock ended with the writer's connection."""
        self._working = False

    def watch(self, connection: Connection) -> None:
        """Listen, and hold this node's lock as long as the connection lives. StoreError if another relay has it."""
        raw = _raw(connection)
        raw.autocommit = True
        try:
            raw.execute("listen mailguard")
            if self._working:
                # A moment's patience: the server may not have noticed yet that our last connection is gone.
                raw.execute("set lock_timeout = '5s'")
                raw.execute("select pg_advisory_lock(%s)", (self._node,))
                raw.execute("reset lock_timeout")
        except psycopg.errors.LockNotAvailable:
            raise StoreError("another mailguard relay runs under the name of this node") from None
        except psycopg.Error as error:
            raise StoreError(f"database failed: {type(error).__name__}") from None
        finally:
            if not raw.closed:
                raw.autocommit = False

    def others_wrote(self, connection: Connection) -> bool:
        """Whether a notice has come from another connection."""
        raw = _raw(connection)
        own = raw.info.backend_pid
        return any(notice.pid != own for notice in list(raw.notifies(timeout=0)))

    def sync(self) -> None:
        """Nothing to do: the server's commit is on its disk."""

    def free_bytes(self) -> int:
        """Not for this machine to say: the server refuses what it has no room for."""
        return sys.maxsize

    def disk_bytes(self) -> int:
        """As `free_bytes`: the server's affair."""
        return sys.maxsize


def _raw(connection: Connection) -> psycopg.Connection[Any]:
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw
