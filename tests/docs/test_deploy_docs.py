"""The guides are true to the letter: links lead somewhere, configurations can be used, commands exist and run."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
from docs.guidekit import blocks as fences

from mailguard.cli import app
from mailguard.config import parse_config

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "deploy").rglob("*.md"))
BLOCKS = [
    (path.relative_to(ROOT).as_posix(), n, text)
    for path in GUIDES
    for n, text in enumerate(re.findall(r"```toml\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL))
]


def commands() -> list[tuple[str, list[str]]]:
    """Every `mailguard ...` of the guides, the heads of the units and the playbook: in blocks and in running text."""
    found = []
    for path in (*GUIDES, *sorted((ROOT / "deploy").rglob("*.service")), ROOT / "deploy" / "ansible" / "playbook.yml"):
        text = path.read_text(encoding="utf-8").replace("\\\n#", " ")
        inline = re.findall(r"`((?:\S*/)?mailguard [a-z][^`\n]*)`", text)
        blocks = re.findall(
            r"(?m)^(?:#   | {4,}|\s+cmd: |ExecStart(?:Pre)?=).*?((?:\S*/)?mailguard [a-z][a-z-]+ .*)$",
            text,
        )
        fenced = [
            one
            for block in (fences(path.relative_to(ROOT / "deploy").as_posix()) if path.suffix == ".md" else [])
            for one in re.findall(r"(?m)^(?:.* -- )?((?:\S*/)?mailguard [a-z][a-z-]+.*)$", block)
        ]
        found += [(path.name, shlex.split(one, comments=True)) for one in (*inline, *blocks, *fenced)]
    return found


# Who runs the blocks of commands in each guide, as they stand; the names of what is not here are only looked up.
RUN_BY = {
    "INSTALL.md": "peers/test_bare_machine.py",
    "docker/README.md": "peers/test_container.py",
    "postfix/README.md": "peers/test_bare_machine.py",
    "BACKUP.md": "peers/test_postgres_backup.py",
    "roll/README.md": "docs/test_roll_guide.py",
    "postgresql/README.md": "unit/store/test_move.py",
    "SIGN-IN.md": "",  # a token and a public address
    "exchange-online/README.md": "",  # `doctor` against a tenant that is not there
}


def test_no_guide_has_commands_that_nobody_runs() -> None:
    with_commands = {path.relative_to(ROOT / "deploy").as_posix() for path in GUIDES if "```sh\n" in path.read_text()}
    assert with_commands == set(RUN_BY)
    for test in filter(None, RUN_BY.values()):
        assert (ROOT / "tests" / test).exists(), test


def resolve(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words name, and the words that are left for it; None if there is no such command."""
    node: Any = typer.main.get_command(app)
    rest = words[1:]
    while rest and hasattr(node, "commands") and rest[0] in node.commands:
        node, rest = node.commands[rest[0]], rest[1:]
    return node, rest


def test_every_link_leads_somewhere() -> None:
    for path in GUIDES:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert "://" in target or (path.parent / target).exists(), f"{path.name}: {target}"


@pytest.mark.parametrize(("name", "n", "text"), BLOCKS, ids=[f"{name}-{n}" for name, n, _ in BLOCKS])
def test_every_configuration_can_be_used(name: str, n: int, text: str) -> None:
    parse_config(text, Path("/etc/mailguard"))


def test_every_command_and_option_exists() -> None:
    found = commands()
    assert len(found) > 20
    for name, words in found:
        node, rest = resolve(words)
        assert not hasattr(node, "commands"), f"{name}: no such command: {' '.join(words)}"
        known = {option for param in node.params for option in param.opts}
        for word in rest:
            assert not word.startswith("--") or word in known, f"{name}: {' '.join(words)}: no {word}"


def test_the_commands_of_backup_and_data_run_as_they_stand(tmp_path: Path) -> None:
    def run(*words: str) -> str:
        command = [sys.executable, "-m", "mailguard", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    run("init", "--dir", ".", "--yes")
    run("user", "add", "office", "--config", "mailguard.toml")  # makes the store
    copy, ran = "", []
    for name, words in commands():
        if name not in ("BACKUP.md", "DATA.md") or "--config" not in words or words[0] != "mailguard":
            continue
        arguments = [
            word.replace("/etc/mailguard/", "")
            .replace("/var/backups/mailguard", ".")
            .replace("./mailguard-DATE.db", copy)
            for word in words[1:]
        ]
        out = run(*arguments)
        ran.append(" ".join(words[1:3]) if words[1] in ("key", "subject") else words[1])
        if words[1] == "backup":
            copy = out.split()[1].rstrip(",")
    assert ran == ["backup", "restore", "key rotate", "subject find", "subject erase"]
