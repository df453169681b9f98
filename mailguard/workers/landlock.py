"""Landlock: this process and its children may read below given paths and do nothing else to any file.

Landlock is the kernel's own sandbox for unprivileged programs (Linux 5.13+, `man 7 landlock`). Three system calls, the
same numbers on every processor: make a ruleset, add a path, restrict oneself. Later ABIs also stop TCP (4), signals
and abstract sockets outwards (6); whatever the running kernel knows is used. It does not stop UDP: seccomp does.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

from mailguard.workers import kernel

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_RULE_PATH = 1
_QUERY_VERSION = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP = 0b11
_SCOPES = 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("parent", ctypes.c_int32))


def abi() -> int:
    """Return the version of Landlock that this kernel offers, 0 for none."""
    try:
        return kernel.syscall(_CREATE, None, 0, _QUERY_VERSION)
    except OSError:
        return 0


def restrict(readable: Iterable[Path]) -> bool:
    """Allow this process to read files and list folders below `readable` and nothing else, for good.

    Paths that do not exist are passed over. Needs no-new-privileges or CAP_SYS_ADMIN. Returns False where the kernel
    has no Landlock; OSError where it has and refuses.
    """
    version = abi()
    if not version:
        return False
    rules = _Ruleset(
        files=(1 << _RIGHTS.get(version, 16)) - 1,
        network=_TCP if version >= 4 else 0,
        scopes=_SCOPES if version >= 6 else 0,
    )
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = kernel.syscall(_CREATE, ctypes.pointer(rules), size, 0)
    try:
        for path in readable:
            _allow(ruleset, path)
        kernel.syscall(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _allow(ruleset: int, path: Path) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | _READ_DIR if path.is_dir() else _READ_FILE
        kernel.syscall(_ADD, ruleset, _RULE_PATH, ctypes.pointer(_PathRule(rights, parent)), 0)
    finally:
        os.close(parent)
