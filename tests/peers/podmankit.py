"""Podman with a store and a network of its own, and a `docker` that is it: guides' blocks are run as they stand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from peers.machinekit import Debian, checked, program

# crun refuses a machine that has both versions of control groups mounted, and a test has no systemd to ask for limits.
_CONTAINERS = """\
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
events_logger = "file"
cgroup_manager = "cgroupfs"
"""
_STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "{0}/store"\nrunroot = "{0}/run"\n'
_DOCKER = '#!/bin/sh\n[ "$1" = compose ] || exec podman "$@"\nshift\nexec {0} -p mailguard-test "$@"\n'


class Podman:
    """`with Podman(folder) as podman`: containers end, and what they wrote goes, with the block. Needs root."""

    def __init__(self, folder: Path) -> None:
        assert os.geteuid() == 0, "containers with networks need root"
        program("podman", "podman")
        program("runc", "runc")
        compose = Path(sys.executable).with_name("podman-compose")
        assert compose.exists(), "podman-compose is missing: .venv/bin/pip install 'podman-compose>=1.3'"
        self.folder = folder
        tools = folder / "bin"
        tools.mkdir()
        (tools / "docker").write_text(_DOCKER.format(compose))
        (tools / "docker").chmod(0o755)
        (folder / "containers.conf").write_text(_CONTAINERS)
        (folder / "storage.conf").write_text(_STORAGE.format(folder))
        self.environment = {
            **os.environ,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }

    def __enter__(self) -> Podman:
        # A network of its own: the published ports are free there, and nobody else reaches them.
        self._network = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self.inside("ip link set lo up || ifconfig lo up")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self.inside("podman rm --all --force --time 5 && podman volume prune --force && podman rmi --all --force")
        finally:
            # Podman leaves its store mounted onto itself, which would outlive the folder.
            left = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
            for place in reversed([place for place in left if place.startswith(f"{self.folder}/")]):
                subprocess.run(["umount", "--lazy", place], check=False)
            self._network.send_signal(signal.SIGTERM)
            self._network.wait(30)

    def outside(self, script: str) -> str:
        """Run a script by sh in this machine's network, as a build that fetches packages needs it."""
        return self._run([], script, "")

    def inside(self, script: str, *, user_input: str = "") -> str:
        """Run a script by sh in the containers' network; returns what it wrote."""
        return self._run(["nsenter", f"--net=/proc/{self._network.pid}/ns/net"], script, user_input)

    def image_of(self, debian: Debian, name: str, *changes: str) -> None:
        """An image of a bare Debian in a folder, with the settings of pip that count on this machine."""
        settings = [f"ENV {key}={value}" for key, value in debian.environment.items() if key.startswith("PIP_")]
        told = [word for change in (*settings, *changes) for word in ("--change", change)]
        packed = self.folder / "image.tar"
        checked("tar", "-C", debian.root, "--one-file-system", "-cf", packed, ".")
        subprocess.run(["podman", "import", *told, packed, name], env=self.environment, check=True, capture_output=True)
        packed.unlink()

    def _run(self, into: list[str], script: str, user_input: str) -> str:
        done = subprocess.run(
            [*into, "sh", "-euc", script],
            input=user_input,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
            env=self.environment,
        )
        assert done.returncode == 0, f"{script}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
        return done.stdout
