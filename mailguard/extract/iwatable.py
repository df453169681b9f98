"""Tables of Apple's office programs: rows of cells put together from tiles, lists of texts and the table that names
them. Types and fields as the programs write them since 2015; values are shown plainly, dates by their day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from struct import error as StructError
from struct import unpack_from

from mailguard.extract.budget import Budget
from mailguard.extract.grid import GridRow, Value
from mailguard.extract.iwa import BadArchive, Field, Object, fields, text_of
from mailguard.extract.numberformat import plain

TABLE, TEXT = 6001, 2001
_RICH_PAYLOAD = 6218
_STORE, _NAME = 4, 8
_TILES, _STRINGS, _RICH = 3, 4, 17
_ROWS, _BUFFER, _OFFSETS, _WIDE = 5, 6, 7, 8
_ROWS_OF_A_TILE = 256
_STORAGE_VERSION = 5
_HEAD = 12
_DECIMAL, _DOUBLE, _SECONDS, _STRING, _RICH_STRING = 1, 2, 4, 8, 16
_BOOLEAN, _DURATION = 6, 7
_BIAS = 0x1820
_EPOCH = datetime(2001, 1, 1)  # noqa: DTZ001  (days, not moments)


@dataclass(frozen=True, slots=True)
class Found:
    """A table's name and rows, and whether all of its cells could be placed."""

    name: str
    rows: list[GridRow]
    whole: bool


def tables(objects: Mapping[int, Object], budget: Budget) -> Iterator[Found]:
    """Yield the tables among the objects of a document."""
    for found in objects.values():
        if found.kind == TABLE:
            try:
                yield _table(fields(found.data), objects, budget)
            except (BadArchive, StructError):
                yield Found("", [], False)


def storage_text(data: bytes) -> str:
    """Return the running text of a text storage (type 2001)."""
    return "".join(text_of(value) for key, value in fields(data) if key == 3 and isinstance(value, bytes))


def _table(model: Sequence[Field], objects: Mapping[int, Object], budget: Budget) -> Found:
    name = text_of(_bytes(model, _NAME))
    store = fields(_bytes(model, _STORE))
    strings = _strings(_referred(store, _STRINGS, objects))
    rich = _rich(_referred(store, _RICH, objects), objects)
    tiles = fields(_bytes(store, _TILES))
    height = next((value for key, value in tiles if key == 2 and isinstance(value, int) and value), _ROWS_OF_A_TILE)
    rows: list[GridRow] = []
    whole = True
    for key, value in tiles:
        if key != 1 or not isinstance(value, bytes):
            continue
        tile = fields(value)
        number = next((own for name_, own in tile if name_ == 1 and isinstance(own, int)), 0)
        for name_, row in _referred(tile, 2, objects):
            if name_ == _ROWS and isinstance(row, bytes):
                at, values, placed = _row(fields(row), strings, rich)
                whole &= placed
                budget.spend_cells(len(values))
                if values:
                    rows.append(GridRow(number * height + at + 1, values))
    return Found(name, sorted(rows, key=lambda row: row.number), whole)


def _bytes(message: Sequence[Field], wanted: int) -> bytes:
    return next((value for key, value in message if key == wanted and isinstance(value, bytes)), b"")


def _referred(message: Sequence[Field], wanted: int, objects: Mapping[int, Object]) -> list[Field]:
    """Return the fields of the object to which a field refers."""
    number = next((value for key, value in fields(_bytes(message, wanted)) if key == 1), 0)
    found = objects.get(number) if isinstance(number, int) else None
    return fields(found.data) if found else []


def _strings(listed: Sequence[Field]) -> dict[int, str]:
    found = {}
    for key, value in listed:
        if key == 3 and isinstance(value, bytes):
            entry = fields(value)
            found[next((own for name, own in entry if name == 1 and isinstance(own, int)), 0)] = text_of(
                _bytes(entry, 3)
            )
    return found


def _rich(listed: Sequence[Field], objects: Mapping[int, Object]) -> dict[int, str]:
    """Return the texts with looks of their own: each stands in a storage that a payload names."""
    found = {}
    for key, value in listed:
        if key != 3 or not isinstance(value, bytes):
            continue
        entry = fields(value)
        number = next((own for name, own in entry if name == 1 and isinstance(own, int)), 0)
        payload = _referred(entry, 9, objects)
        storage = next((own for name, own in fields(_bytes(payload, 1)) if name == 1 and isinstance(own, int)), 0)
        if storage in objects:
            found[number] = storage_text(objects[storage].data)
    return found


def _row(row: Sequence[Field], strings: Mapping[int, str], rich: Mapping[int, str]) -> tuple[int, list[Value], bool]:
    """Return the index of a row in its tile, its values, and whether all could be told."""
    numbers = {key: value for key, value in row if isinstance(value, int)}
    buffer, offsets = _bytes(row, _BUFFER), _bytes(row, _OFFSETS)
    step = 4 if numbers.get(_WIDE) else 1
    values: list[Value] = []
    whole = bool(offsets) or not numbers.get(2)
    for column, at in enumerate(unpack_from(f"<{len(offsets) // 2}h", offsets), 1):
        if at < 0:
            continue
        cell = buffer[at * step :]
        if len(cell) < _HEAD or cell[0] != _STORAGE_VERSION:
            whole = False
            continue
        text, other = _cell(cell, strings, rich)
        if text:
            values.append((column, text, other))
    return numbers.get(1, 0), values, whole


def _cell(cell: bytes, strings: Mapping[int, str], rich: Mapping[int, str]) -> tuple[str, str]:
    """Return a cell's value: its head says which of its values follow, each in its place."""
    kind, flags = cell[1], unpack_from("<I", cell, 8)[0]
    at = _HEAD
    text, other = "", ""
    if flags & _DECIMAL:
        text = plain(_decimal(cell[at : at + 16]))
        at += 16
    if flags & _DOUBLE:
        value = unpack_from("<d", cell, at)[0]
        text = ("TRUE" if value else "FALSE") if kind == _BOOLEAN else plain(value)
        at += 8
    if flags & _SECONDS:
        text, other = _day(unpack_from("<d", cell, at)[0])
        at += 8
    if flags & _STRING:
        text, other = strings.get(unpack_from("<I", cell, at)[0], ""), ""
        at += 4
    if flags & _RICH_STRING:
        text, other = rich.get(unpack_from("<I", cell, at)[0], ""), ""
    return text.strip(), other


def _decimal(raw: bytes) -> float:
    """Return a decimal of 128 bits (IEEE 754-2008 3.5), binary encoding."""
    high = unpack_from("<H", raw, 14)[0]
    power = (high >> 1 & 0x3FFF) - _BIAS
    mantissa = int.from_bytes(raw[:14], "little") | (high & 1) << 112
    if not -400 < power < 300:
        return 0.0
    value = mantissa * 10.0**power if power < 0 else float(min(mantissa * 10**power, 10**300))
    return -value if high & 0x8000 else value


def _day(seconds: float) -> tuple[str, str]:
    try:
        day = _EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return "", ""
    return day.strftime("%d/%m/%Y"), day.strftime("%Y-%m-%d")
