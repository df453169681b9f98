"""Calls of the Linux kernel that Python does not wrap: prctl, unshare, capset and raw system calls."""

from __future__ import annotations

import ctypes
import os
import platform

MACHINE = platform.machine()
"""Processor as the kernel names it: "x86_64", "aarch64" ..."""

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
CLONE_NEWIPC = 0x08000000

_CAPABILITY_VERSION_3 = 0x20080522
_NR_CAPSET = {"x86_64": 126, "aarch64": 91}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _checked(result: int, call: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}")
    return result


def prctl(option: int, *values: int) -> None:
    """Call prctl(2) with up to four numbers (or addresses); OSError if the kernel refuses."""
    arguments = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    _checked(_libc.prctl(option, *arguments), "prctl")


def unshare(flags: int) -> None:
    """Call unshare(2); OSError if the kernel refuses."""
    _checked(_libc.unshare(flags), "unshare")


def syscall(
    number: int, *arguments: ctypes._Pointer[ctypes.Structure] | ctypes.Array[ctypes.c_uint32] | int | None
) -> int:
    """Make a raw system call; numbers are passed as machine words. OSError if the kernel refuses."""
    words = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *words), f"system call {number}")


def drop_capabilities() -> None:
    """Give up every capability, so that root in here may no more than its files' owner; OSError if refused."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    syscall(_NR_CAPSET[MACHINE], header, (ctypes.c_uint32 * 6)())
