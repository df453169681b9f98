"""Bytes of message content that may be in memory between stages."""

from __future__ import annotations


class ByteBudget:
    """A count of bytes against a limit, for one event loop. What does not fit is read from the database when its turn
    comes; one message larger than the whole limit fits only while nothing else is in memory."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def try_reserve(self, count: int) -> bool:
        """Take `count` bytes; False, and nothing taken, if they do not fit."""
        if self.used and self.used + count > self.limit:
            return False
        self.used += count
        return True

    def release(self, count: int) -> None:
        """Give back `count` bytes that were reserved."""
        self.used -= count
        assert self.used >= 0, "more released than reserved"
