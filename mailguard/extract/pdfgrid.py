"""Tables that stand on a PDF page without rulings: a line of headings and the rows below it, however their cells wrap.

What makes a row is what the page shows: cells of one row stand closer to each other than to the next row's. Where the
rows are set without any space between them, the columns that never wrap tell how many there are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailguard.extract.grid import GridRow
from mailguard.extract.labels import is_label, is_strong_label
from mailguard.extract.pdflayout import Line, Stretch

_TABLE_GAP = 4.0
_HEAD_GAP = 0.45
_MOST_ROWS = 400
_FEW_ROWS = 3
_WIDER = 2.0
_GUESSES = 3
_NEARLY = 0.8
_NOTE_GAP = 1.4
_BROKEN = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}-\d\d-\d\d|[A-Z]\d{11}[\dA-Z]")

Span = tuple[float, float]


@dataclass(slots=True)
class Heads:
    """The headings of a table: left and right of each column and its words, lines below each other joined."""

    spans: list[Span]
    texts: list[str]

    def widened(self, lines: Sequence[Line]) -> Heads:
        """Return the heads with the room that the cells below them take: a heading may be narrower than its column and
        stand anywhere above it."""
        spans = list(self.spans)
        for line in lines:
            for cell in line.cells:
                hit = [n for n, (left, right) in enumerate(self.spans) if cell.left < right and cell.right > left]
                if len(hit) == 1:
                    left, right = spans[hit[0]]
                    spans[hit[0]] = (min(left, cell.left), max(right, cell.right))
        return Heads(spans, self.texts)

    def column(self, left: float, right: float) -> int:
        """Return the column, from 0, that a stretch of a line overlaps most, else the nearest."""
        best, score = 0, float("-inf")
        for number, (start, end) in enumerate(self.spans):
            overlap = min(right, end) - max(left, start)
            if overlap > score:
                best, score = number, overlap
        return best

    def cells(self, line: Line) -> Iterator[tuple[int, Stretch]]:
        """Yield the cells of a line with their columns; one that reaches over several columns comes in pieces."""
        for cell in line.cells:
            hit = sum(cell.left < right and cell.right > left for left, right in self.spans)
            for piece in cell.split(self.column) if hit > 1 else (cell,):
                yield self.column(piece.left, piece.right), piece


@dataclass(slots=True)
class PageTable:
    """A table of one page: its rows, the heads among them unless it `goes_on` from the page before."""

    rows: list[GridRow]
    heads: Heads
    goes_on: bool
    last: bool


def grids_of(lines: list[Line], before: Heads | None = None) -> Iterator[PageTable]:
    """Yield the tables of a page. `before` are the heads of a table that ran to the end of the page before; `last` says
    that a table runs to the end of this one."""
    index = 0
    if before is not None:
        first = next((at for at, line in enumerate(lines[:6]) if _fits(before, line)), None)
        if first is not None and not any(_is_head(line) for line in lines[: first + 1]):
            index = _end_of(lines, first, lines[first])
            yield PageTable(_rows(lines[first:index], before, first + 1), before, True, index >= len(lines) - 2)
    while index < len(lines):
        if not _is_head(lines[index]):
            index += 1
            continue
        heads, start = _heads(lines, index)
        end = _end_of(lines, start, lines[index])
        rows = [(number, text, "") for number, text in enumerate(heads.texts, 1)]
        body = _rows(lines[start:end], heads, start + 1)
        if body:
            yield PageTable([GridRow(index + 1, rows), *body], heads, False, end >= len(lines) - 2)
        index = max(end, index + 1)


def _is_head(line: Line) -> bool:
    if len(line.cells) < 3:
        return False
    texts = [cell.text for cell in line.cells]
    if any(text.endswith(":") for text in texts):
        return False
    labels = sum(map(is_label, texts))
    return labels * 3 >= len(texts) * 2 and sum(map(is_strong_label, texts)) >= 2


def _heads(lines: list[Line], index: int) -> tuple[Heads, int]:
    """Return the heads with the lines close above and below that go on with them, and where the rows begin."""
    main = lines[index]
    height = max(main.top - main.bottom, 1.0)
    taken = [main]
    if index and lines[index - 1].bottom < main.top and len(lines[index - 1].cells) < len(main.cells):
        taken.insert(0, lines[index - 1])
    after = index + 1
    while after < len(lines) and taken[-1].bottom - lines[after].top < _HEAD_GAP * height:
        cells = lines[after].cells
        if len(cells) * 3 > len(main.cells) * 2 or any(any(map(str.isdigit, cell.text)) for cell in cells):
            break
        taken.append(lines[after])
        after += 1
    heads = Heads([(cell.left, cell.right) for cell in main.cells], ["" for _ in main.cells])
    for line in taken:
        for cell in line.cells:
            number = heads.column(cell.left, cell.right)
            left, right = heads.spans[number]
            if min(cell.right, right) < max(cell.left, left):
                # A heading that stands between the others' lines has a column of its own.
                number = sum(span[0] < cell.left for span in heads.spans)
                heads.spans.insert(number, (cell.left, cell.right))
                heads.texts.insert(number, "")
            else:
                heads.spans[number] = (min(left, cell.left), max(right, cell.right))
            heads.texts[number] = f"{heads.texts[number]} {cell.text}".strip()
    return heads, after


def _end_of(lines: list[Line], start: int, head: Line) -> int:
    height = max(head.top - head.bottom, 1.0)
    bottom, widest = head.bottom, 0.0
    left, right = head.cells[0].left, head.cells[-1].right
    end = start
    while end < len(lines) and end - start < _MOST_ROWS:
        line = lines[end]
        gap = bottom - line.top
        if gap > _TABLE_GAP * height or (end > start and _is_head(line)):
            break
        if end - start > _FEW_ROWS and gap > _WIDER * widest + 1:
            break
        widest = max(widest, gap)
        if len(line.cells) == 1 and line.cells[0].right - line.cells[0].left > 0.6 * (right - left):
            break
        bottom = min(bottom, line.bottom)
        end += 1
    # Lines of one cell at the end are a note below the table unless they are close to it.
    while (
        end > start + 1
        and len(lines[end - 1].cells) == 1
        and lines[end - 2].bottom - lines[end - 1].top > _NOTE_GAP * height
    ):
        end -= 1
    return end


def _fits(heads: Heads, line: Line) -> bool:
    if len(line.cells) < 3:
        return False
    hit = {heads.column(cell.left, cell.right) for cell in line.cells}
    return len(hit) == len(line.cells) and len(hit) * 2 >= len(heads.spans)


Filled = list[tuple[Line, dict[int, str]]]


def _rows(lines: Sequence[Line], heads: Heads, number: int) -> list[GridRow]:
    heads = heads.widened(lines)
    filled: Filled = []
    for line in lines:
        texts: dict[int, str] = {}
        for column, cell in heads.cells(line):
            texts[column] = f"{texts[column]} {cell.text}" if column in texts else cell.text
        filled.append((line, texts))
    rows: list[GridRow] = []
    for band in _bands(filled):
        values: dict[int, str] = {}
        for _, texts in band:
            for column, text in texts.items():
                values[column] = _joined(values[column], text) if column in values else text
        cells = [(column + 1, values[column], "") for column in sorted(values)]
        rows.append(GridRow(number + len(rows), cells))
    return rows


def _joined(text: str, more: str) -> str:
    """Join two lines of a cell; a hyphen at the end of a line belongs to the word, and a date or number too long for
    its column goes on without a space."""
    if text[-1:].isalnum() and _BROKEN.fullmatch(text + more):
        return text + more
    return text + more if text.endswith("-") and more[:1].isalpha() else f"{text} {more}"


def _bands(filled: Filled) -> list[Filled]:
    """Part lines into rows: by the spaces between them if that gives as many rows as most columns have lines, else at
    each line of the first column that has so many."""
    counts = Counter(column for _, texts in filled for column in texts)
    if not counts:
        return []
    likely = _likely(list(counts.values()))
    gaps = _gaps(filled)
    for wanted in likely:
        for threshold in sorted(set(gaps), reverse=True):
            if sum(gap >= threshold for gap in gaps) == wanted - 1:
                bands = _cut(filled, [index + 1 for index, gap in enumerate(gaps) if gap >= threshold])
                if _sound(bands, counts, wanted):
                    return bands
    wanted = likely[0]
    anchor = min((column for column, count in counts.items() if count == wanted), default=min(counts))
    at = [index for index, (_, texts) in enumerate(filled) if anchor in texts]
    if at and at[0] == 0:
        return _cut(filled, at[1:])
    return _around(filled, at)


def _likely(counts: list[int]) -> list[int]:
    """Return how many rows there may be: the numbers of lines that columns have, those that most have first."""
    times = Counter(counts)
    return sorted(times, key=lambda count: (-times[count], count))[:_GUESSES]


def _gaps(filled: Filled) -> list[float]:
    gaps: list[float] = []
    bottom = filled[0][0].bottom
    for line, _ in filled[1:]:
        gaps.append(round(bottom - line.top, 1))
        bottom = min(bottom, line.bottom)
    return gaps


def _cut(filled: Filled, at: list[int]) -> list[Filled]:
    return [filled[start:end] for start, end in zip([0, *at], [*at, len(filled)], strict=True) if end > start]


def _sound(bands: list[Filled], counts: Counter[int], wanted: int) -> bool:
    """Return whether each column with as many lines as there are rows has one line in each row, nearly always."""
    single = [column for column, count in counts.items() if abs(count - wanted) <= 1]
    hits = sum(sum(column in texts for _, texts in band) == 1 for band in bands for column in single)
    return len(single) > 1 and hits >= _NEARLY * len(bands) * len(single)


def _around(filled: Filled, at: list[int]) -> list[Filled]:
    """Give each line to the nearest line of the column that never wraps, as cells set in the middle of a row ask."""
    if not at:
        return [[line] for line in filled]
    middles = [(filled[index][0].top + filled[index][0].bottom) / 2 for index in at]
    bands: list[Filled] = [[] for _ in at]
    for line, texts in filled:
        middle = (line.top + line.bottom) / 2
        nearest = min(range(len(at)), key=lambda number: abs(middles[number] - middle))
        bands[nearest].append((line, texts))
    return bands
