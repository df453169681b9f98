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
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from dialogues.servekit import House, free_port
from loadkit import SIZES, Figures, Sink, compared, measure, plain
from peers.postfixkit import Postfix
from schoolroll import enlarge


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
            await measure(port, (pid,), sink, 200, 10, plain(SIZES["2k"]))
        for size in options.sizes.split(","):
            for connections in map(int, options.connections.split(",")):
                count = max(connections, options.messages * 2000 // max(2000, SIZES[size] // 4))
                ours: list[Figures] = []
                theirs: list[Figures] = []
                content = plain(SIZES[size])
                for _ in range(options.rounds):
                    theirs.append(await measure(postfix.port, (postfix.pid,), sink, count, connections, content))
                    ours.append(await measure(house.port, (house.process.pid,), sink, count, connections, content))
                print(f"{size} over {connections} connections, {count} messages, median of {options.rounds}")
                print(compared(ours, theirs, "postfix"), flush=True)
    finally:
        await house.stop()
        postfix.stop()


asyncio.run(main())
