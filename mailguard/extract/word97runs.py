"""The piece table of Word 97 documents and the properties of its characters and paragraphs (MS-DOC 2.8, 2.9)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from struct import unpack_from

_CLX_AT = 0x1A2
_CHARACTERS_AT = 0xFA
_PARAGRAPHS_AT = 0x102
_PAGE = 512
_ELSEWHERE = frozenset({0x6645, 0x6646})
_OPERANDS = (1, 1, 2, 4, 2, 2, 0, 3)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text from character position `cp` on; its bytes stand at `fc`, `width` bytes each; `marks` hold for all of it."""

    cp: int
    fc: int
    width: int
    text: str
    marks: int = 0


class Spans:
    """Marks by position in the stream; positions without any have none."""

    def __init__(self, spans: list[tuple[int, int, int]]) -> None:
        self._spans = sorted(spans)
        self._starts = [start for start, _, _ in self._spans]

    def at(self, position: int) -> int:
        """Return the marks at a position."""
        index = bisect_right(self._starts, position) - 1
        if index < 0:
            return 0
        _, end, marks = self._spans[index]
        return marks if position < end else 0

    def bounds(self, start: int, end: int) -> list[int]:
        """Return where marks change between two positions, both included."""
        first, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, end)
        inside = {edge for span in self._spans[max(first, 0) : last] for edge in span[:2] if start < edge < end}
        return [start, *sorted(inside), end]


def stretches(main: bytes, table: bytes, characters: Spans) -> Iterator[Stretch]:
    """Yield the document's text in order, cut where the characters' marks change."""
    for cp, count, fc, width in _pieces(main, table):
        bounds = characters.bounds(fc, fc + count * width)
        for start, end in pairwise(bounds):
            raw = main[start:end]
            text = raw.decode("utf-16-le", "replace") if width == 2 else raw.decode("cp1252", "replace")
            yield Stretch(cp + (start - fc) // width, start, width, text, characters.at(start))


def _pieces(main: bytes, table: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield first character, number of characters, position in the stream and bytes per character of each piece."""
    at, size = unpack_from("<II", main, _CLX_AT)
    clx = table[at : at + size]
    at = 0
    while at < len(clx) and clx[at] == 1:
        at += 3 + unpack_from("<H", clx, at + 1)[0]
    if at >= len(clx) or clx[at] != 2:
        raise ValueError("no piece table")
    size = unpack_from("<I", clx, at + 1)[0]
    count = (size - 4) // 12
    positions = unpack_from(f"<{count + 1}I", clx, at + 5)
    descriptors = at + 5 + 4 * (count + 1)
    for index in range(count):
        fc = unpack_from("<I", clx, descriptors + 8 * index + 2)[0]
        characters = positions[index + 1] - positions[index]
        if characters < 0 or characters > len(main):
            raise ValueError("a piece outside the stream")
        if fc & 0x40000000:
            yield positions[index], characters, (fc & 0x3FFFFFFF) // 2, 1
        else:
            yield positions[index], characters, fc, 2


def character_spans(main: bytes, table: bytes, wanted: dict[int, int]) -> Spans:
    """Return the marks of characters: `wanted` maps property codes to marks."""
    spans = []
    for page, count, bounds in _pages(main, table, _CHARACTERS_AT):
        offsets = page[4 * (count + 1) : 4 * (count + 1) + count]
        for index, offset in enumerate(offsets):
            if offset:
                size = page[offset * 2]
                marks = _marks(page[offset * 2 + 1 : offset * 2 + 1 + size], wanted)
                if marks:
                    spans.append((bounds[index], bounds[index + 1], marks))
    return Spans(spans)


def paragraph_spans(main: bytes, table: bytes, data: bytes, wanted: dict[int, int]) -> Spans:
    """Return the marks of paragraphs: `wanted` maps property codes to marks. Properties that are too long for their
    page, as those of wide tables are, stand in the stream `data` (MS-DOC 2.6.2, sprmPHugePapx)."""
    spans = []
    for page, count, bounds in _pages(main, table, _PARAGRAPHS_AT):
        for index in range(count):
            offset = page[4 * (count + 1) + 13 * index] * 2
            if not offset:
                continue
            size = 2 * page[offset] - 1 if page[offset] else 2 * page[offset + 1]
            start = offset + 1 if page[offset] else offset + 2
            marks = _marks(page[start + 2 : start + size], wanted, data)
            if marks:
                spans.append((bounds[index], bounds[index + 1], marks))
    return Spans(spans)


def _pages(main: bytes, table: bytes, at: int) -> Iterator[tuple[bytes, int, tuple[int, ...]]]:
    """Yield each page of formatted runs, its number of runs and their bounds in the stream."""
    start, size = unpack_from("<II", main, at)
    count = max(size - 4, 0) // 8
    for number in unpack_from(f"<{count}I", table, start + 4 * (count + 1)) if count else ():
        page = main[(number & 0x3FFFFF) * _PAGE : (number & 0x3FFFFF) * _PAGE + _PAGE]
        if len(page) == _PAGE:
            yield page, page[-1], unpack_from(f"<{page[-1] + 1}I", page, 0)


def _marks(properties: bytes, wanted: dict[int, int], data: bytes = b"") -> int:
    marks = 0
    at = 0
    while at + 2 < len(properties):
        code = unpack_from("<H", properties, at)[0]
        size = _OPERANDS[code >> 13]
        at += 2
        if code in wanted and properties[at]:
            marks |= wanted[code]
        elif code in _ELSEWHERE and at + 4 <= len(properties):
            start = unpack_from("<I", properties, at)[0]
            if start + 2 <= len(data):
                long = unpack_from("<H", data, start)[0]
                marks |= _marks(data[start + 2 : start + 2 + long], wanted)
        if not size:
            size = 1 + properties[at] if code not in (0xD608, 0xD606) else 1 + unpack_from("<H", properties, at)[0]
        at += size
    return marks
