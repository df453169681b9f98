"""Lines, cells and tables of a PDF page from the rectangles of its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mailguard.extract.grid import GridRow
from mailguard.extract.labels import is_label, is_strong_label
from mailguard.extract.pdftext import PageText

_COLUMN_GAP = 0.5
_TABLE_GAP = 4.0

Box = tuple[float, float, float, float]


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
    cells: list[Piece] = field(default_factory=list)


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


def grid_of(lines: list[Line]) -> Iterator[list[GridRow]]:
    """Yield tables that stand on the page without rulings: a line of at least three labels and the lines below it
    whose cells stand under them."""
    index = 0
    while index < len(lines):
        head = lines[index]
        index += 1
        if not _is_head(head):
            continue
        rows = [_row(index, head, head)]
        last = head
        while index < len(lines) and _continues(head, last, lines[index]):
            last = lines[index]
            index += 1
            row = _row(index, head, last)
            if row.values[0][0] == 1 or len(rows) == 1:
                rows.append(row)
            else:
                _wrap(rows[-1], row)
        if len(rows) > 1:
            yield rows


def _is_head(line: Line) -> bool:
    if len(line.cells) < 3:
        return False
    texts = [cell.text for cell in line.cells]
    if any(text.endswith(":") for text in texts):
        return False
    labels = sum(map(is_label, texts))
    return labels * 3 >= len(texts) * 2 and sum(map(is_strong_label, texts)) >= 2


def _continues(head: Line, last: Line, line: Line) -> bool:
    height = max(head.top - head.bottom, 1.0)
    if last.bottom - line.top > _TABLE_GAP * height or _is_head(line):
        return False
    return len(line.cells) >= 2 or line.cells[0].left > head.cells[0].right


def _wrap(row: GridRow, more: GridRow) -> None:
    """A line that leaves the first column empty goes on with the cells of the row above."""
    values = {column: text for column, text, _ in row.values}
    for column, text, _ in more.values:
        values[column] = f"{values[column]} {text}" if column in values else text
    row.values = [(column, values[column], "") for column in sorted(values)]


def _row(number: int, head: Line, line: Line) -> GridRow:
    values: dict[int, str] = {}
    for cell in line.cells:
        column = _column(head, cell)
        values[column] = f"{values[column]} {cell.text}" if column in values else cell.text
    return GridRow(number, [(column, values[column], "") for column in sorted(values)])


def _column(head: Line, cell: Piece) -> int:
    """Return the column whose heading overlaps the cell most, else the nearest."""
    best, score = 1, float("-inf")
    for number, heading in enumerate(head.cells, 1):
        overlap = min(cell.right, heading.right) - max(cell.left, heading.left)
        if overlap > score:
            best, score = number, overlap
    return best
