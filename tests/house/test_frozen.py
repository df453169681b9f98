"""The frozen half of the quality evaluation stays as fixed; no commit changes it together with the engine."""

import subprocess
from pathlib import Path

import pytest
from bench.quality.digest import RECORD, digest

ROOT = Path(__file__).parents[2]
HALF = "tests/bench/quality/frozen"
ENGINE = ("mailguard/recognise/", "mailguard/judge/", "policies/lexicon/")


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def guilty(log: str) -> list[str]:
    """Commits of `git log --name-only --format=commit:%h` that touch both the frozen half and the engine."""
    found = []
    for block in log.split("commit:")[1:]:
        commit, *paths = block.split()
        half = any(path.startswith(HALF) for path in paths)  # the folder and its digest
        if half and any(path.startswith(ENGINE) for path in paths):
            found.append(commit)
    return found


def test_frozen_half_is_what_was_fixed() -> None:
    assert digest() == RECORD.read_text(encoding="ascii").strip(), f"{HALF} was changed: it may not be tuned on"


def test_no_commit_changes_engine_and_frozen_half_together() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no history here: a source archive")
    since = git("log", "--diff-filter=A", "--format=%H", "--", f"{HALF}.sha256").split()
    if since:  # absent only before the commit that fixes the half
        assert not guilty(git("log", f"{since[-1]}..HEAD", "--name-only", "--format=commit:%h"))
    changed = {
        line[3:]
        for line in git("status", "--porcelain", "--", HALF, f"{HALF}.sha256").splitlines()
        if line[0] in "AMDR"
    }
    staged = set(git("diff", "--cached", "--name-only").split())
    assert not (changed and any(path.startswith(ENGINE) for path in staged)), (
        "commit the engine and the frozen half apart"
    )


def test_the_check_sees_a_guilty_commit() -> None:
    log = f"commit:aaa\n\n{HALF}/a-office.txt\nREADME.md\ncommit:bbb\n\nmailguard/judge/x.py\n{HALF}.sha256\n"
    assert guilty(log) == ["bbb"]
