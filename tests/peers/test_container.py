"""The container file is built for real, by buildah on a base made of a bare Debian, and the demo runs in the image."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from peers.machinekit import Debian, checked, program

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.long, pytest.mark.peer, pytest.mark.timeout(2400)]
Buildah = Callable[..., str]


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    """buildah with a store of its own; it needs neither a daemon nor overlay mounts nor a registry."""
    folder = tmp_path_factory.mktemp("buildah")
    tool = program("buildah", "buildah")

    def run(*words: object) -> str:
        place = (f"--root={folder}/store", f"--runroot={folder}/run", "--storage-driver=vfs")
        return checked("env", "BUILDAH_ISOLATION=chroot", tool, *place, *words).strip()

    yield run
    run("rm", "--all")
    run("rmi", "--all", "--force")


@pytest.fixture(scope="module")
def container(buildah: Buildah, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A container of the built image. The base stands for the image of Python that the file names."""
    debian = Debian.make(tmp_path_factory.mktemp("base") / "debian")
    debian.install("python3", "python3-venv")
    debian.run("ln -sf python3 /usr/bin/python")
    base = buildah("from", "scratch")
    buildah("copy", "--quiet", base, debian.root, "/")
    for name, value in debian.environment.items():
        if name.startswith("PIP_"):
            buildah("config", "--env", f"{name}={value}", base)
    buildah("commit", "--quiet", "--rm", base, "localhost/python-base")
    context = Debian(tmp_path_factory.mktemp("context"))
    context.bring_source(ROOT, "source")
    file, source = ROOT / "deploy" / "docker" / "Dockerfile", context.root / "source"
    base_is = "BASE=localhost/python-base"
    buildah("bud", "--quiet", "--format=docker", "--build-arg", base_is, "-f", file, "-t", "mailguard", source)
    return buildah("from", "localhost/mailguard")


def test_the_demo_runs_in_the_image_as_a_user_without_rights(buildah: Buildah, container: str) -> None:
    assert buildah("run", container, "--", "id", "-u") == "10025"
    lines = buildah("run", container, "--", "mailguard", "demo", "--exit").splitlines()
    assert len(lines) > 20
    assert all(line.startswith("ok ") for line in lines)
    may = "test -w /var/lib/mailguard && ! test -w /opt/mailguard && ! test -w /etc && echo only its data"
    assert buildah("run", container, "--", "sh", "-c", may) == "only its data"


def test_a_site_made_in_the_image_is_looked_at_in_the_image(buildah: Buildah, container: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir(mode=0o700)
    os.chown(site, 10025, 10025)
    tmp_path.chmod(0o711)
    volume = f"--volume={site}:/etc/mailguard"
    buildah("run", volume, container, "--", "mailguard", "init", "--dir", "/etc/mailguard", "--yes")
    assert (site / "key").stat().st_uid == 10025
    listed = ("held", "list", "--config", "/etc/mailguard/mailguard.toml", "--json")
    assert buildah("run", volume, container, "--", "mailguard", *listed) == "[]"
