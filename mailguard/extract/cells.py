"""Cells of workbook sheets: a streaming parser that gives up a row at a time, values as a person sees them.

ECMA-376 part 1, 18.3. A sheet of any length costs the memory of one row and of the shared strings."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from lxml import etree

from mailguard.extract.budget import Budget
from mailguard.extract.grid import GridRow, Value
from mailguard.extract.lines import tidy
from mailguard.extract.numberformat import Renderer, plain
from mailguard.extract.package import Package
from mailguard.extract.speech import spoken
from mailguard.extract.sweep import BadXml

_LITERAL = re.compile('"([^"]*)"')
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_QUOTED = re.compile("'([^']*)'")
_ESCAPED = re.compile("_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
Element = Any
"""An lxml element; its published stubs lack most of what is used here."""


def text_of(stored: str) -> str:
    """Return the text of a cell as it is seen: a letter may be stored as _x0041_ (ECMA-376 part 1, 22.9.2.19)."""
    return tidy(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), stored) if "_x" in stored else stored)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as the workbook lists it; `state` is visible, hidden or veryHidden."""

    name: str
    state: str = "visible"

    @property
    def hidden(self) -> bool:
        """Whether a person does not see it among the tabs."""
        return self.state.lower() in ("hidden", "veryhidden")

    @property
    def step(self) -> str:
        """The step of places in this sheet."""
        return f'sheet "{self.name}"' + (" (hidden)" if self.hidden else "")


@dataclass(slots=True)
class Book:
    """What cells refer to: shared strings (and whether a cell used them), a renderer for each cell style, the epoch,
    whether all values are worked out anew as the file is opened; `valueless` counts formulas without values by part;
    `sheets` and `owners` go by part name in small letters (a part's sheet; the sheet that a comment, drawing or table
    belongs to)."""

    strings: list[str] = field(default_factory=list)
    used: bytearray = field(default_factory=bytearray)
    styles: list[Renderer | None] = field(default_factory=list)
    date1904: bool = False
    recalculated: bool = False
    valueless: dict[str, int] = field(default_factory=dict)
    sheets: dict[str, Sheet] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)


def elements(package: Package, entry: zipfile.ZipInfo, *names: str, rest: bool = False) -> Iterator[Element]:
    """Yield elements of these local names as they end; each is emptied once the next is asked for. With `rest` the root
    comes last, with all that was left in it. Raise BadXml for malformed XML or a document type."""
    for event, element in pulled(package, entry, names, ("end",)):
        if event == "end" or rest:
            yield element


def pulled(
    package: Package, entry: zipfile.ZipInfo, names: tuple[str, ...], events: tuple[Literal["start", "end"], ...]
) -> Iterator[tuple[str, Element]]:
    """Yield (event, element) for elements of these local names, then ("rest", root); see `elements`."""
    parser: Any = etree.XMLPullParser(
        events=events, tag=[f"{{*}}{name}" for name in names],
        resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        for chunk in package.chunks(entry):
            parser.feed(chunk)
            for event, element in parser.read_events():
                yield event, element
                if event == "end":
                    _drop(element)
        root = parser.close()
    except etree.XMLSyntaxError as error:
        raise BadXml("malformed XML") from error
    if root is None or root.getroottree().docinfo.doctype:
        raise BadXml("a document type declaration in office XML")
    yield "rest", root


def _drop(element: Element) -> None:
    """Empty an element that was read and take its like before it out of the tree, so that memory stays flat."""
    tail = element.tail
    element.clear()
    element.tail = tail
    parent = element.getparent()
    if parent is not None:
        while (before := element.getprevious()) is not None and before.tag == element.tag:
            parent.remove(before)


class Cells:
    """The cells of one sheet. Iterate `rows` first; then `formulas` and `rest` (the sheet's XML without its cells)."""

    def __init__(
        self,
        package: Package,
        entry: zipfile.ZipInfo,
        book: Book,
        budget: Budget,
        hidden: bool = False,
        worked_out: dict[tuple[int, int], tuple[str, str]] | None = None,
    ) -> None:
        self._events = pulled(package, entry, ("row",), ("end",))
        self._book = book
        self._budget = budget
        self._hidden = hidden
        self._name = entry.filename
        self._worked_out = worked_out or {}
        self._columns: dict[str, int] = {}
        self.formulas: dict[str, str] = {}
        self.rest = b""

    def rows(self) -> Iterator[GridRow]:
        """Yield rows that hold something."""
        number = 0
        for event, element in self._events:
            if event == "rest":
                self.rest = etree.tostring(element)
                return
            given = element.get("r", "")
            number = int(given) if given.isdigit() else number + 1
            values = self._values(element, number)
            if values:
                visible = not self._hidden and element.get("hidden") not in ("1", "true")
                yield GridRow(number, values, visible)

    def _values(self, row: Element, number: int) -> list[Value]:
        values: list[Value] = []
        column = 0
        value = self._value
        for cell in row:
            column = self._column(cell.get("r"), column)
            kind = cell.get("t", "n")
            formula = False
            for child in cell:
                end = child.tag[-2:]
                if end == "}v":
                    text, other = value(child.text or "", kind, cell.get("s"))
                    if formula and (child.text or "0") == "0" and (self._book.recalculated or not child.text):
                        continue
                    formula = False
                elif end == "}f":
                    self._formula(child.text)
                    formula = True
                    continue
                else:
                    only = child[0].text if len(child) == 1 else None
                    text, other = text_of(only or "".join(child.itertext())), ""
                text = text.strip()
                if text:
                    values.append((column, text, other))
            if formula:
                if known := self._worked_out.get((number, column)):
                    values.append((column, *known))
                self._book.valueless[self._name] = self._book.valueless.get(self._name, 0) + 1
        self._budget.spend_cells(len(row))
        return values

    def _column(self, reference: str | None, before: int) -> int:
        if not reference:
            return before + 1
        letters = reference.rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            column = 0
            for letter in letters[:4].upper():
                column = column * 26 + max(ord(letter) - 64, 0)
            self._columns[letters] = column
        return column

    def _value(self, text: str, kind: str, style: str | None) -> tuple[str, str]:
        if kind == "s":
            index = int(text) if text.isdigit() else -1
            if not 0 <= index < len(self._book.strings):
                return "", ""
            self._book.used[index] = 1
            return self._book.strings[index], ""
        if kind == "b":
            return ("TRUE" if text == "1" else "FALSE"), ""
        if kind == "d" and (day := _DAY.match(text)):
            return f"{day.group(3)}/{day.group(2)}/{day.group(1)}", day.group()
        if kind != "n":
            return text_of(text), ""
        styles = self._book.styles
        number = int(style) if style and style.isdigit() else 0
        render = styles[number] if number < len(styles) else None
        if render is None and text.isdigit():
            return text, ""
        try:
            value = float(text)
        except ValueError:
            return text_of(text), ""
        return render(value) if render else (plain(value), "")

    def _formula(self, text: str | None) -> None:
        """Keep formulas that carry text of their own; references alone show what their value shows."""
        if not text:
            return
        if '"' in text:
            literals = _LITERAL.findall(text)
            if any(literals):
                self.formulas.setdefault(" ".join(literals), tidy(text))
        elif "'" in text:
            for name in _QUOTED.findall(text):
                if spoken(name):
                    self.formulas.setdefault(name, name)
