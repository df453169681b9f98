"""Exports as they come: CSV of any common encoding and divider, or the first sheet of a workbook, as rows of text."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime

from mailguard.roll.cells import cleaned
from mailguard.roll.limits import LARGEST_FILE, too_much
from mailguard.roll.problems import Problem, Report, RollError
from mailguard.roll.tables import LARGEST_CELL

DIVIDERS = (",", ";", "\t", "|")
LARGEST = 1 << 30
HEAD_WITHIN = 20
"""The headings stand in one of so many rows: reports begin with a title."""

Grid = list[tuple[int, list[str]]]


def read_grid(data: bytes, report: Report) -> Grid:
    """Return (line, cells) of every row that is not blank; lines are those a person sees. What had to be assumed is a
    warning in `report`. Raises RollError where the file cannot be read."""
    zipped = data.startswith(b"PK\x03\x04")
    if (found := too_much(data)) and (not zipped or len(data) > LARGEST_FILE):
        line, message, remedy = found
        raise RollError([Problem(report.file, line, "", message, remedy)])
    rows = _workbook(data, report) if zipped else _text(data, report)
    return [(line, cells) for line, cells in rows if any(cells)]


def _text(data: bytes, report: Report) -> Iterator[tuple[int, list[str]]]:
    text = _decode(data, report)
    if not text.strip():
        raise RollError([Problem(report.file, 0, "", "the file is empty.", "Export it again.")])
    lines = [line for line in text.splitlines()[:HEAD_WITHIN] if line.strip()]
    divider = max(DIVIDERS, key=lambda mark: max(line.count(mark) for line in lines))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)
    line = 1
    before = csv.field_size_limit(LARGEST_CELL)  # it is one for the whole process, and others set it too
    try:
        for cells in reader:
            yield line, list(map(cleaned, cells))
            line = reader.line_num + 1
    except csv.Error:
        remedy = "Write a quote inside a value twice, and close every quoted value."
        raise RollError([Problem(report.file, line, "", "the quotes of this line are broken.", remedy)]) from None
    finally:
        csv.field_size_limit(before)


def _decode(data: bytes, report: Report) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            text = data.decode("cp1252", "replace")
            if _is_mixed(data):
                remedy = "Save the file as 'CSV UTF-8'."
                raise RollError([Problem(report.file, line, "", "the file mixes two encodings.", remedy)]) from None
            report.warn(line, "", "the file is not UTF-8; it was read as Windows-1252.", "Look at names with accents.")
    if "\0" in text or "\ufffd" in text:
        place = min(text.index(mark) for mark in "\0\ufffd" if mark in text)
        line = text.count("\n", 0, place) + 1
        raise RollError([Problem(report.file, line, "", "the line holds bytes that are no text.", "Export it again.")])
    return text


def _is_mixed(data: bytes) -> bool:
    """True if some letters beyond ASCII are whole UTF-8 while others are not."""
    return any(ord(c) > 127 for c in data.decode("utf-8", "ignore"))


def _workbook(data: bytes, report: Report) -> Grid:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(item.file_size for item in archive.infolist())
        if size <= LARGEST:
            return _first_sheet(data, report)
    except Exception:  # whatever the parsers under openpyxl raise, the file is at fault
        remedy = "Save it again as an Excel workbook, or as CSV."
        raise RollError([Problem(report.file, 0, "", "the workbook cannot be read.", remedy)]) from None
    raise RollError([Problem(report.file, 0, "", "the workbook is too large.", "Export it as CSV.")])


def _first_sheet(data: bytes, report: Report) -> Grid:
    import openpyxl  # a fifth of a second, and for workbooks only

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if len(shown) > 1:
        report.warn(0, "", f"the workbook has {len(shown)} sheets; the first was read.")
    sheet = shown[0]
    sheet.reset_dimensions()
    return [(line, [_cell(value) for value in row]) for line, row in enumerate(sheet.iter_rows(values_only=True), 1)]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return cleaned(str(value))
