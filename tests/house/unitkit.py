"""Runs a command under the system-call filter and the write-execute ban of a unit, without systemd: what the filter of
`SystemCallFilter=` allows is asked of systemd-analyze and loaded by libseccomp. Usage: unitkit.py UNIT COMMAND..."""

import ctypes
import errno
import os
import re
import subprocess
import sys
from pathlib import Path

ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
NO_NEW_PRIVILEGES, MDWE = 38, 65


def calls(name: str) -> set[str]:
    if not name.startswith("@"):
        return {name}
    done = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
    lines = [line.strip() for line in done.stdout.splitlines()[1:]]
    return {call for line in lines if line and not line.startswith("#") for call in calls(line)}


def allowed(unit: str) -> set[str]:
    found: set[str] = set()
    for value in re.findall(r"(?m)^SystemCallFilter=(.*)$", unit):
        named = {call for name in value.lstrip("~").split() for call in calls(name)}
        found = found - named if value.startswith("~") else found | named
    return found


def load(names: set[str]) -> None:
    library, libc = ctypes.CDLL("libseccomp.so.2"), ctypes.CDLL(None)
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_rule_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint]
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    context = library.seccomp_init(REFUSE)
    for name in names | {"execve"}:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            assert library.seccomp_rule_add(context, ALLOW, number, 0) == 0
    assert libc.prctl(MDWE, 1, 0, 0, 0) == 0 or os.uname().release < "6.3"
    assert libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    assert library.seccomp_load(context) == 0


if __name__ == "__main__":
    load(allowed(Path(sys.argv[1]).read_text(encoding="utf-8")))
    os.execv(sys.argv[2], sys.argv[2:])
