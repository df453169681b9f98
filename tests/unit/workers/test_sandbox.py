"""The walls hold for root and for others, with and without namespaces, and what does not hold is not claimed."""

import os
import subprocess

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
