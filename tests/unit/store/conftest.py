"""A real store in a temporary folder, and mail to put into it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailguard.model import (
    Envelope,
    Evidence,
    EvidenceKind,
    Finding,
    Message,
    Outcome,
    PupilKey,
    RecipientVerdict,
    Sighting,
    Sightings,
    Strength,
    Verdict,
)
from mailguard.store import Store, StoreSettings, write_key_file

Story = Callable[[Store], Awaitable[None]]


class Kit:
    """What the tests of the store are made of."""

    now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    parent, other = "parent@home.example", "other@home.example"
    pupil = PupilKey("OAK", "P1")
    evidence = Evidence(EvidenceKind.NAME, "Zebedee Quillfeather", ("forms.pdf", "page 1"))

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / "key").exists():
            write_key_file(folder / "key")
        self.settings = StoreSettings(f"sqlite:///{folder}/mailguard.db", folder / "key", reserve_bytes=0)

    def message(self, name: str = "m1", content: bytes = b"Subject: x\r\n\r\nHello\r\n", **fields: object) -> Message:
        envelope = Envelope("office@oak.example", (self.parent, self.other))
        return Message(name, envelope, content, self.now, **fields)  # type: ignore[arg-type]

    def finding(self) -> Finding:
        return Finding(
            "other-family",
            ("forms.pdf", "page 1"),
            1,
            self.pupil,
            strength=Strength.RECORD,
            evidence=(self.evidence,),
            sentence="The form is about Zebedee Quillfeather, who is not of this family.",
        )

    def verdict(self, **outcomes: Outcome) -> Verdict:
        """HOLD for the parent and DELIVER for the other, unless told."""
        outcomes = {"parent": Outcome.HOLD, "other": Outcome.DELIVER} | outcomes
        recipients = tuple(
            RecipientVerdict(getattr(self, who), outcome, (self.finding(),) if outcome is Outcome.HOLD else ())
            for who, outcome in outcomes.items()
        )
        return Verdict(recipients, school="OAK", roll_revision="r1", policy_revision="p1")

    def sightings(self) -> Sightings:
        return Sightings((Sighting((self.pupil,), Strength.RECORD, ("forms.pdf",), evidence=(self.evidence,)),))

    def run(self, story: Story) -> None:
        """Open the store, tell the story, close the store."""

        async def main() -> None:
            store = Store.open(self.settings)
            await store.start()
            try:
                await story(store)
            finally:
                await store.close()

        asyncio.run(main())


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit(tmp_path)
