"""Speed and size of recognition on invented text: `python tests/bench/recognise_speed.py [PUPILS ...]`.

Prose with one pupil named per 2 KB; a table row a pupil; mail of 2 and 10 KB; nothing but names; the index;
the memory that a forked process does not share. Prints, asserts nothing.
"""

from __future__ import annotations

import gc
import os
import pickle
import random
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from mailguard.model import Contact, MayReceive, Pupil, Reading, Relationship, Roll, Segment
from mailguard.policy import parse_policy
from mailguard.recognise import Index, build_index, recognise

POLICY = parse_policy('[[school]]\ncode = "OAK"\n')
SYLLABLES = (
    "ka",
    "lo",
    "mi",
    "ra",
    "te",
    "su",
    "no",
    "vi",
    "be",
    "da",
    "ri",
    "sha",
    "mo",
    "len",
    "tor",
    "win",
    "gar",
    "per",
)
WORD_NAMES = ["May", "Long", "Day", "White", "Young", "Green", "Hill", "Park", "Wood", "Field", "King", "Hall"]
TEXT = """The school will be open and please may we ask that all children bring a coat on their way home in this
long day of rain and we hope that every young person has a good time at the park near green hill with teachers reading
books about rivers maths homework club after lunch on friday wear black shoes white shirt parents are welcome"""
PROSE = TEXT.split()


def invented_roll(size: int, rng: random.Random) -> Roll:
    """Return a roll whose names have the long tail of real ones; 5 % of the surnames are everyday words."""
    given = ["".join(rng.choices(SYLLABLES, k=2)).title() for _ in range(max(60, int(size**0.6)))]
    family = ["".join(rng.choices(SYLLABLES, k=rng.choice((2, 3)))).title() for _ in range(max(120, int(size**0.75)))]
    family += WORD_NAMES * max(1, len(family) // 20 // len(WORD_NAMES))
    forenames = rng.choices(given, [1 / (n + 5) for n in range(len(given))], k=size)
    surnames = rng.choices(family, [1 / (n + 20) for n in range(len(family))], k=size)
    pupils = tuple(
        Pupil(
            "OAK", str(n), forenames[n], surnames[n], date(2006, 9, 1) + timedelta(rng.randint(0, 4000)),
            registration_group=f"{n % 13}{'ABCDEF'[n % 6]}", address=f"{rng.randint(1, 200)} {rng.choice(family)} Road",
            postcode=f"ZZ{rng.randint(1, 99)} {rng.randint(1, 9)}{rng.choice('ABDEFG')}{rng.choice('ABDEFG')}",
        )
        for n in range(size)
    )  # fmt: skip
    contacts = tuple(
        Contact(
            f"c{n}", rng.choice(given), pupils[n % size].surname, "Mrs", (f"p{n}@home.example",), (f"07700{n:06d}",)
        )
        for n in range(size * 3 // 2)
    )
    pairs = tuple(
        Relationship(pupils[n % size].key, contact.contact_id, may_receive=MayReceive.YES)
        for n, contact in enumerate(contacts)
    )
    return Roll(pupils, contacts, pairs)


def prose(length: int, roll: Roll, rng: random.Random) -> Reading:
    """Return about `length` characters in paragraphs, one pupil named per 2 KB."""
    segments: list[Segment] = []
    written, due = 0, 2048
    while written < length:
        text = " ".join(rng.choices(PROSE, k=rng.randint(40, 90))).capitalize() + "."
        if written > due:
            pupil = rng.choice(roll.pupils)
            text += f" Well done to {pupil.forename} {pupil.surname} this week."
            due += 2048
        segments.append(Segment(text, ("body", f"paragraph {len(segments)}")))
        written += len(text)
    return Reading(tuple(segments))


def dense(rows: int, roll: Roll, rng: random.Random) -> Reading:
    """Return one record per 100 bytes or so."""
    lines = (
        f"{p.forename} {p.surname}, {p.date_of_birth:%d/%m/%Y}, {p.postcode}, some text on the pupil, as in a register"
        for p in rng.choices(roll.pupils, k=rows)
        if p.date_of_birth
    )
    return Reading(tuple(Segment(line, ("list.txt", f"line {n}")) for n, line in enumerate(lines)))


def rate(reading: Reading, index: Index) -> tuple[float, float]:
    """Return megabytes a second and milliseconds, best of three, in CPU time."""
    size = sum(len(segment.text) for segment in reading.segments)
    best = min(_timed(reading, index) for _ in range(3))
    return size / 1e6 / best, best * 1000


def _timed(reading: Reading, index: Index) -> float:
    start = time.process_time()
    recognise(reading, index, "OAK")
    return time.process_time() - start


def resident() -> float:
    """Return the process's resident memory in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def names_only(length: int, roll: Roll, rng: random.Random) -> Reading:
    """Return one text of nothing but names of pupils."""
    names = " ".join(f"{p.forename} {p.surname}," for p in rng.choices(roll.pupils, k=length // 10))
    return Reading((Segment(names[:length], ("names.txt",)),))


def private(mails: list[bytes], index: Index) -> None:
    """Print what a forked process has of its own after looking at some mail, which comes one by one as in the relay."""
    gc.collect()
    gc.freeze()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        for mail in mails:
            recognise(pickle.loads(mail), index, "OAK")
        rows = Path("/proc/self/smaps_rollup").read_text().splitlines()
        own = sum(int(row.split()[1]) for row in rows if row.startswith("Private_"))
        print(f"  private memory of a forked process after {len(mails)} mails: {own / 1024:.0f} MB", flush=True)
        os._exit(0)
    os.waitpid(child, 0)


def main() -> None:
    """Print a table for each size of roll, of several each in a process of its own: what the roll before had used and
    given back would count as the next one's memory."""
    sizes = [int(word) for word in sys.argv[1:]] or [1_000, 100_000]
    for size in sizes if len(sizes) > 1 else ():
        subprocess.run([sys.executable, __file__, str(size)], check=True)
    if len(sizes) == 1:
        table(sizes[0])


def table(size: int) -> None:
    """Print the table of one size of roll."""
    rng = random.Random(size)
    roll = invented_roll(size, rng)
    gc.collect()
    before, start = resident(), time.process_time()
    index = build_index(roll, POLICY)
    built = time.process_time() - start
    gc.collect()
    print(f"{size} pupils: index {built:.2f} s, {resident() - before:.0f} MB")
    # Before all else, as in a screener: what this process had used and given back would be copied by the fork.
    private([pickle.dumps(prose(10_000, roll, rng)) for _ in range(200)], index)
    for name, reading in (
        ("prose, a pupil per 2 KB", prose(1_000_000, roll, rng)),
        ("a record per 100 bytes", dense(2_000, roll, rng)),
        ("mail of 10 KB", prose(10_000, roll, rng)),
        ("mail of 2 KB", prose(2_000, roll, rng)),
    ):
        speed, cost = rate(reading, index)
        print(f"  {name:24} {speed:6.1f} MB/s {cost:9.2f} ms")
    print(f"  10 MB of names only: {_timed(names_only(10_000_000, roll, rng), index):.1f} s")


if __name__ == "__main__":
    main()
