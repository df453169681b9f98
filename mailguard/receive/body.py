"""Reading one message body off a connection, in bounded memory.

The stock reader waits once a line and keeps the fragments of an endless one; this one takes what the socket has, looks
for the end of data in it and gives back what follows (RFC 2920: the next MAIL may be there already).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mailguard.receive.wire import END_OF_DATA

READ_SIZE = 256 * 1024
_TAIL = len(END_OF_DATA) - 1
_MERCY = 1 << 20
TOO_LARGE = "552 5.3.4 Message larger than this server takes"
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


async def read_body(
    reader: asyncio.StreamReader, start: bytes, limit: int, allowance: Allowance, arrived: Callable[[int], None]
) -> bytes:
    """Return `start` (header lines of ours, ending in CRLF) and the body after it, with its last CRLF, still dotted.

    `arrived` is called with the size of each read. Past `limit` bytes of body, or with the allowance used up, the rest
    is read and dropped so that the client hears the reply (BodyRefused); a client that sends more than twice the limit
    is cut off (ConnectionAbortedError). Raises asyncio.IncompleteReadError if the client leaves before the end."""
    buffer = bytearray(start)
    scan = len(start) - 2
    charged = dropped = 0
    refusal = ""
    try:
        while (end := buffer.find(END_OF_DATA, scan)) < 0:
            if not refusal:
                size = len(buffer) - len(start)
                if size > limit + _TAIL:
                    refusal = TOO_LARGE
                elif allowance.grow(size - charged):
                    charged = size
                else:
                    refusal = NO_ROOM
            if refusal:
                dropped += len(buffer) - _TAIL
                if dropped > 2 * limit + _MERCY:
                    raise ConnectionAbortedError
                del buffer[:-_TAIL]
            scan = max(0, len(buffer) - _TAIL)
            chunk = await reader.read(READ_SIZE)
            if not chunk:
                raise asyncio.IncompleteReadError(b"", None)
            arrived(len(chunk))
            buffer += chunk
        unread(reader, buffer, end + len(END_OF_DATA))
        if not refusal and end + 2 - len(start) > limit:
            refusal = TOO_LARGE
        if refusal:
            raise BodyRefused(refusal)
        with memoryview(buffer) as view:
            return bytes(view[: end + 2])
    finally:
        allowance.release(charged)


def received(reader: asyncio.StreamReader) -> bytearray:
    """Return what has arrived and was not read yet: StreamReader has no public look at it."""
    buffer: bytearray = vars(reader)["_buffer"]
    return buffer


def unread(reader: asyncio.StreamReader, data: bytearray, start: int) -> None:
    """Put `data[start:]` back at the front of what `reader` will give next."""
    if start < len(data):
        received(reader)[:0] = data[start:]
