"""A roll of any size for the benches: the small one of the dialogues, and invented families on top of it."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

from mailguard.demo.names import CULTURES, STREETS

PUPILS, CONTACTS, RELATIONSHIPS = "pupils.csv", "contacts.csv", "relationships.csv"


def enlarge(folder: Path, pupils: int, seed: int = 0) -> None:
    """Add invented pupils, one contact each, to the roll in `folder` until it has `pupils`."""
    rng = random.Random(seed)
    there = len((folder / PUPILS).read_text(encoding="utf-8").splitlines()) - 1
    rows: dict[str, list[str]] = {PUPILS: [], CONTACTS: [], RELATIONSHIPS: []}
    for n in range(there + 1, pupils + 1):
        culture = rng.choices(CULTURES, [each.weight for each in CULTURES])[0]
        forename, surname = rng.choice(culture.girls + culture.boys), rng.choice(culture.surnames)
        parent, year = rng.choice(culture.girls + culture.boys), rng.randrange(12)
        born = date(2021 - year, 9, 1) + timedelta(days=rng.randrange(364))
        home = f"{rng.randrange(1, 200)} {rng.choice(STREETS)}"
        postcode = f"ZZ{rng.randrange(1, 10)} {rng.randrange(1, 10)}{rng.choice('ABDEF')}{rng.choice('GHJLN')}"
        rows[PUPILS].append(
            f"OAK,{n},,,{forename},,{surname},,,{born},{year},{year}{rng.choice('AB')},{home},{postcode},,current"
        )
        rows[CONTACTS].append(
            f"c{n},,{parent},{surname},parent{n}@family.test,07700 900{n % 1000:03d},{home},{postcode},n"
        )
        rows[RELATIONSHIPS].append(f"{n},c{n},parent,y,y,1")
    for name, lines in rows.items():
        with (folder / name).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
