"""Settings of the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mailguard.store.errors import StoreError


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where the data is and how much of it there may be.

    `url` is sqlite:////absolute/path or postgresql://user@host/database. `reserve_bytes` of the disk stay free: below
    it mail is refused with 452. `backlog_bytes` of undelivered, unheld mail are the most the queue takes;
    `memory_bytes` of message content may wait in memory between stages. `lease` is how long a claimed recipient belongs
    to the node that claimed it."""

    url: str
    key_file: Path
    reserve_bytes: int = 256 << 20
    backlog_bytes: int = 8 << 30
    memory_bytes: int = 64 << 20
    lease: timedelta = timedelta(minutes=30)

    @property
    def on_postgres(self) -> bool:
        """Whether the URL names a PostgreSQL database."""
        return self.url.startswith(("postgresql://", "postgres://"))

    def check(self) -> None:
        """StoreError if the URL names no database."""
        if not self.on_postgres:
            _ = self.path

    @property
    def path(self) -> Path:
        """The SQLite database file. StoreError if the URL does not name one."""
        if not self.url.startswith("sqlite:///") or len(self.url) <= len("sqlite:///"):
            raise StoreError("store url: sqlite:////path/to/mailguard.db expected")
        return Path(self.url.removeprefix("sqlite:///"))
