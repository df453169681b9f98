"""What a new roll costs the mail that is under way: `python tests/bench/roll_swaps.py [PUPILS] [SWAPS]`.

Screens mail without end, first with one roll, then while rolls are imported and swapped as the relay does it, and
measures how long the event loop, which also answers SMTP, was kept from its work. The machine's own jitter is in both
figures: compare them. Prints, asserts nothing.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from roll_scale import invent

from mailguard.enrol.apart import import_apart
from mailguard.enrol.settings import RollSource
from mailguard.model import Envelope
from mailguard.policy import parse_policy
from mailguard.store import Store, StoreSettings, write_key_file
from mailguard.store.revisions import current_roll
from mailguard.workers import Workers

POLICY = parse_policy('[[school]]\ncode = "S00"\nstaff_domains = ["s.example"]\n')
MAIL = b"From: office@s.example\r\nSubject: Coats\r\n\r\nPlease send every child with a coat.\r\n"
ENVELOPE = Envelope("office@s.example", ("c0.0@family.test",))
PROBE_SECONDS = 0.005


class Lag:
    """Wakes every few milliseconds and notes how much later than asked it was woken."""

    def __init__(self) -> None:
        self.late: list[float] = []

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            asked = loop.time() + PROBE_SECONDS
            await asyncio.sleep(PROBE_SECONDS)
            self.late.append((loop.time() - asked) * 1000)

    def tell(self, what: str) -> None:
        """Print what was noted since the last time, and forget it."""
        late, self.late = sorted(self.late), []
        over = sum(one > 50 for one in late)
        print(
            f"{what:24} {len(late):6} probes  late by p50 {late[len(late) // 2]:.1f} ms  p99 "
            f"{late[len(late) * 99 // 100]:.1f} ms  most {late[-1]:.1f} ms  over 50 ms: {over}",
            flush=True,
        )


async def measure(folder: Path, swaps: int) -> None:
    settings = StoreSettings(f"sqlite:///{folder}/mailguard.db", folder / "key")
    store = Store.open(settings)
    await store.start()
    workers, lag, done, screened = Workers(), Lag(), asyncio.Event(), 0
    await asyncio.to_thread(import_apart, (RollSource("roll", folder / "roll0"),), settings, "local")
    first = await store.read(current_roll)
    assert first is not None
    await workers.start(first, POLICY)
    del first

    async def load() -> None:
        nonlocal screened
        while not done.is_set():
            await workers.screen(MAIL, ENVELOPE)
            screened += 1

    probing = asyncio.ensure_future(lag.run())
    loading = [asyncio.ensure_future(load()) for _ in range(4)]
    await asyncio.sleep(5)
    lag.tell("one roll")
    for n in range(swaps):
        source = RollSource("roll", folder / f"roll{(n + 1) % 2}")
        await asyncio.to_thread(import_apart, (source,), settings, "local")
        roll = await store.read(current_roll)
        assert roll is not None
        await workers.replace(roll, POLICY)
        del roll
    lag.tell(f"{swaps} imports and swaps")
    done.set()
    await asyncio.gather(*loading)
    probing.cancel()
    await workers.close()
    await store.close()
    print(f"{screened} messages screened meanwhile")


def main() -> None:
    given = [int(text) for text in sys.argv[1:]]
    pupils, swaps = (given + [1000, 20][len(given) :])[:2]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for n in range(2):
            (folder / f"roll{n}").mkdir()
            invent(folder / f"roll{n}", pupils, 1, seed=1)
        table = folder / "roll1/pupils.csv"
        table.write_text(table.read_text(encoding="utf-8").replace(",5A,", ",5B,"), encoding="utf-8")
        write_key_file(folder / "key")
        asyncio.run(measure(folder, swaps))


if __name__ == "__main__":
    main()
