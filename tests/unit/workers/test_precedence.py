"""Senders go first, for a moment and never for long; a burst is accepted and judged in turns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mailguard.workers import precedence
from mailguard.workers.precedence import FEW, LONGEST_SECONDS, MOST_WAITING, Hands, Precedence, Waiting


class House:
    """Hands and who goes first, in a time that passes only when it is told to. Work is begun and is not done."""

    def __init__(self, size: int = 10_000) -> None:
        self.now = 100.0
        self.hands = Hands(size)
        self.first = Precedence(self.begin, lambda: self.now)
        self.rounds: list[int] = []

    def begin(self, at_least: int = 0) -> None:
        begun = 0
        while self.hands.waiting and self.hands.free:
            if self.first.stop(self.hands, begun, at_least):
                break
            begun += 1
            self.hands.take()
        else:
            self.first.left(self.hands)
        if begun:
            self.rounds.append(begun)

    @property
    def begun(self) -> int:
        return sum(self.rounds)

    def accept(self, count: int, seconds: float = 0.001) -> None:
        """So many messages arrive, one after another."""
        for _ in range(count):
            with self.first:
                self.now += seconds
                self.hands.waiting.append(Waiting(str(self.now), None, since=self.now))
                self.begin()

    def finish(self) -> None:
        """All work in hand is done."""
        for waiting in list(self.hands.busy.values()):
            self.hands.let_go(waiting)
        self.begin()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop never looks idle."""
    monkeypatch.setattr(precedence, "_IDLE_SHARE", -1.0)


def play(story: Callable[[House], Awaitable[None]], **settings: Any) -> House:
    async def run() -> House:
        house = House(**settings)
        await story(house)
        return house

    return asyncio.run(run())


def test_what_comes_alone_begins_at_once_whoever_is_served() -> None:
    async def story(house: House) -> None:
        with house.first:  # a large file is being written
            for number in range(50):
                house.accept(1, 1.01 * precedence.FEW_SECONDS / FEW)
                assert house.begun == number + 1

    play(story)


def test_a_crowd_goes_first_and_is_judged_when_it_is_over() -> None:
    async def story(house: House) -> None:
        house.accept(FEW + 100)
        assert house.begun == FEW  # it was no crowd yet
        house.now += 0.5 * precedence._RECENT_SECONDS
        house.begin()
        assert house.begun == FEW  # the next one may be on the line already
        house.now += precedence._RECENT_SECONDS
        await house.until(lambda: not house.hands.waiting)  # nobody calls: it looks again by itself

    play(story)


def test_an_idle_loop_goes_on_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Senders wait for a slow disk: some of the others begin. Not if the look itself comes late: then something is
    busy, and the loop only seems to be idle."""
    monkeypatch.setattr(precedence, "_IDLE_SHARE", 1e9)
    monkeypatch.setattr(precedence, "FEW_SECONDS", 1e9)  # it stays a crowd

    async def story(house: House) -> None:
        house.accept(FEW + 100)
        waiting = len(house.hands.waiting)

        def moves_on() -> bool:
            house.now += precedence._TICK_SECONDS / 20
            return len(house.hands.waiting) < waiting

        with house.first:
            house.now += precedence._LATE * precedence._TICK_SECONDS
            house.first._look()
            assert len(house.hands.waiting) == waiting
            await house.until(moves_on)

    play(story)


async def closed(house: House) -> asyncio.Task[None]:
    """A crowd comes until it is the turn of what waits; somebody is at its MAIL then."""
    house.accept(FEW + MOST_WAITING, 1e-6)
    assert len(house.hands.waiting) > precedence._LEFT
    sender = asyncio.get_running_loop().create_task(house.first.let_in())
    await asyncio.sleep(0)
    assert not sender.done()
    return sender


def test_a_crowd_waits_at_its_mail_while_what_came_is_judged() -> None:
    async def story(house: House) -> None:
        await house.first.let_in()  # nobody waits without need
        house.accept(FEW + MOST_WAITING - 1, 1e-6)
        with house.first:
            house.accept(1, 1e-6)
            sender = asyncio.get_running_loop().create_task(house.first.let_in())
            await asyncio.sleep(0)
            assert not sender.done()
            assert house.begun == FEW  # one is being made durable still
        await house.until(lambda: not house.hands.waiting)
        assert not sender.done()
        house.finish()
        async with asyncio.timeout(20):
            await sender
            await house.first.let_in()
        assert max(house.rounds) == precedence._MOST_IN_A_ROUND  # with room for others between

    play(story)


def test_a_message_that_is_made_durable_for_long_keeps_no_turn_back() -> None:
    async def story(house: House) -> None:
        with house.first:
            await closed(house)
            await house.until(lambda: not house.hands.waiting)

    play(story)


def test_senders_are_let_in_after_a_second_though_judging_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "LONGEST_SECONDS", 0.01)

    async def story(house: House) -> None:
        sender = await closed(house)
        async with asyncio.timeout(20):
            await sender
        house.accept(FEW, 1e-6)
        await house.until(lambda: not house.hands.waiting)  # beside them: another turn would be as long
        async with asyncio.timeout(20):
            await house.first.let_in()

    play(story)


def test_what_has_waited_for_a_second_has_its_turn() -> None:
    async def story(house: House) -> None:
        house.accept(FEW + precedence._LEFT + 1, 1e-6)
        begun = house.begun
        house.now = house.hands.waiting[0].since + LONGEST_SECONDS
        house.accept(FEW, 1e-6)
        await house.until(lambda: house.begun > begun and not house.hands.waiting)

    play(story)


def test_hands_that_are_full_of_heavy_work_let_senders_in_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "LONGEST_SECONDS", 0.01)

    async def story(house: House) -> None:
        sender = await closed(house)
        async with asyncio.timeout(20):
            await sender
        assert len(house.hands.busy) == 40
        while house.hands.waiting:
            house.finish()
            await asyncio.sleep(0)

    play(story, size=40)


def test_a_hand_is_free_once_only() -> None:
    hands = Hands(1)
    hands.waiting.append(Waiting("a", None))
    taken = hands.take()
    assert (hands.free, list(hands.busy)) == (0, ["a"])
    hands.let_go(taken)
    hands.let_go(taken)
    assert (hands.free, hands.busy) == (1, {})
