"""The sweep of XML: every text node and every text-bearing attribute, whatever the document model makes of them.

A streaming parser (no tree, no entities, no network) drives a target that knows three things of a vocabulary: which
elements are paragraphs, tables and breaks, which subtrees have a meaning of their own (deleted, comment, hidden), and
which attributes hold text. Nothing is put between runs, so a name split over three runs stays a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import unquote

from lxml import etree

from mailguard.extract.found import MARK_HIDDEN, Found, Piece, Section, Table, Text, readings_of
from mailguard.extract.grid import GridRow
from mailguard.extract.labels import labelled
from mailguard.extract.lines import tidy
from mailguard.extract.speech import may_speak, spoken
from mailguard.model import SegmentKind

Kinds = dict[str, tuple[SegmentKind, bool]]

_LOOSE_CHARS = 4000
_DATA_ROWS = 3
"""A table of as many rows holds data, whatever stands in a cell of it."""
_HEAD = 4096
_NAMED_ONLY = re.compile(rb"<!DOCTYPE\s[^>\[]*>")
_REVERSED, _AS_BEFORE = "\u202e", "\u202c"
_PICTORIAL = ("wingdings", "webdings", "symbol", "dingbats", "marlett")


class BadXml(Exception):
    """The XML is malformed or carries a document type, which no office program writes."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the sweep must know of an XML language; names are "prefix:local" after `namespaces`.

    `attributes` hold text by their name; any other that reads like text is taken too unless it is among `machinery`
    (None: no other is looked at) or its element among the `settled`."""

    namespaces: dict[str, str]
    paragraphs: frozenset[str] = frozenset()
    breaks: dict[str, str] = field(default_factory=dict)
    tables: frozenset[str] = frozenset()
    rows: frozenset[str] = frozenset()
    cells: frozenset[str] = frozenset()
    contexts: Kinds = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    runs: frozenset[str] = frozenset()
    hiding: frozenset[str] = frozenset()
    spans: frozenset[str] = frozenset()
    merges: frozenset[str] = frozenset()
    repeats: frozenset[str] = frozenset()
    mute: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()
    attributes: dict[str, frozenset[str]] = field(default_factory=dict)
    machinery: frozenset[str] | None = None
    settled: frozenset[str] = frozenset()
    symbols: frozenset[str] = frozenset()
    reversing: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Paragraph:
    """The paragraph being read: pieces of text with what is known of each."""

    pieces: list[Piece] = field(default_factory=list)


@dataclass(slots=True)
class _Grid:
    """The table being read; `above` holds the values of cells merged downwards. It only lays out the page (`layout`)
    once another table stands inside it."""

    rows: list[GridRow] = field(default_factory=list)
    row: list[tuple[int, str, str]] = field(default_factory=list)
    cell: list[str] | None = None
    column: int = 0
    span: int = 1
    merged: bool = False
    above: dict[int, str] = field(default_factory=dict)
    index: int = 0
    layout: bool = False


class _Target:
    """Receives parse events; `found` is drained by the caller after each chunk."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.found: list[Found] = []
        self.names: dict[str, str] = {}
        self.path: list[str] = []
        self.paragraphs: list[_Paragraph] = []
        self.grids: list[_Grid] = []
        self.contexts: list[tuple[SegmentKind, bool]] = []
        self.flags: list[int] = []
        self.run_flag = 0
        self.muted = 0
        self.loose: list[str] = []
        self.loose_chars = 0
        self.pending = ""
        self.doctyped = False

    # Names that lxml calls on a parser target.

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = self._name(tag)
        words = self.vocabulary
        self._loosen()
        self.path.append(name)
        if name in words.mute:
            self.muted += 1
        if name in words.contexts:
            self.contexts.append(words.contexts[name])
        if name in words.marks:
            self.flags.append(words.marks[name])
        if name in words.sections:
            self._flush_loose()
            self.found.append(Section({key.rpartition("}")[2]: value for key, value in attributes.items()}))
        if name in words.paragraphs:
            self._flush_loose()
            self.paragraphs.append(_Paragraph())
        elif name in words.reversing:
            self._add(_REVERSED if "rtl" in attributes.values() else "")
        elif name in words.symbols:
            self._add(_symbol(attributes))
        elif name in words.breaks:
            self._add(words.breaks[name] * self._repeat(name, attributes))
        elif name in words.runs:
            self.run_flag = 0
        elif name in words.hiding:
            if not any(value in ("0", "false", "off", "none") for value in attributes.values()):
                self.run_flag = MARK_HIDDEN
        elif name in words.tables:
            self._flush_loose()
            if self.grids and self.grids[-1].cell is not None and len(self.grids[-1].rows) < _DATA_ROWS:
                self._lay_out(self.grids[-1])
            self.grids.append(_Grid())
        elif self.grids:
            self._start_in_table(name, attributes)
        if attributes:
            self._take_attributes(name, attributes)

    def end(self, tag: str) -> None:
        name = self._name(tag)
        words = self.vocabulary
        self._loosen()
        if self.path:
            self.path.pop()
        if name in words.mute:
            self.muted -= 1
        if name in words.paragraphs and self.paragraphs:
            self._end_paragraph(self.paragraphs.pop())
        elif name in words.runs:
            self.run_flag = 0
        elif name in words.reversing:
            self._add(_AS_BEFORE)
        elif name in words.tables and self.grids:
            grid = self.grids.pop()
            if grid.rows:
                self.found.append(Table(grid.rows, self._kind()[0]))
        elif self.grids:
            self._end_in_table(name)
        if name in words.contexts and self.contexts:
            self._flush_loose()
            self.contexts.pop()
        if name in words.marks and self.flags:
            self.flags.pop()

    def data(self, text: str) -> None:
        if self.muted:
            return
        if self.paragraphs:
            self._add(text)
        else:
            self.pending += text

    def comment(self, text: str) -> None:
        if text.strip():
            self.found.append(Text(tidy(text.strip()), SegmentKind.HIDDEN, False, paragraph=False))

    def pi(self, target: str, data: str | None = None) -> None:
        if data and target not in ("xml-stylesheet", "mso-application", "xpacket"):
            self.comment(data)

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        self.doctyped = True

    def close(self) -> None:
        self._flush_loose()

    # What the events mean.

    def _name(self, tag: str) -> str:
        name = self.names.get(tag)
        if name is None:
            space, _, local = tag.rpartition("}")
            name = self.vocabulary.namespaces.get(space[1:], "?") + ":" + local if space else local
            self.names[tag] = name
        return name

    def _repeat(self, name: str, attributes: dict[str, str]) -> int:
        if name not in self.vocabulary.repeats:
            return 1
        count = next((value for key, value in attributes.items() if key.endswith("}c")), "1")
        return min(int(count), 100) if count.isdigit() else 1

    def _kind(self) -> tuple[SegmentKind | None, bool]:
        return self.contexts[-1] if self.contexts else (None, True)

    def _add(self, text: str) -> None:
        if self.paragraphs and text:
            flag = self.run_flag
            for mark in self.flags:
                flag |= mark
            self.paragraphs[-1].pieces.append((text, flag))

    def _take_attributes(self, name: str, attributes: dict[str, str]) -> None:
        wanted, machinery = self.vocabulary.attributes, self.vocabulary.machinery
        for key, value in attributes.items():
            local = key.rpartition("}")[2]
            owners = wanted.get(local)
            if owners is not None and (not owners or name in owners):
                text = "" if value.isdigit() else unquote(value) if "%20" in value else value
            elif machinery is None or local in machinery or not may_speak(value) or name in self.vocabulary.settled:
                continue
            else:
                text = spoken(value)
            if text.strip():
                self.found.append(Text(tidy(text.strip()), SegmentKind.METADATA, False, paragraph=False))

    def _loosen(self) -> None:
        """Text outside any paragraph becomes a loose line, led by its element's name in a language we do not know."""
        text, self.pending = self.pending.strip(), ""
        if not text:
            return
        name = self.path[-1] if self.path else ""
        known = ":" in name and not name.startswith("?:")
        self.loose.append(tidy(text) if known else f"{name.rpartition(':')[2]}: {tidy(text)}")
        self.loose_chars += len(text)
        if self.loose_chars > _LOOSE_CHARS:
            self._flush_loose()

    def _flush_loose(self) -> None:
        self._loosen()
        if self.loose:
            kind, visible = self._kind()
            self.found.append(Text("\n".join(self.loose), kind, visible, paragraph=False))
            self.loose, self.loose_chars = [], 0

    def _end_paragraph(self, paragraph: _Paragraph) -> None:
        kind, visible = self._kind()
        texts = readings_of(paragraph.pieces, kind, visible)
        if self.grids and self.grids[-1].cell is not None and not self.grids[-1].layout:
            shown = texts.pop(0).text.strip()
            if shown:
                self.grids[-1].cell.append(shown)
        self.found += texts

    def _lay_out(self, grid: _Grid) -> None:
        """Take a table that has another in a cell for one that lays the page out: its text is that of the page."""
        kind, visible = self._kind()
        cells = [text for row in grid.rows for _, text, _ in row.values] + [text for _, text, _ in grid.row]
        for text in (*cells, *([] if grid.cell is None else grid.cell)):
            self.found += [Text(line, kind, visible) for line in text.split("\n")]
        grid.rows, grid.row, grid.layout = [], [], True
        grid.cell = []

    def _start_in_table(self, name: str, attributes: dict[str, str]) -> None:
        grid, words = self.grids[-1], self.vocabulary
        if name in words.rows:
            grid.row, grid.column = [], 0
            grid.index += 1
        elif name in words.cells:
            grid.cell, grid.span, grid.merged = [], 1, False
            for key, value in attributes.items():
                local = key.rpartition("}")[2]
                if local in ("gridSpan", "number-columns-spanned") and value.isdigit():
                    grid.span = min(int(value), 100)
                elif local == "vMerge" and value in ("1", "true"):
                    grid.merged = True
        elif name in words.spans:
            value = next(iter(attributes.values()), "1")
            grid.span = min(int(value), 100) if value.isdigit() else 1
        elif name in words.merges:
            grid.merged = "restart" not in attributes.values()

    def _end_in_table(self, name: str) -> None:
        grid, words = self.grids[-1], self.vocabulary
        if grid.layout:
            if name in words.cells:
                self.found.append(Text("", *self._kind()))
                grid.cell = None
        elif name in words.cells and grid.cell is not None:
            grid.column += 1
            text = labelled(grid.cell, "\n")
            if grid.merged and not text:
                text = grid.above.get(grid.column, "")
            if text:
                grid.row.append((grid.column, text, ""))
            grid.above[grid.column] = text
            grid.column += grid.span - 1
            grid.cell = None
        elif name in words.rows and grid.row:
            grid.rows.append(GridRow(grid.index, grid.row))
            grid.row = []


def _symbol(attributes: dict[str, str]) -> str:
    """Return the letter that a symbol shows; fonts of pictures show none (ECMA-376 part 1, 17.3.3.30)."""
    values = {key.rpartition("}")[2]: value for key, value in attributes.items()}
    if any(name in values.get("font", "").lower() for name in _PICTORIAL):
        return " "
    try:
        code = int(values.get("char", ""), 16)
    except ValueError:
        return ""
    code -= 0xF000 if 0xF020 <= code <= 0xF0FF else 0
    return chr(code) if 32 <= code < 0xD800 else ""


def _declares_nothing(head: bytes) -> bool:
    """Return whether the document type of a file is named and declares nothing, as older programs write one."""
    named = _NAMED_ONLY.search(head)
    return bool(named) and head.count(b"<!DOCTYPE") == 1 and b"<!ENTITY" not in head


def sweep(chunks: Iterable[bytes], vocabulary: Vocabulary) -> Iterator[Found]:
    """Yield everything found, in document order; paragraphs that are blank come out as blank Text (gaps). A part
    without a byte, as OpenOffice leaves one for settings never made, holds nothing.

    Raise BadXml where the XML is malformed or has a document type; what came before has been yielded."""
    target = _Target(vocabulary)
    parser: Any = etree.XMLParser(  # the stubs know no target with comments and processing instructions
        target=cast(Any, target), resolve_entities=False, no_network=True, huge_tree=True
    )
    empty, head = True, b""
    try:
        for chunk in filter(None, chunks):
            parser.feed(chunk)
            head = head or chunk[:_HEAD]
            empty = False
            if target.doctyped and not _declares_nothing(head):
                raise BadXml("a document type declaration in office XML")
            yield from target.found
            target.found.clear()
        if not empty:
            parser.close()
    except etree.XMLSyntaxError as error:
        target.close()
        yield from target.found
        raise BadXml("malformed XML") from error
    yield from target.found
