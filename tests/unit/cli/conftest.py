"""A small roll and a way to run the command line as a person does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from unit.doctor.sitekit import CONTACTS, PUPILS, RELATIONSHIPS

__all__ = ["CONTACTS", "PUPILS", "RELATIONSHIPS"]

RECORD = b"Name: Ama Osei\r\nDate of birth: 14/03/2014\r\nMedical: asthma\r\n"


def mail(to: str, body: bytes = RECORD, sender: str = "office@oakfield.example") -> bytes:
    head = f"From: Office <{sender}>\r\nTo: {to}\r\nSubject: Form\r\nMIME-Version: 1.0\r\n\r\n"
    return head.encode() + body


@pytest.fixture
def roll(tmp_path: Path) -> Path:
    folder = tmp_path / "roll"
    folder.mkdir()
    for name, text in (("pupils", PUPILS), ("contacts", CONTACTS), ("relationships", RELATIONSHIPS)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


class Result:
    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def mailguard():
    def run(*arguments: object) -> Result:
        command = [sys.executable, "-m", "mailguard", *map(str, arguments)]
        return Result(subprocess.run(command, capture_output=True, text=True, timeout=120, check=False))

    return run
