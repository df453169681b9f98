"""Room on the disk, asked of the system a few times a second and in between reckoned."""

from __future__ import annotations

import time

from mailguard.store.backend import Backend
from mailguard.store.errors import StoreFull

_FRESH_SECONDS = 0.2
_NEAR = 64 << 20
_WRITTEN_TIMES = 3  # a body goes to the log, to the database and into a new chunk of either file
_RESERVED_SHARE = 8


class Room:
    """Bytes that may still be written above the reserve. Near the reserve every question goes to the system."""

    def __init__(self, backend: Backend, reserve: int) -> None:
        self._backend = backend
        self._reserve = reserve
        self._spare = 0
        self._asked_at = float("-inf")

    def check(self, size: int) -> None:
        """StoreFull if `size` bytes would use up the disk's reserve."""
        if self._spare - size < _NEAR or time.monotonic() - self._asked_at > _FRESH_SECONDS:
            # On a small disk the usual reserve would be all of it.
            reserve = min(self._reserve, self._backend.disk_bytes() // _RESERVED_SHARE)
            self._spare = self._backend.free_bytes() - reserve
            self._asked_at = time.monotonic()
        if self._spare < size:
            raise StoreFull("the disk is nearly full")

    def taken(self, size: int) -> None:
        """`size` bytes of content are being written."""
        self._spare -= _WRITTEN_TIMES * size
