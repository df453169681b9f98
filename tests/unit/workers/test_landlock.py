"""Landlock by raw system calls: reading below the given paths and nothing else."""

import pytest
from unit.workers import locked

from mailguard.workers import landlock

CODE = """
import os, socket, sys
from pathlib import Path
from mailguard.workers import kernel, landlock
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
allowed, file = Path({folder!r}) / "allowed", Path({folder!r}) / "single"
assert landlock.restrict([allowed, file, Path("/does/not/exist")])
def told(act):
    try:
        act()
        return "yes"
    except OSError as error:
        return error.strerror
print(told((allowed / "in").read_text), told(file.read_text), told(lambda: os.listdir(allowed)))
print(told((allowed.parent / "out").read_text), told(lambda: os.listdir(allowed.parent)))
print(told(lambda: (allowed / "in").write_text("x")), told(lambda: (allowed / "new").write_text("x")))
print(told(lambda: (allowed / "in").unlink()), told(lambda: os.execv("/bin/true", ["true"])))
with socket.socket() as sock:
    print(told(lambda: sock.connect(("127.0.0.1", 9))) if landlock.abi() >= 4 else "Permission denied")
"""


@pytest.mark.parametrize("user", locked.USERS)
def test_only_reading_below_the_given_paths(user, tmp_path_factory):
    folder = tmp_path_factory.mktemp("landlock")
    for parent in (folder, *folder.parents):
        if parent.owner() == folder.owner() and str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    (folder / "allowed").mkdir()
    (folder / "allowed").chmod(0o777)
    for name in ("allowed/in", "single", "out"):
        (folder / name).write_text("text")
        (folder / name).chmod(0o666)
    assert locked.run(CODE.format(folder=str(folder)), user).splitlines() == [
        "yes yes yes",
        "Permission denied Permission denied",
        "Permission denied Permission denied",
        "Permission denied Permission denied",
        "Permission denied",
    ]
    assert (folder / "allowed/in").read_text() == "text"


def test_a_kernel_without_it_says_so(monkeypatch):
    def missing(*_):
        raise OSError(38, "no such call")

    monkeypatch.setattr(landlock.kernel, "syscall", missing)
    assert landlock.abi() == 0
    assert landlock.restrict([]) is False
