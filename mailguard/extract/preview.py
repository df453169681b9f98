"""A look at one part of a message for the person who decides: a page of a PDF as a picture with words boxed, the part's
own bytes, or its HTML made harmless. Pure; run in the jail like every reader.

The part is found by walking the message as the readers do, so that a place in a finding leads to the very bytes that
were read, through archives and attached messages."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from mailguard.extract import charset
from mailguard.extract.budget import Budget, Limits
from mailguard.extract.driver import Found, Walk
from mailguard.extract.kind import Kind
from mailguard.extract.looks import as_it_looks
from mailguard.extract.parts import Part
from mailguard.extract.pdfswell import swells
from mailguard.model import Place

HEAD = struct.Struct("!II")
"""What a picture begins with: width and height in pixels. Three bytes a pixel follow, red, green, blue, row by row."""

AS_HTML = -1
"""What stands for a page's number where HTML is wanted."""

_MOST_HTML = 4 << 20
_MOST_ACROSS, _MOST_DOWN = 1000, 1600
_MOST_BOXES = 40
_MARGIN, _LINE = 3, 2
_MARGIN_BELOW = 40
_LINE_COLOUR = bytes((156, 31, 31))
_FADE = bytes(value * 3 // 5 for value in range(256))
_SHORTEST_WORD = 3


def look(content: bytes, place: Place, page: int, words: Sequence[str], passwords: tuple[str, ...] = ()) -> bytes:
    """Return page `page` (from 1) of the PDF at `place` as a picture (see HEAD) with `words` boxed where they stand;
    with page 0 the bytes of the part; with AS_HTML a page of the HTML at `place`, in UTF-8, made harmless, with
    `words` marked. b"" if the message has no such part, or it is no PDF with that page."""
    if page == AS_HTML:
        return _html(_part_at(content, place, passwords, Kind.HTML), words)
    part = _part_at(content, place, passwords, None if page == 0 else Kind.PDF)
    if part is None:
        return b""
    return part.data if page == 0 else _picture(part, page - 1, words)


def _html(part: Part | None, words: Sequence[str]) -> bytes:
    if part is None or len(part.data) > _MOST_HTML:
        return b""
    return as_it_looks(charset.readings(part.data, part.charset).texts[0], words).encode("utf-8", "replace")


def paint(data: bytes) -> bytes:
    """Return the first page of a PDF file as a picture; what a worker does once before it locks itself in."""
    return _picture(Part(data, ("sample.pdf",)), 0, ("Sam Example",))


class _Reached(BaseException):
    """The part was found. No Exception, for a walk takes those for faults of a reader."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self.part = part


class _Search(Walk):
    """A walk that ends at the part it looks for."""

    def __init__(self, content: bytes, place: Place, passwords: tuple[str, ...], kind: Kind | None) -> None:
        self._place = place
        self._kind = kind
        root = Part(content, (), media_type="message/rfc822", leaf=0)
        super().__init__(root, Kind.MESSAGE, Budget(Limits()), passwords)

    def _part(self, part: Part, kind: Kind) -> Iterator[Found]:
        if part.place == self._place and self._kind in (None, kind):
            raise _Reached(replace(part, passwords=(*self._passwords, *self._words.found())))
        return super()._part(part, kind)

    def _is_repeated(self, child: Any) -> bool:
        return False  # the same file under another name is looked for as well


def _part_at(content: bytes, place: Place, passwords: tuple[str, ...], kind: Kind | None) -> Part | None:
    try:
        for _ in _Search(content, place, passwords, kind):
            pass
    except _Reached as reached:
        return reached.part
    return None


def _picture(part: Part, index: int, words: Sequence[str]) -> bytes:
    for password in ("", *part.passwords):
        try:
            document = pdfium.PdfDocument(part.data, password=password or None)
        except pdfium.PdfiumError:
            continue
        try:
            if swells(part.data, password, Budget(Limits())) or not 0 <= index < len(document):
                return b""
            return _painted(document[index], words)
        finally:
            document.close()
    return b""


def _painted(page: Any, words: Sequence[str]) -> bytes:
    across, down = page.get_size()
    if across <= 0 or down <= 0:
        return b""
    bitmap = page.render(scale=min(_MOST_ACROSS / across, _MOST_DOWN / down), rev_byteorder=True)
    width, height, stride = bitmap.width, bitmap.height, bitmap.stride
    raw, depth = bytes(bitmap.buffer), bitmap.n_channels
    if depth not in (3, 4):
        return b""
    pixels = bytearray(width * height * 3)
    for row in range(height):
        line = raw[row * stride : row * stride + width * depth]
        target = slice(row * width * 3, (row + 1) * width * 3)
        if depth == 3:
            pixels[target] = line
        else:
            for channel in range(3):
                pixels[target.start + channel : target.stop : 3] = line[channel::4]
    for box in _boxes(page, words, width, height):
        _draw(pixels, width, height, box)
    kept = _without_blank_end(pixels, width, height)
    return HEAD.pack(width, kept) + bytes(pixels[: kept * width * 3])


def _without_blank_end(pixels: bytearray, width: int, height: int) -> int:
    """How many rows are left when the white at the end of the page is cut short."""
    line = width * 3
    white = b"\xff" * line
    last = height
    while last > _MARGIN_BELOW and pixels[(last - 1) * line : last * line] == white:
        last -= 1
    return min(height, last + _MARGIN_BELOW)


def _boxes(page: Any, words: Sequence[str], width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Where the words stand, in pixels: left, top, right, bottom."""
    text = page.get_textpage()
    left = _MOST_BOXES
    for word in dict.fromkeys(words):
        places = list(_occurrences(text, word))
        if not places:  # broken over lines: its pieces
            pieces = [piece for piece in word.split() if len(piece) >= _SHORTEST_WORD]
            places = [place for piece in pieces for place in _occurrences(text, piece)]
        for first, count in places:
            for number in range(text.count_rects(first, count)):
                if not left:
                    return
                left -= 1
                yield _on_picture(page, text.get_rect(number), width, height)


def _occurrences(text: Any, word: str) -> Iterator[tuple[int, int]]:
    searcher = text.search(word, match_case=True)
    while (found := searcher.get_next()) is not None:
        yield found


def _on_picture(page: Any, rect: tuple[float, ...], width: int, height: int) -> tuple[int, int, int, int]:
    x, y = ctypes.c_int(), ctypes.c_int()
    points = []
    for across, up in ((rect[0], rect[1]), (rect[2], rect[3])):
        pdfium_c.FPDF_PageToDevice(page, 0, 0, width, height, 0, across, up, x, y)
        points.append((x.value, y.value))
    (ax, ay), (bx, by) = points
    return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)


def _draw(pixels: bytearray, width: int, height: int, box: tuple[int, int, int, int]) -> None:
    """Tint the inside yellow, draw a line around it."""
    left, top = max(0, box[0] - _MARGIN), max(0, box[1] - _MARGIN)
    right, bottom = min(width, box[2] + _MARGIN), min(height, box[3] + _MARGIN)
    if right - left <= 2 * _LINE or bottom - top <= 2 * _LINE:
        return
    for row in range(top, bottom):
        start, end = (row * width + left) * 3, (row * width + right) * 3
        pixels[start + 2 : end : 3] = pixels[start + 2 : end : 3].translate(_FADE)
        if row < top + _LINE or row >= bottom - _LINE:
            pixels[start:end] = _LINE_COLOUR * (right - left)
        else:
            pixels[start : start + _LINE * 3] = _LINE_COLOUR * _LINE
            pixels[end - _LINE * 3 : end] = _LINE_COLOUR * _LINE
