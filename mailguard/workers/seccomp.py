"""A system-call filter: what reading a document needs is allowed, everything else is refused with EPERM.

Refused with an error rather than killed: a library that tries something and copes goes on, and the reading stays
complete. Beyond the list of allowed calls, arguments are checked where the call itself is harmless and its use need not
be: files open for reading only, signals to oneself only, new threads only where a class of workers needs them, never a
new process. The filter is a classic BPF program (`man 2 seccomp`), built here because no maintained binding exists.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct

from mailguard.workers import kernel

_ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_*

# Names and numbers: x86-64, aarch64 (None: that processor has no such call).
_ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62), "mmap": (9, 222),
    "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "pread64": (17, 67), "pwrite64": (18, 68),
    "readv": (19, 65), "writev": (20, 66), "preadv": (295, 69), "mremap": (25, 216), "mincore": (27, 232),
    "madvise": (28, 233), "stat": (4, None), "lstat": (6, None), "newfstatat": (262, 79), "statx": (332, 291),
    "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None),
    "readlinkat": (267, 78), "getdents64": (217, 61), "getcwd": (79, 17), "statfs": (137, 43), "fstatfs": (138, 44),
    "fadvise64": (221, 223), "dup": (32, 23), "poll": (7, None), "ppoll": (271, 73),
    "select": (23, None), "pselect6": (270, 72), "sched_yield": (24, 124), "sched_getaffinity": (204, 123),
    "nanosleep": (35, 101), "clock_nanosleep": (230, 115), "clock_gettime": (228, 113), "clock_getres": (229, 114),
    "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153), "getrandom": (318, 278), "futex": (202, 98),
    "set_robust_list": (273, 99), "rseq": (334, 293), "membarrier": (324, 283), "sigaltstack": (131, 132),
    "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "getrlimit": (97, 163), "getrusage": (98, 165), "sysinfo": (99, 179),
    "uname": (63, 160), "getcpu": (309, 168), "restart_syscall": (219, 128), "sendmsg": (46, 211),
    "recvmsg": (47, 212), "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip
_CHECKED: dict[str, tuple[int | None, int | None]] = {
    "open": (2, None), "openat": (257, 56), "kill": (62, 129), "tgkill": (234, 131), "prlimit64": (302, 261),
    "clone": (56, 220), "clone3": (435, 435), "ioctl": (16, 29), "fcntl": (72, 25), "memfd_create": (319, 279),
}  # fmt: skip

_READ_ONLY = 0o3 | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0o20000000  # access mode and everything that may write
_THREAD = 0x00010000 | 0x00000100  # CLONE_THREAD | CLONE_VM
_NAMESPACES = 0x7E020000  # every CLONE_NEW*
_TCGETS = 0x5401  # what isatty() asks
_FCNTL = (fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_DUPFD_CLOEXEC, fcntl.F_ADD_SEALS)

_LOAD, _EQUAL, _ABOVE, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_REFUSE = 0x00050000 | errno.EPERM
_MISSING = 0x00050000 | errno.ENOSYS
_ONESELF = 0x7FFFFFF1  # stands for the process's own id, known only when the filter is installed
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_MODE_FILTER = 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _argument(index: int) -> bytes:
    """Load the low half of an argument (little-endian; every value compared here fits it)."""
    return _step(_LOAD, _ARGUMENTS + 8 * index)


def _rule(number: int | None, *body: bytes) -> bytes:
    """If the call is `number`, run `body`, which returns on every path."""
    return b"" if number is None else _step(_EQUAL, number, 0, len(body)) + b"".join(body)


def _only(index: int, *values: int) -> tuple[bytes, ...]:
    tests = [part for value in values for part in (_step(_EQUAL, value, 0, 1), _step(_RETURN, _ALLOW))]
    return _argument(index), *tests, _step(_RETURN, _REFUSE)


def _only_without(index: int, bits: int) -> tuple[bytes, ...]:
    return _argument(index), _step(_ANY_BIT, bits, 1, 0), _step(_RETURN, _ALLOW), _step(_RETURN, _REFUSE)


def program(machine: str, *, threads: bool = False, memory_files: bool = False) -> bytes | None:
    """Return the filter for workers on `machine`, None for a processor that has no table here.

    `threads` allows new threads (never processes), `memory_files` anonymous files in memory.
    """
    if machine not in _ARCHES:
        return None
    column = 0 if machine == "x86_64" else 1
    call = {name: numbers[column] for name, numbers in _CHECKED.items()}
    parts = [
        _step(_LOAD, _ARCH),
        _step(_EQUAL, _ARCHES[machine], 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        parts += [_step(_ABOVE, 0x40000000, 0, 1), _step(_RETURN, _REFUSE)]  # the x32 calls, same work by other numbers
    parts += [_rule(numbers[column], _step(_RETURN, _ALLOW)) for numbers in _ALLOWED.values()]
    if threads:
        thread = (
            _argument(0),
            _step(_AND, _THREAD | _NAMESPACES),
            _step(_EQUAL, _THREAD, 0, 1),
            _step(_RETURN, _ALLOW),
            _step(_RETURN, _REFUSE),
        )
        # clone3 hides its flags behind a pointer; told that it does not exist, the C library falls back to clone.
        parts += [_rule(call["clone"], *thread), _rule(call["clone3"], _step(_RETURN, _MISSING))]
    if memory_files:
        parts.append(_rule(call["memfd_create"], _step(_RETURN, _ALLOW)))
    parts += [
        _rule(call["open"], *_only_without(1, _READ_ONLY)),
        _rule(call["openat"], *_only_without(2, _READ_ONLY)),
        _rule(call["kill"], *_only(0, _ONESELF)),
        _rule(call["tgkill"], *_only(0, _ONESELF)),
        _rule(call["prlimit64"], *_only(0, 0)),
        _rule(call["ioctl"], *_only(1, _TCGETS)),
        _rule(call["fcntl"], *_only(1, *_FCNTL)),
        _step(_RETURN, _REFUSE),
    ]
    return b"".join(parts)


def restrict(filter_program: bytes) -> bool:
    """Install a filter made by `program` on this process for good; False where the kernel refuses it."""
    code = filter_program.replace(struct.pack("=I", _ONESELF), struct.pack("=I", os.getpid()))
    loaded = _Program(len(code) // 8, code)
    try:
        kernel.prctl(kernel.PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(loaded))
    except OSError:
        return False
    return True
