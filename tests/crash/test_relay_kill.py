"""kill -9 of the whole process tree, again and again, under load: what was answered with 250 is delivered or held after
the last start; none lost, none held twice, none delivered unjudged, and duplicates stay within what is in flight."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from pathlib import Path

import pytest
from dialogues.relaykit import Upstream
from dialogues.servekit import RECORD, House

from mailguard.deliver import DeliverSettings

CONNECTIONS = 5
TOKEN = re.compile(rb"Subject: report (\d+)")


class Senders:
    """Connections that send numbered reports until all are accepted; every fifth is for the wrong family."""

    def __init__(self, port: int, count: int, seeded: random.Random) -> None:
        self.port = port
        self.left = list(range(count))
        seeded.shuffle(self.left)
        self.accepted: set[int] = set()
        self.unsure: Counter[int] = Counter()

    async def run(self) -> None:
        await asyncio.gather(*(self._send_all() for _ in range(CONNECTIONS)))

    async def _send_all(self) -> None:
        while self.left:
            n = self.left.pop()
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                self.left.append(n)
                await asyncio.sleep(0.05)
                continue
            try:
                while True:
                    await self._send(reader, writer, n)
                    if not self.left:
                        return
                    n = self.left.pop()
            except (OSError, asyncio.IncompleteReadError):
                if n not in self.accepted:
                    self.unsure[n] += 1
                    self.left.append(n)
            finally:
                writer.close()

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, n: int) -> None:
        to = "petra@marrowgate.test" if n % 5 == 0 else "rowan@quillfeather.test"
        if not getattr(reader, "greeted", False):
            await reader.readuntil(b"\n")
            writer.write(b"EHLO sender.test\r\n")
            while (await reader.readuntil(b"\n"))[3:4] == b"-":
                pass
            reader.greeted = True  # type: ignore[attr-defined]
        writer.write(f"MAIL FROM:<office+{n}@oakfield.example>\r\nRCPT TO:<{to}>\r\nDATA\r\n".encode())
        for _ in range(3):
            await reader.readuntil(b"\n")
        body = f"From: office@oakfield.example\r\nTo: {to}\r\nSubject: report {n}\r\n\r\n".encode() + RECORD
        writer.write(body + b".\r\n")
        if (await reader.readuntil(b"\n")).startswith(b"250"):
            self.accepted.add(n)
        else:
            self.left.append(n)


async def settled(house: House) -> None:
    async with asyncio.timeout(120):
        while await house.ask("queue", "list"):
            await asyncio.sleep(0.3)


def numbers(upstream: Upstream) -> Counter[int]:
    found = (TOKEN.search(got.content) for got in upstream.got)
    return Counter(int(match[1]) for match in found if match)


async def survive(folder: Path, kills: int, messages: int) -> None:
    seeded = random.Random(kills)
    upstream = Upstream()
    await upstream.start()
    house = House(folder, upstream.address)
    await house.start()
    senders = Senders(house.port, messages, seeded)
    sending = asyncio.ensure_future(senders.run())
    for n in range(kills):
        # Between two kills a share of the messages goes through, so that each kill meets another moment of the work.
        goal = messages * (n + 1) // (kills + 1)
        while len(senders.accepted) < goal:
            await asyncio.sleep(0.001)
        await asyncio.sleep(seeded.random() * 0.1)
        await house.kill()
        await house.start()
    await sending
    await settled(house)
    held = await house.ask("held", "list")
    await house.stop()
    await upstream.stop()
    assert senders.accepted == set(range(messages))
    judge(senders, numbers(upstream), Counter(number_of(str(one["sender"])) for one in held), kills)


def judge(senders: Senders, delivered: Counter[int], held: Counter[int], kills: int) -> None:
    """Every message that was answered with 250 is where it belongs. One that was cut off before its reply (`unsure`)
    was sent again by us, as any sender does, so it may be there once for each try."""
    for n in senders.accepted:
        tries = 1 + senders.unsure[n]
        assert delivered[n] or held[n], f"{n}: accepted and lost"
        assert held[n] <= tries, f"{n}: held twice"
        if n % 5 == 0:
            assert not delivered[n], f"{n}: delivered unjudged or against its verdict"
        elif tries == 1:
            assert not (delivered[n] and held[n]), f"{n}: both held and delivered"
    twice = sum(max(0, count - 1 - senders.unsure[n]) for n, count in delivered.items())
    crashed = sum(held[n] for n in senders.accepted if n % 5)
    print(f"{kills} kills: {twice} delivered twice, {crashed} held because they were in hand again and again")
    assert twice <= kills * DeliverSettings().connections
    assert crashed <= max(3, kills // 10)  # held, not lost; more of them on a machine busy with other work


def number_of(sender: str) -> int:
    return int(sender.partition("+")[2].partition("@")[0])


def test_five_kills_under_load(tmp_path: Path) -> None:
    asyncio.run(survive(tmp_path, kills=5, messages=250))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_fifty_kills_under_load(tmp_path: Path) -> None:
    asyncio.run(survive(tmp_path, kills=50, messages=2500))
