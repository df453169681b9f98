"""Twenty schools on one relay, made up, and rules whose hours are minutes: what takes an hour with a school takes a
minute here. Ages (a roll's, a held message's) are shifted in the store, not waited for."""

from __future__ import annotations

import csv
import json
import random
import re
import smtplib
import sqlite3
import sys
import time
from pathlib import Path

from dialogues.servekit import free_port
from peers.runkit import Run, wait_for
from unit.doctor.sitekit import Served

from mailguard.demo import names
from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.imports import bring_in
from mailguard.enrol.sources import load_source
from mailguard.model import Roll
from mailguard.roll import columns
from mailguard.roll.identifiers import upn_check_letter
from mailguard.store import Database, StoreSettings, write_key_file

SCALE = 60
CODES = [f"S{n:02}" for n in range(1, 21)]
SLIPPED, STALE, CUT_OFF, FORGOTTEN, EMPTY, HELD_MUCH = CODES[:6]
PUPILS_A_SCHOOL = 12

CONFIG = """\
[store]
url = "sqlite:///data/mailguard.db"
key_file = "key"
[receive]
listen = ["127.0.0.1:{port}"]
[deliver]
smart_host = "{upstream}"
tls = "none"
retry_schedule = ["5s"]
[roll]
source = "roll"
[policy]
file = "policy.toml"
[observe]
listen = "127.0.0.1:{observe}"
{schools}
"""
RECORD = """\
From: office@{domain}
To: {to}
Subject: Form {n}

Name: {pupil.forename} {pupil.surname}
Date of birth: {pupil.date_of_birth:%d/%m/%Y}
UPN: {pupil.upn}
Medical: asthma
"""
NEWS = "From: office@{domain}\nTo: {to}\nSubject: News {n}\n\nThe museum trip is on Friday. Bring a packed lunch.\n"


def scaled(rules: Path, to: Path) -> Path:
    """The rules with every `for`, window and interval divided by SCALE; thresholds stay as they are. No `for` is below
    ten seconds: a scrape or two may be late on a busy machine."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}

    def shorter(match: re.Match[str]) -> str:
        return f"{max(1000, int(match[1]) * units[match[2]] * 1000 // SCALE)}ms"

    def line(match: re.Match[str]) -> str:
        short = re.sub(r"(\d+)([smhd])", shorter, match[0])
        return re.sub(r"for: \d{1,4}ms", "for: 10s", short)

    text = rules.read_text(encoding="utf-8")
    to.write_text(re.sub(r"(?m)\[[\d:smhd]+\]|^\s+(?:for|interval): .+$", line, text), encoding="utf-8")
    return to


def make_roll(folder: Path) -> Roll:
    """Twelve families a school, none of them in EMPTY; no two people share a full name."""
    rng = random.Random("twenty schools")
    full = [(f, s) for c in names.CULTURES for f in (*c.girls, *c.boys) for s in c.surnames]
    rng.shuffle(full)
    pupils, contacts, pairs, staff = [], [], [], []
    for place, code in enumerate(CODES):
        staff.append((code, "Ms", *full.pop(), f"office@{code.lower()}.example"))
        for n in range(0 if code == EMPTY else PUPILS_A_SCHOOL):
            (forename, surname), (first, last) = full.pop(), full.pop()
            body = f"9982{place:03}26{n:03}"
            key, home, post = (
                f"{code}-{n}",
                f"{n + 3} {names.STREETS[place % len(names.STREETS)]}",
                f"ZZ{place} {n % 9}AB",
            )
            born = f"{rng.randrange(2010, 2019)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
            row = dict.fromkeys((*columns.PUPILS.required, *columns.PUPILS.optional), "")
            row |= {"school": code, "pupil_id": key, "upn": upn_check_letter(f"A{body}") + body, "forename": forename}
            row |= {"surname": surname, "date_of_birth": born, "address": home, "postcode": post, "status": "current"}
            pupils.append(row)
            email = f"family{place:02}{n:02}.{last.split()[0].lower()}@home.example".encode("ascii", "ignore").decode()
            contacts.append((f"C{key}", "Mx", first, last, email, f"07700 90{place:02}{n:02}", home, post, "n"))
            pairs.append((key, f"C{key}", "parent", "y", "y", "1"))
    folder.mkdir()
    tables = {
        "pupils": [tuple(pupils[0]), *(tuple(row.values()) for row in pupils)],
        "contacts": [columns.CONTACTS.required, *contacts],
        "relationships": [columns.RELATIONSHIPS.required, *pairs],
        "staff": [columns.STAFF.required, *staff],
    }
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    return load_source(folder).roll


class Twenty(Run):
    """The relay of twenty schools, with one that imported its roll four days ago and one whose mail server is not
    there. `send` and `post` hand mail in; `sent` counts it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.served = Served()  # a mail server without moods

    def _run(self) -> None:
        upstream = self.served.__enter__()
        self.sent = 0
        self.schools_roll = make_roll(self.folder / "roll")
        self.by_school = {code: [p for p in self.schools_roll.pupils if p.school == code] for code in CODES}
        self.mailbox = {c.contact_id: c.emails[0] for c in self.schools_roll.contacts}
        (self.folder / "data").mkdir(mode=0o700)
        write_key_file(self.folder / "key")
        lines = [f'[school.{code}]\noffice = "office@{code.lower()}.example"' for code in CODES]
        lines[CODES.index(CUT_OFF)] += f'\nsmart_host = "127.0.0.1:{free_port()}"'
        values = {"port": self.port, "observe": self.observe, "upstream": upstream.address, "schools": "\n".join(lines)}
        self.config.write_text(CONFIG.format(**values), encoding="utf-8")
        schools = (
            f'[[school]]\ncode = "{code}"\nname = "School {code}"\nstaff_domains = ["{code.lower()}.example"]\n'
            for code in CODES
        )
        (self.folder / "policy.toml").write_text("".join(schools), encoding="utf-8")
        settings = StoreSettings(f"sqlite:///{self.folder}/data/mailguard.db", self.folder / "key")
        with Database.open(settings) as database:
            bring_in(DatabaseDoor(database), load_source(self.folder / "roll"), "test")
        self._age_the_roll(STALE, 4 * 86400)
        self.serve()

    @property
    def roll(self) -> Roll:
        return self.schools_roll

    def serve(self) -> None:
        before = self.log.stat().st_size if self.log.exists() else 0
        self.start(sys.executable, "-m", "mailguard", "serve", "--config", str(self.config), log=self.log)
        wait_for("the relay starts", lambda: b'"started"' in self.log.read_bytes()[before:])

    def _change(self, statement: str, *values: object) -> None:
        connection = sqlite3.connect(self.folder / "data" / "mailguard.db", timeout=60)
        with connection:
            assert connection.execute(statement, values).rowcount > 0
        connection.close()

    def _age_the_roll(self, school: str, seconds: int) -> None:
        connection = sqlite3.connect(self.folder / "data" / "mailguard.db")
        [seen] = connection.execute("select seen from roll_revision order by number desc limit 1").fetchone()
        connection.close()
        moments = json.loads(seen)
        moments[school] -= seconds * 1_000_000
        self._change("update roll_revision set seen = ?", json.dumps(moments))

    def age_what_is_held(self, school: str, seconds: int) -> None:
        shift = "update message set received_at = received_at - ? where school = ?"
        self._change(shift, seconds * 1_000_000, school)

    def mail(self, code: str, kind: str) -> tuple[str, str, bytes]:
        """Sender, recipient and content: "own" (a record, to its family), "wrong" (to another) or "news"."""
        pupils = self.by_school[code] or self.by_school[SLIPPED]
        pupil, other = random.sample(pupils, 2)
        to = self.mailbox[f"C{(other if kind == 'wrong' else pupil).pupil_id}"]
        domain = f"{code.lower()}.example"
        self.sent += 1
        text = NEWS if kind == "news" else RECORD
        content = text.format(domain=domain, to=to, n=self.sent, pupil=pupil).replace("\n", "\r\n")
        return f"office@{domain}", to, content.encode()

    def post(self, *mails: tuple[str, str, bytes]) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=120) as client:
            for sender, to, content in mails:
                client.sendmail(sender, [to], content, mail_options=["BODY=8BITMIME"])

    def keep_sending(self, seconds: float) -> None:
        """A message or two a second, of any school: mostly to the right family, now and then news."""
        end, turn = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            code = CODES[turn % len(CODES)]
            self.post(self.mail(code, "news" if turn % 3 == 0 or code == EMPTY else "own"))
            turn += 1
            time.sleep(0.5)
