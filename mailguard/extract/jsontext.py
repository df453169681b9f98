"""JSON exports: an object is a record, its fields stay together under their names; objects in a list are apart."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mailguard.extract import charset
from mailguard.extract.budget import Budget
from mailguard.extract.parts import Item, Part
from mailguard.model import Segment, SegmentKind

_RECORD_CHARS = 2500

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield a segment for each record; JSON lines are read one by one, and what is no JSON as it stands."""
    text = charset.decode(part.data, part.charset)
    try:
        documents: list[Json] = [json.loads(text)]
    except ValueError:
        documents = [_line(line) for line in text.splitlines() if line.strip()]
    for document in documents:
        rest: list[str] = []
        yield from _records(document, "", rest, part, budget)
        yield from _segment(rest, part)


def _line(line: str) -> Json:
    try:
        value: Json = json.loads(line)
    except ValueError:
        return line.strip()
    return value


def _records(value: Json, name: str, fields: list[str], part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the records inside `value`; what belongs to the record around it is added to `fields`."""
    budget.spend_cells(1)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _records(inner, key, fields, part, budget)
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for inner in value:
            own: list[str] = [f"{name}: {inner}"] if name and isinstance(inner, str) else []
            if not own:
                yield from _records(inner, name, own, part, budget)
            yield from _segment(own, part)
    else:
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        if value is not None and shown:
            fields.append(f"{name}: {shown}" if name else shown)
        if sum(map(len, fields)) > _RECORD_CHARS:
            yield from _segment(fields, part)
            fields.clear()


def _segment(fields: list[str], part: Part) -> Iterator[Item]:
    if fields:
        yield Segment("\n".join(fields), part.place, SegmentKind.BODY, True, part.leaf)
