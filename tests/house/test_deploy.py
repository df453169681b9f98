"""What is shipped for installation is sound as far as this machine can tell."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = ("mailguard.service", "mailguard-console.service")


def program(name: str, package: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.fail(f"{name} is missing: apt-get install {package}")
    return found


@pytest.mark.parametrize("name", [*UNITS, "mailguard.socket"])
def test_a_unit_is_known_to_systemd_key_by_key(name: str, tmp_path: Path) -> None:
    for unit in (*UNITS, "mailguard.socket"):
        text = (DEPLOY / "systemd" / unit).read_text(encoding="utf-8")
        (tmp_path / unit).write_text(text.replace("/opt/mailguard/bin/mailguard", "/bin/true"))
    analyze = program("systemd-analyze", "systemd")
    done = subprocess.run([analyze, "verify", tmp_path / name], capture_output=True, text=True, check=False)
    assert "mailguard" not in done.stderr, done.stderr


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_hardened(name: str) -> None:
    analyze, unit = program("systemd-analyze", "systemd"), DEPLOY / "systemd" / name
    done = subprocess.run([analyze, "security", "--offline=true", unit], capture_output=True, text=True, check=False)
    score = re.search(rf"exposure level for {name}: ([\d.]+)", done.stdout)
    assert score, done.stdout + done.stderr
    assert float(score[1]) <= 1.5


def test_both_units_have_the_same_walls() -> None:
    walls = [
        re.sub(r"(?m)^(#.*|MemoryMax=.*)\n", "", text[text.index("StateDirectory=") :])
        for text in ((DEPLOY / "systemd" / name).read_text(encoding="utf-8") for name in UNITS)
    ]
    assert walls[0] == walls[1]


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_demo_runs_under_the_filters_of_the_unit() -> None:
    kit, unit = Path(__file__).with_name("unitkit.py"), DEPLOY / "systemd" / "mailguard.service"
    command = [sys.executable, kit, unit, sys.executable, "-m", "mailguard", "demo", "--exit"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
    assert done.stdout.count("ok ") > 20


def test_haproxy_takes_its_configuration() -> None:
    config = DEPLOY / "haproxy" / "haproxy.cfg"
    done = subprocess.run(
        [program("haproxy", "haproxy"), "-c", "-f", config], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_container_file_copies_what_there_is_and_is_not_root() -> None:
    text = (DEPLOY / "docker" / "Dockerfile").read_text(encoding="utf-8")
    known = {
        "ARG",
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "ENV",
        "USER",
        "VOLUME",
        "EXPOSE",
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    }
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = [line.split() for line in joined.splitlines() if line and not line.startswith("#")]
    assert {words[0] for words in lines} <= known
    for words in lines:
        if words[0] == "COPY" and not words[1].startswith("--"):
            assert all((DEPLOY.parent / name).exists() for name in words[1:-1]), words
    assert next(words[1] for words in reversed(lines) if words[0] == "USER") not in ("0", "root")


def test_compose_mounts_what_there_is() -> None:
    text = (DEPLOY / "docker" / "compose.yml").read_text(encoding="utf-8")
    for source in re.findall(r"(?m)^\s+- (\.\.?/[^:]+):", text):
        if source not in ("./site", "./postgres-password"):
            assert (DEPLOY / "docker" / source).exists(), source
    assert text.count("no-new-privileges:true") == 1
    assert "privileged: true" not in text


def test_scripts_are_executable() -> None:
    for path in (
        DEPLOY / "venv",
        DEPLOY / "debian" / "build",
        DEPLOY.parent / "tests" / "run",
        DEPLOY.parent / ".ci" / "run",
    ):
        assert path.stat().st_mode & 0o111, path
