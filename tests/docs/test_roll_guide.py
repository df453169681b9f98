"""The guide to the roll is true to the letter: its commands are run in order, on a site made for them."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mailguard.cli import app
from mailguard.cli.site import configuration_text
from mailguard.config import parse_config
from mailguard.store import write_key_file

GUIDE = (Path(__file__).parents[2] / "deploy/roll/README.md").read_text(encoding="utf-8")
EXPORT = (
    "Adno,UPN,Legal Surname,Legal Forename,DOB,Reg Group,Contact Surname,Contact Forename,Contact Relationship,"
    "Parental Responsibility,Primary Email,Court Order\n"
    "1,B801200005001,Kerr,Ada,09/03/2015,6B,Kerr,Una,Mother,T,una@home.example,F\n"
    "1,B801200005001,Kerr,Ada,09/03/2015,6B,Kerr,Bo,Father,T,bo@home.example,F\n"
    "2,,Poe,Ben,,5A,Poe,Ida,Mother,T,ida@home.example,F\n"
)
EXPECTED = {"roll problems": 1}  # Ben has no date of birth, and that is said


def commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line]


def run(arguments: list[str]) -> tuple[int, str, str]:
    """Run a command in this process: two dozen interpreters would take a minute to start."""
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.stdout, done.stderr


def test_every_command_of_the_guide_runs_in_the_order_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answers = {"code": "OAK", "office": "office@oakfield.example", "url": "sqlite:///mailguard.db"}
    answers |= {"listen": "127.0.0.1:2525", "smart_host": "127.0.0.1:2526"}
    (tmp_path / "mailguard.toml").write_text(
        configuration_text(answers).replace('source = "roll"', 'source = "roll.csv"'), encoding="utf-8"
    )
    (tmp_path / "policy.toml").write_text('[[school]]\ncode = "OAK"\nname = "Oakfield"\n', encoding="utf-8")
    write_key_file(tmp_path / "key")
    (tmp_path / "export.csv").write_text(EXPORT, encoding="utf-8")
    lines = EXPORT.replace("ida@", "ida.poe@").splitlines()
    told = [f"{'School' if n == 0 else 'OAK'},{line}\n" for n, line in enumerate(lines)]
    (tmp_path / "roll.csv").write_text("".join(told), encoding="utf-8")
    assert run(["user", "add", "alice", "--config", "mailguard.toml"])[0] == 0
    said = {}
    for words in commands():
        assert words[0] == "mailguard"
        status, out, err = run(words[1:])
        assert status == EXPECTED.get(" ".join(words[1:3]), 0), f"{words}: {out}{err}"
        said[" ".join(words[1:4])] = out
    assert "may receive OAK 1 (Mother)" in said["roll who una@home.example"]
    assert "Kerr" in said["roll correction export"]
    assert "bar bo@home.example  OAK/1 until 2099-12-31  alice" in said["roll override list"]


def test_the_configurations_of_the_guide_can_be_read(tmp_path: Path) -> None:
    text = "".join(re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL))
    sources = parse_config(text, tmp_path).roll_sources
    assert [(source.school, bool(source.url)) for source in sources] == [("OAK", False), ("OAK", False), ("ELM", True)]
