"""A fast client beside two hundred slow ones, and the memory that one very large message takes.

    python tests/bench/relay_under_strain.py [--rounds 5] [--messages 300] [--slow 200] [--megabytes 50]

The slow clients hold their connections open and send a few bytes every half second: a third of them in a command, a
third in a header, a third in a body. The fast one sends 2 KB letters over one connection, alone and beside them in
turn. Memory is the proportional share (PSS) of the relay's process and of its whole tree, sampled while the large
message is received, read and judged.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from dialogues.servekit import House, descendants
from loadkit import Figures, Sink, cpu_seconds, measure, median, plain, send
from schoolroll import enlarge

OPENINGS = (
    b"EHLO slow.test\r\nMAIL FROM:<office@oakfield",
    b"EHLO slow.test\r\nMAIL FROM:<office@oakfield.example>\r\nRCPT TO:<rowan@quillfeather.test>\r\nDATA\r\nSubject: ",
    b"EHLO slow.test\r\nMAIL FROM:<office@oakfield.example>\r\nRCPT TO:<rowan@quillfeather.test>\r\nDATA\r\n\r\n",
)
DRIP_SECONDS = 0.5
QUIET_SECONDS = 3.0


async def drip(port: int, number: int) -> None:
    """Be a slow client until cancelled."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await reader.readline()
        writer.write(OPENINGS[number % len(OPENINGS)])
        while True:
            await asyncio.sleep(DRIP_SECONDS)
            writer.write(b"slow ")
            await writer.drain()
    finally:
        writer.close()


def memory(pid: int) -> float:
    """Proportional share of a process, in megabytes."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


async def peak(pid: int, sending: asyncio.Future[list[float]]) -> tuple[float, float]:
    """Highest memory of the relay and of its tree, until a message was sent and nobody works any more: one that is too
    long to be read is held, and comes out nowhere."""
    own = tree = 0.0
    spent, since = cpu_seconds(pid), time.monotonic()
    while not sending.done() or time.monotonic() - since < QUIET_SECONDS:
        shares = [await asyncio.to_thread(memory, each) for each in descendants(pid)]
        own, tree = max(own, shares[0]), max(tree, sum(shares))
        if (now := cpu_seconds(pid)) - spent > 0.05:
            spent, since = now, time.monotonic()
        await asyncio.sleep(0.02)
    return own, tree


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--slow", type=int, default=200)
    parser.add_argument("--megabytes", type=int, default=50)
    options = parser.parse_args()

    sink = Sink()
    await sink.start()
    house = House(Path(tempfile.mkdtemp(prefix="mailguard-bench-")), f"127.0.0.1:{sink.port}")
    enlarge(house.folder / "roll", 1500)
    await house.start()
    assert house.process
    pid = house.process.pid
    try:
        await measure(house.port, (pid,), sink, 200, 10, plain(2000))
        quiet: list[Figures] = []
        beside: list[Figures] = []
        for _ in range(options.rounds):
            quiet.append(await measure(house.port, (pid,), sink, options.messages, 1, plain(2000)))
            slow = [asyncio.ensure_future(drip(house.port, n)) for n in range(options.slow)]
            await asyncio.sleep(1.5)
            assert not any(one.done() for one in slow), "a slow client was turned away"
            beside.append(await measure(house.port, (pid,), sink, options.messages, 1, plain(2000)))
            for one in slow:
                one.cancel()
            await asyncio.gather(*slow, return_exceptions=True)
        a, b = median(beside), median(quiet)
        print(f"a fast client, {options.messages} messages, median of {options.rounds}")
        print(f"  alone              {b}\n  beside {options.slow} slow    {a}")
        print(f"  ratio              p50 x{a.p50_ms / b.p50_ms:.2f}  p99 x{a.p99_ms / b.p99_ms:.2f}", flush=True)

        shares = [memory(each) for each in descendants(pid)]
        large = plain((options.megabytes << 20) - 1000)
        sending = asyncio.ensure_future(send(house.port, 1, 1, large))
        own, tree = await peak(pid, sending)
        print(f"one message of {options.megabytes} MB, answered {sending.result()[0]:.2f} s after its last dot")
        print(f"  relay  {shares[0]:.0f} MB idle, {own:.0f} MB at most")
        print(f"  tree   {sum(shares):.0f} MB idle, {tree:.0f} MB at most", flush=True)
    finally:
        await house.stop()


asyncio.run(main())
