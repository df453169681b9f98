"""Reading one message body off a connection, in bounded memory.

The stock reader waits once a line and keeps the fragments of an endless one; this one takes what the socket has, looks
for the end of data in it and gives back what follows (RFC 2920: the next MAIL may be there already).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mailguard.receive.wire import END_OF_DATA, clean_lines, unstuff_lines

READ_SIZE = 256 * 1024
_TAIL = len(END_OF_DATA) - 1
_MERCY = 1 << 20
_WHOLE_AT_ONCE = 1 << 20
_LET_GO = 16
_BLOCK = 32 << 10
TOO_LARGE = "552 5.3.4 Message larger than this server takes"
BARE = "550 5.6.11 Bare CR or LF in the message"
NO_ROOM = "452 4.3.1 Not enough room at the moment, try again later"


class BodyRefused(Exception):
    """The body was read to its end and thrown away; `reply` says why."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


class Allowance:
    """Bytes that may be in memory at one time in bodies that are still arriving, over all connections."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def grow(self, count: int) -> bool:
        """Charge `count` more bytes; False, and nothing charged, if they do not fit."""
        if self.used + count > self.limit:
            return False
        self.used += count
        return True

    def release(self, count: int) -> None:
        """Give back `count` bytes."""
        self.used -= count


class _Arriving:
    """A body as it arrives: looked for its end, checked and freed of its dots a piece at a time, so that no body is too
    large to be looked at between two others."""

    def __init__(self, start: bytes) -> None:
        # The CRLF before the body belongs to what is looked at: the first line may be the end, or begin with a dot.
        self._done: list[bytes] = []
        self._block, self._rest = bytearray(start[:-2]), start[-2:]
        self.size = -2  # bytes of the body seen, without what follows its end
        self.clean = True

    def take(self, chunk: bytes) -> bytes | None:
        """Take what came next; None until the end of data is there, then what follows it."""
        window = self._rest + chunk if self._rest else chunk
        end = window.find(END_OF_DATA)
        if end >= 0:
            self._pass(window[: end + 2])
            self.size += end + 2
            return window[end + len(END_OF_DATA) :]
        cut = max(0, len(window) - _TAIL)
        if window[cut - 1 : cut] == b"\r":
            cut -= 1
        if window[cut - 2 : cut] == b"\r\n" and cut >= 2:
            cut -= 2  # a dot may follow: no CRLF is parted from it, nor in itself
        self._pass(window[:cut])
        self._rest = window[cut:]
        self.size += cut
        return None

    @property
    def seen(self) -> int:
        """Bytes of the body that have come, those whose meaning is not known yet included."""
        return self.size + len(self._rest)

    def drop(self) -> int:
        """Forget what came; returns how much that was."""
        self._close_block()
        dropped = sum(map(len, self._done))
        self._done.clear()
        return dropped

    def _pass(self, piece: bytes) -> None:
        self.clean = self.clean and clean_lines(piece)
        piece = unstuff_lines(piece)
        if len(piece) >= _BLOCK:
            self._close_block()
            self._done.append(piece)
            return
        self._block += piece  # many small ones would take many times the memory of what they hold
        if len(self._block) >= _BLOCK:
            self._close_block()

    def _close_block(self) -> None:
        if self._block:
            self._done.append(bytes(self._block))
            self._block.clear()

    def whole(self) -> bytes:
        """Return all of it, once; for a large one to be called in a thread (joining gives the interpreter's lock away,
        and the pieces are let go of a few at a time)."""
        self._close_block()
        content = b"".join(self._done)
        while self._done:
            del self._done[-_LET_GO:]
        return content


async def read_body(
    reader: asyncio.StreamReader, start: bytes, limit: int, allowance: Allowance, arrived: Callable[[int], None]
) -> bytes:
    """Return `start` (header lines of ours, ending in CRLF) and the body after it, with its last CRLF, without the dots
    of RFC 5321 section 4.5.2.

    `arrived` is called with the size of each read. Past `limit` bytes of body (as sent, dots and all), with the
    allowance used up, or after a CR or LF that stands alone, the rest is read and dropped so that the client hears the
    reply (BodyRefused); a client that sends more than twice the limit is cut off (ConnectionAbortedError). Raises
    asyncio.IncompleteReadError if the client leaves before the end."""
    body = _Arriving(start)
    charged = dropped = 0
    refusal = ""
    try:
        while True:
            chunk = await reader.read(READ_SIZE)
            if not chunk:
                raise asyncio.IncompleteReadError(b"", None)
            arrived(len(chunk))
            rest = body.take(chunk)
            if rest is not None:
                break
            if not refusal:
                if not body.clean:
                    refusal = BARE
                elif body.seen > limit + _TAIL:
                    refusal = TOO_LARGE
                elif allowance.grow(body.seen - charged):
                    charged = body.seen
                else:
                    refusal = NO_ROOM
            if refusal:
                dropped += body.drop()
                if dropped > 2 * limit + _MERCY:
                    raise ConnectionAbortedError
        unread(reader, rest)
        if not refusal and not body.clean:
            refusal = BARE
        if not refusal and body.size > limit:
            refusal = TOO_LARGE
        if refusal:
            raise BodyRefused(refusal)
        return await asyncio.to_thread(body.whole) if body.size > _WHOLE_AT_ONCE else body.whole()
    finally:
        allowance.release(charged)


def received(reader: asyncio.StreamReader) -> bytearray:
    """Return what has arrived and was not read yet: StreamReader has no public look at it."""
    buffer: bytearray = vars(reader)["_buffer"]
    return buffer


def unread(reader: asyncio.StreamReader, data: bytes) -> None:
    """Put `data` back at the front of what `reader` will give next."""
    if data:
        received(reader)[:0] = data
