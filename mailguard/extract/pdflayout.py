"""Lines, cells and tables of a PDF page from the rectangles of its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from mailguard.extract.grid import GridRow
from mailguard.extract.labels import is_label, is_strong_label
from mailguard.extract.lines import tidy

_MAX_RECTS = 20_000
_COLUMN_GAP = 0.5
_TABLE_GAP = 4.0


class TextPage(Protocol):
    """What is used of pdfium's text page; coordinates are points, origin at the lower left."""

    def count_rects(self) -> int:
        """Count the rectangles of text."""

    def get_rect(self, index: int) -> tuple[float, float, float, float]:
        """Return left, bottom, right, top."""

    def get_text_bounded(self, left: float, bottom: float, right: float, top: float) -> str:
        """Return the text inside a rectangle."""


@dataclass(slots=True)
class Piece:
    """Text with its extent from left to right."""

    left: float
    right: float
    text: str


@dataclass(slots=True)
class Line:
    """One line of a page: its extent and its cells from left to right."""

    bottom: float
    top: float
    cells: list[Piece] = field(default_factory=list)


def lines_of(text_page: TextPage) -> list[Line]:
    """Return the page's lines from top to bottom, each with its cells from left to right."""
    boxes: list[tuple[float, float, float, float, str]] = []
    for index in range(min(text_page.count_rects(), _MAX_RECTS)):
        left, bottom, right, top = text_page.get_rect(index)
        text = tidy(text_page.get_text_bounded(left, bottom, right, top)).replace("\r\n", " ").strip()
        if text:
            boxes.append((left, bottom, right, top, text))
    boxes.sort(key=lambda box: (-(box[1] + box[3]), box[0]))
    lines: list[Line] = []
    members: list[list[tuple[float, float, float, float, str]]] = []
    for box in boxes:
        _, bottom, _, top, _ = box
        line = lines[-1] if lines else None
        if line and min(top, line.top) - max(bottom, line.bottom) > 0.5 * min(top - bottom, line.top - line.bottom):
            members[-1].append(box)
        else:
            lines.append(Line(bottom, top))
            members.append([box])
    for line, parts in zip(lines, members, strict=True):
        line.cells = _cells(sorted(parts), line.top - line.bottom)
    return lines


def _cells(boxes: list[tuple[float, float, float, float, str]], height: float) -> list[Piece]:
    cells: list[Piece] = []
    for left, _, right, _, text in boxes:
        gap = left - cells[-1].right if cells else 0.0
        if cells and gap < _COLUMN_GAP * height:
            cells[-1].text += text if gap < 0.12 * height else " " + text
            cells[-1].right = max(cells[-1].right, right)
        else:
            cells.append(Piece(left, right, text))
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
    texts = [cell.text for cell in line.cells]
    if len(texts) < 3 or any(text.endswith(":") for text in texts):
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
