"""Rolls swapped under load: every verdict is wholly of one revision, and what begins after a swap is of the new one."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from mailguard.model import Contact, Envelope, MayReceive, Outcome, Pupil, PupilKey, Relationship, Roll
from mailguard.policy import parse_policy
from mailguard.roll.revision import with_revision
from mailguard.workers import Workers, WorkerSettings

POLICY = parse_policy('[[school]]\ncode = "OAK"\nname = "Oakfield"\nstaff_domains = ["oak.example"]\n')
PUPILS = tuple(
    Pupil("OAK", str(n), forename, surname, date(2015, 3, n + 1), registration_group="6B")
    for n, (forename, surname) in enumerate(
        (("Zebedee", "Quillfeather"), ("Oriana", "Brackenbury"), ("Tove", "Ashgrove"))
    )
)
CONTACTS = tuple(Contact(name, emails=(f"{name}@home.example",)) for name in ("una", "bo"))
ENVELOPE = Envelope("office@oak.example", ("una@home.example", "bo@home.example"))
MAIL = (
    b"From: office@oak.example\r\nTo: una@home.example\r\nSubject: Report\r\n\r\n"
    b"Zebedee Quillfeather, born 1 March 2015, class 6B: his asthma inhaler is in the office.\r\n"
)


def family(**of: int) -> Roll:
    pairs = tuple(Relationship(PupilKey("OAK", str(n)), who, may_receive=MayReceive.YES) for who, n in of.items())
    return with_revision(Roll(PUPILS, CONTACTS, pairs))


ONE, OTHER = family(una=0, bo=1), family(una=1, bo=0)
EXPECTED = {
    ONE.revision: (Outcome.DELIVER, Outcome.HOLD),
    OTHER.revision: (Outcome.HOLD, Outcome.DELIVER),
}


@pytest.mark.parametrize("swaps", [3, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(1200)])])
def test_every_verdict_is_wholly_of_one_revision(swaps: int) -> None:
    seen: list[str] = []

    async def load(workers: Workers, done: asyncio.Event) -> None:
        while not done.is_set():
            verdict = (await workers.screen(MAIL, ENVELOPE)).verdict
            outcomes = tuple(one.outcome for one in verdict.recipients)
            assert outcomes == EXPECTED[verdict.roll_revision]
            assert verdict.unreadable == ()
            held = [finding.pupil for one in verdict.recipients for finding in one.findings]
            assert set(held) == {PupilKey("OAK", "0")}
            seen.append(verdict.roll_revision)

    async def story() -> None:
        workers = Workers(replace(WorkerSettings(), readers=1, screeners=1))
        done = asyncio.Event()
        await workers.start(ONE, POLICY)
        running = [asyncio.ensure_future(load(workers, done)) for _ in range(4)]
        try:
            for n in range(swaps):
                roll = (OTHER, ONE)[n % 2]
                await workers.replace(roll, POLICY)
                verdict = (await workers.screen(MAIL, ENVELOPE)).verdict
                assert verdict.roll_revision == roll.revision, "what begins after a swap is of the new revision"
        finally:
            done.set()
            await asyncio.gather(*running)
            await workers.close()

    asyncio.run(story())
    assert set(seen) == set(EXPECTED)
    assert len(seen) > swaps
