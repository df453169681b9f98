"""A stand-in for the readers: it does what the message's text orders, good or evil."""

import ctypes
import os
import signal
import socket
import time
from pathlib import Path

from mailguard.extract import Limits
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

__all__ = ["Limits", "iter_file", "iter_message"]


def _order(data):
    return data.split(b"ORDER ", 1)[1].split(b"\r\n", 1)[0].decode() if b"ORDER " in data else ""


def iter_message(data, limits=None, passwords=()):
    yield Segment(data.decode("latin-1"), ("body",), SegmentKind.BODY)
    order, _, value = _order(data).partition(" ")
    result = globals()[f"do_{order}"](value) if order else "nothing asked"
    if isinstance(result, list):
        yield from result
    else:
        yield Segment(str(result), ("body",), SegmentKind.BODY)


def iter_file(data, name, limits=None, passwords=()):
    yield Segment(data.decode(), (name,), SegmentKind.BODY)


def attempt(act):
    try:
        return f"allowed: {act()!r}"
    except OSError as error:
        return f"refused: {type(error).__name__} {error.errno}"


def do_pid(_):
    return os.getpid()


def do_segfault(_):
    ctypes.string_at(0)


def do_abort(_):
    os.abort()


def do_exit(_):
    os._exit(3)


def do_raise(_):
    raise RuntimeError("Amelia Secret")


def do_loop(_):
    while True:
        pass


def do_sleep(value):
    time.sleep(float(value))
    return "awake"


def do_swell(_):
    block = []
    while True:
        block.append(bytearray(16 << 20))


def do_flood(_):
    return [Segment("x" * (1 << 20), ("body",)) for _ in range(64)]


def do_unreadable(_):
    return [Unreadable(("a.zip",), UnreadableReason.DAMAGED)]


def do_read_file(value):
    return attempt(lambda: Path(value).read_bytes()[:10])


def do_write_file(value):
    return attempt(lambda: Path(value).write_bytes(b""))


def do_socket(value):
    family = {"inet": socket.AF_INET, "inet6": socket.AF_INET6, "unix": socket.AF_UNIX}[value.split()[0]]
    kind = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}[value.split()[1]]
    return attempt(lambda: socket.socket(family, kind).close())


def do_fork(_):
    return attempt(os.fork)


def do_exec(_):
    return attempt(lambda: os.execv("/bin/true", ["true"]))


def do_kill_parent(_):
    return attempt(lambda: os.kill(os.getppid(), signal.SIGKILL))


def do_surrogate(_):
    return "a\ud800b"
