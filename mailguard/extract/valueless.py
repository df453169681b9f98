"""Cells of formulas that hold no value, as programs leave them that write a workbook without ever opening it.

Whoever opens the file sees what the formulas are worth: a name put together from its parts, a date looked up on a
hidden sheet. They are worked out here and their rows given once more, whole; what cannot be is reported.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailguard.extract.budget import Budget
from mailguard.extract.cells import Book, Cells, Element, Sheet, elements
from mailguard.extract.formula import Cell, Sheets, is_of_no_use, worth
from mailguard.extract.formulafunctions import Blank, Fault, Scalar, Unknown, text
from mailguard.extract.grid import shape
from mailguard.extract.lines import tidy
from mailguard.extract.numberformat import plain
from mailguard.extract.package import BadPackage, Package
from mailguard.extract.sweep import BadXml
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_MOST_CELLS = 300_000
_MOST_FORMULAS = 50_000

Shared = dict[str, tuple[str, int, int]]
"""Text, row and column of each shared formula by its number."""


@dataclass(slots=True)
class _Formula:
    """A formula as the file holds it: its text, how far a shared one is moved, and the style of its cell."""

    written: str
    moved: tuple[int, int] = (0, 0)
    style: str | None = None
    open: bool = False


@dataclass(slots=True)
class _Filled:
    """The cells of one sheet, from 1, and how far they reach."""

    cells: dict[tuple[int, int], Scalar | _Formula] = field(default_factory=dict)
    rows: int = 0
    columns: int = 0


class _Book:
    """All cells of a workbook that formulas may refer to, by sheet name in small letters."""

    def __init__(self, package: Package, book: Book) -> None:
        self.filled: dict[str, _Filled] = {}
        self.parts: dict[str, tuple[zipfile.ZipInfo, Sheet]] = {}
        self._book = book
        left = _MOST_CELLS
        for entry in package.members:
            sheet = book.sheets.get(entry.filename.lower())
            if sheet is not None:
                filled = self._fill(package, entry, left)
                left -= len(filled.cells)
                self.filled[sheet.name.lower()] = filled
                self.parts[sheet.name.lower()] = entry, sheet

    def _fill(self, package: Package, entry: zipfile.ZipInfo, left: int) -> _Filled:
        filled = _Filled()
        shared: Shared = {}
        number = 0
        for row in elements(package, entry, "row"):
            given = row.get("r", "")
            number = int(given) if given.isdigit() else number + 1
            column = 0
            for cell in row:
                column = _column(cell.get("r"), column)
                value = self._value(cell, number, column, shared)
                if value is not Blank:
                    filled.cells[number, column] = value
                    filled.rows, filled.columns = max(filled.rows, number), max(filled.columns, column)
            if len(filled.cells) > left:
                raise Unknown
        return filled

    def _value(
        self, cell: Element, row: int, column: int, shared: dict[str, tuple[str, int, int]]
    ) -> Scalar | _Formula:
        kind = cell.get("t", "n")
        formula: _Formula | None = None
        for child in cell:
            end = child.tag.rpartition("}")[2]
            if end == "f":
                formula = _formula(child, row, column, shared)
                formula.style = cell.get("s")
            elif end == "v" and child.text and not (formula and child.text == "0" and self._book.recalculated):
                return self._stored(child.text, kind)
            elif end == "is":
                return tidy("".join(child.itertext()))
        return formula or Blank

    def _stored(self, value: str, kind: str) -> Scalar:
        if kind == "s":
            index = int(value) if value.isdigit() else -1
            return self._book.strings[index] if 0 <= index < len(self._book.strings) else ""
        if kind == "b":
            return value == "1"
        if kind != "n":
            return tidy(value)
        try:
            return float(value)
        except ValueError:
            return tidy(value)

    def sheets(self) -> Sheets:
        """Return what the formulas ask."""
        return Sheets(self.value, self._extent)

    def value(self, at: Cell, depth: int) -> Scalar:
        """Return a cell's value; a formula's is worked out once and kept."""
        name, row, column = at
        filled = self.filled.get(name.lower())
        if filled is None:
            raise Unknown
        value = filled.cells.get((row, column), Blank)
        if not isinstance(value, _Formula):
            return value
        if value.open:
            raise Fault  # it refers to itself
        value.open = True
        try:
            found = worth(value.written, at, self.sheets(), depth, value.moved)
        finally:
            value.open = False
        filled.cells[row, column] = found
        return found

    def _extent(self, name: str) -> tuple[int, int]:
        filled = self.filled.get(name.lower())
        if filled is None:
            raise Unknown
        return filled.rows, filled.columns


def worked_out(package: Package, book: Book, place: Place, budget: Budget) -> Iterator[Segment | Unreadable]:
    """Yield the rows that hold formulas without values, with what these are worth; report those that cannot be told."""
    if not book.valueless:
        return
    sheets = [book.sheets[name.lower()] for name in book.valueless if name.lower() in book.sheets]
    try:
        if sum(book.valueless.values()) > _MOST_FORMULAS:
            raise Unknown
        whole = _Book(package, book)
    except (BadPackage, BadXml):
        return  # the sheets' own reading has reported it
    except Unknown:
        yield from (_untold((*place, sheet.step)) for sheet in sheets)
        return
    for sheet in sheets:
        yield from _sheet(whole, package, book, sheet, place, budget)


def _sheet(
    whole: _Book, package: Package, book: Book, sheet: Sheet, place: Place, budget: Budget
) -> Iterator[Segment | Unreadable]:
    here = (*place, sheet.step)
    filled = whole.filled[sheet.name.lower()]
    known: dict[tuple[int, int], tuple[str, str]] = {}
    untold: set[int] = set()
    formulas = [(at, value) for at, value in filled.cells.items() if isinstance(value, _Formula)]
    for (row, column), formula in formulas:
        try:
            value = whole.value((sheet.name, row, column), 0)
        except Fault:
            continue
        except (Unknown, RecursionError):
            if not is_of_no_use(formula.written):
                untold.add(row)
            continue
        if shown := _shown(value, formula.style, book):
            known[row, column] = shown
    entry, _ = whole.parts[sheet.name.lower()]
    numbers = {f"row {row}" for row, _ in known}
    cells = Cells(package, entry, book, budget, sheet.hidden, known)
    for segment in shape(cells.rows(), here, SegmentKind.ALTERNATE):
        if segment.place[-1] in numbers or not segment.cells or not segment.place[-1].startswith("row "):
            yield segment
    if untold:
        yield _untold((*here, f"row {min(untold)}"))


def _untold(place: Place) -> Unreadable:
    return Unreadable(place, UnreadableReason.UNSUPPORTED, "a formula without a value that is not worked out")


def _shown(value: Scalar, style: str | None, book: Book) -> tuple[str, str] | None:
    if isinstance(value, float | int) and not isinstance(value, bool):
        number = int(style) if style and style.isdigit() else 0
        render = book.styles[number] if number < len(book.styles) else None
        return render(float(value)) if render else (plain(float(value)), "")
    shown = tidy(text(value)).strip()
    return (shown, "") if shown else None


def _formula(element: Element, row: int, column: int, shared: Shared) -> _Formula:
    """Return a formula; one that is shared is written once and moved (ECMA-376 part 1, 18.3.1.40)."""
    written, key = element.text or "", element.get("si", "")
    if element.get("t") != "shared":
        return _Formula(written)
    if written:
        shared[key] = written, row, column
        return _Formula(written)
    master, top, left = shared.get(key, ("", row, column))
    return _Formula(master, (row - top, column - left))


def _column(reference: str | None, before: int) -> int:
    if not reference:
        return before + 1
    column = 0
    for letter in reference.rstrip("0123456789")[:4].upper():
        column = column * 26 + max(ord(letter) - 64, 0)
    return column
