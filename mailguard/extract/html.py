"""HTML by a streaming parse: what is shown, and all that is not (hidden text, comments, attributes, scripts).

A tree loses text below a depth of 256 in the usual parsers, so none is built. Tables become rows with their heads;
tables that only lay out a page (they hold other tables) become ordinary blocks.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import unquote, unquote_to_bytes

from lxml import etree

from mailguard.extract import charset
from mailguard.extract.budget import Budget
from mailguard.extract.grid import GridRow, shape
from mailguard.extract.lines import Blocks, tidy
from mailguard.extract.parts import Child, Item, Part
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "optgroup",
        "option",
        "p",
        "pre",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "td",
        "textarea",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
_PARAGRAPHS = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "dl",
        "table",
        "blockquote",
        "hr",
        "fieldset",
        "section",
        "article",
    ]
)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_TEXT_ATTRIBUTES = frozenset(
    {"alt", "title", "value", "placeholder", "content", "label", "summary", "aria-label", "aria-description", "abbr"}
    | {"standby", "prompt", "cite", "download", "name"}
)
_LINK_ATTRIBUTES = frozenset({"href", "src", "action", "data", "background", "formaction", "poster"})
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)|"
    r"font-size\s*:\s*[01](?:\.\d+)?(?:px|pt|em|%)?\s*(?:;|!|$)|max-height\s*:\s*0|"
    r"(?:^|[;\s])color\s*:\s*(?:white|#fff(?:fff)?|transparent)\s*(?:;|!|$)",
    re.IGNORECASE,
)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_STRINGS = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'|`([^`]*)`")
_SPACE = re.compile(r"[ \t\n\r\f\xa0]+")
_DATA_URL = re.compile(r"\s*data:([^,;]*)((?:;[^,;]*)*),(.*)", re.DOTALL | re.IGNORECASE)


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the text of an HTML document: shown and hidden text, tables as rows, comments, attributes, data URLs."""
    label = part.charset
    if not label:
        meta = _META_CHARSET.search(part.data[:4096])
        label = meta.group(1).decode("ascii", "replace") if meta else ""
    decoded = charset.readings(part.data, label)
    if decoded.ambiguous:
        yield Unreadable(part.place, UnreadableReason.AMBIGUOUS, "text that reads differently in two charsets")
    for number, text in enumerate(decoded.texts):
        for item in _document(text, part, budget):
            if number and isinstance(item, Segment):
                yield Segment(item.text, item.place, SegmentKind.ALTERNATE, item.visible, item.leaf, item.cells)
            elif not number:
                yield item


def _document(text: str, part: Part, budget: Budget) -> Iterator[Item]:
    target = _Target(part, budget)
    # The stubs ask for a target that takes bytes as well, which no parser of text ever gives.
    parser = etree.HTMLParser(target=cast("Any", target), huge_tree=True, encoding="utf-8", remove_comments=False)
    data = text.replace("\0", "").encode("utf-8", "replace")
    for at in range(0, len(data), 65536):
        parser.feed(data[at : at + 65536])
        yield from target.take()
    parser.close()
    target.finish()
    yield from target.take()


class _TableState:
    """A table being read: its rows so far. `layout` once another table stands inside it."""

    def __init__(self) -> None:
        self.rows: list[list[tuple[int, str, bool]]] = []
        self.column = 0
        self.layout = False


class _Target:
    """Receives the parser's events and gathers items."""

    def __init__(self, part: Part, budget: Budget) -> None:
        self.part = part
        self.budget = budget
        self.items: list[Item] = []
        self.line: list[str] = []
        self.hidden_line: list[str] = []
        self.lines: list[str] = []
        self.blocks = Blocks()
        self.hiding: list[str] = []
        self.raw = ""
        self.tables: list[_TableState] = []
        self.table_count = 0
        self.attributes: dict[str, None] = {}
        self.pre = 0

    # --- the parser's events

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        tag = tag.lower()
        if self.hiding and tag not in _VOID:
            self.hiding.append(tag)
        elif tag not in _VOID and self._hides(attributes):
            self._end_hidden()
            self.hiding = [tag]
        if tag in _BLOCKS:
            self._break(tag in _PARAGRAPHS)
        if tag in ("script", "style"):
            self.raw = tag
        elif tag == "table":
            self._open_table()
        elif tag == "tr" and self.tables and not self.tables[-1].layout:
            self.tables[-1].rows.append([])
            self.tables[-1].column = 0
        elif tag in ("td", "th") and self.tables and not self.tables[-1].layout:
            self._open_cell()
        elif tag == "pre":
            self.pre += 1
        for name, value in attributes.items():
            self._attribute(tag, name.lower(), value)

    def end(self, tag: str) -> None:
        """An element closes."""
        tag = tag.lower()
        if tag == self.raw:
            self.raw = ""
        if tag in ("td", "th") and self.tables and not self.tables[-1].layout:
            self._close_cell(attributes_span=1)
        elif tag == "table" and self.tables:
            self._close_table()
        elif tag == "pre":
            self.pre = max(0, self.pre - 1)
        if tag in _BLOCKS and tag != "br":
            self._break(tag in _PARAGRAPHS)
        if self.hiding and tag in self.hiding:
            while self.hiding and self.hiding.pop() != tag:
                pass
            if not self.hiding:
                self._end_hidden()

    def data(self, text: str) -> None:
        """Text between tags."""
        if self.raw:
            self._script(text)
        elif self.hiding:
            self.hidden_line.append(text)
        elif self.pre:
            head, *rest = text.split("\n")
            self.line.append(head)
            for line in rest:
                self._break(False)
                self.line.append(line)
        else:
            self.line.append(text)

    def comment(self, text: str) -> None:
        """A comment; Outlook's conditional ones hold text in tags."""
        plain = _clean(re.sub(r"<[^>]*>", " ", text))
        if plain and not plain.isdigit() and plain not in ("[if mso]", "[endif]", "[if !mso]"):
            self._other(plain, SegmentKind.COMMENT)

    def pi(self, target: str, data: str | None = None) -> None:
        """A processing instruction."""
        if data and _clean(data):
            self._other(_clean(data), SegmentKind.HIDDEN)

    def close(self) -> None:
        """The document ends."""

    # --- what is gathered

    def take(self) -> list[Item]:
        """Return the items gathered since the last call."""
        items, self.items = self.items, []
        return items

    def finish(self) -> None:
        """Give out what stands open at the end of the document."""
        while self.tables:
            self._close_table()
        self._break(True)
        self._end_hidden()
        self._flush_blocks()
        place = self.part.place
        for value in self.attributes:
            self.items.append(Segment(value, (*place, "attribute"), SegmentKind.METADATA, False, self.part.leaf))

    def _hides(self, attributes: dict[str, str]) -> bool:
        return "hidden" in attributes or bool(_HIDING.search(attributes.get("style", "")))

    def _break(self, paragraph: bool) -> None:
        """End the line; it goes into the open cell, or to the blocks."""
        if self.hiding:
            self.hidden_line.append("\n")
        text = _clean("".join(self.line))
        self.line.clear()
        if text:
            self.lines.append(text)
        if self._in_cell():
            return
        for line in self.lines:
            self._block(self.blocks.add(line))
        self.lines.clear()
        if paragraph:
            self._block(self.blocks.add(""))

    def _block(self, texts: Iterator[str]) -> None:
        for text in texts:
            self.items.append(Segment(text, self.part.place, SegmentKind.BODY, leaf=self.part.leaf))

    def _flush_blocks(self) -> None:
        self._block(self.blocks.finish())

    def _in_cell(self) -> bool:
        return bool(self.tables) and not self.tables[-1].layout and self.tables[-1].column > 0

    def _end_hidden(self) -> None:
        text = _clean("".join(self.hidden_line))
        self.hidden_line.clear()
        if text:
            self._other(text, SegmentKind.HIDDEN)

    def _other(self, text: str, kind: SegmentKind) -> None:
        self.items.append(Segment(text, (*self.part.place, str(kind)), kind, False, self.part.leaf))

    def _script(self, text: str) -> None:
        strings = [next(filter(None, groups), "") for groups in _STRINGS.findall(text)]
        joined = _clean(" ".join(string for string in strings if string.strip()))
        if joined:
            self._other(joined, SegmentKind.HIDDEN)

    def _open_table(self) -> None:
        for table in self.tables:
            self._make_layout(table)
        self._break(True)
        self._flush_blocks()
        self.tables.append(_TableState())

    def _make_layout(self, table: _TableState) -> None:
        """Give the cells of a table that holds a table to the blocks: it only lays out the page."""
        if table.layout:
            return
        table.layout = True
        self.lines, open_lines = [], self.lines
        for row in table.rows:
            for _, text, _ in row:
                for line in text.split("\n"):
                    self._block(self.blocks.add(line))
            self._block(self.blocks.add(""))
        self.lines = open_lines
        table.rows = []

    def _open_cell(self) -> None:
        table = self.tables[-1]
        if not table.rows:
            table.rows.append([])
        self._close_cell(attributes_span=1)
        table.column += 1
        self.budget.spend_cells(1)

    def _close_cell(self, attributes_span: int) -> None:
        table = self.tables[-1]
        text = _clean("".join(self.line))
        self.line.clear()
        lines = [*self.lines, text] if text else self.lines
        self.lines = []
        if lines and table.rows:
            table.rows[-1].append((max(1, table.column), "\n".join(lines), True))

    def _close_table(self) -> None:
        table = self.tables[-1]
        if table.layout:
            self.tables.pop()
            return
        self._close_cell(attributes_span=1)
        self.tables.pop()
        self.table_count += 1
        rows = [
            GridRow(number, [(column, " ".join(text.split("\n")), "") for column, text, _ in cells])
            for number, cells in enumerate(table.rows, 1)
        ]
        if all(len(row.values) <= 1 for row in rows):
            for cells in table.rows:
                for _, text, _ in cells:
                    for line in text.split("\n"):
                        self._block(self.blocks.add(line))
            return
        self._flush_blocks()
        place = (*self.part.place, f"table {self.table_count}")
        self.items.extend(shape(rows, place, leaf=self.part.leaf))

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name == "srcdoc":
            self.items.append(Child(value.encode("utf-8", "replace"), "srcdoc", media_type="text/html", leaf=False))
        elif name in _LINK_ATTRIBUTES:
            self._link(value)
        elif name in _TEXT_ATTRIBUTES or name.startswith("data-"):
            text = _clean(value)
            if len(text) > 2 and not (tag == "meta" and name == "name"):
                self.attributes[text] = None

    def _link(self, value: str) -> None:
        match = _DATA_URL.match(value)
        if match:
            media_type, options, payload = match.groups()
            data = unquote_to_bytes(payload)
            if "base64" in options.lower():
                data = binascii.a2b_base64(re.sub(rb"[^A-Za-z0-9+/]", b"", data) + b"===")
            self.items.append(Child(data, "embedded data", media_type=media_type.lower(), leaf=False))
        elif len(value) > 8 and not value.lower().startswith(("cid:", "http://www.w3.org")):
            self.attributes[_clean(unquote(value))] = None


def _clean(text: str) -> str:
    return tidy(_SPACE.sub(" ", text)).strip()


def sample() -> bytes:
    """Return a small file of this format."""
    return b"<html><body><p>Sam Example</p><table><tr><td>a<td>b</table></body></html>"
