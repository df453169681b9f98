"""What the benches of the relay share: a sink, a sender, figures of one measurement."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dialogues.servekit import descendants

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


def cpu_seconds(*roots: int) -> float:
    """User and system time of process trees, their ended children included."""
    total = 0
    for pid in (pid for root in roots for pid in descendants(root)):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        total += sum(int(value) for value in fields[11:15])
    return total / TICK


async def send(port: int, count: int, connections: int, content: Callable[[int], bytes]) -> list[float]:
    """Send `count` messages, each of what `content` makes of its number; returns the seconds each
    waited for its 250 after the last dot."""
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
            writer.write(content(n))
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


def plain(size: int) -> Callable[[int], bytes]:
    """Plain mail of about `size` bytes."""
    line = (WORDS * (70 // len(WORDS) + 1))[:70] + b"\r\n"
    body = line * (size // len(line))
    return lambda n: b"From: office@oakfield.example\r\nSubject: %d\r\n\r\n" % n + body


async def measure(
    port: int, roots: tuple[int, ...], sink: Sink, count: int, connections: int, content: Callable[[int], bytes]
) -> Figures:
    """Send `count` messages to `port` and wait until all are in the sink; CPU is that of the trees under `roots`."""
    goal = sink.count + count
    cpu, begun = cpu_seconds(*roots), time.perf_counter()
    latencies = await send(port, count, connections, content)
    await sink.until(goal)
    took = time.perf_counter() - begun
    await asyncio.sleep(0.3)
    spent = cpu_seconds(*roots) - cpu
    latencies.sort()
    return Figures(
        rate=count / took,
        cpu_ms=1000 * spent / count,
        p50_ms=1000 * statistics.median(latencies),
        p99_ms=1000 * latencies[int(len(latencies) * 0.99)],
    )


def compared(ours: list[Figures], theirs: list[Figures], name: str) -> str:
    """Three lines: the medians of both and their ratios."""
    a, b = median(ours), median(theirs)
    return (
        f"  {'mailguard':18}{a}\n  {name:18}{b}\n"
        f"  {'ratio':18}rate x{a.rate / b.rate:.2f}  CPU x{a.cpu_ms / b.cpu_ms:.2f}  "
        f"p50 x{a.p50_ms / b.p50_ms:.2f}  p99 x{a.p99_ms / b.p99_ms:.2f}"
    )


def median(rounds: list[Figures]) -> Figures:
    return Figures(*(statistics.median(getattr(one, name) for one in rounds) for name in Figures.__annotations__))
