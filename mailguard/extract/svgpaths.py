"""Shapes of SVG drawings (SVG 1.1, 8.3), as far as it takes to tell letters that were turned into outlines.

Nothing here paints a drawing, so such letters cannot be read: they are counted, and the drawing is reported."""

from __future__ import annotations

import re

from mailguard.extract.contours import Contours
from mailguard.extract.outlines import RECORD_LETTERS, count_letters

_MOST_CHARS = 4 << 20
_ROOM = 800.0
_COMMAND = re.compile(r"([MmLlHhVvCcSsQqTtAaZz])([^MmLlHhVvCcSsQqTtAaZz]*)")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}


class Shapes:
    """The shapes of one drawing: the lines of its paths, and how often a glyph is used again."""

    def __init__(self) -> None:
        self._contours = Contours()
        self._chars = 0
        self._uses = 0

    def take(self, element: str, attributes: dict[str, str]) -> None:
        """Take an element of a drawing."""
        if element == "use":
            self._uses += 1
        path = attributes.get("d", "") if element == "path" else ""
        self._chars += len(path)
        if path and self._chars < _MOST_CHARS:
            _follow(path, self._contours)

    def letters(self) -> int:
        """Return about how many letters stand in rows; each use of a glyph counts as one."""
        if self._uses >= RECORD_LETTERS:
            return self._uses
        reach = self._contours.reach()
        # Units are the drawing's own: as letters go, so high is a page.
        return count_letters(self._contours.letters(_ROOM / reach))[0] if reach else 0


def _follow(path: str, contours: Contours) -> None:
    """Follow a path through its points."""
    x = y = 0.0
    start = (x, y)
    for command, numbers in _COMMAND.findall(path):
        kind = command.upper()
        if kind == "Z":
            x, y = start
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
            if kind == "M" and not at:
                start = (x, y)
                contours.move(x, -y)
            else:
                contours.to(x, -y)
