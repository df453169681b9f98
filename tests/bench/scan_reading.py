"""How much of scanned and photographed papers is read, and whether the guard holds them: a table in Markdown.

    python tests/bench/scan_reading.py --papers 25 --dpi 150 200 300

Papers of five layouts about pupils of an invented trust are drawn, painted and made worse (see `scans`), then read and
screened in this process as a letter to another family. `fields` is the share of names, dates of birth and numbers that
stand in the recognised text, blanks aside; `pupils` the share of pupils found as a record; `held` the share of papers
held for the other family because of a pupil on them. A second table has pictures that hold no record.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import resource
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import harmless, scans
from bench.quality import rolls
from PIL import Image

from mailguard.extract import Limits, read_file, warm, warm_pictures
from mailguard.model import Envelope, Outcome, Pupil, SegmentKind, Strength
from mailguard.screening import Guard, build_guard, screen

LIMITS = Limits(scans=40)


@dataclass
class Row:
    """What was counted for one resolution and fault."""

    pages: int = 0
    seconds: float = 0.0
    fields: int = 0
    fields_read: int = 0
    pupils: int = 0
    pupils_found: int = 0
    held: int = 0
    unreadable: int = 0


def folded(text: str) -> str:
    """Return the letters and digits alone, in lower case."""
    return "".join(character for character in text.lower() if character.isalnum() or character == "/")


def file_of(picture: Image.Image) -> bytes:
    """Return a PNG: what the faults did to the picture stays as it is."""
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def count(row: Row, paper: scans.Paper, data: bytes, guard: Guard, envelope: Envelope) -> list[str]:
    """Read and screen one page; return the fields that were missed."""
    begun = time.process_time()
    reading = read_file(data, "scan.png", LIMITS)
    row.seconds += time.process_time() - begun
    row.pages += 1
    row.unreadable += bool(reading.unreadable)
    text = folded(" ".join(segment.text for segment in reading.segments if segment.kind is SegmentKind.OCR))
    fields = [value for pupil in paper.pupils for value in scans.shown(pupil)]
    missed = [value for value in fields if folded(value) not in text]
    row.fields += len(fields)
    row.fields_read += len(fields) - len(missed)
    screened = screen(reading, envelope, guard)
    records = {key for s in screened.sightings.pupils if s.strength is Strength.RECORD for key in s.pupils}
    row.pupils += len(paper.pupils)
    row.pupils_found += sum(pupil.key in records for pupil in paper.pupils)
    wanted = {pupil.key for pupil in paper.pupils}
    (recipient,) = screened.verdict.recipients
    named = {key for finding in recipient.findings for key in ((finding.pupil,) if finding.pupil else finding.pupils)}
    row.held += recipient.outcome is Outcome.HOLD and bool(named & wanted)
    return missed


def printable(pupil: Pupil) -> bool:
    """Return whether the fonts of the papers have the pupil's letters, and the pupil all three fields."""
    return bool(pupil.date_of_birth and pupil.upn and (pupil.forename + pupil.surname).isprintable()) and all(
        ord(character) < 256 for character in pupil.forename + pupil.surname
    )


def main() -> None:
    """Print both tables; what was missed goes to stderr."""
    options = argparse.ArgumentParser()
    options.add_argument("--papers", type=int, default=25)
    options.add_argument("--dpi", type=int, nargs="+", default=[150, 200, 300])
    options.add_argument("--seed", type=int, default=1)
    args = options.parse_args()
    warm()
    warm_pictures()
    rng = random.Random(args.seed)
    table: dict[tuple[int, str], Row] = defaultdict(Row)
    for number in range(args.papers):
        town = rolls.make_town(args.seed * 1000 + number)
        guard = build_guard(town.roll, town.policy)
        pupils = [pupil for pupil in town.roll.pupils if printable(pupil)]
        chosen = rng.sample(pupils, min(8, len(pupils)))
        strangers = sorted(address for address, may in town.may.items() if may and not may & {p.key for p in chosen})
        staff = next(school.domain for school in town.schools if school.code == chosen[0].school)
        envelope = Envelope(f"office@{staff}", (rng.choice(strangers),))
        paper = scans.paper(rng, chosen, list(scans.LAYOUTS)[number % len(scans.LAYOUTS)])
        for dpi in args.dpi:
            page = scans.scan(paper.pdf, dpi)
            for fault, worsen in scans.FAULTS.items():
                data = file_of(worsen(page, random.Random(f"{args.seed} {number} {fault}")))
                missed = count(table[dpi, fault], paper, data, guard, envelope)
                print(f"{number} {paper.layout} {dpi} {fault}: missed {missed}", file=sys.stderr, flush=True)
        print_rows(table, sys.stderr)
    print_rows(table, sys.stdout)
    print(f"\nPeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB.\n")
    print_harmless(args.papers, args.seed)


def print_rows(table: dict[tuple[int, str], Row], where: TextIO) -> None:
    """Print what was counted so far."""
    print("| dpi | page | pages | fields | pupils | held | unreadable | CPU s a page |", file=where)
    print("|---|---|---|---|---|---|---|---|", file=where)
    for (dpi, fault), row in sorted(table.items()):
        shares = (row.fields_read / row.fields, row.pupils_found / row.pupils, row.held / row.pages)
        cells = [dpi, fault, row.pages, *(f"{share:.1%}" for share in shares), row.unreadable]
        print("|", " | ".join(map(str, cells)), f"| {row.seconds / row.pages:.2f} |", file=where, flush=True)


def print_harmless(count: int, seed: int) -> None:
    """Read pictures that hold no record and print how many are held."""
    print("| pictures without a record | pictures | held | CPU s a picture |\n|---|---|---|---|")
    for kind, make in harmless.KINDS.items():
        held, begun = 0, time.process_time()
        for number in range(count):
            reading = read_file(file_of(make(random.Random(f"{seed} {kind} {number}"))), "picture.png", LIMITS)
            held += bool(reading.unreadable)
        print(f"| {kind} | {count} | {held} | {(time.process_time() - begun) / count:.2f} |", flush=True)


if __name__ == "__main__":
    main()
