"""Slow, many and greedy clients; faults of the house; the end of a server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from dialogues.relaykit import LETTER, either_loop, send, talk

from mailguard.model import Message
from mailguard.observe import Metrics, Snapshot
from mailguard.receive import ListenerSettings, ReceiveSettings, Server
from mailguard.store import StoreError, StoreFull

MAIL = b"EHLO x\r\nMAIL FROM:<a@oakfield.example>\r\nRCPT TO:<b@family.test>\r\nDATA\r\n"


@pytest.fixture(params=["asyncio", "uvloop"], autouse=True)
def loop_kind(request: pytest.FixtureRequest) -> Iterator[None]:
    yield from either_loop(request.param)


class Intake:
    """A house that takes all, or does as told."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.fault: Exception | None = None
        self.full = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()
        self.door = asyncio.Event()
        self.door.set()

    def check_room(self, size: int) -> None:
        if self.full:
            raise StoreFull("full")

    async def let_in(self) -> None:
        self.asked.set()
        await self.door.wait()

    async def take(self, message: Message) -> None:
        await self.gate.wait()
        if self.fault:
            raise self.fault
        self.taken.append(message)

    async def take_or_reject(self, message: Message) -> bool:
        raise NotImplementedError


def played(story: Callable[[Server, Intake], Awaitable[None]], **settings: Any) -> Intake:
    async def run() -> Intake:
        intake = Intake()
        defaults: dict[str, Any] = {"listeners": (ListenerSettings(port=0),), "hostname": "relay.test"}
        server = Server(ReceiveSettings(**{**defaults, **settings}), intake, observer=Metrics(Snapshot, []))
        await server.start()
        try:
            await story(server, intake)
        finally:
            await server.stop()
        return intake

    return asyncio.run(run())


def port(server: Server) -> int:
    return server.addresses[0][1]


def test_a_sender_waits_at_its_mail_until_the_house_lets_it_in() -> None:
    async def story(server: Server, intake: Intake) -> None:
        intake.door.clear()
        reader, writer = await asyncio.open_connection("127.0.0.1", port(server))
        writer.write(MAIL + LETTER + b".\r\nQUIT\r\n")
        async with asyncio.timeout(20):
            await intake.asked.wait()
            assert not intake.taken
            intake.door.set()
            heard = await reader.read()
        writer.close()
        assert b"queued as" in heard

    assert len(played(story).taken) == 1


def test_a_fault_of_the_house_is_told_without_detail_and_the_session_goes_on() -> None:
    async def story(server: Server, intake: Intake) -> None:
        for fault in (StoreError("disk /var/lib broke"), RuntimeError("pupil Ann Example"), OSError(5, "EIO")):
            intake.fault = fault
            script = MAIL + LETTER + b".\r\nNOOP\r\nQUIT\r\n"
            replies = (await talk(port(server), script)).splitlines()
            assert replies[-3:] == [
                "451 4.3.0 Cannot take this now, try again later",
                "250 2.0.0 OK",
                "221 2.0.0 Bye",
            ]

        metrics = server.observer
        assert isinstance(metrics, Metrics)
        assert refusals(metrics) == {"no-room": 0, "busy": 0, "store-down": 1, "fault": 2}

    assert not played(story).taken


def refusals(metrics: Metrics) -> dict[str, float]:
    """What was put off, by reason."""
    found = metrics.registry.collect()
    return {
        sample.labels["reason"]: sample.value
        for family in found
        for sample in family.samples
        if sample.name == "mailguard_intake_refused_total"
    }


def test_a_full_house_says_so_before_and_after_the_body(caplog: pytest.LogCaptureFixture) -> None:
    async def story(server: Server, intake: Intake) -> None:
        intake.fault = StoreFull("full")
        assert (await send(port(server))).startswith("452 4.3.1")
        intake.full = True
        assert "452 4.3.1" in await talk(port(server), MAIL)
        assert isinstance(server.observer, Metrics)
        assert refusals(server.observer) == {"no-room": 2, "busy": 0, "store-down": 0, "fault": 0}

    assert not played(story).taken
    told = [record for record in caplog.records if record.getMessage() == "message-refused"]
    assert [record.levelname for record in told] == ["WARNING", "WARNING"]


def test_bodies_past_the_allowance_are_put_off() -> None:
    async def story(server: Server, intake: Intake) -> None:
        assert (await send(port(server), LETTER + b"x" * 600_000 + b"\r\n")).startswith("452 4.3.1")
        assert (await send(port(server))).startswith("250")
        assert server.allowance.used == 0
        assert isinstance(server.observer, Metrics)
        assert refusals(server.observer)["busy"] == 1

    played(story, in_flight_bytes=100_000)


def test_connections_are_counted_in_all_and_by_peer() -> None:
    async def story(server: Server, intake: Intake) -> None:
        async def greeting(source: str) -> str:
            reader, writer = await asyncio.open_connection("127.0.0.1", port(server), local_addr=(source, 0))
            kept.append(writer)
            return (await reader.readline()).decode()[:9]

        kept: list[asyncio.StreamWriter] = []
        assert [await greeting("127.0.0.1") for _ in range(3)] == ["220 relay", "220 relay", "421 4.7.0"]
        assert [await greeting("127.0.0.2") for _ in range(2)] == ["220 relay", "421 4.7.0"]
        for writer in kept:
            writer.close()
        await asyncio.sleep(0.1)
        assert await greeting("127.0.0.1") == "220 relay"

    played(story, max_connections=3, max_connections_per_peer=2)


def test_an_idle_client_is_told_and_sent_away() -> None:
    async def story(server: Server, intake: Intake) -> None:
        reader, _ = await asyncio.open_connection("127.0.0.1", port(server))
        await reader.readline()
        assert (await reader.read()).startswith(b"421 4.4.2")

    played(story, command_timeout=0.2)


def test_a_client_that_pauses_in_its_body_is_sent_away() -> None:
    async def story(server: Server, intake: Intake) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port(server))
        writer.write(MAIL + b"Subject: x\r\n")
        assert b"421 4.4.2" in await reader.read()

    assert not played(story, data_timeout=0.2).taken


def test_a_client_that_drips_is_sent_away() -> None:
    async def story(server: Server, intake: Intake) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port(server))
        writer.write(MAIL)

        async def drip() -> None:
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.02)

        dripping = asyncio.ensure_future(drip())
        assert b"421 4.4.2 Too slow" in await reader.read()
        dripping.cancel()

    assert not played(story, rate_window=0.3, minimum_rate=1000).taken


def test_a_client_that_does_not_read_is_cut_off() -> None:
    async def story(server: Server, intake: Intake) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port(server), limit=1)
        writer.write(b"EHLO x\r\n" * 200_000)
        async with asyncio.timeout(20):
            while server._connections:
                await asyncio.sleep(0.05)
        writer.close()

    played(story, command_timeout=0.5, junk_commands=10**9)


def test_two_hundred_slow_clients_do_not_slow_a_fast_one() -> None:
    async def fast(server: Server) -> float:
        waits = []
        for _ in range(40):
            began = time.perf_counter()
            assert (await send(port(server))).startswith("250")
            waits.append(time.perf_counter() - began)
        return sorted(waits)[len(waits) // 4]  # other programs of a busy machine only add; turns would cost every one

    async def story(server: Server, intake: Intake) -> None:
        quiet = await fast(server)
        writers = [(await asyncio.open_connection("127.0.0.1", port(server)))[1] for _ in range(200)]

        async def drip() -> None:
            while True:
                for writer in writers:
                    writer.write(b"x")
                await asyncio.sleep(0.1)

        for writer in writers:
            writer.write(MAIL)
        dripping = asyncio.ensure_future(drip())
        busy = await fast(server)
        dripping.cancel()
        for writer in writers:
            writer.close()
        assert busy < 5 * quiet  # far above noise, far below what 200 waiting turns would cost

    assert len(played(story).taken) == 80


def test_a_message_in_hand_is_finished_when_the_server_stops() -> None:
    async def story(server: Server, intake: Intake) -> None:
        intake.gate.clear()
        replies = asyncio.ensure_future(talk(port(server), MAIL + LETTER + b".\r\n"))
        idle_reader, _ = await asyncio.open_connection("127.0.0.1", port(server))
        await asyncio.sleep(0.2)
        stopping = asyncio.ensure_future(server.stop())
        assert (await idle_reader.read()).endswith(b"421 4.3.2 Shutting down, try again later\r\n")
        intake.gate.set()
        assert "250 2.0.0 OK, queued" in await replies
        await stopping

    assert len(played(story).taken) == 1


def test_a_client_that_hangs_up_after_the_dot_takes_nothing_away() -> None:
    async def story(server: Server, intake: Intake) -> None:
        intake.gate.clear()
        _, writer = await asyncio.open_connection("127.0.0.1", port(server))
        writer.write(MAIL + LETTER + b".\r\n")
        await asyncio.sleep(0.2)
        writer.transport.abort()
        await asyncio.sleep(0.1)
        intake.gate.set()
        await asyncio.sleep(0.1)
        assert len(intake.taken) == 1

    played(story)
