"""A console over a small trust of two schools, with held mail of both, asked as a browser asks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from mailguard.console import passwords
from mailguard.console.app import make_app
from mailguard.console.settings import ConsoleSettings
from mailguard.console.site import Site
from mailguard.enrol.actors import Actor
from mailguard.enrol.correcting import Noted, note_correction
from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.overriding import Wanted, add_override
from mailguard.extract.looks import as_it_looks
from mailguard.model import (
    Category,
    Contact,
    Envelope,
    Evidence,
    EvidenceKind,
    Finding,
    MayReceive,
    Message,
    Outcome,
    Pupil,
    PupilKey,
    Reading,
    RecipientVerdict,
    Relationship,
    Roll,
    Segment,
    Sightings,
    Strength,
    Verdict,
)
from mailguard.roll.corrections import Wrong
from mailguard.roll.overrides import OverrideKind
from mailguard.store import Database, StoreSettings, queue, users, verdicts, write_key_file
from mailguard.store.envelope import message_rows
from mailguard.store.revisions import save_roll
from mailguard.store.users import Grant, Role, User

URL = "https://check.example"
PASSWORD = "correct horse battery"
POLICY = """
[[school]]
code = "OAK"
name = "Oakfield Primary School"
staff_domains = ["oak.example"]
[[school]]
code = "ELM"
name = "Elm Tree Academy"
staff_domains = ["elm.example"]
"""
ZEB, AMA = PupilKey("OAK", "P1"), PupilKey("OAK", "P2")
ROLL = Roll(
    pupils=(
        Pupil("OAK", "P1", "Zebedee", "Quillfeather", date(2015, 5, 4), registration_group="4B"),
        Pupil("OAK", "P2", "Ama", "Osei", date(2015, 6, 7), registration_group="4B"),
        Pupil("ELM", "P1", "Wren", "Marchbanks", date(2010, 6, 7), registration_group="9A"),
    ),
    contacts=(
        Contact("C1", "Ada", "Quillfeather", "Mrs", ("ada@home.example",)),
        Contact("C2", "Helen", "Osei", "Ms", ("helen@home.example",)),
        Contact("C3", "Robin", "Marchbanks", "", ("robin@home.example",)),
    ),
    relationships=(
        Relationship(ZEB, "C1", "Mother", may_receive=MayReceive.YES),
        Relationship(AMA, "C2", "Mother", may_receive=MayReceive.YES),
        Relationship(PupilKey("ELM", "P1"), "C3", "Father", may_receive=MayReceive.YES),
    ),
    revision="r1",
)
USERS = (
    User("office", (Role.OFFICE,), "OAK", "office@oak.example"),
    User("head", (Role.APPROVER,), "OAK"),
    User("dpo", (Role.DPO,)),
    User("elm", (Role.OFFICE,), "ELM"),
    User("technician", (Role.TECHNICIAN,)),
    User("trust", (Role.TRUST,)),
    User("auditor", (Role.AUDITOR,)),
    User("both", (Role.OFFICE,), "OAK", also=(Grant(Role.AUDITOR, "ELM"),)),
)
NOTHING_SEEN = Sightings()
BODY = "Dear all,\n\nZebedee Quillfeather has asthma."


class Desk:
    """The console and what the tests put into its store."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.open(StoreSettings(f"sqlite:///{folder}/mailguard.db", folder / "key"))
        self.site = Site(self.database, ConsoleSettings(public_url=URL), folder / "policy.toml", hostname="mx.example")
        self.policy_revision = self.site.policy().revision
        # Reading is done in the jail; these tests are of the pages, and give them what the jail would.
        self.text = BODY
        self.site.reading = lambda message: Reading((Segment(self.text, ("body",)),))  # type: ignore[method-assign]
        self.site.page_picture = lambda message, place, page, words: b"\x89PNG"  # type: ignore[method-assign]
        self.site.part_bytes = lambda message, place: b"the file"  # type: ignore[method-assign]
        self.html = "<p>Zebedee Quillfeather has <b>asthma</b>.</p>"
        self.site.looks = lambda message, words: as_it_looks(self.html, words) if self.html else ""  # type: ignore[method-assign]
        self.site.judge = lambda content, envelope: Verdict(  # type: ignore[method-assign]
            tuple(RecipientVerdict(one, Outcome.DELIVER) for one in envelope.recipients), (), "OAK"
        )
        self.app = make_app(self.site)

    def hold(
        self,
        name: str = "m1",
        school: str = "OAK",
        *,
        to: tuple[str, ...] = ("helen@home.example",),
        held: int = 1,
        subject: str = "Zebedee's form",
        sender: str = "t.smith@oak.example",
        rule: str = "other-family",
        categories: tuple[Category, ...] = (Category.CONTACT,),
        pupil: PupilKey | None = ZEB,
        sentence: str = "The message text shows a record of Zebedee Quillfeather (4B).",
        evidence: str = "Zebedee Quillfeather",
        place: tuple[str, ...] = ("body",),
        age: timedelta = timedelta(),
        also: tuple[Finding, ...] = (),
        seen: Sightings = NOTHING_SEEN,
    ) -> str:
        """Store a message, the first `held` of its recipients held; `also` are further findings of theirs."""
        at = datetime.now(UTC) - age
        content = f"From: {sender}\r\nSubject: x\r\n\r\n{self.text}\r\n".encode()
        message = Message(name, Envelope(sender, to), content, at)
        start = self.text.find(evidence)
        finding = Finding(
            rule,
            place,
            1,
            pupil,
            strength=Strength.RECORD,
            categories=categories,
            evidence=(Evidence(EvidenceKind.NAME, evidence, place, start, start + len(evidence)),),
            sentence=sentence,
        )
        outcomes = tuple(
            RecipientVerdict(one, Outcome.HOLD, (finding, *also))
            if n < held
            else RecipientVerdict(one, Outcome.DELIVER)
            for n, one in enumerate(to)
        )
        verdict = Verdict(outcomes, (), school, "r1", self.policy_revision)
        with self.database.write() as tx:
            rows = message_rows(message, tx.vault, tx.node, own=False)
            queue.accept(tx, [rows])
            seal = tx.vault.unwrap(name, rows.message["wrapped_key"])
            judgement = verdicts.Judgement(verdict, seen, "enforce", "", subject, tx.now, None, None)
            verdicts.record(tx, [verdicts.verdict_rows(name, to, seal, tx.vault, judgement)])
        return name

    def note(self, by: str = "office", address: str = "granny@home.example") -> str:
        """Note that an address is missing on the roll; returns the number of the correction."""
        noted = Noted(Wrong.ADDRESS_MISSING, "OAK/P1", address, note="she collects him")
        return str(note_correction(DatabaseDoor(self.database), Actor(by), noted).number)

    def bar(self, address: str) -> str:
        """Keep an address from Zebedee by an order; returns the number of the override."""
        wanted = Wanted(OverrideKind.BAR, address, "an order", "OAK/P1")
        return str(add_override(DatabaseDoor(self.database), Actor("office"), wanted).override.number)

    def browser(self, user: str = "") -> TestClient:
        """A browser, signed in if a user is named."""
        client = TestClient(self.app, base_url=URL, headers={"origin": URL}, follow_redirects=False)
        if user:
            answer = client.post("/sign-in", data={"name": user, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
        return client

    def states(self, name: str = "m1") -> list[str]:
        """The states of a message's recipients."""
        from mailguard.store import holds

        with self.database.read() as tx:
            return [one.state.value for one in holds.details(tx, name).recipients]


def form_of(page: str, **more: str) -> dict[str, str]:
    """The hidden fields of a page's last form, with what is filled in."""
    import re

    form = page.rpartition("<form")[2]
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    return hidden | more


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with roll and users, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("pattern")
    write_key_file(folder / "key")
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    with (
        Database.open(StoreSettings(f"sqlite:///{folder}/mailguard.db", folder / "key")) as database,
        database.write() as tx,
    ):
        save_roll(tx, ROLL, {}, "test")
        hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        for user in USERS:
            users.add(tx, user, "root", hashed)
    return folder


@pytest.fixture
def desk(tmp_path: Path, pattern: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # What a password costs is tested apart; here it would only take time.
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    shutil.copytree(pattern, tmp_path, dirs_exist_ok=True)
    made = Desk(tmp_path)
    yield made
    made.database.close()
