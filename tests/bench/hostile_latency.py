"""Latency of clean mail while hostile mail arrives, beside a quiet relay: the real `serve`, one run.

    python tests/bench/hostile_latency.py [--rounds 5] [--seconds 8]

Each round sends a steady stream of clean letters, first alone and then with the whole hostile set beside it, and takes
the 99th percentile of the time from the last dot to arrival at the sink; the medians of the rounds are compared. A
round begins when all hostile mail of the one before is held, so that the quiet figure is a quiet one.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from dialogues.relaykit import Upstream, send
from dialogues.servekit import House
from hostile.planted import CLASSES

HEAD = b"From: office@oakfield.example\r\nTo: petra@marrowgate.test\r\nSubject: %s\r\n"
RECORD = "Annabel Quillfeather, born 9 March 2014, UPN H801200001001, has asthma."
READER = ("petra@marrowgate.test",)


class Clean:
    """A stream of clean letters and when each arrived."""

    def __init__(self, house: House, upstream: Upstream) -> None:
        self.house = house
        self.upstream = upstream
        self.seen = 0
        self.number = 0

    async def stream(self, seconds: float, rate: float) -> list[float]:
        """Send `rate` letters a second and return the milliseconds that each took to arrive."""
        sent: dict[str, float] = {}
        ends = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            while time.monotonic() < ends:
                self.number += 1
                group.create_task(self._send(f"clean {self.number}", sent))
                await asyncio.sleep(1 / rate)
        arrived: dict[str, float] = {}
        while len(arrived) < len(sent):
            self._look(arrived)
            await asyncio.sleep(0.002)
        return [1000 * (arrived[word] - sent[word]) for word in sent]

    async def _send(self, word: str, sent: dict[str, float]) -> None:
        content = HEAD % word.encode() + b"\r\nThe trip leaves at nine on Friday. See you there.\r\n"
        sent[word] = time.monotonic()
        await send(self.house.port, content, recipients=READER)

    def _look(self, arrived: dict[str, float]) -> None:
        for got, at in self.upstream.times[self.seen :]:
            self.seen += 1
            subject = got.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()
            if subject.startswith("clean"):
                arrived[subject] = at


class Sink(Upstream):
    """An upstream server that notes when each message came."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[tuple[bytes, float]] = []

    async def _content(self, *arguments: object) -> str | None:  # type: ignore[override]
        before = len(self.got)
        answer = await super()._content(*arguments)  # type: ignore[arg-type]
        self.times += [(got.content[:2000], time.monotonic()) for got in self.got[before:]]
        return answer


async def attack(port: int) -> None:
    """In a process of its own, so that the letters' clock is not slowed by it: send the whole hostile set."""
    made = [planted(RECORD) for planted, _ in CLASSES.values()]
    contents = [HEAD % b"planted" + each.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for each in made]
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for content in contents:
        await send(port, content, recipients=READER)


async def attacker(port: int) -> asyncio.subprocess.Process:
    """Return the process that attacks once it is given a line."""
    command = [sys.executable, __file__, "--attack", str(port)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL)
    assert process.stdout
    await process.stdout.readline()
    return process


async def settled(house: House, count: int) -> None:
    """Wait until so many messages are held."""
    while len(await house.ask("held", "list")) < count:
        await asyncio.sleep(2)


def percentile(values: list[float]) -> float:
    return sorted(values)[int(0.99 * (len(values) - 1))]


async def measure(rounds: int, seconds: float, rate: float) -> None:
    sink = Sink()
    await sink.start()
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), sink.address)
        await house.start()
        clean = Clean(house, sink)
        await clean.stream(2, rate)
        quiet, under = [], []
        for number in range(rounds):
            quiet.append(percentile(await clean.stream(seconds, rate)))
            storm = await attacker(house.port)
            assert storm.stdin
            storm.stdin.write(b"go\n")
            under.append(percentile(await clean.stream(seconds, rate)))
            await storm.wait()
            await settled(house, (number + 1) * len(CLASSES))
            print(f"quiet p99 {quiet[-1]:.0f} ms, with hostile mail {under[-1]:.0f} ms", flush=True)
        await house.stop()
    await sink.stop()
    assert not any(b"Subject: planted" in content for content, _ in sink.times)
    first, second = statistics.median(quiet), statistics.median(under)
    print(f"medians of {rounds}: {first:.0f} ms and {second:.0f} ms, ratio {second / first:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--attack", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.attack:
        asyncio.run(attack(options.attack))
        return
    asyncio.run(measure(options.rounds, options.seconds, options.rate))


if __name__ == "__main__":
    main()
