"""Letters with a PDF, each another one and all the same one, against Postfix with amavisd-new, in one run, alternating.

    python tests/bench/pdf_against_amavis.py [--rounds 3] [--messages 200] [--connections 10] [--pupils 1500]

amavisd-new takes messages apart and looks for nothing; mailguard reads the text of every PDF and judges it against a
roll. The messages are of 60 KB: letters with a PDF of two pages and embedded fonts, 44 KB each. CPU is user and system
time of the whole process trees, ended children included. Each has a round to warm up that does not count. Needs
Postfix, amavisd-new and root.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from amaviskit import Filtered
from dialogues.servekit import House
from loadkit import Figures, Sink, compared, measure
from pdfletters import letter, newsletter
from schoolroll import enlarge


def distinct(count: int) -> Callable[[], Callable[[int], bytes]]:
    """Makes, for each measurement, `count` letters that nobody has seen before."""
    made = 0

    def content() -> Callable[[int], bytes]:
        nonlocal made
        letters = [letter(newsletter(made + n)) for n in range(count)]
        made += count
        return letters.__getitem__

    return content


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--pupils", type=int, default=1500)
    options = parser.parse_args()

    same = letter(newsletter(-1))
    kinds = {"each another PDF": distinct(options.messages), "the same PDF": lambda: lambda n: same}
    sink = Sink()
    await sink.start()
    filtered = Filtered(sink.port)
    house = House(Path(tempfile.mkdtemp(prefix="mailguard-bench-")), f"127.0.0.1:{sink.port}")
    enlarge(house.folder / "roll", options.pupils)
    await asyncio.to_thread(filtered.start)
    await house.start()
    assert house.process
    both = ((filtered.port, filtered.pids), (house.port, (house.process.pid,)))
    try:
        for port, pids in both:
            await measure(port, pids, sink, 20, options.connections, kinds["each another PDF"]())
        for kind, contents in kinds.items():
            rounds: tuple[list[Figures], list[Figures]] = ([], [])
            for _ in range(options.rounds):
                content = contents()
                for (port, pids), figures in zip(both, rounds, strict=True):
                    figures.append(await measure(port, pids, sink, options.messages, options.connections, content))
            theirs, ours = rounds
            print(f"{kind}, {options.messages} messages over {options.connections} connections")
            print(compared(ours, theirs, "postfix + amavis"), flush=True)
    finally:
        await house.stop()
        await asyncio.to_thread(filtered.stop)


asyncio.run(main())
