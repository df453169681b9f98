"""What a sweep found to segments: paragraphs in blocks, tables as rows, the rest as it was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailguard.extract import texttable
from mailguard.extract.found import Found, Section, Table, Text
from mailguard.extract.grid import shape
from mailguard.extract.lines import Blocks
from mailguard.extract.sweep import BadXml
from mailguard.model import Place, Segment, SegmentKind

_CELL = re.compile(r"[A-Za-z]{1,3}(\d{1,7})")
_UNSEEN = frozenset({SegmentKind.METADATA, SegmentKind.CACHE, SegmentKind.HIDDEN, SegmentKind.DELETED})


def segments_of(found: Iterable[Found], place: Place, kind: SegmentKind) -> Iterator[Segment]:
    """Turn what a sweep found into segments; tables are numbered in the order in which they end.

    Where the sweep ends in BadXml, what was found before it comes first."""
    maker = _Maker(place, kind)
    try:
        for item in found:
            yield from maker.take(item)
    except BadXml:
        yield from maker.flush()
        raise
    yield from maker.flush()


class _Maker:
    """Gathers paragraphs of one kind into blocks; anything else ends the block."""

    def __init__(self, place: Place, kind: SegmentKind) -> None:
        self._base = self._place = place
        self._kind = kind
        self._blocks = Blocks()
        self._held = (kind, True)
        self._tables = 0
        self._seen: set[str] = set()
        self._rows: list[str] = []

    def take(self, item: Found) -> Iterator[Segment]:
        if isinstance(item, Table):
            yield from self.flush()
            self._tables += 1
            own = self._kind if item.kind is None else item.kind
            kind = SegmentKind.ROW if own is SegmentKind.BODY else own
            yield from shape(item.rows, (*self._place, f"table {self._tables}"), kind)
        elif isinstance(item, Section):
            yield from self.flush()
            cell = _CELL.fullmatch(item.attributes.get("ref", ""))
            self._place = (*self._base, f"row {cell.group(1)}") if cell else self._base
        elif item.paragraph:
            yield from self._paragraph(item)
        else:
            yield from self._aside(item)

    def flush(self) -> Iterator[Segment]:
        yield from self._end_rows()
        for block in self._blocks.finish():
            yield Segment(block, self._place, *self._held)

    def _paragraph(self, item: Text) -> Iterator[Segment]:
        own = self._own(item)
        if own != self._held:
            yield from self.flush()
            self._held = own
        for line in item.text.split("\n"):
            if texttable.is_row(line):
                self._rows.append(line)
                continue
            yield from self._end_rows()
            for block in self._blocks.add(line, whole=True):
                yield Segment(block, self._place, *own)

    def _end_rows(self) -> Iterator[Segment]:
        """Give the lines gathered last as a table, if they are one drawn with tabs or blanks, else as any lines."""
        lines, self._rows = self._rows, []
        kind, visible = self._held
        rows = texttable.rows(lines) if len(lines) > 1 and visible else None
        if rows:
            for block in self._blocks.finish():
                yield Segment(block, self._place, kind, visible)
            self._tables += 1
            place = (*self._place, f"table {self._tables}")
            yield from shape(rows, place, SegmentKind.ROW if kind is SegmentKind.BODY else kind)
            return
        for line in lines:
            for block in self._blocks.add(line, whole=True):
                yield Segment(block, self._place, kind, visible)

    def _aside(self, item: Text) -> Iterator[Segment]:
        """Text that is no paragraph; attributes repeat themselves, each text of them comes once."""
        if item.kind is SegmentKind.METADATA:
            if item.text in self._seen:
                return
            self._seen.add(item.text)
            if self._kind is SegmentKind.CACHE:
                item = replace(item, kind=self._kind)
        if item.text:
            yield Segment(item.text, self._place, *self._own(item))

    def _own(self, item: Text) -> tuple[SegmentKind, bool]:
        if item.kind is None:
            return self._kind, self._kind not in _UNSEEN
        return item.kind, item.visible
