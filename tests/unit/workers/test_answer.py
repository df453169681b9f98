"""A verdict on its way to the relay: whole however long, refused however wrong."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from mailguard.model import (
    ContactSighting,
    Evidence,
    EvidenceKind,
    Finding,
    Outcome,
    PupilKey,
    RecipientVerdict,
    Sighting,
    Sightings,
    Strength,
    UnknownIdentifier,
    Unreadable,
    UnreadableReason,
    Verdict,
)
from mailguard.workers import answer

PLACE = ("register.xlsx", "row 3")


def verdict(count: int) -> tuple[Verdict, Sightings]:
    """A verdict with `count` of everything; two recipients share their findings, one has others, one has none."""
    evidence = (Evidence(EvidenceKind.NAME, "Annabel Quillfeather", PLACE, 0, 20),)
    shared = tuple(
        Finding("other-family", PLACE, 1, PupilKey("OAK", str(n)), evidence=evidence, sentence="One of them.")
        for n in range(count)
    )
    others = tuple(Finding("unreadable", (f"file {n}",), 1, sentence="Not read.") for n in range(count))
    recipients = (
        RecipientVerdict("a@home.example", Outcome.HOLD, shared),
        RecipientVerdict("b@home.example", Outcome.DELIVER),
        RecipientVerdict("c@home.example", Outcome.HOLD, others),
        RecipientVerdict("d@home.example", Outcome.HOLD, shared),
    )
    unread = tuple(Unreadable((f"file {n}",), UnreadableReason.DAMAGED) for n in range(count))
    sightings = Sightings(
        tuple(Sighting((PupilKey("OAK", str(n)),), Strength.RECORD, PLACE, evidence=evidence) for n in range(count)),
        tuple(ContactSighting(str(n), PLACE) for n in range(count)),
        tuple(UnknownIdentifier((f"row {n}",)) for n in range(count)),
        unread[:3],
    )
    return Verdict(recipients, unread, "OAK", "r1", "p1"), sightings


def decoded(data: bytes) -> tuple[Verdict, Sightings]:
    return asyncio.run(answer.decode(data))


@pytest.mark.parametrize("count", [0, 1, 13, 64, 65, 1000])
def test_it_comes_as_it_was_sent(count: int) -> None:
    assert decoded(answer.encode(*verdict(count))) == verdict(count)


def test_recipients_of_one_standing_share_what_is_sent() -> None:
    whole, seen = verdict(500)
    twice = answer.encode(whole, seen)
    once = answer.encode(Verdict(whole.recipients[:3], whole.unreadable, "OAK", "r1", "p1"), seen)
    assert len(twice) < len(once) + 1000


def test_others_have_the_event_loop_while_a_long_one_is_decoded() -> None:
    data, turns = answer.encode(*verdict(1000)), 0

    async def story() -> None:
        nonlocal turns
        decoding = asyncio.ensure_future(answer.decode(data))
        while not decoding.done():
            turns += 1
            await asyncio.sleep(0)
        assert decoding.result() == verdict(1000)

    asyncio.run(story())
    assert turns > 1000 / 64


@pytest.mark.parametrize("count", [1, 200])
def test_what_is_cut_short_or_longer_is_no_verdict(count: int) -> None:
    data = answer.encode(*verdict(count))
    ends = {0, 1, 3, 4, 5, len(data) // 2, len(data) - 1}
    for wrong in (*(data[:end] for end in ends), data + data, data + b"\0\0\0\0", b"\xff" * 40):
        with pytest.raises((msgspec.MsgspecError, ValueError)):
            decoded(wrong)


def test_a_piece_that_is_missing_or_about_nobody_is_no_verdict() -> None:
    first, count, *more = list(answer._frames(answer.encode(*verdict(200))))

    def joined(*pieces: memoryview | bytes) -> bytes:
        return b"".join(answer._framed(bytes(piece)) for piece in pieces)

    assert decoded(joined(first, count, *more)) == verdict(200)
    nobody = answer._encode(answer._More((4,), findings=(Finding("unreadable"),)))
    for wrong in (joined(first, count, *more[:-1]), joined(first, *more), joined(first, count, *more[1:], nobody)):
        with pytest.raises((msgspec.MsgspecError, ValueError)):
            decoded(wrong)
