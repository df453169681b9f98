"""The guides are true to the letter: links lead somewhere, configurations can be used, commands exist and run."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

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
        found += [(path.name, shlex.split(one, comments=True)) for one in (*inline, *blocks)]
    return found


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
            word.replace("/etc/mailguard/", "").replace("/var/backups", ".").replace("./mailguard-DATE.db", copy)
            for word in words[1:]
        ]
        out = run(*arguments)
        ran.append(" ".join(words[1:3]) if words[1] in ("key", "subject") else words[1])
        if words[1] == "backup":
            copy = out.split()[1].rstrip(",")
    assert ran == ["backup", "restore", "key rotate", "subject find", "subject erase"]
