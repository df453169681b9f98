"""The .deb is built, installed in a clean Debian and runs the demo there."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MIRROR = "http://deb.debian.org/debian"


def run(*command: object, **more: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
    return str(done.stdout)


def inside(root: Path, *command: str) -> str:
    """Run a command in the other Debian, with /proc and /dev that go away with it."""
    mounts = f'mount --bind /proc {root}/proc && mount --bind /dev {root}/dev && exec chroot {root} "$@"'
    return run("unshare", "--mount", "sh", "-c", mounts, "sh", *command)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_package_is_installed_and_the_demo_runs_in_a_clean_debian(tmp_path: Path) -> None:
    assert os.geteuid() == 0, "debootstrap and chroot need root"
    assert shutil.which("debootstrap"), "debootstrap is missing: apt-get install debootstrap"
    package = Path(run(ROOT / "deploy" / "debian" / "build", tmp_path).strip())
    debian = tmp_path / "debian"
    run("debootstrap", "--variant=minbase", "--include=python3,adduser", "bookworm", debian, MIRROR)
    shutil.copy(package, debian / "root")
    assert "init" in inside(debian, "dpkg", "-i", f"/root/{package.name}")
    lines = inside(debian, "mailguard", "demo", "--exit").splitlines()
    assert len(lines) > 20
    assert all(line.startswith("ok ") for line in lines)
    inside(debian, "runuser", "-u", "mailguard", "--", "mailguard", "init", "--dir", "/etc/mailguard", "--yes")
    assert (debian / "usr/share/man/man1/mailguard.1.gz").exists()
    for unit in ("mailguard.service", "mailguard-console.service", "mailguard.socket"):
        assert (debian / "lib/systemd/system" / unit).exists()
    held_mail = debian / "var/lib/mailguard/keep"
    held_mail.write_text("x")
    inside(debian, "dpkg", "--purge", "mailguard")
    assert held_mail.exists()
    assert (debian / "etc/mailguard/key").exists()
