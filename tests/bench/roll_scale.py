"""A large roll from its files into force: `python tests/bench/roll_scale.py [PUPILS] [SCHOOLS]`.

Invents a trust (two contacts a pupil), imports it, imports it again with a few changes, reads it back, builds the
index. Prints the seconds (CPU and wall) of each step and the peak of memory; asserts nothing.
"""

from __future__ import annotations

import gc
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mailguard.demo.names import CULTURES, STREETS
from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.guard import Guard
from mailguard.enrol.imports import bring_in
from mailguard.enrol.sources import load_source
from mailguard.policy import parse_policy
from mailguard.recognise import build_index
from mailguard.roll.columns import CONTACTS, PUPILS, RELATIONSHIPS
from mailguard.store import Database, StoreSettings, write_key_file
from mailguard.store.revisions import current_roll

T = TypeVar("T")


def invent(folder: Path, pupils: int, schools: int, seed: int = 1) -> None:
    """Write a native roll: families of one to three children, two parents with an address each."""
    rng = random.Random(seed)
    rows: dict[str, list[str]] = {"pupils": [], "contacts": [], "relationships": []}
    number = 0
    while number < pupils:
        culture = rng.choices(CULTURES, [each.weight for each in CULTURES])[0]
        surname = rng.choice(culture.surnames)
        home = f"{rng.randrange(1, 200)} {rng.choice(STREETS)}"
        postcode = f"ZZ{rng.randrange(1, 99)} {rng.randrange(1, 10)}{rng.choice('ABDEF')}{rng.choice('GHJLN')}"
        children = range(number, min(pupils, number + rng.choice((1, 1, 2, 3))))
        for child in children:
            year, forename = rng.randrange(12), rng.choice(culture.girls + culture.boys)
            rows["pupils"].append(
                f"S{child % schools:02d},{child},,,{forename},,{surname},,,{2021 - year}-0{rng.randrange(1, 10)}-1"
                f"{rng.randrange(10)},{year},{year}{rng.choice('AB')},{home},{postcode},,current"
            )
        for parent in range(2 * len(children)):
            key, given = f"c{number}.{parent}", rng.choice(culture.girls + culture.boys)
            phone = f"07700 9{rng.randrange(100000):05d}"
            rows["contacts"].append(f"{key},,{given},{surname},{key}@family.test,{phone},{home},{postcode},n")
            rows["relationships"].append(f"{children[parent // 2]},{key},parent,y,y,{parent % 2 + 1}")
        number += len(children)
    for name, columns in (("pupils", PUPILS), ("contacts", CONTACTS), ("relationships", RELATIONSHIPS)):
        required = columns.required
        (folder / f"{name}.csv").write_text("\n".join([",".join(required), *rows[name], ""]), encoding="utf-8")


def timed(what: str, work: Callable[[], T]) -> T:
    """Run, and print how long it took and the peak of memory so far."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:34} {time.process_time() - cpu:6.2f} s CPU {time.perf_counter() - wall:6.2f} s {peak:7.0f} MB")
    return result


def resident() -> float:
    """Return the resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def import_first(folder: Path, door: DatabaseDoor, pupils: int) -> None:
    loaded = timed(f"read {pupils} pupils", lambda: load_source(folder))
    print(f"{'':8}{len(loaded.roll.contacts)} contacts, {len(loaded.roll.relationships)} pairs")
    timed("compare, seal, write, in force", lambda: bring_in(door, loaded, "bench", Guard()))


def index(door: DatabaseDoor) -> None:
    roll = timed("read back", lambda: door.read(current_roll))
    assert roll is not None
    policy = parse_policy('[[school]]\ncode = "S00"\n')
    gc.collect()
    before = resident()
    built = timed("index (the screeners' process)", lambda: build_index(roll, policy))
    gc.collect()
    schools, contacts = len(built.schools), built.contacts
    print(f"{'':8}{len(built.pupils)} pupils, {contacts} contacts, {schools} schools: {resident() - before:.0f} MB")


def import_again(folder: Path, door: DatabaseDoor) -> None:
    table = folder / "pupils.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",5A,", ",5B,"), encoding="utf-8")
    again = timed("read it changed", lambda: load_source(folder))
    timed("guard, compare, seal, in force", lambda: bring_in(door, again, "bench", Guard()))


def main() -> None:
    given = [int(text) for text in sys.argv[1:]]
    pupils, schools = (given + [100_000, 80][len(given) :])[:2]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        invent(folder, pupils, schools)
        write_key_file(folder / "key")
        with Database.open(StoreSettings(f"sqlite:///{folder}/mailguard.db", folder / "key")) as database:
            door = DatabaseDoor(database)
            begun = time.process_time()
            import_first(folder, door, pupils)
            index(door)
            print(f"in all {time.process_time() - begun:.2f} s CPU")
            import_again(folder, door)
        print(f"database {sum(path.stat().st_size for path in folder.glob('mailguard.db*')) / 2**20:.0f} MB")


if __name__ == "__main__":
    main()
