"""Tables drawn in plain text: cells parted by tabs, pipes, commas or columns of blanks."""

from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import groupby

from mailguard.extract.grid import GridRow
from mailguard.extract.labels import is_strong_label, names_someone

_RULER = re.compile(r"[\s|+=_:-]*")
_LEAST_STACKED = 3
_GAP = re.compile(r"\S+(?: \S+)*")
_BLANKS = re.compile(r"(?<![.!?])[ \u00a0]{2,}")
_GAPS = 2
_LEAST_ROWS = 3
_LONGEST_ROW = 300
_LONGEST_PIECE = 40


def rows(lines: list[str]) -> list[GridRow] | None:
    """Return the rows of a paragraph that is a table of three columns or more; None if it is none."""
    if len(lines) < 2:
        return None
    sample = lines[0] + lines[1]
    if "\t" in sample and (found := _parted(lines, "\t", 2)):
        return found
    if "|" in sample and (found := _parted(lines, "|", 2)):
        return found
    if "  " in sample and len(lines) >= 3 and (found := _aligned(lines) or _spaced(lines)):
        return found
    for mark in ",;":
        if mark in sample and len(lines) >= 3 and (found := _quoted(lines, mark) or _listed(lines, mark)):
            return found
    return None


def is_row(line: str) -> bool:
    """Return whether a line that stands for itself may be a row: cells parted by two tabs, or gaps of blanks, or more.

    Two blanks after a full stop part sentences."""
    line = line.strip()
    return len(line) < _LONGEST_ROW and (line.count("\t") >= _GAPS or len(_BLANKS.findall(line)) >= _GAPS)


def _parted(lines: list[str], mark: str, least: int) -> list[GridRow] | None:
    drawn = _drawn(lines)
    if len(drawn) < 2 or sum(line.strip(f" {mark}").count(mark) >= least for _, line in drawn) < 0.8 * len(drawn):
        return None
    out: list[GridRow] = []
    for number, line in drawn:
        if mark == "|":
            line = line.strip().removeprefix("|").removesuffix("|")
        cells = [cell.strip() for cell in line.split(mark)]
        out.append(GridRow(number, [(column, cell, "") for column, cell in enumerate(cells, 1) if cell]))
    return [row for row in out if row.values]


def _drawn(lines: list[str]) -> list[tuple[int, str]]:
    """Number the lines that hold cells; rulers between them only draw the table."""
    return list(enumerate((line for line in lines if not _RULER.fullmatch(line)), 1))


def _quoted(lines: list[str], mark: str) -> list[GridRow] | None:
    """Comma-separated lines: all of one width, and no blank after the commas as prose has it."""
    if sum(f"{mark} " in line for line in lines) > len(lines) // 4:
        return None
    split = list(csv.reader(lines, delimiter=mark))
    widths = Counter(map(len, split))
    width, count = widths.most_common(1)[0]
    if width < 3 or count < len(lines):
        return None
    cells = [[(column, cell.strip(), "") for column, cell in enumerate(row, 1) if cell.strip()] for row in split]
    return [GridRow(number, row) for number, row in enumerate(cells, 1) if row]


def _aligned(lines: list[str]) -> list[GridRow] | None:
    """Columns of blanks: cells begin where those of the widest line among the first three begin."""
    cells = [
        (number, [(match.start(), match.group()) for match in _GAP.finditer(line.expandtabs())])
        for number, line in _drawn(lines)
    ]
    if len(cells) < 3 or sum(len(row) >= 3 for _, row in cells) < 0.7 * len(cells):
        return None
    starts = [start for start, _ in max((row for _, row in cells[:3]), key=len)]
    placed = [(number, _columns(row, starts)) for number, row in cells]
    near = sum(min(abs(start - known) for known in starts) <= 2 for _, row in cells for start, _ in row)
    if near < 0.75 * sum(len(row) for _, row in cells):
        return None
    return [GridRow(number, values) for number, values in placed]


def _spaced(lines: list[str]) -> list[GridRow] | None:
    """Cells parted by two blanks or more, wherever they begin: nearly all lines have as many, three or more."""
    rows = [(number, _BLANKS.split(line.strip())) for number, line in _drawn(lines)]
    if len(rows) < _LEAST_ROWS or any(len(line) > _LONGEST_ROW for line in lines):
        return None
    width, count = Counter(len(row) for _, row in rows).most_common(1)[0]
    if width <= _GAPS or count < 0.8 * (len(rows) - (len(rows[0][1]) == 1)):
        return None
    return [GridRow(number, [(column, cell, "") for column, cell in enumerate(row, 1)]) for number, row in rows]


def _listed(lines: list[str], mark: str) -> list[GridRow] | None:
    """Lines of short pieces with a blank after each comma, all as many, under a line of labels."""
    rows = [[cell.strip() for cell in line.split(mark)] for line in lines]
    width = len(rows[0])
    if width <= _GAPS or any(len(row) != width for row in rows) or not any(map(names_someone, rows[0])):
        return None
    if (
        2 * sum(map(is_strong_label, rows[0])) < width
        or any(map(str.isdigit, "".join(rows[0])))
        or any(len(cell) > _LONGEST_PIECE for row in rows for cell in row)
    ):
        return None
    cells = [[(column, cell, "") for column, cell in enumerate(row, 1) if cell] for row in rows]
    return [GridRow(number, row) for number, row in enumerate(cells, 1) if row]


def _columns(row: list[tuple[int, str]], starts: list[int]) -> list[tuple[int, str, str]]:
    """Give each cell its column: all in order where none is missing, else the nearest by where it begins."""
    if len(row) == len(starts):
        return [(column, text, "") for column, (_, text) in enumerate(row, 1)]
    values: list[tuple[int, str, str]] = []
    last = 0
    for start, text in row:
        nearest = min(range(len(starts)), key=lambda index: abs(starts[index] - start)) + 1
        last = max(nearest, last + 1)
        values.append((last, text, ""))
    return values


def stacked(lines: list[str]) -> tuple[int, list[GridRow]] | None:
    """Return where a table begins of which each cell is a line of its own, and its rows; None if there is none.

    Three labels or more stand below each other, and what follows falls into rows of as many lines, one column of which
    carries digits in every row."""
    digits = [any(map(str.isdigit, line)) for line in lines]
    marks = [not digit and ":" not in line and is_strong_label(line) for line, digit in zip(lines, digits, strict=True)]
    at = 0
    for mark, run in groupby(marks):
        width = sum(1 for _ in run)
        rows = range(at + width, len(lines), width)
        whole = mark and width >= _LEAST_STACKED and len(rows) > 1 and (len(lines) - at) % width == 0
        if whole and _carries_digits(digits, rows):
            table = [lines[start : start + width] for start in (at, *rows)]
            return at, [
                GridRow(number, [(column, cell, "") for column, cell in enumerate(row, 1)])
                for number, row in enumerate(table, 1)
            ]
        at += width
    return None


def _carries_digits(digits: list[bool], rows: range) -> bool:
    """Return whether rows of lines have one column with digits in every row, and one with them in few.

    Stops at the first row that settles the former: otherwise each run of labels would have the whole text looked at."""
    width = rows.step
    columns = list(range(width))
    for start in rows:
        columns = [column for column in columns if digits[start + column]]
        if not columns:
            return False
    return any(5 * sum(digits[start + column] for start in rows) <= len(rows) for column in range(width))
