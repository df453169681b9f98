"""Excel 97 to 2003 workbooks (XLS): cells as a person sees them by xlrd, everything round them by a walk of records.

MS-XLS. xlrd gives cells and formats but neither boxes, headers, validation, links nor caches: the records that hold
text are read once more for those.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

import xlrd

from mailguard.extract import legacylock
from mailguard.extract.barepicture import as_file
from mailguard.extract.biff import bitmaps, is_locked, record_texts
from mailguard.extract.binarytext import strings
from mailguard.extract.budget import Budget
from mailguard.extract.cells import Sheet
from mailguard.extract.cfb import BadCompound, Compound, read_common
from mailguard.extract.grid import GridRow, Value, shape
from mailguard.extract.lines import tidy
from mailguard.extract.numberformat import plain, renderer
from mailguard.extract.parts import Child, Item, Part
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_CONTRADICTED = (AssertionError, IndexError, KeyError, TypeError, ValueError, AttributeError, UnicodeDecodeError)
"""What xlrd makes of records that contradict each other."""
_STATES = {0: "visible", 1: "hidden", 2: "veryHidden"}


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the segments of an old workbook; one with a password that is not known is reported as encrypted."""
    try:
        compound = Compound(part.data, budget)
    except BadCompound as error:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, str(error))
        return
    book = compound.read("Workbook") or compound.read("Book")
    if is_locked(book):
        yield from legacylock.read(part, budget)
        return
    yield from _cells(book, part.place, budget)
    for kind, step, text in record_texts(book):
        yield Segment(text, (*part.place, step), kind, kind is SegmentKind.COMMENT)
    for name in compound.names:
        if name.upper().startswith("_SX_DB_CUR"):
            for text in strings(compound.read(name)):
                yield Segment(text, (*part.place, "pivot cache"), SegmentKind.CACHE, False)
    for bitmap in bitmaps(book):
        if bitmap:
            yield Child(as_file(bitmap), "picture", leaf=False)
        else:
            yield Unreadable(part.place, UnreadableReason.PICTURE, "a picture in a format of another program")
    yield from read_common(compound, part.place, budget)


def _cells(stream: bytes, place: Place, budget: Budget) -> Iterator[Item]:
    try:
        with _opened(stream, True) as book:
            for index in range(book.nsheets):
                if _is_sound(book, index):
                    yield from _sheet(book, index, place, budget)
                    continue
                # Other programs write looks in ways of their own: the cells are read without them.
                with _opened(stream, False) as plain_book:
                    yield from _sheet(plain_book, index, place, budget)
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError, struct.error):
        yield Unreadable(place, UnreadableReason.DAMAGED, "the workbook's cells cannot be read")
    except _CONTRADICTED:
        yield Unreadable(place, UnreadableReason.DAMAGED, "the workbook's cells contradict each other")


def _opened(stream: bytes, formatted: bool) -> Any:
    # The stream alone: xlrd loses what stands in compound files of large sectors.
    return xlrd.open_workbook(file_contents=stream, formatting_info=formatted, on_demand=True, logfile=io.StringIO())


def _is_sound(book: Any, index: int) -> bool:
    try:
        book.sheet_by_index(index)
    except _CONTRADICTED:
        return False
    return True


def _sheet(book: Any, index: int, place: Place, budget: Budget) -> Iterator[Item]:
    sheet = book.sheet_by_index(index)
    listed = Sheet(tidy(sheet.name), _STATES.get(sheet.visibility, "hidden"))
    here = (*place, listed.step)
    yield Segment(listed.name, here, SegmentKind.METADATA, not listed.hidden)
    yield from shape(_rows(book, sheet, listed, budget), here)
    for (row, _), note in sorted(sheet.cell_note_map.items()):
        text = tidy(f"{note.author or ''}\n{note.text or ''}").strip()
        if text:
            yield Segment(text, (*here, f"row {row + 1}"), SegmentKind.COMMENT)
    for (row, _), link in getattr(sheet, "hyperlink_map", {}).items():
        text = "\n".join(filter(None, (link.desc, link.url_or_path and str(link.url_or_path), link.quicktip)))
        if text:
            yield Segment(tidy(text), (*here, f"row {row + 1}"), SegmentKind.METADATA, False)
    book.unload_sheet(index)


def _rows(book: Any, sheet: Any, listed: Sheet, budget: Budget) -> Iterator[GridRow]:
    for number in range(sheet.nrows):
        cells = sheet.row(number)
        budget.spend_cells(len(cells))
        values: list[Value] = []
        for column, cell in enumerate(cells, 1):
            text, other = _value(book, cell)
            if text:
                values.append((column, text, other))
        if values:
            info = sheet.rowinfo_map.get(number)
            visible = not listed.hidden and not (info is not None and info.hidden)
            yield GridRow(number + 1, values, visible)


def _value(book: Any, cell: Any) -> tuple[str, str]:
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return tidy(cell.value).strip(), ""
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return ("TRUE" if cell.value else "FALSE"), ""
    if cell.ctype not in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        return "", ""
    mask = "dd/mm/yyyy" if cell.ctype == xlrd.XL_CELL_DATE else "General"
    if cell.xf_index is not None and cell.xf_index < len(book.xf_list):
        style = book.format_map.get(book.xf_list[cell.xf_index].format_key)
        mask = style.format_str if style is not None else mask
    render = renderer("dd/mm/yyyy" if mask.lower() in ("m/d/yy", "mm/dd/yy", "m/d/yyyy") else mask, book.datemode == 1)
    return render(cell.value) if render else (plain(cell.value), "")
