"""HTML by a streaming parse: what is shown, and all that is not (hidden text, comments, attributes, scripts).

A tree loses text below a depth of 256 in the usual parsers, so none is built. Tables become rows with their heads;
tables that only lay out a page (they hold other tables) become ordinary blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, cast

from lxml import etree

from mailguard.extract import charset, htmlstyle
from mailguard.extract.budget import Budget
from mailguard.extract.escapes import meaning
from mailguard.extract.grid import shape
from mailguard.extract.htmlattributes import Attributes
from mailguard.extract.htmltable import OpenTable
from mailguard.extract.lines import Blocks, tidy
from mailguard.extract.parts import Child, Doubtful, Item, Part
from mailguard.extract.words import words
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

_LINES = words("""
address article aside body br caption center dd details dialog dir div dt figcaption figure footer form
frameset head header hr html legend li main menu nav optgroup option pre section select summary tbody td
textarea tfoot th thead title tr
""")
_PARAGRAPHS = words("""
p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote hr fieldset section article title
""")
_BREAKING = _LINES | _PARAGRAPHS
# Elements that are seen apart from the words around them though they stand on their line.
_APART = words("""
img input button textarea object video audio iframe embed svg text rt meter progress
""")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_SCRIPTS = re.compile(r"(?:java|ecma|vb|type|live)script|module|^$", re.IGNORECASE)
_SUBSET = re.compile(r"<!DOCTYPE[^>\[]{0,400}\[(.*?)\]\s*>", re.IGNORECASE | re.DOTALL)
_MARKED_UP = re.compile(r"<[a-z]+[:\w]*[\s/>]", re.IGNORECASE)
_CONDITION = re.compile(r"^\[if[^\]]*\]>|<!\[endif\]$", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]*>|\[(?:if|endif)[^\]]*\]>?", re.IGNORECASE)
_UNENDED = re.compile(r"<([A-Za-z/!][^>]*)\Z")
_SPACE = re.compile(r"[ \t\n\r\f\xa0]+")
_CHUNK = 1 << 16


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the text of an HTML document: shown and hidden text, tables as rows, comments, attributes, data URLs."""
    label = part.charset
    if not label:
        meta = _META_CHARSET.search(part.data[:4096])
        label = meta.group(1).decode("ascii", "replace") if meta else ""
    decoded = charset.readings(part.data, label)
    if decoded.ambiguous:
        yield Unreadable(part.place, UnreadableReason.AMBIGUOUS, "text that reads differently in two charsets")
    if len(decoded.texts) > 1:
        yield Doubtful()
    shown: set[str] = set()
    for number, text in enumerate(decoded.texts):
        for item in _document(text, part, budget):
            if not number:
                yield item
                if len(decoded.texts) > 1 and isinstance(item, Segment):
                    shown.add(item.text)
            elif isinstance(item, Segment) and item.text not in shown:
                yield replace(item, kind=SegmentKind.ALTERNATE)


def _document(text: str, part: Part, budget: Budget) -> Iterator[Item]:
    target = _Target(part, budget)
    # The stubs ask for a target that takes bytes as well, which no parser of text ever gives.
    parser = etree.HTMLParser(target=cast("Any", target), huge_tree=True, encoding="utf-8")
    data = text.replace("\0", "").encode("utf-8", "replace")
    for at in range(0, len(data), _CHUNK):
        parser.feed(data[at : at + _CHUNK])
        yield from target.take()
    parser.close()
    target.finish()
    yield from target.take()
    if subset := _SUBSET.search(text[:8192]):
        # Programs that take the page for XML put in what the type declares.
        yield Segment(_shown(subset[1]), (*part.place, "hidden"), SegmentKind.HIDDEN, False, part.leaf)
    if unended := _UNENDED.search(text, max(0, text.rfind("<"))):
        # The parser drops a tag that never ends; not every reader does.
        yield Segment(_shown(unended[1]), (*part.place, "hidden"), SegmentKind.HIDDEN, False, part.leaf)


class _Flow:
    """Running text of one visibility: pieces into lines, lines into blocks, blocks into segments."""

    def __init__(self, part: Part, kind: SegmentKind) -> None:
        self._part = part
        self._kind = kind
        self.pieces: list[str] = []
        self.gap = False
        self._blocks = Blocks()

    def line(self) -> str:
        """Take the text gathered since the last line end, as shown."""
        text = _shown("".join(self.pieces))
        self.pieces.clear()
        return text

    def lines(self, lines: Iterable[str]) -> Iterator[Segment]:
        """Yield the segments completed by these lines; a blank one is a gap."""
        for line in lines:
            for block in self._blocks.add(line):
                yield self._segment(block)

    def finish(self) -> Iterator[Segment]:
        """Yield what stands open."""
        yield from self.lines([self.line()])
        for block in self._blocks.finish():
            yield self._segment(block)

    def _segment(self, text: str) -> Segment:
        shown = self._kind is SegmentKind.BODY
        place = self._part.place if shown else (*self._part.place, str(self._kind))
        return Segment(text, place, self._kind, shown, self._part.leaf)


class _Target:
    """Receives the parser's events, which are balanced whatever the document does, and gathers items."""

    def __init__(self, part: Part, budget: Budget) -> None:
        self.part = part
        self.budget = budget
        self.items: list[Item] = []
        self.shown = _Flow(part, SegmentKind.BODY)
        self.hidden = _Flow(part, SegmentKind.HIDDEN)
        self.attributes = Attributes(part)
        self.tables: list[OpenTable] = []
        self.table_count = 0
        self.depth = 0
        self.hidden_from = 0
        self.raw = ""
        self.raw_text: list[str] = []
        self.sheet = htmlstyle.Sheet()
        self.turned: list[int] = []
        self.spread: list[int] = []
        self.boxes: list[int] = []
        self.apart: list[tuple[int, int]] = []
        self.pre = 0
        self.flow = self.shown
        self.in_table = False

    # --- the parser's events

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        tag = tag.lower()
        self.depth += 1
        if tag in _BREAKING:
            self._end_line(tag in _PARAGRAPHS)
        if not self.hidden_from and self.sheet.hides(tag, attributes):
            # A hidden piece of a line leaves the line whole for whoever sees it.
            self.hidden_from = self.depth
            self._turn()
        self._set_apart(tag, attributes)
        if self.sheet.turns(tag, attributes):
            self.turned.append(self.depth)
            self.flow.pieces.append("\u202e")
        if tag in ("script", "style"):
            self.raw = tag if tag == "style" or _SCRIPTS.search(attributes.get("type", "")) else "data"
        elif tag == "pre":
            self.pre += 1
        elif tag == "table":
            self._open_table()
        elif tag in ("tr", "td", "th") and self.in_table:
            self._open_in_table(tag, attributes)
        if attributes:
            value = self.attributes.take(tag, attributes)
            if value:
                self.data(f" {value} ")
            self.items.extend(self.attributes.children())

    def end(self, tag: str) -> None:
        """An element closes."""
        tag = tag.lower()
        if self.turned and self.turned[-1] == self.depth:
            self.turned.pop()
            self.flow.pieces.append("\u202c")
        self._end_apart()
        if tag in _BREAKING and tag != "br":
            self._end_line(tag in _PARAGRAPHS)
        if tag in ("script", "style"):
            self._end_raw()
        elif tag == "pre":
            self.pre -= 1
        elif tag == "table" and self.tables and self.tables[-1].depth == self.depth:
            self._close_table()
        elif tag in ("td", "th", "tr") and self.in_table:
            self.tables[-1].in_cell = False
        if self.hidden_from == self.depth:
            self._end_line(paragraph=True)
            self.hidden_from = 0
            self._turn()
        self.depth -= 1

    def data(self, text: str) -> None:
        """Text between tags."""
        if self.raw:
            self.raw_text.append(text)
        elif self.pre and "\n" in text:
            for line in text.split("\n"):
                self.flow.pieces.append(line)
                self._end_line(paragraph=not line.strip())
        else:
            self.flow.pieces.append(text)

    def comment(self, text: str) -> None:
        """A comment; those that only Outlook opens hold a page of their own."""
        plain = _shown(_TAGS.sub(" ", text))
        if plain and _MARKED_UP.search(text):
            page = _CONDITION.sub("", text).encode("utf-8", "replace")
            self.items.append(Child(page, "comment", media_type="text/html", charset="utf-8", leaf=False))
        elif plain and not plain.startswith("?xml"):
            self._aside(plain, SegmentKind.COMMENT)

    def pi(self, target: str, data: str | None = None) -> None:
        """A processing instruction, which no reader shows."""
        plain = _shown(data or "")
        if plain and target != "xml":
            self._aside(plain, SegmentKind.COMMENT)

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
        if self.raw:
            self._end_raw()
        self.items.extend(self.shown.finish())
        self.items.extend(self.hidden.finish())
        self.items.extend(self.attributes.segments())
        self.items.extend(self.attributes.children())

    def _turn(self) -> None:
        """Decide where text goes from here, after a table or something hidden has opened or closed."""
        table = self.tables[-1] if self.tables else None
        data = table is not None and not table.layout
        # What hides a whole table of data leaves its rows together; they are marked as hidden when it closes.
        hidden = bool(self.hidden_from) and not (data and table is not None and table.hidden)
        self.in_table = data and not hidden
        self.flow = self.hidden if hidden else self.shown

    def _set_apart(self, tag: str, attributes: dict[str, str]) -> None:
        """Keep an element that is shown as a box from running into the words around it."""
        if tag in _BREAKING:
            pass
        elif self.sheet.boxes(tag, attributes) or (self.spread and self.spread[-1] == self.depth - 1):
            self.boxes.append(self.depth)
            self._end_line(paragraph=False)
        elif tag in _APART or self.sheet.parts(tag, attributes):
            self.apart.append((self.depth, len(self.flow.pieces)))
        if self.sheet.spreads(tag, attributes):
            self.spread.append(self.depth)

    def _end_apart(self) -> None:
        if self.spread and self.spread[-1] == self.depth:
            self.spread.pop()
        if self.boxes and self.boxes[-1] == self.depth:
            self.boxes.pop()
            self._end_line(paragraph=False)
        if self.apart and self.apart[-1][0] == self.depth:
            at = self.apart.pop()[1]
            # One letter alone is the large first one of a word.
            if len("".join(self.flow.pieces[at:]).strip()) != 1:
                self.flow.pieces.insert(at, " ")
                self.flow.pieces.append(" ")

    def _end_line(self, paragraph: bool) -> None:
        flow = self.flow
        line = flow.line() if flow.pieces else ""
        if self.in_table and self.tables[-1].in_cell:
            if line:
                self.tables[-1].add(line)
            return
        if line:
            self.items.extend(flow.lines([line]))
            flow.gap = False
        if paragraph and not flow.gap:
            self.items.extend(flow.lines([""]))
            flow.gap = True

    def _aside(self, text: str, kind: SegmentKind) -> None:
        self.items.append(Segment(text, (*self.part.place, str(kind)), kind, False, self.part.leaf))

    def _end_raw(self) -> None:
        """Give out what a script or style sheet holds; what only looks like a script is a page or text of its own."""
        text, kind = "".join(self.raw_text), self.raw
        self.raw, self.raw_text = "", []
        if kind == "style":
            self.sheet.learn(text)
            self.attributes.style(text)
        elif kind == "data" and _MARKED_UP.search(text):
            page = text.encode("utf-8", "replace")
            self.items.append(Child(page, "script", media_type="text/html", charset="utf-8", leaf=False))
        elif joined := _shown(text if kind == "data" else htmlstyle.script_texts(text)):
            self._aside(joined, SegmentKind.HIDDEN)
            if other := meaning(joined):
                self._aside(_shown(other), SegmentKind.HIDDEN)

    def _open_table(self) -> None:
        if self.tables and not self.tables[-1].layout:
            outer = self.tables[-1]
            flow = self.hidden if outer.hidden else self.shown
            self.items.extend(flow.lines(outer.lines()))
            outer.layout = True
            outer.clear()
        self.items.extend(self.flow.finish())
        self.tables.append(OpenTable(self.depth, bool(self.hidden_from)))
        self._turn()

    def _open_in_table(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "tr":
            self.tables[-1].open_row()
        else:
            self.budget.spend_cells(1)
            self.tables[-1].open_cell(attributes)

    def _close_table(self) -> None:
        table = self.tables.pop()
        self._turn()
        if table.layout:
            return
        self.table_count += 1
        rows = table.grid()
        flow = self.hidden if table.hidden else self.shown
        if all(len(row.values) == 1 for row in rows):
            self.items.extend(flow.lines(table.lines()))
            return
        self.items.extend(flow.finish())
        place = (*self.part.place, f"table {self.table_count}")
        for segment in shape(rows, place, leaf=self.part.leaf):
            if table.hidden:
                segment = replace(segment, kind=SegmentKind.HIDDEN, visible=False)
            self.items.append(segment)
        if not table.hidden:
            self.items.extend(shape(table.lists(), place, leaf=self.part.leaf))


def _shown(text: str) -> str:
    return tidy(_SPACE.sub(" ", text)).strip()
