"""Year groups as schools write them: "Year 5", "Yr 5", "Y5", "Reception", "YR", "Year R", "Nursery"."""

from __future__ import annotations

import re
from collections.abc import Iterator

# As `(?<![\w/.-])(?:[Yy](?:ea)?r?\.?[ ]?(1[0-4]|[1-9])(?![\w/])|([Rr]eception|Y[Rr]|[Yy]ear R|[Nn]ursery)(?!\w))`, but
# with one set of first characters, so that the engine skips to them.
_YEAR = re.compile(
    r"[YyRrNn](?<![\w/.-].)(?:(?<=[Yy])(?:ea)?r?\.?[ \u00a0]?(1[0-4]|[1-9])(?![\w/])|"
    r"((?<=[Rr])eception|(?<=Y)[Rr]|(?<=[Yy])ear R|(?<=[Nn])ursery)(?!\w))"
)
_KEYS = {"eception": "r", "r": "r", "R": "r", "ear R": "r", "ursery": "n"}
_NUMBER = re.compile(r"\d{1,2}")


def find_years(text: str, low: int, high: int) -> Iterator[str]:
    """Yield the keys of the year groups that a stretch of a text speaks of: a number, "r" or "n"."""
    for match in _YEAR.finditer(text, low, high):
        yield match[1] or _KEYS[match[2]]


def key_of_year(group: str) -> str:
    """Return the key of a roll's year group ("Year 5", "05", "Reception", "N2"), or "" if it is none."""
    number = _NUMBER.search(group)
    letter = group.strip().lower().removeprefix("year").strip()[:1]
    if letter in ("r", "n"):
        return letter
    if group.strip().lower() == "yr":
        return "r"
    return str(int(number[0])) if number else ""


def year_key(school: str, year: str) -> str:
    """Return the key under which a school's pupils of a year stand among the values of the index."""
    return f"{school}\0{year}"
