"""The filter program: allowed and refused calls, on both processors, by running it as the kernel would."""

import errno
import os
import struct

import pytest
from unit.workers import locked

from mailguard.workers import seccomp

ALLOW = 0x7FFF0000
EPERM = 0x50000 | errno.EPERM
KILL = 0x80000000
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def decide(program, machine, number, *arguments):
    """Run a classic BPF program on one system call and return what it answers."""
    words = (list(arguments) + [0] * 6)[:6]
    data = struct.pack("<IIQ6Q", number, ARCH[machine], 0, *words)
    steps = list(struct.iter_unpack("=HBBI", program))
    at, loaded = 0, 0
    while True:
        code, yes, no, value = steps[at]
        at += 1
        if code == 0x06:
            return value
        if code == 0x20:
            loaded = struct.unpack_from("<I", data, value)[0]
        elif code == 0x54:
            loaded &= value
        else:
            test = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[code]
            at += yes if test else no


READ = {"x86_64": 0, "aarch64": 63}
OPENAT = {"x86_64": 257, "aarch64": 56}
CLONE = {"x86_64": 56, "aarch64": 220}
MEMFD = {"x86_64": 319, "aarch64": 279}
REFUSED = {
    "x86_64": {
        "socket": 41, "connect": 42, "sendto": 44, "bind": 49, "socketpair": 53, "fork": 57, "vfork": 58, "execve": 59,
        "execveat": 322, "ptrace": 101, "mount": 165, "unshare": 272, "setns": 308, "keyctl": 250, "bpf": 321,
        "perf_event_open": 298, "io_uring_setup": 425, "process_vm_readv": 310, "pidfd_open": 434, "rename": 82,
        "unlink": 87, "creat": 85, "truncate": 76, "ftruncate": 77, "chmod": 90, "openat2": 437, "clone3": 435,
        "memfd_create": 319, "setpriority": 141, "prctl": 157, "userfaultfd": 323, "shmget": 29, "mq_open": 240,
    },
    "aarch64": {
        "socket": 198, "connect": 203, "sendto": 206, "bind": 200, "socketpair": 199, "execve": 221, "execveat": 281,
        "ptrace": 117, "mount": 40, "unshare": 97, "setns": 268, "keyctl": 219, "bpf": 280, "perf_event_open": 241,
        "io_uring_setup": 425, "process_vm_readv": 270, "pidfd_open": 434, "renameat": 38, "unlinkat": 35,
        "truncate": 45, "ftruncate": 46, "fchmodat": 53, "openat2": 437, "clone3": 435, "memfd_create": 279,
        "setpriority": 140, "prctl": 167, "userfaultfd": 282, "shmget": 194, "mq_open": 180,
    },
}  # fmt: skip
CASES = [(machine, name) for machine, calls in REFUSED.items() for name in calls]


@pytest.mark.parametrize(("machine", "name"), CASES)
def test_refused(machine, name):
    assert decide(seccomp.program(machine), machine, REFUSED[machine][name]) == EPERM


@pytest.mark.parametrize("machine", ARCH)
def test_files_may_be_opened_for_reading_only(machine):
    program = seccomp.program(machine)
    for flags in (os.O_RDONLY, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY):
        assert decide(program, machine, OPENAT[machine], 0, 0, flags) == ALLOW
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_APPEND, os.O_TMPFILE):
        assert decide(program, machine, OPENAT[machine], 0, 0, flags) == EPERM


@pytest.mark.parametrize("machine", ARCH)
def test_other_processors_and_unknown_calls_do_not_slip_through(machine):
    program = seccomp.program(machine)
    assert decide(program, machine, READ[machine]) == ALLOW
    other = "aarch64" if machine == "x86_64" else "x86_64"
    assert decide(program, other, READ[other]) == KILL
    assert decide(program, machine, 5000) == EPERM
    assert decide(program, machine, 0x40000000 | READ[machine]) == EPERM


@pytest.mark.parametrize("machine", ARCH)
def test_threads_and_memory_files_only_where_asked_for(machine):
    thread, process = 0x003D0F00, 0x01200011
    assert decide(seccomp.program(machine), machine, CLONE[machine], thread) == EPERM
    threads = seccomp.program(machine, threads=True)
    assert decide(threads, machine, CLONE[machine], thread) == ALLOW
    assert decide(threads, machine, CLONE[machine], process) == EPERM
    assert decide(threads, machine, CLONE[machine], thread | 0x00020000) == EPERM  # in a namespace of its own
    assert decide(seccomp.program(machine), machine, MEMFD[machine]) == EPERM
    assert decide(seccomp.program(machine, memory_files=True), machine, MEMFD[machine]) == ALLOW


def test_an_unknown_processor_has_no_filter():
    assert seccomp.program("riscv64") is None


def test_only_oneself_may_be_signalled():
    code = """
import os, signal
from mailguard.workers import kernel, seccomp
program = seccomp.program(kernel.MACHINE)
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
assert seccomp.restrict(program)
os.kill(os.getpid(), 0)
for pid in (os.getppid(), 0, -1, 1):
    try:
        os.kill(pid, 0)
    except PermissionError:
        continue
    raise SystemExit("allowed")
print("refused")
"""
    assert locked.run(code) == "refused"
