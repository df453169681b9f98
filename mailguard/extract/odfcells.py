"""Sheets of OpenDocument: rows with heads, each value as shown and, where that leaves something out, as stored."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date

from lxml import etree

from mailguard.extract.budget import Budget
from mailguard.extract.cells import Element, Sheet, pulled
from mailguard.extract.grid import GridRow, Value, shape
from mailguard.extract.lines import tidy
from mailguard.extract.numberformat import plain
from mailguard.extract.odfwords import VOCABULARY
from mailguard.extract.package import Package
from mailguard.extract.parts import Item
from mailguard.extract.segments import segments_of
from mailguard.extract.sweep import sweep
from mailguard.model import Place, Segment, SegmentKind

_NAMES = ("style", "table", "table-row")
_REPEATED_CELLS = 50


def read_sheets(package: Package, entry: zipfile.ZipInfo, place: Place, budget: Budget) -> Iterator[Item]:
    """Yield each sheet's rows, then its comments and drawings; at the end what stands round the sheets."""
    events = pulled(package, entry, _NAMES, ("start", "end"))
    hiding: set[str] = set()
    for event, element in events:
        if event == "rest":
            yield from segments_of(sweep([etree.tostring(element)], VOCABULARY), place, SegmentKind.METADATA)
        elif event == "end" and _local(element) == "style" and _hides(element):
            hiding.add(_get(element, "name"))
        elif event == "start" and _local(element) == "table":
            name = tidy(_get(element, "name"))
            sheet = Sheet(name, "hidden" if _get(element, "style-name") in hiding else "visible")
            here = (*place, sheet.step)
            yield Segment(name, here, SegmentKind.METADATA, not sheet.hidden)
            rows = _Rows(events, sheet, here, budget)
            yield from shape(rows, here)
            yield from rows.aside


class _Rows(Iterator[GridRow]):
    """The rows of one sheet; what hangs on its cells (comments, drawings) is put `aside`."""

    def __init__(self, events: Iterator[tuple[str, Element]], sheet: Sheet, place: Place, budget: Budget) -> None:
        self._events = events
        self._sheet = sheet
        self._place = place
        self._budget = budget
        self._number = 0
        self._inside: list[list[GridRow]] = []
        self.aside: list[Segment] = []

    def __next__(self) -> GridRow:
        for event, element in self._events:
            local = _local(element)
            if local == "table" and event == "start":
                self._inside.append([])
            elif local == "table" and self._inside:
                # A table within a cell: the figures of a chart, in files that are one XML document.
                name = tidy(_get(element, "name"))
                self.aside += shape(self._inside.pop(), (*self._place, f'table "{name}"'), SegmentKind.CACHE)
            elif local == "table":
                # What the sheet holds beside its rows: shapes, forms, scenarios, descriptions.
                rest = etree.tostring(element, with_tail=False)
                self.aside += segments_of(sweep([rest], VOCABULARY), self._place, SegmentKind.BODY)
                raise StopIteration
            elif local == "table-row" and event == "end" and self._inside:
                inside = self._inside[-1]
                inside.append(GridRow(len(inside) + 1, self._values(element, len(inside) + 1), False))
            elif local == "table-row" and event == "end":
                number = self._number + 1
                self._number += _count(element, "number-rows-repeated")
                values = self._values(element, number)
                if values:
                    visible = not self._sheet.hidden and _get(element, "visibility") in ("", "visible")
                    return GridRow(number, values, visible)
        raise StopIteration

    def _values(self, row: Element, number: int) -> list[Value]:
        values: list[Value] = []
        column = 1
        for cell in row:
            if _local(cell) not in ("table-cell", "covered-table-cell"):
                continue
            repeat = _count(cell, "number-columns-repeated")
            formula = _get(cell, "formula")
            if '"' in formula:
                self.aside.append(Segment(tidy(formula), (*self._place, f"row {number}"), SegmentKind.FORMULA, False))
            if len(cell) or cell.attrib:
                text, other = self._value(cell, number)
                if text:
                    self._budget.spend_cells(min(repeat, _REPEATED_CELLS))
                    values += [(column + step, text, other) for step in range(min(repeat, _REPEATED_CELLS))]
            column += repeat
        return values

    def _value(self, cell: Element, number: int) -> tuple[str, str]:
        lines: list[str] = []
        for child in cell:
            if _local(child) == "p" and not len(child):
                lines.append(child.text or "")
            else:
                place = (*self._place, f"row {number}")
                found = list(segments_of(sweep([etree.tostring(child, with_tail=False)], VOCABULARY), place, _BODY))
                if _local(child) == "p":
                    lines += [segment.text for segment in found if segment.kind is _BODY]
                    found = [segment for segment in found if segment.kind is not _BODY]
                self.aside += found
        shown = tidy("\n".join(lines)).strip()
        return shown or _stored(cell), _other(cell, shown) if shown else ""


_BODY = SegmentKind.BODY


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _get(element: Element, name: str) -> str:
    return next((value for key, value in element.items() if key.endswith("}" + name)), "")


def _count(element: Element, name: str) -> int:
    value = _get(element, name)
    return max(int(value), 1) if value.isdigit() else 1


def _hides(style: Element) -> bool:
    return any(_local(child) == "table-properties" and _get(child, "display") == "false" for child in style)


def _stored(cell: Element) -> str:
    return tidy(_get(cell, "string-value") or _get(cell, "date-value") or _get(cell, "value")).strip()


def _other(cell: Element, shown: str) -> str:
    """Return what a cell stores where what it shows leaves some of it out."""
    stored = _get(cell, "date-value")[:10]
    if stored:
        try:
            day = date.fromisoformat(stored)
        except ValueError:
            return stored
        spellings = (day.strftime("%d/%m/%Y"), stored)
        return ", ".join(spelling for spelling in spellings if spelling not in shown)
    value = _get(cell, "value")
    if not value:
        text = tidy(_get(cell, "string-value")).strip()
        return text if text != shown else ""
    try:
        bare = plain(float(value))
    except ValueError:
        return value
    return bare if "".join(filter(str.isdigit, shown)) != "".join(filter(str.isdigit, bare)) else ""
