"""The lines that a path is made of, each with the box round it: one path may hold all the letters of a page.

A line inside the one before it is a hole, as in an o, and no letter of its own.
"""

from __future__ import annotations

from mailguard.extract.outlines import Box, may_be_letters

_MOST_SHAPES = 8000
_SMALLEST_HOLE = 0.08


class Contours:
    """Gathers lines point by point, in any unit, y upwards."""

    def __init__(self) -> None:
        self._boxes: list[tuple[Box, int]] = []
        self._box: Box | None = None
        self._points = 0

    def move(self, x: float, y: float) -> None:
        """A new line begins."""
        self.end()
        self._box, self._points = (x, y, x, y), 0

    def to(self, x: float, y: float) -> None:
        """The line goes on to a point, or is bent towards it."""
        left, bottom, right, top = self._box or (x, y, x, y)
        self._box = (min(left, x), min(bottom, y), max(right, x), max(top, y))
        self._points += 1

    def end(self) -> None:
        """The line is at its end."""
        if self._box is None or len(self._boxes) >= _MOST_SHAPES:
            return
        box, points = self._box, self._points
        self._box = None
        if self._boxes and _is_hole(box, self._boxes[-1][0]):
            around, before = self._boxes[-1]
            self._boxes[-1] = (around, before + points)
        elif points:
            self._boxes.append((box, points))

    def letters(self, scale: float = 1.0) -> list[tuple[Box, int]]:
        """Return the boxes that may be letters once they are brought to points by `scale`, with their pieces."""
        self.end()
        sized = [((b[0] * scale, b[1] * scale, b[2] * scale, b[3] * scale), points) for b, points in self._boxes]
        return [shape for shape in sized if may_be_letters(*shape)]

    def reach(self) -> float:
        """Return how far the lines go from the origin."""
        self.end()
        return max((abs(side) for box, _ in self._boxes for side in box), default=0.0)


def _is_hole(box: Box, around: Box) -> bool:
    """Return whether a line is inside another and of a size with it: letters in a frame are not its holes."""
    inside = box[0] >= around[0] and box[1] >= around[1] and box[2] <= around[2] and box[3] <= around[3]
    return inside and _area(box) > _SMALLEST_HOLE * _area(around)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
