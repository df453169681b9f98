"""The README is true to the letter: every command in it runs, every path in it exists."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCRIPTS = {"deploy/venv", "tests/run"}  # they make virtual environments: only looked for


def commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    parts = [" ".join(shlex.quote(word) for word in words).split(" '&&' ") for words in lines if words]
    return [shlex.split(part) for line in parts for part in line]


def run(arguments: list[str], folder: Path, expected: int = 0) -> str:
    command = [sys.executable, "-m", "mailguard", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == expected, f"{arguments}: {done.stderr}"
    return done.stdout


def test_every_script_of_the_readme_can_be_run() -> None:
    for words in commands():
        if Path(words[0]).name != "mailguard":
            assert words[0] in SCRIPTS, f"the README names {words[0]}: prove it here"
            assert (ROOT / words[0]).stat().st_mode & 0o100


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert "://" in target or (ROOT / target).exists(), target


@pytest.mark.parametrize("words", [w for w in commands() if Path(w[0]).name == "mailguard"], ids=" ".join)
def test_every_subcommand_and_option_of_the_readme_is_known(words: list[str], tmp_path: Path) -> None:
    names = [word for word in words[1:3] if re.fullmatch(r"[a-z-]+", word)]
    names = names if names[0] in {"held", "user", "audit", "queue", "roll", "policy"} else names[:1]
    shown = run([*names, "--help"], tmp_path)
    for option in (word for word in words if word.startswith("--")):
        assert option in shown, f"{' '.join(names)} has no {option}"


def test_the_demo_check_read_and_configuration_commands_run(tmp_path: Path) -> None:
    run(["demo", "--seed", "3", "--write", "."], tmp_path)
    held = next(line for line in (tmp_path / "expected.csv").read_text().splitlines() if ",hold," in line)
    (tmp_path / "folder").mkdir()
    (tmp_path / "message.eml").write_bytes((tmp_path / held.split(",")[0]).read_bytes())
    (tmp_path / "Marks.xlsx").write_bytes(b"name,mark\nA,1\n")
    ran = set()
    for words in commands():
        if words[0] == "mailguard" and words[1] in {"check", "read"}:
            run(words[1:], tmp_path, expected=1 if words[1] == "check" else 0)
            ran.add(words[1])
    assert ran == {"check", "read"}


def test_a_new_site_is_made_checked_and_asked_as_the_readme_says(tmp_path: Path) -> None:
    run(["demo", "--write", "made-up"], tmp_path)
    run(["init", "--dir", ".", "--yes"], tmp_path)
    (tmp_path / "policy.toml").write_bytes((tmp_path / "made-up/policy.toml").read_bytes())
    settings = (tmp_path / "mailguard.toml").read_text(encoding="utf-8")
    code = re.search(r'code = "(\w+)"', (tmp_path / "policy.toml").read_text(encoding="utf-8"))
    assert code is not None
    (tmp_path / "mailguard.toml").write_text(settings.replace("school.OAK", f"school.{code[1]}"), encoding="utf-8")
    for table in (tmp_path / "made-up/roll").iterdir():
        (tmp_path / "roll" / table.name).write_bytes(table.read_bytes())
    ran = []
    for words in commands():
        system = Path(words[0]).name == "mailguard" and "--config" in words
        if system and words[1] in {"check-config", "user", "held", "audit"}:
            arguments = [word.replace("/etc/mailguard/", "") for word in words[1:]]
            # Nothing is held on a new site: decisions on a message that is not there are refused, nothing else is.
            run(arguments, tmp_path, expected=1 if "ID" in arguments else 0)
            ran.append(" ".join(arguments[:2]))
    assert ran == [
        "check-config --config", "user add", "held list", "held show", "held release", "held refuse", "audit verify",
    ]  # fmt: skip
