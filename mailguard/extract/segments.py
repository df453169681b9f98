"""What a sweep found to segments: paragraphs in blocks, tables as rows, the rest as it was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailguard.extract.found import Found, Section, Table
from mailguard.extract.grid import shape
from mailguard.extract.lines import Blocks
from mailguard.model import Place, Segment, SegmentKind

_UNSEEN = frozenset({SegmentKind.METADATA, SegmentKind.CACHE, SegmentKind.HIDDEN, SegmentKind.DELETED})


def segments_of(found: Iterable[Found], place: Place, kind: SegmentKind) -> Iterator[Segment]:
    """Turn what a sweep found into segments; tables are numbered in the order in which they end."""
    blocks = Blocks()
    held: tuple[SegmentKind, bool] = (kind, True)
    tables = 0
    seen: set[str] = set()
    for item in found:
        if isinstance(item, Table):
            for block in blocks.finish():
                yield Segment(block, place, held[0], held[1])
            tables += 1
            row_kind = SegmentKind.ROW if kind is SegmentKind.BODY and item.kind is None else item.kind or kind
            yield from shape(item.rows, (*place, f"table {tables}"), row_kind)
            continue
        if isinstance(item, Section):
            for block in blocks.finish():
                yield Segment(block, place, held[0], held[1])
            continue
        if item.kind is SegmentKind.METADATA and kind is SegmentKind.CACHE:
            item = replace(item, kind=kind)
        own = (item.kind or kind, item.visible if item.kind else kind not in _UNSEEN)
        if not item.paragraph:
            if item.text and (item.kind not in (SegmentKind.METADATA, SegmentKind.CACHE) or item.text not in seen):
                seen.add(item.text)
                yield Segment(item.text, place, *own)
            continue
        if own != held:
            for block in blocks.finish():
                yield Segment(block, place, held[0], held[1])
            held = own
        for block in blocks.add(item.text):
            yield Segment(block, place, held[0], held[1])
    for block in blocks.finish():
        yield Segment(block, place, held[0], held[1])
