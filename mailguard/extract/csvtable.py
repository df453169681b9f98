"""CSV and TSV: one segment a row with its heads. The separator is the one that makes the rows agree."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from mailguard.extract.budget import Budget
from mailguard.extract.charset import readings
from mailguard.extract.grid import GridRow, shape
from mailguard.extract.lines import tidy
from mailguard.extract.parts import Item, Part
from mailguard.model import SegmentKind, Unreadable, UnreadableReason

_SEPARATORS = ",\t;|"
_SAMPLE_LINES = 60
_SAMPLE_CHARS = 64_000
_RUNAWAY_LINES = 100
csv.field_size_limit(1 << 30)


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield a segment a row; where the charset allows another reading, its rows as alternates."""
    decoded = readings(part.data, part.charset)
    if decoded.ambiguous:
        yield Unreadable(part.place, UnreadableReason.AMBIGUOUS, "text that reads differently in two charsets")
    kind = SegmentKind.ROW
    for text in decoded.texts:
        yield from shape(_rows(tidy(text), budget), part.place, kind)
        kind = SegmentKind.ALTERNATE


def separator(text: str) -> str:
    """Return the separator under which most rows of the beginning have the same number of columns, at least two;
    "" if there is none."""
    lines = text[:_SAMPLE_CHARS].splitlines()[:_SAMPLE_LINES]
    if lines and lines[0].lower().startswith("sep=") and len(lines[0]) == 5:
        return lines[0][4]
    best, best_score = "", 0.0
    for mark in _SEPARATORS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=mark) if any(row))
        wide = [(width, count) for width, count in widths.items() if width > 1]
        if not wide:
            continue
        rows = sum(widths.values())
        _, count = max(wide, key=lambda pair: (pair[1], pair[0]))
        score = count / rows + 0.3 * sum(n for _, n in wide) / rows + (0.05 if mark == "\t" else 0)
        if score > best_score:
            best, best_score = mark, score
    return best


def _rows(text: str, budget: Budget) -> Iterator[GridRow]:
    mark = separator(text)
    start = 2 if text[:4].lower() == "sep=" else 1
    if start == 2:
        text = text.partition("\n")[2]
    quoting: Literal[0, 3] = csv.QUOTE_NONE if mark and _runs_away(text, mark) else csv.QUOTE_MINIMAL
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark or "\x1f", quoting=quoting)
    for number, fields in enumerate(reader, start):
        budget.spend_cells(len(fields))
        values = [(column, value, "") for column, field in enumerate(fields, 1) if (value := _clean(field))]
        if values:
            yield GridRow(number, values)


def _clean(field: str) -> str:
    """Return a field as a person sees it; ="0123" is how programs keep a leading zero."""
    field = field.strip()
    return field[2:-1] if len(field) > 3 and field.startswith('="') and field.endswith('"') else field


def _runs_away(text: str, mark: str) -> bool:
    """An opened quote that is never closed swallows the rows after it: quotes are then no quotes."""
    if text.count('"') % 2 == 0:
        return False
    return any(
        field.count("\n") > _RUNAWAY_LINES or (field.count("\n") > 1 and field.count(mark) > 3)
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark)
        for field in row
    )
