"""A small roll and a way to run the command line as a person does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PUPILS = """\
school,pupil_id,upn,uln,forename,middle_names,surname,preferred_forename,preferred_surname,date_of_birth,year_group,\
registration_group,address,postcode,email,status
OAK,P1,,,Ama,,Osei,,,2014-03-14,4,4B,1 Hill Road,ZZ9 9AA,,current
OAK,P2,,,Leo,,Brennan,,,2013-05-01,5,5A,2 Mill Lane,ZZ9 8BB,,current
"""
CONTACTS = """\
contact_id,title,forename,surname,emails,phones,address,postcode,confidential
C1,Mrs,Efua,Osei,efua@home.example,07700 900111,1 Hill Road,ZZ9 9AA,n
C2,Mr,Tom,Brennan,tom@home.example,07700 900222,2 Mill Lane,ZZ9 8BB,n
"""
RELATIONSHIPS = """\
pupil_id,contact_id,relationship,parental_responsibility,may_receive,priority
P1,C1,mother,y,y,1
P2,C2,father,y,y,1
"""
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
