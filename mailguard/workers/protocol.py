"""Packets between the relay and its workers: one SOCK_SEQPACKET message each, large bodies by memfd.

A packet is a head (a few hundred bytes, JSON), a body (bytes) and file descriptors. A body of up to `INLINE` bytes
travels inside the packet; a longer one in an anonymous file, passed by descriptor and copied by whoever receives it.
Nothing here trusts the other side: lengths are checked, and whatever does not fit is a `ProtocolError`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

INLINE = 64 << 10
"""Longest body, in bytes, that travels inside its packet."""

_MOST = 96 << 10
_FDS = 20
_FRAME = struct.Struct("!?I")
_CUT = int(socket.MSG_TRUNC | socket.MSG_CTRUNC)
_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK


class ProtocolError(Exception):
    """The other side sent something that is not a packet, or a body over the limit."""


class Packet(NamedTuple):
    """One packet as received; whoever receives it closes `fds`, and `apart`, the file with a body that was not read."""

    head: bytes
    body: bytes
    fds: list[int]
    apart: int | None = None


def close_all(fds: Iterable[int]) -> None:
    """Close descriptors, ignoring those already closed."""
    for fd in fds:
        with contextlib.suppress(OSError):
            os.close(fd)


def memory_file(data: bytes = b"") -> int:
    """Return a new anonymous file in memory holding `data`, to be sealed later."""
    fd = os.memfd_create("mailguard", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        write_all(fd, data)
    except OSError:
        os.close(fd)
        raise
    return fd


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write all of `data`, however many calls it takes."""
    written = os.write(fd, data) if data else 0
    while written < len(data):
        written += os.write(fd, data[written:])


def seal(fd: int) -> None:
    """Make a memory file unchangeable for everybody; OSError (EBUSY) if somebody still maps it writable.

    The kernel may have all processors finish with the pages first, which can take 20 ms: not for an event loop."""
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)


def read_memory_file(fd: int, limit: int) -> bytes:
    """Return the content of a memory file; ProtocolError if it is longer than `limit` bytes or shrinks meanwhile."""
    size = os.fstat(fd).st_size
    if size > limit:
        raise ProtocolError(f"a memory file of {size} bytes, over the limit of {limit}")
    chunks, position = [], 0
    while position < size:
        chunk = os.pread(fd, size - position, position)
        if not chunk:
            raise ProtocolError("a memory file shrank while it was read")
        chunks.append(chunk)
        position += len(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def send(sock: socket.socket, head: bytes, body: bytes = b"", fds: Sequence[int] = ()) -> None:
    """Send one packet; `fds` stay open here. OSError if the other side has gone or its queue is full."""
    apart = len(body) > INLINE
    if not apart:
        frame = _FRAME.pack(apart, len(head))
        if len(frame) + len(head) + len(body) > _MOST:
            raise ProtocolError("a head too long for its packet")
        if fds:
            socket.send_fds(sock, [frame, head, body], fds)
        else:
            sock.sendmsg([frame, head, body])
        return
    content = memory_file(body)
    try:
        send_apart(sock, head, content, fds)
    finally:
        os.close(content)


def send_apart(sock: socket.socket, head: bytes, content: int, fds: Sequence[int] = ()) -> None:
    """Send one packet whose body is in the memory file `content`; it and `fds` stay open here."""
    socket.send_fds(sock, [_FRAME.pack(True, len(head)), head], [*fds, content])


def receive(sock: socket.socket, *, fds: int = _FDS, limit: int = 1 << 31, at_once: int = 1 << 31) -> Packet | None:
    """Return the next packet, None at the end of the stream.

    `fds` is how many descriptors are welcome (none: bodies by memfd are refused too), `limit` the longest body in
    bytes; one of more than `at_once` is left in its file. ProtocolError for anything that is not a packet;
    BlockingIOError on a non-blocking socket with nothing there.
    """
    if fds:
        data, received, flags, _ = socket.recv_fds(sock, _MOST, fds, socket.MSG_CMSG_CLOEXEC)
    else:
        data, _, flags, _ = sock.recvmsg(_MOST)
        received = []
    try:
        if not data:
            close_all(received)
            return None
        if flags & _CUT or len(data) < _FRAME.size:
            raise ProtocolError("a cut packet")
        apart, length = _FRAME.unpack_from(data)
        start = _FRAME.size + length
        if start > len(data):
            raise ProtocolError("a head longer than its packet")
        head, body = data[_FRAME.size : start], data[start:]
        if apart:
            if not received:
                raise ProtocolError("a body announced and not sent")
            content = received.pop()
            if os.fstat(content).st_size > at_once:
                return Packet(head, b"", received, content)
            try:
                body = read_memory_file(content, limit)
            finally:
                os.close(content)
    except BaseException:
        close_all(received)
        raise
    return Packet(head, body, received)
