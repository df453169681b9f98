"""A burst is accepted before it is judged: what befalls the house in that moment loses nothing of it, sends nothing
twice and lets nothing out unjudged."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from crash.test_relay_kill import Senders, number_of, numbers, settled
from dialogues.relaykit import Upstream, eventually
from dialogues.servekit import ROLL, House, descendants

BURST = 300
FEW = 30


def accepted_and_unjudged(house: House, senders: Senders) -> bool:
    """Many messages wait for their verdict now."""
    return len(senders.accepted) - (house.folder / "log").read_bytes().count(b'"message-judged"') >= FEW


async def end_and_start(house: House) -> None:
    await house.stop()
    await house.start()


async def kill_servers(house: House) -> None:
    """kill -9 the fork servers of the jail and of the screeners, and so their children."""
    assert house.process
    relay = house.process.pid
    servers = [pid for pid in descendants(relay)[1:] if parent(pid) == relay]
    assert len(servers) >= 2
    for pid in servers:
        os.kill(pid, signal.SIGKILL)


async def halt_screeners(house: House) -> None:
    """Stop the children of the screeners' server, as a debugger or a frozen machine does, until they are killed."""
    await eventually(lambda: bool(screeners(house)))  # they are forked when there is work
    for pid in screeners(house):
        os.kill(pid, signal.SIGSTOP)


def screeners(house: House) -> list[int]:
    assert house.process
    found = []
    for pid in descendants(house.process.pid)[1:]:
        with contextlib.suppress(OSError):  # gone meanwhile
            if b"screener" in command(parent(pid)):
                found.append(pid)
    return found


async def change_the_roll(house: House) -> None:
    """The roll changes, to the worse for nobody."""
    (house.folder / "roll" / "pupils.csv").write_text(
        ROLL["pupils.csv"] + "OAK,3,,,Ottilie,,Brackenthwaite,,,2014-05-02,5,5B,,,,current\n"
    )


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])


def command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.parametrize("befalls", [end_and_start, kill_servers, halt_screeners, change_the_roll])
def test_what_befalls_a_burst_loses_nothing(tmp_path: Path, befalls: Callable[[House], Awaitable[None]]) -> None:
    asyncio.run(_story(tmp_path, befalls))


async def _story(folder: Path, befalls: Callable[[House], Awaitable[None]]) -> None:
    upstream = Upstream()
    await upstream.start()
    house = House(folder, upstream.address)
    await house.start()
    senders = Senders(house.port, BURST, random.Random(3))
    sending = asyncio.gather(*(senders.run() for _ in range(4)))
    await eventually(lambda: accepted_and_unjudged(house, senders) or sending.done(), seconds=60)
    assert accepted_and_unjudged(house, senders)
    await befalls(house)
    async with asyncio.timeout(120):
        await sending
    await settled(house)
    held = Counter(number_of(str(one["sender"])) for one in await house.ask("held", "list"))
    await house.run("audit", "verify")
    await house.stop()
    await upstream.stop()
    delivered = numbers(upstream)
    assert senders.accepted == set(range(BURST))
    for n in range(BURST):
        assert 1 <= delivered[n] + held[n] <= 1 + senders.unsure[n], f"{n}: {delivered[n]} sent, {held[n]} held"
        assert not (n % 5 == 0 and delivered[n]), f"{n}: delivered unjudged or against its verdict"
    crashed = sum(held[n] for n in range(BURST) if n % 5)
    print(f"{befalls.__name__}: {crashed} held that nobody could judge, {sum(senders.unsure.values())} sent again")
    if befalls in (end_and_start, change_the_roll):
        assert not crashed
