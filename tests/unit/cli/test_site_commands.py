"""`init` and `check-config`: what is made can be used, and what is broken is named."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from .conftest import CONTACTS, PUPILS, RELATIONSHIPS


@pytest.fixture
def site(mailguard, tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    assert mailguard("init", "--dir", folder, "--yes").status == 0
    for name, text in (("pupils", PUPILS), ("contacts", CONTACTS), ("relationships", RELATIONSHIPS)):
        (folder / "roll" / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def check(mailguard, site: Path):
    return mailguard("check-config", "--config", site / "mailguard.toml")


def test_what_init_writes_is_fine_once_the_roll_is_filled(mailguard, site: Path) -> None:
    done = check(mailguard, site)
    assert (done.status, done.err) == (0, "")
    assert "2 pupils" in done.out


def test_a_fault_of_every_row_is_told_a_few_times_and_counted(mailguard, site: Path) -> None:
    pupils = site / "roll" / "pupils.csv"
    head, row = PUPILS.splitlines()[:2]
    rows = [row.replace("P1", f"P{n}").replace("2014-03-14", "14 of March") for n in range(400)]
    pupils.write_text("\n".join((head, *rows, row.replace("OAK", ""))) + "\n", encoding="utf-8")
    done = check(mailguard, site)
    said = done.err.splitlines()
    assert done.status == 1
    assert len(said) < 12
    assert [f"pupils.csv, line {n}, column date_of_birth" in done.err for n in (2, 3, 4, 5)] == [True] * 3 + [False]
    assert any("the same on 397 more lines, up to line 401" in line and "column date_of_birth" in line for line in said)
    assert any("line 402, column school" in line for line in said)
    assert "--dry-run" in said[-1]


def test_the_key_is_for_its_owner_alone_and_is_never_overwritten(mailguard, site: Path) -> None:
    key = site / "key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o400
    before = key.read_bytes()
    again = mailguard("init", "--dir", site, "--yes")
    assert again.status == 2
    assert "there already" in again.err
    assert key.read_bytes() == before


def test_init_with_nobody_to_answer_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    for answers in ("", "OAK\nOakfield\n"):
        command = [sys.executable, "-m", "mailguard", "init", "--dir", str(folder)]
        done = subprocess.run(command, input=answers, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 2
        assert "--yes" in done.stderr
        assert "six questions" in done.stderr
        assert "Aborted" not in done.stderr
        assert not folder.exists()


def test_what_was_not_asked_is_said_to_be_an_example(mailguard, tmp_path: Path) -> None:
    done = mailguard("init", "--dir", tmp_path / "new", "--yes")
    assert "examples" in done.err
    assert "mailguard.toml" in done.err


def test_a_command_without_config_takes_the_system_s(mailguard) -> None:
    from mailguard.cli import app

    def commands(node):
        return (
            [one for child in node.commands.values() for one in commands(child)]
            if hasattr(node, "commands")
            else [node]
        )

    asking = [
        (command, option)
        for command in commands(typer.main.get_command(app))
        for option in command.params
        if option.name == "config"
    ]
    assert len(asking) > 25
    assert [command.name for command, option in asking if option.required] == []
    if not Path("/etc/mailguard/mailguard.toml").exists():
        done = mailguard("held", "list")
        assert done.status == 2
        assert "/etc/mailguard/mailguard.toml: cannot be read" in done.err


def test_the_empty_roll_of_init_is_refused(mailguard, tmp_path: Path) -> None:
    mailguard("init", "--dir", tmp_path / "new", "--yes")
    done = check(mailguard, tmp_path / "new")
    assert done.status == 1
    assert "no pupils" in done.err


BROKEN = {
    "missing key": ("key", None, "key", 1),
    "key of no use": ("key", "short\n", "key", 1),
    "missing roll": ("roll/pupils.csv", None, "pupils.csv", 1),
    "bad roll": ("roll/pupils.csv", PUPILS.replace("2014-03-14", "14/03/2014"), "pupils.csv, line 2", 1),
    "missing policy": ("policy.toml", None, "policy.toml", 1),
    "bad policy": ("policy.toml", "[rules]\nother-famly = 'hold'\n", "policy.toml line 2", 1),
    "policy without the school": ("policy.toml", "", "[school.OAK]", 1),
    "bad configuration": ("mailguard.toml", "mode = 'on'\n", "mailguard.toml line 1", 2),
    "missing configuration": ("mailguard.toml", None, "cannot be read", 2),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named(mailguard, site: Path, name: str) -> None:
    file, text, said, status = BROKEN[name]
    (site / file).unlink()
    if text is not None:
        (site / file).write_text(text, encoding="utf-8")
    done = check(mailguard, site)
    assert done.status == status
    assert said in done.err
    assert "Ama" not in done.err


def test_everything_broken_is_named_at_once(mailguard, site: Path) -> None:
    for file in ("key", "policy.toml", "roll/contacts.csv"):
        (site / file).unlink()
    done = check(mailguard, site)
    for said in ("key", "policy.toml", "contacts.csv"):
        assert said in done.err
