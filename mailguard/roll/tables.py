"""CSV as people make it: bytes to rows with the line a person finds them on, and every fault of the file named."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from operator import itemgetter

from mailguard.roll.limits import too_much
from mailguard.roll.problems import Report

# A spreadsheet's formula or error saved in place of its value. A phone number may start with '+', a blank be a '-'.
_FORMULA = r"(?:=|[+@-][A-Za-z]+\(|#(?:REF!|N/A|NAME\?|VALUE!|DIV/0!|NULL!|NUM!))"
FORMULA = re.compile(_FORMULA)
FORMULA_SOMEWHERE = re.compile(rf'(?:^|[,"\r\n])\s*{_FORMULA}')
LARGEST_CELL = 128 << 10
SAVE_AS_UTF8 = "Save the file as 'CSV UTF-8'."


@dataclass(frozen=True, slots=True)
class Columns:
    """The headings of one file, in small letters. `required` must be present, `optional` may be; any other is reported
    unless it is known to be of no use (`others_expected`)."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    others_expected: bool = False


@dataclass(slots=True)
class Table(Report):
    """The rows of one file, each with the physical line on which it begins and its cells in the order of `Columns`
    (required, then optional; an optional column that is absent gives blanks). `ragged` are rows of a wrong length, as
    far as they go. `usable` is False when the head of the file is wrong, so that its rows mean nothing, `torn` is True
    when a broken quote hides the rest of it."""

    rows: list[tuple[int, tuple[str, ...]]] = field(default_factory=list, repr=False)
    ragged: list[tuple[str, ...]] = field(default_factory=list, repr=False)
    usable: bool = False
    torn: bool = False


def read_table(data: bytes, file: str, columns: Columns) -> Table:
    """Read one CSV file (RFC 4180, UTF-8 with or without a byte order mark, any line ends). Cells are trimmed.

    Never raises: what is wrong is in `faults`, and the table is not `usable` if its head is."""
    table = Table(file)
    text = _decode(data, table)
    if text is None:
        return table
    if not text.strip():
        table.fault(0, "", "the file is empty.", f"Its first line must be: {','.join(columns.required)}")
        return table
    records = _records(text, table)
    head_line, head = next(records, (1, []))
    at = _read_head(head_line, head, columns, table)
    if at is not None:
        table.usable = True
        _read_rows(records, len(head), at, columns, table)
        if ("=" in text or "#" in text or "(" in text) and FORMULA_SOMEWHERE.search(text):
            _report_formulas(columns, table)
    return table


def _decode(data: bytes, table: Table) -> str | None:
    if found := too_much(data):
        line, message, remedy = found
        table.fault(line, "", message, remedy)
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:64]:
        table.fault(1, "", "the file is written in UTF-16, not UTF-8.", SAVE_AS_UTF8)
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + len(re.findall(rb"\r\n|\n|\r", data[: error.start]))
        table.fault(line, "", "the file is not UTF-8 (a letter with an accent, or a curly quote?).", SAVE_AS_UTF8)
        return None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        table.fault(line, "", "the line holds a NUL character.", "Export the file again; it is damaged.")
        return None
    return text


def _records(text: str, table: Table) -> Iterator[tuple[int, list[str]]]:
    """Yield (first physical line, cells) of every record that is not blank; a broken quote ends the file."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    before = csv.field_size_limit(LARGEST_CELL)  # it is one for the whole process, and others set it too
    try:
        for cells in reader:
            if any(cells):
                yield line, list(map(str.strip, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        table.torn = True
        remedy = "Write a quote inside a value twice, and close every quoted value."
        if "field limit" in str(error):
            remedy = "A quote that is never closed makes the rest of the file one value."
        table.fault(line, "", "the quotes of this line are broken.", remedy)
    finally:
        csv.field_size_limit(before)


def _read_head(line: int, head: list[str], columns: Columns, table: Table) -> dict[str, int] | None:
    """Return where each known column stands; None if one that is required is missing, or one is there twice."""
    at: dict[str, int] = {}
    names = [name.strip().casefold().replace(" ", "_") for name in head]
    known = (*columns.required, *columns.optional)
    usable = True
    for place, name in enumerate(names):
        if name in at:
            table.fault(line, name, "the column is there twice.", "Remove or rename one of the two.")
            usable = False
        elif name in known:
            at[name] = place
        elif name and not columns.others_expected:
            near = get_close_matches(name, [k for k in known if k not in names], 1)
            hint = f"Did you mean {near[0]}?" if near else "It is not read."
            table.warn(line, head[place], "this column is not known.", hint)
    missing = [name for name in columns.required if name not in at]
    for name in missing:
        table.fault(line, name, "the column is missing.", _missing_remedy(name, names, known))
    return at if usable and not missing else None


def _missing_remedy(name: str, names: Sequence[str], known: Sequence[str]) -> str:
    if len(names) == 1:
        for mark, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if mark in names[0]:
                return f"The columns are divided by {word}; divide them by commas."
    near = get_close_matches(name, [one for one in names if one not in known], 1)
    if near:
        return f"Rename the column {near[0]}, if that is what it holds, or add {name}."
    return f"Add a column headed {name}; the first line of the file must hold the headings."


def _read_rows(
    records: Iterator[tuple[int, list[str]]], width: int, at: dict[str, int], columns: Columns, table: Table
) -> None:
    # An absent optional column takes the blank cell that is put behind every row.
    in_order = itemgetter(*(at.get(name, width) for name in (*columns.required, *columns.optional)))
    for line, cells in records:
        if len(cells) > width and not any(cells[width:]):
            del cells[width:]
        if len(cells) != width:
            table.fault(
                line,
                "",
                f"the line has {len(cells)} cells, the heading has {width}.",
                "Put values that hold a comma in quotes, and keep the commas of empty cells.",
            )
            table.ragged.append(in_order([*(cells + [""] * width)[:width], ""]))
            continue
        cells.append("")
        table.rows.append((line, in_order(cells)))


def _report_formulas(columns: Columns, table: Table) -> None:
    heads = (*columns.required, *columns.optional)
    for line, cells in table.rows:
        for column, cell in zip(heads, cells, strict=True):
            if FORMULA.match(cell):
                remedy = "Paste the column as values and export it again."
                table.fault(line, column, "the cell holds a formula or a spreadsheet error.", remedy)
