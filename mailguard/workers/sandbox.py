"""The walls around a worker: applied in layers, each of them optional, none of them silent.

`confine_server` is applied once, after the imports and before any mail: no new privileges, no capabilities, own network
namespace, Landlock; children inherit it. `confine_child` adds what a child alone must live under: resource limits and
the system-call filter. `proven` does not believe the calls' return values: it tries the forbidden acts in a locked
child and names the layers that really refused them.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mailguard.workers import kernel, landlock, seccomp

REQUIRED = ("rlimits", "landlock", "seccomp", "no-network")
"""Layers without which `require_sandbox` refuses to start."""

_SYSTEM_PATHS = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/dev/null",
    "/dev/urandom",
)
_FILES = 64
_TASKS = 256  # of one user, its other processes among them, where threads are allowed
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Walls:
    """What every child of a server must live under; made once by `build_walls`, which is cheaper than in each child.

    `address_space` and `output` (the longest file it may write; only memory files are within its reach) are bytes,
    `cpu` is seconds for one message, `system_calls` the filter, None where there is none for this processor, `tasks`
    how many processes and threads its user may have before it can start another.
    """

    address_space: int
    output: int
    cpu: int
    system_calls: bytes | None
    tasks: int = 0


def build_walls(memory: int, output: int, cpu: int, *, memory_files: bool = False, threads: bool = False) -> Walls:
    """Return the walls for children of this process, before it is locked itself: `memory` is bytes beyond what it maps
    now, `memory_files` whether they may make anonymous files in memory, `threads` whether they may start threads.

    Only the filter tells a thread from a process: without one, neither may be started."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE
    calls = seccomp.program(kernel.MACHINE, memory_files=memory_files, threads=threads)
    return Walls(mapped + memory, output, cpu, calls, _TASKS if threads and calls else 0)


def readable_paths() -> list[Path]:
    """Return what a locked process may read: interpreter, entries of sys.path, the dynamic loader's folders."""
    entries = [*sys.path, sys.base_prefix, sys.prefix, *_SYSTEM_PATHS]
    return list(dict.fromkeys(Path(entry) for entry in entries if entry and entry != "/"))


def confine_server() -> tuple[str, ...]:
    """Lock this process, and so all its children, out of files, network and privileges; return the layers that held."""
    layers = []
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        kernel.unshare(kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | (0 if os.geteuid() == 0 else kernel.CLONE_NEWUSER))
        layers.append("network-namespace")
    with contextlib.suppress(OSError):
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        layers.append("no-new-privileges")
    with contextlib.suppress(OSError):
        if landlock.restrict(readable_paths()):
            layers.append("landlock")
    with contextlib.suppress(OSError, KeyError):
        kernel.drop_capabilities()
        layers.append("no-capabilities")
    return tuple(layers)


def die_with_parent(parent: int) -> None:
    """Be killed when the process that started this one ends; exit at once if it (`parent`) has already gone."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def confine_child(walls: Walls) -> tuple[str, ...]:
    """Lock this child for good, after `confine_server` has locked its server; return the layers that held."""
    layers = []
    with contextlib.suppress(OSError, ValueError):
        for which, value in (
            (resource.RLIMIT_AS, walls.address_space),
            (resource.RLIMIT_FSIZE, walls.output),
            (resource.RLIMIT_NOFILE, _FILES),
            (resource.RLIMIT_NPROC, walls.tasks),
        ):
            value = _within(value, resource.getrlimit(which)[1])
            resource.setrlimit(which, (value, value))
        allow_cpu(walls.cpu)
        layers.append("rlimits")
    if walls.system_calls is not None and seccomp.restrict(walls.system_calls):
        layers.append("seccomp")
    elif walls.tasks:
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    return tuple(layers)


def allow_cpu(seconds: int) -> None:
    """Let this process use so many more CPU seconds from now on; then SIGXCPU ends it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(usage.ru_utime + usage.ru_stime) + seconds + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (_within(limit, hard), hard))


def _within(value: int, hard: int) -> int:
    """Return `value`, or the limit this process was started under where that is lower."""
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def proven(applied: tuple[str, ...], walls: Walls) -> tuple[str, ...]:
    """Return the layers that hold, as seen from a locked child that tries what they forbid.

    `applied` are the layers of `confine_server`, which this process must have passed through already.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            layers = {*applied, *confine_child(walls)}
            for layer, refused in _trials(walls.address_space).items():
                layers.discard(layer)
                if refused:
                    layers.add(layer)
            os.write(writer, " ".join(sorted(layers)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        held = tuple(answer.read().split())
    os.waitpid(child, 0)
    return held


def _trials(address_space: int) -> dict[str, bool]:
    """Try forbidden acts in this locked process, which may map so much; True where a layer refused as it should."""
    return {
        "landlock": _refused(lambda: os.close(os.open("/", os.O_RDONLY | os.O_DIRECTORY)), errno.EACCES),
        "seccomp": _refused(lambda: os.kill(os.getppid(), 0), errno.EPERM)
        and _refused(lambda: os.close(os.open(os.devnull, os.O_WRONLY)), errno.EPERM),
        "no-network": _refused(_speak_udp, errno.EPERM, errno.ENETUNREACH),
        "rlimits": _refused(lambda: mmap.mmap(-1, address_space).close(), errno.ENOMEM),
    }


def _speak_udp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("192.0.2.1", 53))


def _refused(act: Callable[[], object], *codes: int) -> bool:
    try:
        act()
    except OSError as error:
        return error.errno in codes
    return False
