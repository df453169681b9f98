"""One installation as the doctor looks at it: its configuration, and what several checks need to know, found once."""

from __future__ import annotations

import http.client
import os
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from mailguard.config import Config
from mailguard.model import Roll
from mailguard.preflight import Preflight, preflight
from mailguard.roll.problems import Problem as RollProblem
from mailguard.store import Database, StoreError
from mailguard.store.revisions import current_roll
from mailguard.store.schema import Schema, schema_of
from mailguard.store.vitals import Vitals, vitals

PATIENCE = 10.0
"""Seconds that anything asked over a network may take."""
_SILENT = timedelta(seconds=60)


@dataclass
class Site:
    """Everything is looked up when it is first asked for; nothing is created or migrated."""

    path: Path
    config: Config
    now: datetime

    @cached_property
    def tables(self) -> dict[str, Any]:
        """The configuration file as it is written: what is not in it was not asked for."""
        return tomllib.loads(self.path.read_text(encoding="utf-8-sig").replace("\r\n", "\n"))

    @cached_property
    def found(self) -> Preflight:
        """Policy, roll and their problems."""
        return preflight(self.config)

    @cached_property
    def roll(self) -> Roll | None:
        """The roll that the sources hold; the one in force where a source is asked over the network, which the doctor
        does not do. None if there is neither, or a source is faulty."""
        if self.found.loaded is not None:
            return self.found.loaded.roll
        faulty = any(isinstance(problem, RollProblem) for problem in self.found.problems)
        if faulty or isinstance(self.store, str):
            return None
        with self.store.read() as tx:
            return current_roll(tx)

    @cached_property
    def database_file(self) -> Path | None:
        """The SQLite file, or None on PostgreSQL."""
        return None if self.config.store.on_postgres else self.config.store.path

    @cached_property
    def schema(self) -> Schema | str:
        """How the store's schema stands to ours; a text if the store could not be asked."""
        try:
            return schema_of(self.config.store)
        except (StoreError, SQLAlchemyError) as error:
            return str(error) if isinstance(error, StoreError) else type(error).__name__

    @cached_property
    def store(self) -> Database | str:
        """The open store; a text if there is none that may be opened."""
        if self.schema is not Schema.CURRENT:
            return "there is no store of this version"
        try:
            return Database.open(self.config.store)
        except StoreError as error:
            return str(error)

    @cached_property
    def vitals(self) -> Vitals | None:
        """The store's figures, None if it cannot be read."""
        if isinstance(self.store, str):
            return None
        try:
            with self.store.read() as tx:
                return vitals(tx)
        except StoreError:
            return None

    @cached_property
    def running(self) -> bool:
        """Whether the relay of this configuration runs on this machine (or, on PostgreSQL, beats under its name)."""
        if self.healthz or self._is_locked():
            return True
        if not self.config.store.on_postgres or self.vitals is None:
            return False
        beat = self.vitals.heartbeats.get(self.config.node)
        return beat is not None and self.now - beat < _SILENT

    @property
    def other_nodes(self) -> list[str]:
        """The nodes under other names that are alive, as the database tells."""
        if not self.config.store.on_postgres or self.vitals is None:
            return []
        beats = self.vitals.heartbeats.items()
        return sorted(name for name, at in beats if name != self.config.node and self.now - at < _SILENT)

    @property
    def ran_before(self) -> bool:
        """Whether a relay has ever used this store."""
        return self.vitals is not None and bool(self.vitals.heartbeats or self.vitals.received)

    @cached_property
    def healthz(self) -> bool:
        """Whether /healthz answers where the configuration says."""
        return bool(self.config.observe.port) and ask(*self.observe, "/healthz")[0] == 200

    @property
    def observe(self) -> tuple[str, int]:
        """Where the relay's own listener is reached from this machine."""
        return reachable(self.config.observe.host), self.config.observe.port

    def _is_locked(self) -> bool:
        """Whether a process holds the relay's lock, as the kernel tells; nobody is disturbed by the question."""
        if self.database_file is None:
            return False
        lock = self.database_file.with_name(self.database_file.name + ".lock")
        with suppress(OSError):
            wanted = lock.stat()
            place = f"{os.major(wanted.st_dev):02x}:{os.minor(wanted.st_dev):02x}:{wanted.st_ino}"
            return any(place in line.split() for line in Path("/proc/locks").read_text().splitlines())
        return False

    def close(self) -> None:
        """Let go of the store."""
        store = self.__dict__.get("store")
        if isinstance(store, Database):
            store.close()


def reachable(host: str) -> str:
    """Return the address under which a listener on `host` is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared, not bound)


def ask(host: str, port: int, path: str, limit: int = 4 << 20) -> tuple[int, bytes]:
    """Ask an HTTP server of this machine; returns status and body, or 0 and nothing if it does not answer."""
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(limit)
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()
