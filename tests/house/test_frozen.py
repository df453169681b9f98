"""The kept halves of the quality evaluation stay as fixed; no commit changes one together with the engine."""

import subprocess
from pathlib import Path

import pytest
from bench.quality.digest import KEPT, digest, record

ROOT = Path(__file__).parents[2]
HALVES = [f"tests/bench/quality/{name}" for name in KEPT]
ENGINE = ("mailguard/recognise/", "mailguard/judge/", "policies/lexicon/")


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def of_half(path: str, half: str) -> bool:
    return path.startswith(f"{half}/") or path == f"{half}.sha256"


def guilty(log: str, half: str) -> list[str]:
    """Commits of `git log --name-only --format=commit:%h` that touch both this half and the engine."""
    found = []
    for block in log.split("commit:")[1:]:
        commit, *paths = block.split()
        if any(of_half(path, half) for path in paths) and any(path.startswith(ENGINE) for path in paths):
            found.append(commit)
    return found


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_half_is_what_was_fixed(name: str) -> None:
    assert digest(name) == record(name).read_text(encoding="ascii").strip(), (
        f"{name} was changed: it may not be tuned on"
    )


@pytest.mark.parametrize("half", HALVES)
def test_no_commit_changes_engine_and_a_kept_half_together(half: str) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no history here: a source archive")
    since = git("log", "--diff-filter=A", "--format=%H", "--", f"{half}.sha256").split()
    if since:  # absent only before the commit that fixes the half
        assert not guilty(git("log", f"{since[-1]}..HEAD", "--name-only", "--format=commit:%h"), half)
    changed = {
        line[3:]
        for line in git("status", "--porcelain", "--", half, f"{half}.sha256").splitlines()
        if line[0] in "AMDR"
    }
    staged = set(git("diff", "--cached", "--name-only").split())
    assert not (changed and any(path.startswith(ENGINE) for path in staged)), "commit the engine and this half apart"


@pytest.mark.parametrize("half", HALVES)
def test_the_check_sees_a_guilty_commit(half: str) -> None:
    log = (
        f"commit:aaa\n\n{half}/a-office.txt\nREADME.md\ncommit:bbb\n\nmailguard/judge/x.py\n{half}.sha256\n"
        f"commit:ccc\n\nmailguard/judge/x.py\n{half}ish/notes.txt\n"
    )
    assert guilty(log, half) == ["bbb"]
