"""A bare Debian of its own in a folder, and one that is booted: systemd as first process, loopback its only network.

What this machine has set for apt and pip (mirrors, certificates, constraints) counts in there as well; nothing of it is
named here. A command that fetches from registries is run in the network of this machine, every other one in that of the
booted one, where the usual ports are free.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType

CODENAME = "bookworm"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BOOTED = {"running", "degraded"}
# Settings of pip that say where packages come from and how that is checked.
_PIP = (
    "index-url",
    "extra-index-url",
    "find-links",
    "trusted-host",
    "timeout",
    "default-timeout",
    "constraint",
    "cert",
)


def program(name: str, package: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{PATH}")
    assert found, f"{name} is missing: apt-get install {package}"
    return found


def checked(*command: object, seconds: float = 900) -> str:
    """Run a command; returns what it wrote, or fails with the end of it."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, f"{words[-1]}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
    return done.stdout


def _mirror() -> str:
    """Where this machine's apt has its Debian from."""
    shown = checked("apt-get", "indextargets", "--format", "$(ORIGIN) $(CODENAME) $(REPO_URI)")
    found = [line.split()[2] for line in shown.splitlines() if line.startswith(f"Debian {CODENAME} ")]
    assert found, "apt knows no Debian: run apt-get update"
    return found[0].rstrip("/")


def _pip_settings() -> dict[str, str]:
    """What pip is told on this machine about its sources, by environment or file, as variables."""
    told = subprocess.run(["pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    found = {}
    for key, value in re.findall(r"(?m)^(?:global|:env:)\.([a-z-]+)='(.*)'$", told):
        if key in _PIP:
            found[f"PIP_{key.upper().replace('-', '_')}"] = value.replace("\\n", " ").strip()
    return found


class Debian:
    """A bare Debian (minbase: no Python) in a folder; `run` goes into it without booting it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = {"PATH": PATH, "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}

    @classmethod
    def make(cls, root: Path) -> Debian:
        assert os.geteuid() == 0, "debootstrap and chroot need root"
        mirror = _mirror()
        checked(program("debootstrap", "debootstrap"), "--variant=minbase", CODENAME, root, mirror)
        debian = cls(root)
        for file in Path("/etc/apt/apt.conf.d").glob("99*"):
            shutil.copy(file, root / "etc/apt/apt.conf.d")
        shutil.copy("/etc/hosts", root / "etc/hosts")
        debian._bring_pip_settings()
        return debian

    def _bring_pip_settings(self) -> None:
        """Take this machine's settings over; the certificates under another name, for Debian may bring its own."""
        settings = _pip_settings()
        cert = settings.pop("PIP_CERT", "")
        if cert:
            shutil.copy(cert, self.root / "etc/pip-certificates.pem")
            settings["PIP_CERT"] = "/etc/pip-certificates.pem"
        constraint = Path(settings.get("PIP_CONSTRAINT", ""))
        if constraint.is_file():
            (self.root / constraint.relative_to("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(constraint, self.root / constraint.relative_to("/"))
        for key in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):  # folders of this machine are not there
            kept = [word for word in settings.pop(key, "").split() if word.startswith("http")]
            if kept:
                settings[key] = " ".join(kept)
        self.environment |= settings

    def run(self, script: str, *, user_input: str = "") -> str:
        """Run a script by sh, with /proc and /dev that go away with it, in this machine's network."""
        inner = (
            f'mount --bind /proc {self.root}/proc && mount --bind /dev {self.root}/dev && exec chroot {self.root} "$@"'
        )
        return _run(["unshare", "--mount", "sh", "-c", inner, "sh"], self.environment, script, user_input)

    def install(self, *packages: str) -> None:
        self.run(f"apt-get update -q && apt-get install -y -q --no-install-recommends {' '.join(packages)}")

    def bring_source(self, top: Path, name: str = "root/mailguard") -> None:
        """What git tracks of a source tree, and nothing else that lies beside it."""
        files = checked("git", "-C", top, "ls-files", "-z").split("\0")
        for file in filter(None, files):
            there = self.root / name / file
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(top / file, there, follow_symlinks=False)


class Machine:
    """`with Machine(debian) as machine`: the Debian is booted. It needs the packages systemd, systemd-sysv and dbus."""

    def __init__(self, debian: Debian) -> None:
        self.debian = debian
        self.leader = 0

    def __enter__(self) -> Machine:
        nspawn = program("systemd-nspawn", "systemd-container")
        options = ("--register=no", "--keep-unit", "--private-network", "--console=pipe", "--quiet", "--boot")
        # nspawn's own filter is older than Landlock; that of the unit is what is looked at.
        landlock = "landlock_create_ruleset landlock_add_rule landlock_restrict_self"
        self.process = subprocess.Popen(
            [
                nspawn,
                f"--directory={self.debian.root}",
                f"--machine=mg{os.getpid()}",
                f"--system-call-filter={landlock}",
                *options,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            self._wait_until_booted()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _wait_until_booted(self) -> None:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        end = time.monotonic() + 120
        while time.monotonic() < end:
            assert self.process.poll() is None, self.process.stdout and self.process.stdout.read().decode()
            for child in map(int, children.read_text().split()):
                if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    self.leader = child
                    if self.state() in BOOTED:
                        return
            time.sleep(0.3)
        raise AssertionError(f"systemd did not come up: {self.state()}")

    def state(self) -> str:
        return self._enter("systemctl is-system-running || true", "", network=False).strip() if self.leader else "no"

    def run(self, script: str, *, user_input: str = "", network: bool = False) -> str:
        """Run a script by sh as root in the booted machine; with `network` in this machine's network."""
        return self._enter(script, user_input, network=network)

    def _enter(self, script: str, user_input: str, *, network: bool) -> str:
        spaces = ["-m", "-p", "-u", "-i", "-C", *([] if network else ["-n"])]
        return _run(["nsenter", "-t", str(self.leader), *spaces], self.debian.environment, script, user_input)

    def wait(self, what: str, script: str, seconds: float = 60) -> str:
        """Run a script until it ends with 0; returns what it wrote."""
        end = time.monotonic() + seconds
        while True:
            try:
                return self.run(script)
            except AssertionError as error:
                if time.monotonic() > end:
                    raise AssertionError(f"{what}: {error}") from None
                time.sleep(0.5)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(60)
        if self.process.stdout:
            self.process.stdout.close()


def _run(into: list[str], environment: dict[str, str], script: str, user_input: str) -> str:
    command = [*into, "env", "-i", *(f"{k}={v}" for k, v in environment.items()), "sh", "-euc", f"cd /root\n{script}"]
    done = subprocess.run(command, input=user_input, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, f"{script}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout
