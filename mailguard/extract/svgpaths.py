"""Shapes of SVG drawings (SVG 1.1, 8.3), as far as it takes to tell letters that were turned into outlines.

Nothing here paints a drawing, so such letters cannot be read: they are counted, and the drawing is reported."""

from __future__ import annotations

import re

from mailguard.extract.outlines import RECORD_LETTERS, Box, count_letters, may_be_letters

_MOST_CHARS = 4 << 20
_MOST_SHAPES = 8000
_ROOM = 800.0
_COMMAND = re.compile(r"([MmLlHhVvCcSsQqTtAaZz])([^MmLlHhVvCcSsQqTtAaZz]*)")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}


class Shapes:
    """The shapes of one drawing: those that are drawn by their own path, and how often a glyph is used again."""

    def __init__(self) -> None:
        self._shapes: list[tuple[Box, int]] = []
        self._chars = 0
        self._uses = 0

    def take(self, element: str, attributes: dict[str, str]) -> None:
        """Take an element of a drawing."""
        if element == "use":
            self._uses += 1
        path = attributes.get("d", "") if element == "path" else ""
        self._chars += len(path)
        if path and self._chars < _MOST_CHARS and len(self._shapes) < _MOST_SHAPES:
            self._shapes.append(_extent(path))

    def letters(self) -> int:
        """Return about how many letters stand in rows; each use of a glyph counts as one."""
        if self._uses >= RECORD_LETTERS:
            return self._uses
        if not self._shapes:
            return 0
        # Units are the drawing's own: as letters go, so high is a page.
        reach = max(max(abs(side) for side in box) for box, _ in self._shapes) or 1.0
        scale = _ROOM / reach
        sized = [((b[0] * scale, b[1] * scale, b[2] * scale, b[3] * scale), count) for b, count in self._shapes]
        return count_letters([shape for shape in sized if may_be_letters(*shape)])[0]


def _extent(path: str) -> tuple[Box, int]:
    """Return the box round the points that a path goes through, y upwards, and the number of its pieces."""
    x = y = 0.0
    xs: list[float] = []
    ys: list[float] = []
    pieces = 0
    for command, numbers in _COMMAND.findall(path):
        kind = command.upper()
        values = [float(number) for number in _NUMBER.findall(numbers)]
        takes = _TAKES[kind]
        for at in range(0, len(values) - takes + 1 if takes else 0, takes or 1):
            group = values[at : at + takes]
            base_x, base_y = (x, y) if command.islower() else (0.0, 0.0)
            if kind == "H":
                x = base_x + group[0]
            elif kind == "V":
                y = base_y + group[0]
            else:
                x, y = base_x + group[-2], base_y + group[-1]
            xs.append(x)
            ys.append(y)
            pieces += 1
    if not xs:
        return (0.0, 0.0, 0.0, 0.0), 0
    return (min(xs), -max(ys), max(xs), -min(ys)), pieces
