"""What is shipped for installation is sound as far as this machine can tell."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
UNIT = DEPLOY / "systemd" / "mailguard.service"


@pytest.fixture
def analyze() -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.fail("systemd-analyze is missing: apt-get install systemd")
    return program


def test_the_unit_is_known_to_systemd_key_by_key(analyze: str, tmp_path: Path) -> None:
    unit = tmp_path / "mailguard.service"
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/mailguard/bin/mailguard", "/bin/true"))
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert "mailguard" not in done.stderr, done.stderr


def test_the_unit_is_hardened(analyze: str) -> None:
    done = subprocess.run([analyze, "security", "--offline=true", UNIT], capture_output=True, text=True, check=False)
    score = re.search(r"exposure level for mailguard.service: ([\d.]+)", done.stdout)
    assert score, done.stdout + done.stderr
    assert float(score[1]) <= 2.0


def test_scripts_are_executable() -> None:
    for path in (DEPLOY / "venv", DEPLOY.parent / "tests" / "run", DEPLOY.parent / ".ci" / "run"):
        assert path.stat().st_mode & 0o111, path
