"""A database with one held message, and people who may decide."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailguard.model import (
    Category,
    Envelope,
    Evidence,
    EvidenceKind,
    Finding,
    Message,
    Outcome,
    PupilKey,
    RecipientVerdict,
    Sightings,
    Strength,
    Unreadable,
    UnreadableReason,
    Verdict,
)
from mailguard.store import Database, StoreSettings, queue, users, verdicts, write_key_file
from mailguard.store.envelope import message_rows
from mailguard.store.users import Role, User

PARENTS = ("ada@home.example", "bob@home.example", "cy@home.example")


class Desk:
    """A database and what the tests put into it."""

    def __init__(self, folder: Path) -> None:
        write_key_file(folder / "key")
        self.settings = StoreSettings(f"sqlite:///{folder}/mailguard.db", folder / "key")
        self.database = Database.open(self.settings)
        with self.database.write() as tx:
            for user in (
                User("helen", email="helen@oak.example"),
                User("osei", (Role.APPROVER,), school="OAK", email="a.osei@oak.example"),
                User("other school", school="ELM"),
                User("technician", (Role.TECHNICIAN,)),
            ):
                users.add(tx, user, "root")

    def hold(
        self,
        name: str = "m1",
        sender: str = "helen+mis@oak.example",
        held: int = 2,
        batch: str = "",
        at: datetime | None = None,
    ) -> None:
        """Store a message to the three parents, the first `held` of them held, of a run if `batch` names one."""
        message = Message(name, Envelope(sender, PARENTS), b"Subject: x\r\n\r\nHello\r\n", at or datetime.now(UTC))
        finding = Finding(
            "other-family",
            ("forms.pdf", "page 1"),
            1,
            PupilKey("OAK", "P1"),
            strength=Strength.RECORD,
            categories=(Category.MEDICAL,),
            evidence=(Evidence(EvidenceKind.NAME, "Zebedee Quillfeather", ("forms.pdf", "page 1")),),
            sentence="The form is about Zebedee Quillfeather.",
        )
        outcomes = [
            RecipientVerdict(address, Outcome.HOLD, (finding,))
            if n < held
            else RecipientVerdict(address, Outcome.DELIVER)
            for n, address in enumerate(PARENTS)
        ]
        verdict = Verdict(
            tuple(outcomes),
            (Unreadable(("forms.zip", "secret.zip"), UnreadableReason.ENCRYPTED, "a password is needed"),),
            "OAK",
            "r1",
            "p1",
        )
        with self.database.write() as tx:
            rows = message_rows(message, tx.vault, tx.node, own=False)
            queue.accept(tx, [rows])
            seal = tx.vault.unwrap(name, rows.message["wrapped_key"])
            judgement = verdicts.Judgement(verdict, Sightings(), "enforce", batch, "Zebedee's form", tx.now, None, None)
            verdicts.record(tx, [verdicts.verdict_rows(name, PARENTS, seal, tx.vault, judgement)])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
