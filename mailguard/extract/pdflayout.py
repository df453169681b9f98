"""Lines and cells of a PDF page from the rectangles of its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mailguard.extract.pdftext import PageText

_COLUMN_GAP = 0.5

Box = tuple[float, float, float, float]


class Stretch(Protocol):
    """A stretch of text on a line, whoever found it."""

    @property
    def left(self) -> float:
        """Where it begins."""

    @property
    def right(self) -> float:
        """Where it ends."""

    @property
    def text(self) -> str:
        """What it says."""

    def split(self, key: Callable[[float, float], int]) -> Sequence[Stretch]:
        """Return the pieces into which a key of left and right parts it."""


class Piece:
    """A cell of a line: its extent and its text, which is fetched when it is asked for."""

    __slots__ = ("_boxes", "_page", "_text", "left", "right")

    def __init__(self, page: PageText, box: Box) -> None:
        self._page = page
        self._boxes = [box]
        self._text: str | None = None
        self.left, self.right = box[0], box[2]

    def join(self, box: Box) -> None:
        """Add the next run of text of the same cell."""
        self._boxes.append(box)
        self.right = max(self.right, box[2])

    def split(self, key: Callable[[float, float], int]) -> list[Piece]:
        """Return the pieces into which a key of left and right parts the cell's runs."""
        pieces: list[Piece] = []
        last = None
        for box in self._boxes:
            this = key(box[0], box[2])
            if pieces and this == last:
                pieces[-1].join(box)
            else:
                pieces.append(Piece(self._page, box))
            last = this
        return pieces

    @property
    def text(self) -> str:
        """The cell's text; runs that all but touch are one word."""
        if self._text is None:
            self._text = ""
            before: Box | None = None
            for box in self._boxes:
                near = before is not None and box[0] - before[2] < 0.12 * (box[3] - box[1])
                self._text += ("" if near or before is None else " ") + self._page.inside(*box)
                before = box
        return self._text


@dataclass(slots=True)
class Line:
    """One line of a page: its extent and its cells from left to right."""

    bottom: float
    top: float
    boxes: list[Box] = field(default_factory=list)
    cells: Sequence[Stretch] = ()


def lines_of(page: PageText) -> tuple[list[Line], bool]:
    """Return the page's lines from top to bottom, and whether the content was painted in just this order."""
    boxes = [box for box in page.rects() if box[2] > box[0] and box[3] > box[1]]
    lines: list[Line] = []
    for box in sorted(boxes, key=lambda box: (-(box[1] + box[3]), box[0])):
        _, bottom, _, top = box
        line = lines[-1] if lines else None
        if line and min(top, line.top) - max(bottom, line.bottom) > 0.5 * min(top - bottom, line.top - line.bottom):
            line.boxes.append(box)
        else:
            lines.append(Line(bottom, top, [box]))
    for line in lines:
        line.boxes.sort()
        line.cells = _cells(page, line.boxes, line.top - line.bottom)
    return lines, [box for line in lines for box in line.boxes] == boxes


def _cells(page: PageText, boxes: list[Box], height: float) -> list[Piece]:
    cells: list[Piece] = []
    for box in boxes:
        if cells and box[0] - cells[-1].right < _COLUMN_GAP * height:
            cells[-1].join(box)
        else:
            cells.append(Piece(page, box))
    return cells
