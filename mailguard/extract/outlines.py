"""Letters that were turned into outlines: shapes of the size of letters that stand in rows.

Programs for posters and print shops do so, and nothing of such text is left but its looks. A map, a chart or a crest
has shapes as well, but not many of one height side by side on one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""

LEAST_SEGMENTS = 8
FEWEST_LETTERS, RECORD_LETTERS = 20, 60
"""As many as a name and a date take; more than a crest and its motto have."""
HIGHEST = 60.0
_LOWEST = 2.5
_IN_A_ROW = 6
_LEVEL = 0.3
_APART = 3.0
_TALLER = 2.2
_WIDTH = 0.55
_SEGMENTS = 20


def may_be_letters(box: Box, segments: int) -> bool:
    """Return whether a filled shape may be a letter, or a run of letters in one shape."""
    height = box[3] - box[1]
    return segments >= LEAST_SEGMENTS and _LOWEST <= height <= HIGHEST and box[2] - box[0] > 0.2 * height


def count_letters(shapes: Sequence[tuple[Box, int]]) -> tuple[int, Box | None]:
    """Return about how many letters stand in rows among shapes (with their segments), and the box round them."""
    found = 0
    around: Box | None = None
    for row in _rows(shapes):
        letters = sum(_weight(box, segments) for box, segments in row)
        if letters < _IN_A_ROW:
            continue
        found += letters
        boxes = [box for box, _ in row] + ([around] if around else [])
        around = (
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        )
    return found, around


def _weight(box: Box, segments: int) -> int:
    """A shape that is much longer than high and made of much may be a whole word."""
    by_length = (box[2] - box[0]) / (_WIDTH * (box[3] - box[1]))
    return max(1, min(round(by_length), segments // _SEGMENTS))


def _rows(shapes: Sequence[tuple[Box, int]]) -> list[list[tuple[Box, int]]]:
    """Part shapes into rows: of like height, standing on one line, close to each other."""
    lines: list[list[tuple[Box, int]]] = []
    for shape in sorted(shapes, key=lambda shape: (-shape[0][1], shape[0][0])):
        (_, bottom, _, top), _ = shape
        line = lines[-1] if lines else None
        if line and abs(line[0][0][1] - bottom) <= _LEVEL * (top - bottom):
            line.append(shape)
        else:
            lines.append([shape])
    rows: list[list[tuple[Box, int]]] = []
    for line in lines:
        line.sort()
        rows.append([line[0]])
        for (before, _), shape in pairwise(line):
            height, other = before[3] - before[1], shape[0][3] - shape[0][1]
            alike = max(height, other) < _TALLER * min(height, other)
            if alike and shape[0][0] - before[2] < _APART * max(height, other):
                rows[-1].append(shape)
            else:
                rows.append([shape])
    return rows
