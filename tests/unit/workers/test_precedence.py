"""Senders go first, for a moment and never for long."""

from __future__ import annotations

import asyncio
import time

import pytest

from mailguard.workers import precedence
from mailguard.workers.precedence import Hands, Precedence, Waiting


def test_nobody_is_held_back_while_no_sender_waits() -> None:
    assert not Precedence(lambda count: None).holds_back(5, time.monotonic())


def test_senders_go_first_until_the_last_was_served(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    async def story() -> None:
        first = Precedence(asked.append)
        with first:
            assert first.holds_back(5, time.monotonic())
        assert first.holds_back(5, time.monotonic())  # the next one may be on the line already
        monkeypatch.setattr(precedence, "_RECENT_SECONDS", 0.0)
        assert not first.holds_back(5, time.monotonic())
        async with asyncio.timeout(20):
            while not asked:  # whoever was held back is told to ask again
                await asyncio.sleep(0.001)

    asyncio.run(story())


def test_what_has_waited_long_or_is_much_begins_all_the_same() -> None:
    async def story() -> None:
        first = Precedence(lambda count: None)
        with first:
            assert not first.holds_back(5, time.monotonic() - precedence.LONGEST_SECONDS)
            assert not first.holds_back(precedence.MOST_WAITING, time.monotonic())

    asyncio.run(story())


def test_an_idle_loop_goes_on_meanwhile() -> None:
    """A sender waits for a slow disk: some of the others begin, however long that takes."""
    begun: list[int] = []

    async def story() -> None:
        first = Precedence(begun.append)
        async with asyncio.timeout(20):
            with first:
                while not sum(begun):
                    first.holds_back(5, time.monotonic())
                    await asyncio.sleep(0.01)

    asyncio.run(story())


def test_many_begin_in_rounds_with_room_for_senders_between() -> None:
    hands, rounds = Hands(100), []

    def begin(at_least: int) -> None:
        begun = 0
        while hands.waiting and not first.stop(hands, begun, at_least):
            hands.take()
            begun += 1
        rounds.append(begun)

    async def story() -> None:
        begin(0)
        async with asyncio.timeout(20):
            while hands.waiting:
                await asyncio.sleep(0)

    first = Precedence(begin)
    hands.waiting.extend(Waiting(str(n), None) for n in range(100))
    asyncio.run(story())
    assert max(rounds) == precedence._MOST_IN_A_ROUND
    assert sum(rounds) == 100


def test_a_hand_is_free_once_only() -> None:
    hands = Hands(1)
    hands.waiting.append(Waiting("a", None))
    taken = hands.take()
    assert (hands.free, list(hands.busy)) == (0, ["a"])
    hands.let_go(taken)
    hands.let_go(taken)
    assert (hands.free, hands.busy) == (1, {})
