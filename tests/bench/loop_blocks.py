"""What keeps the relay's event loop: its longest stretches without a pause while hostile mail arrives, and where.

    python tests/bench/loop_blocks.py [--longer-than 3]

The real `serve`, with a thread in it that looks every millisecond how much processor time the loop's thread has used
since. Where that is more than `--longer-than` milliseconds at one time, the loop served nobody in between; the place is
where it was when it let go (what runs in C is over by then). Processor time, not the clock: a busy machine does not
change it much.
"""

from __future__ import annotations

import argparse
import asyncio
import atexit
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).parents[1]))
from dialogues.servekit import House
from hostile.planted import CLASSES
from hostile_latency import Clean, Sink, attacker, settled

_LOOK_SECONDS = 0.001
_SHOWN = 20


def place(frame: FrameType | None) -> list[str]:
    """The innermost frames of ours."""
    found: list[str] = []
    while frame is not None and len(found) < 3:
        _, ours, name = frame.f_code.co_filename.rpartition("/mailguard/")
        if ours:
            found.append(f"{name}:{frame.f_lineno}")
        frame = frame.f_back
    return found


def watch(out: Path, longer: float) -> None:
    """Note in `out`, when the process ends, when and where its main thread computed for long."""
    loop = threading.main_thread().ident or 0
    clock, found = time.pthread_getcpuclockid(loop), []

    def look() -> None:
        before = time.clock_gettime(clock)
        while True:
            time.sleep(_LOOK_SECONDS)
            now = time.clock_gettime(clock)
            if now - before > longer:
                found.append((time.time(), now - before, place(sys._current_frames()[loop])))
            before = now

    atexit.register(lambda: out.write_text(json.dumps(found)))
    threading.Thread(target=look, daemon=True).start()


async def measure(longer: float) -> None:
    sink = Sink()
    await sink.start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        house = House(folder, sink.address)
        house.program = (__file__, "--longer-than", str(longer), "--out", str(folder / "blocks"))
        await house.start()
        clean = Clean(house, sink)
        await clean.stream(2, 10)
        begun = time.time()
        storm = await attacker(house.port)
        assert storm.stdin
        storm.stdin.write(b"go\n")
        await clean.stream(8, 10)
        await storm.wait()
        await settled(house, len(CLASSES))
        await house.stop()
        blocks = [block for block in json.loads((folder / "blocks").read_text()) if block[0] > begun]
    await sink.stop()
    print(f"{len(blocks)} stretches of more than {longer:g} ms, the longest:")
    for at, seconds, where in sorted(blocks, key=lambda block: -block[1])[:_SHOWN]:
        print(f"{1000 * seconds:7.1f} ms  after {at - begun:5.1f} s  {' < '.join(where)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--longer-than", type=float, default=3.0)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    options, rest = parser.parse_known_args()
    if options.out is None:
        asyncio.run(measure(options.longer_than))
        return
    from mailguard.cli import main as mailguard

    watch(options.out, options.longer_than / 1000)
    sys.argv = ["mailguard", *rest]
    mailguard()


if __name__ == "__main__":
    main()
