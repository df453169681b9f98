"""XML that is no office file: exports of school systems, SpreadsheetML 2003 named .xls, feeds, drawings.

Streamed. An element that comes several times under its parent is a record: its fields stay together, named by their
elements ("Surname: Quill"). Entities are never resolved; a document that declares any is damaged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from lxml import etree

from mailguard.extract import charset, embedded
from mailguard.extract.budget import Budget
from mailguard.extract.grid import GridRow, shape
from mailguard.extract.lines import tidy
from mailguard.extract.outlines import RECORD_LETTERS
from mailguard.extract.parts import Child, Item, Part
from mailguard.extract.svgpaths import Shapes
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_ENTITY = re.compile(r"<!(?:ENTITY|ATTLIST)", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DECLARED = re.compile(rb"^[^<]{0,8}<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)")
_CHUNK = 1 << 16
_RECORD_CHARS = 2500
_SHORTEST_FILE = 64
# Attributes of drawings that hold numbers of lines, not text.
_PARAGRAPHS = frozenset({"text", "p", "P", "para", "td", "li", "h1", "h2", "h3"})
_DRAWING = frozenset({"d", "points", "transform", "style", "viewBox"})


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the records of an XML document; a workbook of 2003's format row by row. What is not well-formed is
    reported and its text read without its structure."""
    declared = _DECLARED.match(part.data)
    label = declared.group(1).decode("ascii", "replace") if declared else part.charset
    text = charset.decode(part.data, label)
    if "<!DOCTYPE" in text and _ENTITY.search(text):
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "XML that declares text of its own")
        yield Segment(tidy(text[:_CHUNK]), part.place, SegmentKind.SWEEP, False, part.leaf)
        return
    target = _Target(part, budget)
    parser = etree.XMLParser(
        target=cast("Any", target), resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False
    )
    data = _DECLARATION.sub("", text.replace("\0", "")).lstrip().encode("utf-8", "replace")
    try:
        parser.feed(b'<?xml version="1.0" encoding="utf-8"?>\n')
        for at in range(0, len(data), _CHUNK):
            parser.feed(data[at : at + _CHUNK])
            yield from target.take()
        parser.close()
    except etree.XMLSyntaxError:
        yield from target.take()
        # Whatever shows such a file shows it as HTML or as text; both are read.
        yield Child(part.data, "as HTML", media_type="text/html", charset=label or "utf-8", leaf=False)
    yield from target.take()
    if target.is_drawing and target.shapes.letters() >= RECORD_LETTERS:
        yield Unreadable(part.place, UnreadableReason.PICTURE, "text of outlines in a drawing", part.leaf)


class _Node:
    """An open element: its own text, the fields gathered below it, and which children it had."""

    def __init__(self, tag: str, fields: list[str]) -> None:
        self.tag = tag
        self.text: list[str] = []
        self.flow: list[str] = []
        self.length = 0
        self.fields = fields
        self.names: set[str] = set()
        self.has_children = False
        self.is_list = False


class _Target:
    """Receives the parser's events and gathers items."""

    def __init__(self, part: Part, budget: Budget) -> None:
        self.part = part
        self.budget = budget
        self.items: list[Item] = []
        self.nodes: list[_Node] = []
        self.rows: list[GridRow] = []
        self.cells: list[tuple[int, str, str]] = []
        self.column = 0
        self.row = 0
        self.sheet = ""
        self.is_drawing = False
        self.shapes = Shapes()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        name = _local(tag)
        values = {_local(key): value.strip() for key, value in attributes.items() if value.strip()}
        if self.nodes:
            self.nodes[-1].has_children = True
        self.is_drawing |= name == "svg"
        if self.is_drawing:
            self.shapes.take(name, values)
        fields = [
            f"{key}: {self._without_files(value)}"
            for key, value in values.items()
            if len(value) > 1 and key not in _DRAWING
        ]
        self.nodes.append(_Node(name, fields))
        if name in ("Worksheet", "Row", "Cell"):
            self._open_in_sheet(name, values)

    def _without_files(self, text: str) -> str:
        """Take the files out that are written in base64 in a text; each is a part to read."""
        if len(text) < _SHORTEST_FILE:
            return text
        data = text.encode("utf-8", "replace")
        files = embedded.find(data)
        for file in reversed(files):
            self.items.append(Child(file.data, "embedded data", file.name, leaf=False))
            data = data[: file.start] + b" " + data[file.end :]
        return data.decode("utf-8") if files else text

    def _open_in_sheet(self, name: str, values: dict[str, str]) -> None:
        index = values.get("Index", "")
        if name == "Worksheet":
            self._end_sheet()
            self.sheet, self.row = values.get("Name", ""), 0
        elif name == "Row":
            self.row = int(index) if index.isdecimal() else self.row + 1
            self.cells, self.column = [], 0
        else:
            self.budget.spend_cells(1)
            self.column = int(index) if index.isdecimal() else self.column + 1

    def data(self, text: str) -> None:
        """Text between tags."""
        if self.nodes:
            node = self.nodes[-1]
            node.text.append(text)
            node.flow.append(text)
            node.length += len(text)

    def pi(self, target: str, data: str | None = None) -> None:
        """A processing instruction; those that name a style sheet or a program hold no text."""
        if data and target not in ("xml", "xml-stylesheet", "mso-application", "mso-contentType"):
            self.comment(data)

    def end(self, tag: str) -> None:
        """An element closes: its fields go to its parent, or out where the parent is a list of records."""
        node = self.nodes.pop()
        text = tidy(" ".join(self._without_files("".join(node.text)).split()))
        if node.tag == "Data" and self.nodes and self.nodes[-1].tag == "Cell":
            self.cells.append((max(1, self.column), text, ""))
            return
        if node.tag == "Row" and self.cells:
            self.rows.append(GridRow(self.row, self.cells))
            self.cells = []
            if len(self.rows) >= 5000:
                self._end_sheet()
            return
        node.fields = self._fields(node, text)
        if not self.nodes:
            self._end_sheet()
            self._give(node.fields)
            return
        parent = self.nodes[-1]
        if parent.length + node.length < _RECORD_CHARS:
            parent.flow += node.flow
        parent.length += node.length
        repeated = node.has_children and node.tag in parent.names
        if node.has_children:
            parent.names.add(node.tag)
        if repeated and not parent.is_list:
            parent.is_list = True
            self._give(parent.fields)
            parent.fields = []
        if parent.is_list or sum(map(len, node.fields)) > _RECORD_CHARS:
            self._give(node.fields)
        else:
            parent.fields.extend(node.fields)

    def _fields(self, node: _Node, text: str) -> list[str]:
        """An element whose text goes round other elements is a paragraph: its words belong together as they stand. In
        drawings pieces of a line are elements of their own, so that both readings are given."""
        if not node.has_children:
            return [f"{node.tag}: {text}", *node.fields] if text else node.fields
        if node.length >= _RECORD_CHARS or not (text or node.tag in _PARAGRAPHS):
            return [text, *node.fields] if text else node.fields
        whole = tidy(" ".join(self._without_files("".join(node.flow)).split()))
        return [whole, *node.fields] if whole and whole != text else [text, *node.fields] if text else node.fields

    def comment(self, text: str) -> None:
        """A comment."""
        plain = tidy(" ".join(text.split()))
        if plain:
            self.items.append(Segment(plain, (*self.part.place, "comment"), SegmentKind.COMMENT, False, self.part.leaf))

    def close(self) -> None:
        """The document ends."""

    def take(self) -> list[Item]:
        """Return the items gathered since the last call."""
        items, self.items = self.items, []
        return items

    def _give(self, fields: list[str]) -> None:
        if fields:
            self.items.append(Segment("\n".join(fields), self.part.place, SegmentKind.BODY, True, self.part.leaf))

    def _end_sheet(self) -> None:
        if self.rows:
            place = (*self.part.place, f'sheet "{self.sheet}"')
            self.items.extend(shape(self.rows, place, leaf=self.part.leaf))
        self.rows = []


def _local(name: str) -> str:
    return name.rpartition("}")[2]
