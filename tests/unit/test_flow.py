"""The flow between the doors: judged once, held or delivered, found again after a crash, never let through."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dialogues.relaykit import LETTER, Relay, StubScreener, Upstream, eventually, relay, send, store_settings

from mailguard import flow as flow_module
from mailguard.flow import subject_of
from mailguard.model import Envelope, Message
from mailguard.store import Store
from mailguard.workers import Screened


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_module, "STRAY_POLL_SECONDS", 0.1)


def played(folder: Path, story: Callable[[Relay, Upstream], Awaitable[None]], **options: object) -> Upstream:
    upstream = Upstream()

    async def run() -> None:
        await upstream.start()
        async with relay(folder, [upstream.address], **options) as house:  # type: ignore[arg-type]
            await story(house, upstream)
        await upstream.stop()

    asyncio.run(run())
    return upstream


async def queue(house: Relay) -> dict[str, int]:
    return {state: count for state, count in (await house.store.counts()).queue.items() if count}


async def settled(house: Relay) -> dict[str, int]:
    """The queue once nothing in it moves on its own."""
    async with asyncio.timeout(20):
        while {"queued", "received"} & (await queue(house)).keys():
            await asyncio.sleep(0.02)
    return await queue(house)


def message(n: int) -> Message:
    envelope = Envelope("office@oakfield.example", (f"p{n}@family.test",))
    return Message(id=f"m{n}", envelope=envelope, content=LETTER, received_at=datetime.now(UTC))


def stuck() -> StubScreener:
    """A screener that gives no answer until its gate is opened."""
    stub = StubScreener()
    stub.gate.clear()
    return stub


def left_behind(folder: Path, count: int) -> None:
    """What a relay leaves that is killed right after its 250s."""

    async def leave() -> None:
        store = Store.open(store_settings(folder))
        await store.start()
        for n in range(count):
            await store.accept(message(n))
        await store.close()

    asyncio.run(leave())


def test_the_held_stays_and_the_rest_goes(tmp_path: Path) -> None:
    stub = StubScreener()
    stub.hold = {"b@family.test"}

    async def story(house: Relay, upstream: Upstream) -> None:
        await send(house.port, recipients=("a@family.test", "b@family.test"))
        await eventually(lambda: bool(house.counter.attempts and house.held))
        assert await settled(house) == {"held": 1}
        assert house.counter.verdicts == [("hold", "enforce")]

    upstream = played(tmp_path, story, screener=stub)
    assert [got.recipients for got in upstream.got] == [["a@family.test"]]


def test_observe_mode_judges_and_delivers_everything_and_tells_nobody(tmp_path: Path) -> None:
    stub = StubScreener()
    stub.hold = {"b@family.test"}

    async def story(house: Relay, upstream: Upstream) -> None:
        await send(house.port, recipients=("a@family.test", "b@family.test"))
        await eventually(lambda: bool(upstream.got))
        assert house.counter.verdicts == [("hold", "observe")]
        assert not house.held

    upstream = played(tmp_path, story, screener=stub, mode="observe")
    assert upstream.got[0].recipients == ["a@family.test", "b@family.test"]


def test_nothing_leaves_before_its_verdict(tmp_path: Path) -> None:
    stub = StubScreener()
    stub.gate.clear()

    async def story(house: Relay, upstream: Upstream) -> None:
        assert (await send(house.port)).startswith("250")
        await asyncio.sleep(0.3)
        assert not upstream.got
        stub.gate.set()
        await eventually(lambda: bool(upstream.got))

    played(tmp_path, story, screener=stub)


def test_messages_that_take_long_do_not_hold_up_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_module, "SLOW_SECONDS", 3600.0)

    class ByWords(StubScreener):
        """Scans wait for the gate, letters do not."""

        async def screen(self, content: bytes, envelope: Envelope) -> Screened:
            if b"a scan" in content:
                self.begun += 1
                await self.gate.wait()
            return await StubScreener().screen(content, envelope)

    stub = ByWords()
    stub.gate.clear()

    async def story(house: Relay, upstream: Upstream) -> None:
        for n in range(40):  # more than there are hands for mail that is not in memory
            await send(house.port, recipients=(f"scan{n}@family.test",), content=LETTER + b"a scan\r\n")
        await eventually(lambda: stub.begun >= 40)
        await send(house.port, recipients=("light@family.test",))
        await eventually(lambda: bool(upstream.got))
        assert [got.recipients for got in upstream.got] == [["light@family.test"]]
        stub.gate.set()
        await eventually(lambda: len(upstream.got) == 41)

    played(tmp_path, story, screener=stub)


def test_what_a_dead_relay_accepted_is_judged_and_delivered_after_the_start(tmp_path: Path) -> None:
    left_behind(tmp_path, 300)

    async def story(house: Relay, upstream: Upstream) -> None:
        await eventually(lambda: len(upstream.got) == 300)
        assert len(house.screener.seen) == 300

    upstream = played(tmp_path, story)
    assert {got.recipients[0] for got in upstream.got} == {f"p{n}@family.test" for n in range(300)}


def test_a_fault_while_judging_is_tried_once_more(tmp_path: Path) -> None:
    stub = StubScreener()
    stub.faults = [RuntimeError("broken")]

    async def story(house: Relay, upstream: Upstream) -> None:
        await send(house.port)
        await eventually(lambda: bool(upstream.got))
        assert len(stub.seen) == 2

    played(tmp_path, story, screener=stub)


def test_what_fails_again_and_again_is_held_as_crashed(tmp_path: Path) -> None:
    stub = StubScreener()
    stub.faults = [RuntimeError("broken") for _ in range(9)]

    async def story(house: Relay, upstream: Upstream) -> None:
        await send(house.port)
        await eventually(lambda: bool(house.held))
        assert await queue(house) == {"held": 1}
        assert len(stub.seen) == 1 + flow_module.MOST_STARTS

    assert not played(tmp_path, story, screener=stub).got


def test_a_store_that_takes_nothing_is_not_asked_without_a_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_behind(tmp_path, 40)
    monkeypatch.setattr(flow_module, "STRAY_POLL_SECONDS", 60.0)
    monkeypatch.setattr(flow_module, "count_start", lambda tx, message_id: None)  # a full disk takes no note of it
    stub = StubScreener()
    stub.faults = [RuntimeError("broken") for _ in range(4000)]

    async def story(house: Relay, upstream: Upstream) -> None:
        await eventually(lambda: len(stub.seen) >= 40)
        await asyncio.sleep(1)
        assert len(stub.seen) == 40

    assert not played(tmp_path, story, screener=stub).got


def test_a_message_that_kills_the_relay_is_held_in_the_end(tmp_path: Path) -> None:
    left_behind(tmp_path, 1)

    async def dies(house: Relay, upstream: Upstream) -> None:
        await eventually(lambda: house.screener.begun == 1)  # judging has begun and the process ends over it

    async def restarted(house: Relay, upstream: Upstream) -> None:
        await eventually(lambda: bool(house.held))
        assert await queue(house) == {"held": 1}

    for _ in range(flow_module.MOST_STARTS):
        assert not played(tmp_path, dies, screener=stuck()).got
    healthy = StubScreener()
    assert not played(tmp_path, restarted, screener=healthy).got
    assert not healthy.seen


def test_messages_that_were_in_hand_at_two_deaths_are_judged_one_at_a_time_and_go(tmp_path: Path) -> None:
    left_behind(tmp_path, 2)

    async def dies(house: Relay, upstream: Upstream) -> None:
        await eventually(lambda: house.screener.begun == 2)

    async def lives(house: Relay, upstream: Upstream) -> None:
        await eventually(lambda: house.screener.begun == 1)
        await asyncio.sleep(0.3)
        assert house.screener.begun == 1
        house.screener.gate.set()
        await eventually(lambda: len(upstream.got) == 2)
        assert not house.held

    assert not played(tmp_path, dies, screener=stuck()).got
    played(tmp_path, lives, screener=stuck())


def test_past_the_memory_budget_messages_wait_in_the_store(tmp_path: Path) -> None:
    async def story(house: Relay, upstream: Upstream) -> None:
        house.store.memory.limit = 3 * len(LETTER)
        house.screener.gate.clear()
        for n in range(20):
            await send(house.port, recipients=(f"p{n}@family.test",))
        assert house.store.memory.used <= house.store.memory.limit + len(LETTER) * 3
        house.screener.gate.set()
        await eventually(lambda: len(upstream.got) == 20)
        await eventually(lambda: house.store.memory.used == 0)

    played(tmp_path, story)


def test_memory_is_given_back_whatever_becomes_of_the_message(tmp_path: Path) -> None:
    stub = StubScreener()
    stub.hold = {"p@family.test"}
    stub.faults = [RuntimeError("broken")]

    async def story(house: Relay, upstream: Upstream) -> None:
        await send(house.port)
        await send(house.port, recipients=("a@family.test", "p@family.test"))
        await send(house.port, recipients=("a@family.test",))
        await eventually(lambda: len(upstream.got) == 2 and len(house.held) == 2)
        await eventually(lambda: house.store.memory.used == 0)

    played(tmp_path, story, screener=stub)


def test_every_stage_is_timed(tmp_path: Path) -> None:
    async def story(house: Relay, upstream: Upstream) -> None:
        await send(house.port)
        await eventually(lambda: bool(upstream.got))
        await eventually(lambda: set(house.counter.stages) == {"receive", "read", "screen", "settle", "deliver"})

    played(tmp_path, story)


@pytest.mark.parametrize(
    ("head", "subject"),
    [
        (b"Subject: plain\r\n\r\n", "plain"),
        (b"subject : folded\r\n over\r\n\ttwo\r\nX: y\r\n\r\n", "folded over\ttwo"),
        (b"X: y\r\nSUBJECT:=?utf-8?q?Sch=C3=BCler?=\r\n\r\n", "Schüler"),
        (b"X: y\r\n\r\nSubject: in the body\r\n", ""),
        (b"Subject: first\r\nSubject: second\r\n\r\n", "first"),
        (b"Subject: =?utf-8?q?=ED=A0=80?=\r\n\r\n", None),
    ],
)
def test_subject(head: bytes, subject: str | None) -> None:
    got = subject_of(head)
    got.encode()
    assert subject is None or got == subject
