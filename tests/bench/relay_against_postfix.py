"""Relay throughput, CPU and acceptance latency against a plain Postfix relay, in one run, alternating.

    python tests/bench/relay_against_postfix.py [--rounds 3] [--messages 1000] [--sizes 2k,60k,1m]
                                                [--connections 1,10,50] [--pupils 1500]

Both take the same mail from the same generator and hand it to the same sink; mailguard reads and judges every message
against a roll on the way. CPU is user and system time of the whole process tree. Each has a round to warm up that does
not count. Needs Postfix and root.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from dialogues.servekit import House, descendants, free_port
from peers.postfixkit import Postfix
from schoolroll import enlarge

TICK = os.sysconf("SC_CLK_TCK")
COMMANDS = (b"MAIL FROM:<office@oakfield.example>\r\n", b"RCPT TO:<rowan@quillfeather.test>\r\n", b"DATA\r\n")
SIZES = {"2k": 2_000, "60k": 60_000, "1m": 1_000_000}
WORDS = b"the school trip leaves at nine please bring a packed lunch and a coat for the museum visit on friday "


class Sink:
    """Takes everything at once and counts it."""

    def __init__(self) -> None:
        self.count = 0
        self.port = 0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Sink(self), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def until(self, count: int) -> None:
        while self.count < count:
            await asyncio.sleep(0.005)


class _Sink(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.buffer = b""
        self.in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 sink.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            if self.in_data:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    self.buffer = self.buffer[-4:]
                    return
                self.buffer = self.buffer[end + 5 :]
                self.in_data = False
                self.sink.count += 1
                self.transport.write(b"250 2.0.0 ok\r\n")
            line, found, rest = self.buffer.partition(b"\r\n")
            if not found:
                return
            self.buffer = rest
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.transport.write(b"250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 60000000\r\n")
            elif verb == b"DATA":
                self.in_data = True
                self.transport.write(b"354 go\r\n")
            elif verb == b"QUIT":
                self.transport.write(b"221 bye\r\n")
                self.transport.close()
                return
            else:
                self.transport.write(b"250 2.1.0 ok\r\n")


@dataclass
class Figures:
    rate: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float

    def __str__(self) -> str:
        return f"{self.rate:8.0f} /s {self.cpu_ms:7.2f} ms CPU  p50 {self.p50_ms:7.2f}  p99 {self.p99_ms:7.2f} ms"


def cpu_seconds(root: int) -> float:
    """User and system time of a process tree, its ended children included."""
    total = 0
    for pid in descendants(root):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        total += sum(int(value) for value in fields[11:15])
    return total / TICK


async def send(port: int, count: int, connections: int, body: bytes) -> list[float]:
    """Send `count` messages over open connections; returns the seconds each waited for its 250 after the last dot."""
    latencies: list[float] = []
    left = iter(range(count))

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        writer.write(b"EHLO bench.test\r\n")
        while (await reader.readline())[3:4] == b"-":
            pass
        for n in left:
            for command in COMMANDS:
                writer.write(command)
                await reader.readline()
            writer.write(b"From: office@oakfield.example\r\nSubject: %d\r\n\r\n" % n + body)
            await writer.drain()
            begun = time.perf_counter()
            writer.write(b".\r\n")
            reply = await reader.readline()
            assert reply.startswith(b"250"), reply
            latencies.append(time.perf_counter() - begun)
        writer.write(b"QUIT\r\n")
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return latencies


async def measure(port: int, root: int, sink: Sink, count: int, connections: int, size: int) -> Figures:
    line = (WORDS * (70 // len(WORDS) + 1))[:70] + b"\r\n"
    body = line * (size // len(line))
    goal = sink.count + count
    cpu, begun = cpu_seconds(root), time.perf_counter()
    latencies = await send(port, count, connections, body)
    await sink.until(goal)
    took = time.perf_counter() - begun
    await asyncio.sleep(0.3)
    spent = cpu_seconds(root) - cpu
    latencies.sort()
    return Figures(
        rate=count / took,
        cpu_ms=1000 * spent / count,
        p50_ms=1000 * statistics.median(latencies),
        p99_ms=1000 * latencies[int(len(latencies) * 0.99)],
    )


def median(rounds: list[Figures]) -> Figures:
    return Figures(*(statistics.median(getattr(one, name) for one in rounds) for name in Figures.__annotations__))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--sizes", default="2k,60k")
    parser.add_argument("--connections", default="1,10,50")
    parser.add_argument("--pupils", type=int, default=1500)
    options = parser.parse_args()

    sink = Sink()
    await sink.start()
    postfix = Postfix.relaying(free_port(), sink.port)
    house = House(Path(tempfile.mkdtemp(prefix="mailguard-bench-")), f"127.0.0.1:{sink.port}")
    enlarge(house.folder / "roll", options.pupils)
    await asyncio.to_thread(postfix.start)
    await house.start()
    assert house.process
    try:
        for port, pid in ((postfix.port, postfix.pid), (house.port, house.process.pid)):
            await measure(port, pid, sink, 200, 10, SIZES["2k"])
        for size in options.sizes.split(","):
            for connections in map(int, options.connections.split(",")):
                count = max(connections, options.messages * 2000 // max(2000, SIZES[size] // 4))
                ours: list[Figures] = []
                theirs: list[Figures] = []
                for _ in range(options.rounds):
                    theirs.append(await measure(postfix.port, postfix.pid, sink, count, connections, SIZES[size]))
                    ours.append(await measure(house.port, house.process.pid, sink, count, connections, SIZES[size]))
                a, b = median(ours), median(theirs)
                print(f"{size} over {connections} connections, {count} messages, median of {options.rounds}")
                print(f"  mailguard {a}\n  postfix   {b}")
                print(
                    f"  ratio     rate x{a.rate / b.rate:.2f}  CPU x{a.cpu_ms / b.cpu_ms:.2f}  "
                    f"p50 x{a.p50_ms / b.p50_ms:.2f}  p99 x{a.p99_ms / b.p99_ms:.2f}",
                    flush=True,
                )
    finally:
        await house.stop()
        postfix.stop()


asyncio.run(main())
