"""Sheets in text: SYLK (.slk) and Data Interchange Format (.dif), as old school systems export them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.extract import charset
from mailguard.extract.budget import Budget
from mailguard.extract.grid import GridRow, shape
from mailguard.extract.lines import tidy
from mailguard.extract.parts import Item, Part
from mailguard.model import Segment, SegmentKind

_TOGETHER = 60
_VALUE = re.compile(r'C(?:;[XY]\d+)*;K(?:"[^"]*"|[\d.Ee+-]+)|-?\d+,[\d.-]*|BOT|EOD|V|')
"""A line that a cell shows as it stands."""
_FIELD = re.compile(r";([A-Z])((?:\"(?:[^\"]|\"\")*\"|;;|[^;])*)")


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the rows of a sheet, then what stands round the values: comments, names, formulas."""
    text = tidy(charset.decode(part.data, part.charset))
    cells = _sylk(text, budget) if text.startswith("ID;") else _dif(text, budget)
    rows = [GridRow(row, [(column, cells[row][column], "") for column in sorted(cells[row])]) for row in sorted(cells)]
    yield from shape(rows, part.place, leaf=part.leaf)
    around = [line for line in text.splitlines() if not _VALUE.fullmatch(line)]
    for at in range(0, len(around), _TOGETHER):
        yield Segment("\n".join(around[at : at + _TOGETHER]), part.place, SegmentKind.METADATA, False, part.leaf)


Cells = dict[int, dict[int, str]]


def _sylk(text: str, budget: Budget) -> Cells:
    """Records "C" carry a value K at row Y and column X, which hold until they change."""
    cells: Cells = {}
    row = column = 1
    for line in text.splitlines():
        if line[:2] not in ("C;", "F;"):
            continue
        fields = dict(_FIELD.findall(line[1:]))
        row = int(fields["Y"]) if fields.get("Y", "").isdigit() else row
        column = int(fields["X"]) if fields.get("X", "").isdigit() else column
        value = fields.get("K", "").strip().replace(";;", ";")
        value = value[1:-1].replace('""', '"') if len(value) > 1 and value[0] == value[-1] == '"' else value
        if line[0] == "C" and value:
            budget.spend_cells(1)
            cells.setdefault(row, {})[column] = value
    return cells


def _dif(text: str, budget: Budget) -> Cells:
    """After DATA each value is two lines: "0,number" and V, or "1,0" and a string; "-1,0" and BOT begins a row."""
    lines = text.splitlines()
    at = next((index for index, line in enumerate(lines) if line.strip().upper() == "DATA"), len(lines)) + 3
    cells: Cells = {}
    row = column = 0
    for head, value in zip(lines[at::2], lines[at + 1 :: 2], strict=False):
        kind, _, number = head.partition(",")
        if kind.strip() == "-1":
            row, column = row + 1, 0
            continue
        column += 1
        shown = value.strip().strip('"') if kind.strip() == "1" else number.strip()
        if shown:
            budget.spend_cells(1)
            cells.setdefault(row, {})[column] = shown
    return cells
