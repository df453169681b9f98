"""The bytes of one connection to an upstream server: replies in, in order; writes out, as fast as it takes them.

A protocol of its own rather than streams: a pipelined group of replies wakes its reader once, and one timer serves all
deadlines of the connection. Nothing the server sends is believed beyond its size.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from contextlib import suppress
from typing import cast

from mailguard.deliver.replies import Reply

_MOST_LINES = 128  # of one reply
_MOST_REPLIES = 4096  # more than any transaction asks for
_LONGEST_LINE = 64 << 10
_MOST_TEXT = 2000


class Lost(Exception):
    """The connection ended, or the server stopped making sense, while a reply was due."""


class Link(asyncio.Protocol):
    """One connection, made by `loop.create_connection(Link, ...)`. One coroutine uses it at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._lines: list[str] = []
        self._replies: deque[list[str]] = deque()
        self._ended = False
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False
        self._drained: asyncio.Future[None] | None = None
        self._until = 0.0
        self._timer: asyncio.TimerHandle | None = None

    # --- what the event loop calls -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports are none by inheritance

    def data_received(self, data: bytes) -> None:
        """Cut what came into replies; wake who waits for them."""
        if self._rest:
            data = self._rest + data
        start = 0
        while (end := data.find(b"\n", start)) >= 0 and not self._ended:
            self._line(data[start:end].decode("utf-8", "replace").rstrip("\r\n"))
            start = end + 1
        self._rest = data[start:]
        if len(self._rest) > _LONGEST_LINE or len(self._replies) > _MOST_REPLIES:
            self._ended = True
        self._tell()

    def eof_received(self) -> bool:
        """The server says no more: what it said before counts."""
        self._ended = True
        self._tell()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self._ended = True
        self._tell()
        self.resume_writing()

    def pause_writing(self) -> None:
        """The server takes bytes more slowly than they are written."""
        self._paused = True

    def resume_writing(self) -> None:
        """It has caught up, or is gone."""
        self._paused = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    # --- replies -------------------------------------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        """True if nothing more will come."""
        return self._ended

    @property
    def silent(self) -> bool:
        """True if nothing has come that was not taken yet."""
        return not (self._rest or self._lines or self._replies)

    async def hear(self, count: int, seconds: float) -> None:
        """Wait until `count` replies are there to be taken. Raises Lost, or TimeoutError after `seconds`."""
        if len(self._replies) >= count:
            return
        if self._ended:
            raise Lost
        self._wanted = count
        self._waiter = self._loop.create_future()
        self._set_timer(seconds)
        try:
            await self._waiter
        finally:
            self._waiter = None

    def take(self, count: int) -> list[list[str]]:
        """Return the lines of the replies that have come, at most `count` replies."""
        return [self._replies.popleft() for _ in range(min(count, len(self._replies)))]

    def _line(self, text: str) -> None:
        if not (text[:3].isascii() and text[:3].isdigit()) or len(self._lines) >= _MOST_LINES:
            self._ended = True
            return
        self._lines.append(text)
        if text[3:4] != "-":
            self._replies.append(self._lines)
            self._lines = []

    def _tell(self) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        if len(self._replies) >= self._wanted:
            waiter.set_result(None)
        elif self._ended:
            waiter.set_exception(Lost())

    # --- writing -------------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send `data`; to a connection that has ended, nothing."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def drain(self, seconds: float) -> None:
        """Wait until the server has taken most of what was written. Raises TimeoutError after `seconds`."""
        if not self._paused or self._transport is None or self._transport.is_closing():
            return
        self._drained = self._loop.create_future()
        self._set_timer(seconds)
        try:
            await self._drained
        finally:
            self._drained = None

    async def start_tls(self, host: str, context: ssl.SSLContext, seconds: float) -> None:
        """Go on under TLS. Raises OSError or TimeoutError for a handshake that fails, Lost without a connection."""
        if self._transport is None or self._ended:
            raise Lost
        transport = await self._loop.start_tls(
            self._transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds
        )
        if transport is None:
            raise Lost
        self._transport = transport

    def close(self) -> None:
        """End the connection."""
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            with suppress(OSError):
                self._transport.close()

    # --- time ----------------------------------------------------------------------------------------------------

    def _set_timer(self, seconds: float) -> None:
        """One timer serves all deadlines: it looks at the newest when it fires, and is set anew only where that comes
        before it."""
        self._until = self._loop.time() + seconds
        if self._timer is not None and self._until < self._timer.when():
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(self._until, self._time_is_up)

    def _time_is_up(self) -> None:
        self._timer = None
        waiting = [future for future in (self._waiter, self._drained) if future is not None and not future.done()]
        if not waiting:
            return
        if self._loop.time() < self._until:
            self._timer = self._loop.call_at(self._until, self._time_is_up)
            return
        for future in waiting:
            future.set_exception(TimeoutError())


def joined(lines: list[str]) -> Reply:
    """Return the lines of one reply as a Reply."""
    text = lines[0][4:] if len(lines) == 1 else " ".join(line[4:] for line in lines)
    return Reply(int(lines[-1][:3]), text[:_MOST_TEXT])
