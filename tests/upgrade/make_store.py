"""Makes the store of 0.1.0: run once with that version's code, `python make_store.py FOLDER` (FOLDER/roll is its roll).

Kept to show what is in 0.1.0/mailguard.db.gz; it does not run with later versions.
"""

# mypy: ignore-errors
import asyncio
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

from mailguard.enrol.imports import import_roll
from mailguard.enrol.sources import load_source
from mailguard.hold.decisions import By, refuse, release
from mailguard.model import (
    Envelope,
    Evidence,
    EvidenceKind,
    Finding,
    Message,
    Outcome,
    PupilKey,
    RecipientState,
    RecipientVerdict,
    Sightings,
    Strength,
    Verdict,
)
from mailguard.store import Settled, Store, StoreSettings, recipient_id, users, write_key_file
from mailguard.store.users import User

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FINDING = Finding(
    "other-family",
    ("body",),
    1,
    PupilKey("OAK", "P1"),
    strength=Strength.RECORD,
    evidence=(Evidence(EvidenceKind.NAME, "Zebedee Quillfeather", ("body",)),),
    sentence="The message is about Zebedee Quillfeather, who is not of this family.",
)
MAIL = {
    "held-1": {"a@home.example": Outcome.HOLD, "b@home.example": Outcome.DELIVER},
    "held-2": {"c@home.example": Outcome.HOLD},
    "released-1": {"d@home.example": Outcome.HOLD},
    "refused-1": {"e@home.example": Outcome.HOLD},
    "queued-1": {"f@home.example": Outcome.DELIVER},
}


def message(name: str, *to: str) -> Message:
    text = f"From: office@oakfield.example\r\nSubject: {name}\r\n\r\nContent of {name}\r\n"
    return Message(name, Envelope("office@oakfield.example", to), text.encode(), AT)


async def fill(folder: Path) -> None:
    write_key_file(folder / "key")
    store = Store.open(StoreSettings(f"sqlite:///{folder}/mailguard.db", folder / "key", reserve_bytes=0))
    await store.start()
    await store.write(import_roll, load_source(folder / "roll"), "test")
    await store.write(users.add, User("office"), "test")
    for name, outcomes in MAIL.items():
        await store.accept(message(name, *outcomes))
        people = tuple(
            RecipientVerdict(to, one, (FINDING,) if one is Outcome.HOLD else ()) for to, one in outcomes.items()
        )
        verdict = Verdict(people, (), "OAK", "r1", "p1")
        await store.record_verdict(name, verdict, Sightings(), subject=f"Subject of {name}")
    await store.settle([Settled(recipient_id("held-1", 1), RecipientState.SENT, 250, "ok")])
    await store.accept(message("unjudged-1", "g@home.example"))
    await store.write(release, "released-1", By("office", "entitled after all"))
    await store.write(refuse, "refused-1", By("office", "wrong family"))
    await store.close()


if __name__ == "__main__":
    asyncio.run(fill(Path(sys.argv[1])))
    with sqlite3.connect(Path(sys.argv[1]) / "mailguard.db") as database:
        database.execute("pragma journal_mode=delete")
