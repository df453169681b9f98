"""A home as exports give it, in parts or in lines, put together as people write it: "Flat 2, 12 Elm Road, Netherby"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

PARTS = ("apartment", "house_name", "house_number", "street", "locality", "town", "county")
"""The fields of a home beside its lines ("address") and postcode, in the order in which they are written."""
_BARE = re.compile(r"\d{1,4}[A-Za-z]?|[A-Za-z]")


def home_of(lines: Iterable[str], parts: Mapping[str, str]) -> str:
    """Return one line for a home, "" if nothing says where it is. `lines` are whole addresses or lines of one, `parts`
    fields of PARTS. What a line already says is not said again; a house's name alone could be a pastoral house, a town
    alone is no home, so neither is one."""
    lines = [line for line in lines if line]
    street = parts.get("street", "")
    if street:
        lines.append(_with_number(parts, street))
    elif lines:
        lines[0] = _with_number(parts, lines[0])
    written: list[str] = []
    for text in (*_house(parts), *lines) if lines else ():
        _add(written, text)
    for name in PARTS[4:] if written else ():
        _add(written, parts.get(name, ""))
    return ", ".join(written)


def _with_number(parts: Mapping[str, str], street: str) -> str:
    """Return number and street; a street that has its number keeps it, a "number" that is a name has a comma behind."""
    number = parts.get("house_number", "")
    if not number or re.search(rf"(?<!\w){re.escape(number)}(?!\w)", street, re.IGNORECASE):
        return street
    return f"{number} {street}" if number[0].isdigit() else f"{number}, {street}"


def _house(parts: Mapping[str, str]) -> tuple[str, str]:
    flat = parts.get("apartment", "")
    return f"Flat {flat}" if _BARE.fullmatch(flat) else flat, parts.get("house_name", "")


def _add(written: list[str], text: str) -> None:
    said = {one.strip() for line in written for one in line.casefold().split(",")} | {w.casefold() for w in written}
    if text and text.casefold() not in said:
        written.append(text)
