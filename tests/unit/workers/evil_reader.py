"""A stand-in for the readers: it does what the message's text orders, good or evil."""

import ctypes
import mmap
import os
import resource
import signal
import socket
import stat
import struct
import time
from dataclasses import dataclass
from pathlib import Path

from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason


@dataclass(frozen=True)
class Limits:
    depth: int = 8


def _order(data):
    return data.split(b"ORDER ", 1)[1].split(b"\r\n", 1)[0].decode() if b"ORDER " in data else ""


class Walk:
    canonical = False

    def __init__(self, items):
        self.items = items

    def __iter__(self):
        return iter(self.items)


def iter_message(data, limits=None, passwords=()):
    return Walk(obey(data))


def obey(data):
    yield Segment(data.decode("latin-1"), ("body",), SegmentKind.BODY)
    order, _, value = _order(data).partition(" ")
    result = globals()[f"do_{order}"](value) if order else "nothing asked"
    if isinstance(result, list):
        yield from result
    else:
        yield Segment(str(result), ("body",), SegmentKind.BODY)


def iter_file(data, name, limits=None, passwords=()):
    return Walk([Segment(data.decode(), (name,), SegmentKind.BODY)])


def attempt(act):
    try:
        return f"allowed: {act()!r}"
    except OSError as error:
        return f"refused: {type(error).__name__} {error.errno}"


def do_pid(_):
    return os.getpid()


_met = []


def do_die_if_not_the_first(_):
    if _met:
        os._exit(3)
    _met.append(1)
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


def do_compute(value):
    until = time.process_time() + float(value)
    while time.process_time() < until:
        pass
    return "computed"


def do_priority(_):
    return f"{os.sched_getscheduler(0)} {os.getpriority(os.PRIO_PROCESS, 0)}"


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


def do_locked(_):
    return [Unreadable(("a.pdf",), UnreadableReason.ENCRYPTED)]


def do_flood_little(_):
    return "x" * (20 << 10)


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


def do_memory_file(_):
    return attempt(lambda: os.memfd_create("x"))


def do_rename(value):
    return attempt(lambda: Path(value).rename(value + "2"))


def do_unlink(value):
    return attempt(lambda: Path(value).unlink())


def do_chmod(value):
    return attempt(lambda: Path(value).chmod(0o777))


def do_mkdir(value):
    return attempt(lambda: Path(value).mkdir())


def do_truncate(value):
    return attempt(lambda: os.truncate(value, 0))


def do_link(value):
    return attempt(lambda: os.link(value, value + "2"))


def do_chdir_list(value):
    return attempt(lambda: list(Path(value).iterdir()))


def do_setuid(_):
    return attempt(lambda: os.setresuid(65534, 65534, 65534))


def do_limits(_):
    try:
        return attempt(lambda: resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2))
    except ValueError as error:  # how Python says EPERM here
        return f"refused: {error}"


def do_namespace(_):
    libc = ctypes.CDLL(None, use_errno=True)
    return "refused" if libc.unshare(0x10000000) else "allowed"


def do_connect(value):
    def connect():
        with socket.socket() as sock:
            sock.connect(("127.0.0.1", int(value)))

    return attempt(connect)


def _descriptors():
    """This child's own descriptors: sockets to the relay, files in memory."""
    sockets, files = [], []
    for fd in range(3, 64):
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        (sockets if stat.S_ISSOCK(mode) else files if stat.S_ISREG(mode) else []).append(fd)
    return sockets, files


def do_keep_mapping(_):
    kept = []
    for fd in _descriptors()[1]:
        try:
            kept.append(mmap.mmap(fd, 0))
        except (OSError, ValueError):
            continue
    globals()["kept"] = kept
    return f"kept {len(kept)}"


def _to_relay():
    return [socket.socket(fileno=fd) for fd in _descriptors()[0]]


def do_noise(_):
    for sock in _to_relay():
        sock.sendmsg([b"\xff" * 1000])
        sock.detach()


def do_two_answers(_):
    for sock in _to_relay():
        for _ in range(2):
            sock.sendmsg([struct.pack("!?I", False, 16), b'{"retire":false}'])
        sock.detach()


def do_early_answer(_):
    for sock in _to_relay():
        sock.sendmsg([struct.pack("!?I", False, 16), b'{"retire":false}'])
        sock.detach()
    time.sleep(0.2)


def do_huge_head(_):
    for sock in _to_relay():
        sock.sendmsg([struct.pack("!?I", False, 1 << 31), b"x" * 150_000])
        sock.detach()


def do_send_descriptors(_):
    for sock in _to_relay():
        socket.send_fds(sock, [struct.pack("!?I", True, 2), b"{}"], [0, 1, 2, 0, 1, 2])
        sock.detach()


def do_stubborn(_):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    while True:
        pass
