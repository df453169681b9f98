"""The walls hold for root and for others, with and without namespaces, and what does not hold is not claimed."""

import os
import signal
import subprocess
import sys

import pytest
from unit.workers import locked

from mailguard.workers.sandbox import REQUIRED, readable_paths

PROVE = """
from mailguard.workers import kernel, landlock, sandbox, seccomp
{change}
walls = sandbox.build_walls(256 << 20, 1 << 20, 5)
print(*sandbox.proven(sandbox.confine_server(), walls))
"""
LAYERS = {*REQUIRED, "network-namespace", "no-capabilities", "no-new-privileges"}
NO_NAMESPACES = """
def refuse(flags): raise PermissionError(1, "refused")
kernel.unshare = refuse
"""


@pytest.mark.parametrize("user", locked.USERS)
def test_every_layer_holds_here(user):
    layers = set(locked.run(PROVE.format(change=""), user).split())
    # A user who may not make namespaces here (a container, a chroot) has one layer less; the network is closed anyway.
    may = subprocess.run(["unshare", "--user", "--net", "true"], user=user, capture_output=True, check=False)
    root = os.geteuid() == 0 and not user
    assert layers == (LAYERS if root or may.returncode == 0 else LAYERS - {"network-namespace"})


@pytest.mark.parametrize("user", locked.USERS)
def test_without_namespaces_the_network_is_still_closed(user):
    layers = set(locked.run(PROVE.format(change=NO_NAMESPACES), user).split())
    assert layers == LAYERS - {"network-namespace"}


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ("landlock.restrict = lambda paths: False", {"landlock"}),
        ("landlock.restrict = lambda paths: True", {"landlock"}),
        ("seccomp.restrict = lambda code: False", {"seccomp"}),
        ("seccomp.restrict = lambda code: True", {"seccomp"}),
        ("seccomp.program = lambda *a, **k: None", {"seccomp"}),
        ("sandbox.resource.setrlimit = lambda *a: None", {"rlimits"}),
        (NO_NAMESPACES + "seccomp.restrict = lambda code: True", {"seccomp", "no-network", "network-namespace"}),
    ],
)
def test_a_layer_that_does_not_hold_is_not_claimed(change, missing):
    layers = set(locked.run(PROVE.format(change=change)).split())
    assert layers == LAYERS - missing


def test_nothing_is_readable_but_the_interpreter_its_packages_and_the_loader():
    assert all(str(path) != "/" and path.is_absolute() for path in readable_paths())


def test_a_child_whose_server_has_gone_ends_at_once():
    code = "from mailguard.workers import sandbox; sandbox.die_with_parent(1 << 22); print('alive')"
    assert locked.run(code) == ""


def test_limits_of_the_surroundings_are_kept():
    code = """
import resource
from mailguard.workers import sandbox
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
resource.setrlimit(resource.RLIMIT_CPU, (3, 3))
walls = sandbox.build_walls(256 << 20, 1 << 20, 50)
sandbox.confine_server()
assert "rlimits" in sandbox.confine_child(walls)
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], resource.getrlimit(resource.RLIMIT_CPU)[0])
"""
    assert locked.run(code) == "32 3"


THREADED = """
import os, resource, subprocess, threading, time
from mailguard.workers import sandbox
{change}
walls = sandbox.build_walls(256 << 20, 1 << 20, 1, threads=True)
sandbox.confine_server()
sandbox.confine_child(walls)
said = []

def attempt(act):
    try:
        said.append("allowed" if act() else "nothing")
    except (OSError, RuntimeError) as error:
        said.append(str(getattr(error, "errno", None) or "none"))

def started(target):
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread
{act}
print(*said)
"""
EPERM = "1"


@pytest.mark.parametrize("user", locked.USERS)
def test_where_threads_are_allowed_processes_are_not(user):
    act = """
attempt(lambda: started(lambda: [attempt(os.fork), attempt(lambda: subprocess.Popen(["/bin/true"]))]).join() is None)
attempt(os.fork)
attempt(lambda: os.posix_spawn("/bin/true", ["true"], {}))
attempt(lambda: os.execv("/bin/true", ["true"]))
"""
    assert locked.run(THREADED.replace("{act}", act).replace("{change}", ""), user).split() == [
        EPERM, EPERM, "allowed", EPERM, EPERM, EPERM,
    ]  # fmt: skip


@pytest.mark.parametrize("user", locked.USERS)
def test_threads_are_bounded_by_the_memory_of_their_process(user):
    act = """
until = threading.Event()
for _ in range(2000):
    attempt(lambda: started(until.wait))
"""
    said = locked.run(THREADED.replace("{act}", act).replace("{change}", ""), user).split()
    assert 0 < said.count("allowed") < 300


def test_threads_share_the_processor_time_of_their_process():
    act = """
def burn():
    while True:
        pass
os.write(1, b"burning")
started(burn).join()
"""
    code = THREADED.replace("{act}", act).replace("{change}", "")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=locked.environment(), timeout=120)
    assert (done.returncode, done.stdout) == (-signal.SIGXCPU, b"burning")


def test_no_threads_where_no_filter_tells_them_from_processes():
    act = "said.append(resource.getrlimit(resource.RLIMIT_NPROC)[0])"
    for change in ("sandbox.seccomp.program = lambda *a, **k: None", "sandbox.seccomp.restrict = lambda code: False"):
        assert locked.run(THREADED.replace("{act}", act).replace("{change}", change)) == "0"
    assert locked.run(THREADED.replace("{act}", act).replace("{change}", "")) == "256"
