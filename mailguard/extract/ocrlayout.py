"""Recognised text to segments: lines, tables and columns of a page from where its fragments stand.

As for a PDF page no single order is right: rows keep a label with its value and a table with its heads, columns keep
what stands one below the other. The rows come first; columns are a second view where they read differently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import atan2, pi
from statistics import median

from mailguard.extract.grid import shape
from mailguard.extract.ocr import Fragment
from mailguard.extract.pdfgrid import grids_of
from mailguard.extract.pdflayout import Line
from mailguard.model import Place, Segment, SegmentKind

_BLOCK_CHARS = 6000
_MOST_SLANT = pi / 6
_LONG = 3.0
_FEW = 4
_GUTTER = 1.5
_MOST_DEPTH = 12
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Placed:
    """A fragment on the straightened page; y grows upwards, as on a page of a PDF."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

    def split(self, key: Callable[[float, float], int]) -> list[Placed]:
        """Return the pieces into which a key of left and right parts the words, as wide as they are long."""
        pieces: list[Placed] = []
        last, step = None, (self.right - self.left) / max(len(self.text), 1)
        for word in _WORD.finditer(self.text):
            left, right = self.left + word.start() * step, self.left + word.end() * step
            this = key(left, right)
            if pieces and this == last:
                pieces[-1] = replace(pieces[-1], text=f"{pieces[-1].text} {word.group()}", right=right)
            else:
                pieces.append(Placed(word.group(), left, self.bottom, right, self.top))
            last = this
        return pieces


def segments_of(fragments: Sequence[Fragment], place: Place) -> Iterator[Segment]:
    """Yield the page as lines, its tables row by row, and its columns where they read differently."""
    yield from laid_out(straighten(fragments), place, SegmentKind.OCR)


def laid_out(placed: Sequence[Placed], place: Place, kind: SegmentKind) -> Iterator[Segment]:
    """Yield placed texts as lines, tables row by row, and as columns where they read differently."""
    lines = lines_of(placed)
    rows = "\n".join("  ".join(cell.text for cell in line.cells) for line in lines)
    yield from (Segment(block, place, kind) for block in _split(rows))
    tables = list(grids_of(lines))
    for table in tables:
        yield from shape(table.rows, place, kind, whole=False)
    if tables:
        return  # the columns of a table say nothing about anybody
    columns = "\n".join(_columns(placed, 0))
    if columns.split() != rows.split():
        yield from (Segment(block, place, kind) for block in _split(columns))


def straighten(fragments: Sequence[Fragment]) -> list[Placed]:
    """Return the fragments as if the page had lain straight: its slant, and how the slant changes down a page seen from
    an angle, are those of its own lines."""
    slant, change, middle = _slant(fragments)
    placed = []
    for fragment in fragments:
        ys = [y - x * (slant + change * (y - middle)) for x, y in fragment.corners]
        xs = [x + y * slant for x, y in fragment.corners]
        ys.sort()
        xs.sort()
        # The mean of the two upper and of the two lower corners: what is left of a slant must not make lines taller.
        placed.append(Placed(fragment.text, xs[0], -(ys[2] + ys[3]) / 2, xs[3], -(ys[0] + ys[1]) / 2))
    return placed


def _slant(fragments: Sequence[Fragment]) -> tuple[float, float, float]:
    """Return slope, its change a pixel down the page, and the height at which the slope was taken."""
    seen: list[tuple[float, float, float]] = []
    for fragment in fragments:
        (left, upper), (right, other), _, (_, lower) = fragment.corners
        if right - left > _LONG * abs(lower - upper) and abs(atan2(other - upper, right - left)) < _MOST_SLANT:
            seen.append(((other - upper) / (right - left), upper, right - left))
    if not seen:
        return 0.0, 0.0, 0.0
    slope = median(item[0] for item in seen)
    if len(seen) < _FEW:
        return slope, 0.0, 0.0
    weight = sum(item[2] for item in seen)
    middle = sum(y * width for _, y, width in seen) / weight
    spread = sum(width * (y - middle) ** 2 for _, y, width in seen)
    if not spread:
        return slope, 0.0, middle
    mean = sum(own * width for own, _, width in seen) / weight
    return mean, sum(width * (y - middle) * (own - mean) for own, y, width in seen) / spread, middle


def lines_of(placed: Sequence[Placed]) -> list[Line]:
    """Return lines from top to bottom, each with its fragments from left to right."""
    lines: list[tuple[Placed, list[Placed]]] = []
    for piece in sorted(placed, key=lambda piece: (-(piece.top + piece.bottom), piece.left)):
        first, cells = lines[-1] if lines else (None, [])
        if first and _overlap(first, piece) > 0.5:
            cells.append(piece)
        else:
            lines.append((piece, [piece]))
    return [Line(first.bottom, first.top, cells=sorted(cells, key=lambda piece: piece.left)) for first, cells in lines]


def _overlap(one: Placed, other: Placed) -> float:
    height = min(one.top - one.bottom, other.top - other.bottom)
    return (min(one.top, other.top) - max(one.bottom, other.bottom)) / height if height > 0 else 0.0


def _columns(placed: Sequence[Placed], depth: int) -> Iterator[str]:
    """Yield the lines of a region: cut at its widest white gutter from top to bottom, else between two of its lines."""
    if not placed:
        return
    lines = lines_of(placed)
    if len(lines) == 1 or depth > _MOST_DEPTH:
        yield from ("  ".join(cell.text for cell in line.cells) for line in lines)
        return
    height = median(piece.top - piece.bottom for piece in placed)
    at = _gutter(placed, _GUTTER * height)
    if at is not None:
        yield from _columns([piece for piece in placed if piece.left < at], depth + 1)
        yield from _columns([piece for piece in placed if piece.left >= at], depth + 1)
        return
    gaps = [upper.bottom - lower.top for upper, lower in pairwise(lines)]
    widest = max(gaps)
    if widest < height / 2:
        yield from ("  ".join(cell.text for cell in line.cells) for line in lines)
        return
    middle = lines[gaps.index(widest)].bottom - widest / 2
    yield from _columns([piece for piece in placed if (piece.top + piece.bottom) / 2 >= middle], depth + 1)
    yield from _columns([piece for piece in placed if (piece.top + piece.bottom) / 2 < middle], depth + 1)


def _gutter(placed: Sequence[Placed], narrowest: float) -> float | None:
    """Return where the widest stretch that no fragment covers ends, if it is wide enough."""
    best: tuple[float, float] | None = None
    reach = None
    for piece in sorted(placed, key=lambda piece: piece.left):
        if reach is not None and piece.left - reach > narrowest and (best is None or piece.left - reach > best[0]):
            best = piece.left - reach, piece.left
        reach = piece.right if reach is None else max(reach, piece.right)
    return best[1] if best else None


def _split(text: str) -> Iterator[str]:
    """A page is one block unless it is long: better too much together than a form torn apart."""
    while len(text) > _BLOCK_CHARS:
        at = text.rfind("\n", _BLOCK_CHARS // 2, _BLOCK_CHARS)
        at = at if at > 0 else _BLOCK_CHARS
        yield text[:at]
        text = text[at:].strip()
    if text.strip():
        yield text
