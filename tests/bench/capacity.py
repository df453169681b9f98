"""What a day's mail of a trust costs: `python tests/bench/capacity.py [--messages 400] [SCHOOLSxPUPILS ...]`.

For each size the real `serve`, every reader on, with a roll of so many schools and pupils (two contacts each), takes a
mixture of mail over ten connections: of a hundred messages 80 letters of 2 KB, 15 with a PDF of two pages of their own,
and 5 letters with one child's record, which are held. Printed: memory (proportional share of the whole tree) with the
roll in force and at its highest, CPU of a message, and what the store grew by for one held and one delivered. Each
kind is also sent alone to tell what it costs. Asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from dialogues.servekit import House, descendants
from loadkit import Sink, cpu_seconds, plain, send
from pdfletters import letter, newsletter
from roll_scale import invent

SIZES = ("1x250", "5x3000", "20x15000", "80x80000")
SCHOOL = '[[school]]\ncode = "S{0:02d}"\nname = "School {0}"\nstaff_domains = ["{1}"]\n'
Content = Callable[[int], bytes]


def memory(root: int) -> float:
    """Proportional share of a tree in megabytes."""
    total = 0
    for pid in descendants(root):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += int(next((line for line in lines if line.startswith("Pss:")), "Pss: 0").split()[1])
    return total / 1024


def records(roll: Path) -> Content:
    """Letters about one child each, to somebody who may not have them."""
    with (roll / "pupils.csv").open(encoding="utf-8", newline="") as file:
        children = list(csv.DictReader(file))

    def content(number: int) -> bytes:
        child = children[number * 7 % len(children)]
        name = f"{child['forename']} {child['surname']}"
        text = f"Subject: Letter {number}\r\n\r\n{name}, born {child['date_of_birth']}, has asthma. {name} is in class "
        return plain(1800)(number).replace(b"Subject: %d\r\n\r\n" % number, (text + "4B.\r\n").encode())

    return content


def mixed(kinds: tuple[Content, Content, Content]) -> Content:
    small, paper, record = kinds
    return lambda n: (record if n % 20 == 0 else paper if n % 20 in (3, 9, 15) else small)(n)


async def highest(pid: int, working: asyncio.Future[object]) -> float:
    top = 0.0
    while not working.done():
        top = max(top, await asyncio.to_thread(memory, pid))
        await asyncio.sleep(0.1)
    return top


class Site:
    """A relay with a roll, and what the store takes."""

    def __init__(self, schools: int, pupils: int, upstream: str) -> None:
        self.house = House(Path(tempfile.mkdtemp(prefix="mailguard-bench-")), upstream)
        invent(self.house.folder / "roll", pupils, schools)
        domains = ["oakfield.example", *(f"s{n}.example" for n in range(1, schools))]
        policy = "\n".join(SCHOOL.format(n, domain) for n, domain in enumerate(domains))
        (self.house.folder / "policy.toml").write_text(policy)

    def stored(self) -> int:
        """Bytes of the store's pages that are in use."""
        with contextlib.closing(sqlite3.connect(f"file:{self.house.folder}/mailguard.db?mode=ro", uri=True)) as store:
            pages, free, size = (
                store.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
            )
            return int((pages - free) * size)

    async def spend(self, content: Content, first: int, count: int) -> tuple[float, float]:
        """Send, wait until nobody works any more; returns milliseconds of CPU and bytes stored, for one message."""
        assert self.house.process
        pid = self.house.process.pid
        cpu, stored = cpu_seconds(pid), self.stored()
        await send(self.house.port, count, 10, lambda n: content(first + n))
        seen = -1.0
        while (now := cpu_seconds(pid)) - seen > 0.02:
            seen = now
            await asyncio.sleep(2)
        return 1000 * (now - cpu) / count, (self.stored() - stored) / count


async def measure(schools: int, pupils: int, messages: int) -> None:
    sink = Sink()
    await sink.start()
    site = Site(schools, pupils, f"127.0.0.1:{sink.port}")
    await site.house.start()
    assert site.house.process
    pid = site.house.process.pid
    try:
        papers = [letter(newsletter(n)) for n in range(3 * messages)]
        kinds = plain(2000), papers.__getitem__, records(site.house.folder / "roll")
        await site.spend(kinds[0], 0, 100)
        print(f"{schools} schools, {pupils} pupils: {memory(pid):.0f} MB with the roll in force", flush=True)
        day = asyncio.ensure_future(site.spend(mixed(kinds), 0, messages))
        top = await highest(pid, day)
        print(f"  mixture            {day.result()[0]:7.2f} ms CPU  {top:6.0f} MB at its highest", flush=True)
        for name, content in zip(("2 KB", "own PDF", "held record"), kinds, strict=True):
            spent, stored = await site.spend(content, messages, messages)
            print(f"  {name:18} {spent:7.2f} ms CPU  {stored / 1000:6.1f} KB in the store", flush=True)
    finally:
        await site.house.stop()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("sizes", nargs="*", default=SIZES)
    parser.add_argument("--messages", type=int, default=400)
    options = parser.parse_args()
    for size in options.sizes:
        schools, _, pupils = size.partition("x")
        await measure(int(schools), int(pupils), options.messages)


asyncio.run(main())
