"""Ruled tables of a PDF page: cells between the lines, each with all of its text, however it wraps.

Neither content order nor rows keep a wrapped cell together when a page was painted line by line across the cells; the
lines that a person sees do.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mailguard.extract.grid import GridRow
from mailguard.extract.pdftext import PageText
from mailguard.extract.pdfthings import Things

_NEAR = 2.5
_SHORTEST = 6.0
_INSET = 1.5  # tails of letters above a line reach a little into the cell below
_MAX_CELLS = 3000


def ruled_tables(things: Things, page: PageText) -> Iterator[list[GridRow]]:
    """Yield each ruled table of at least two rows and two columns, from top to bottom."""
    cells = 0
    for across, upright in _groups(things):
        columns = _merged(x for x, _, _ in upright)
        rows = _merged(y for y, _, _ in across)[::-1]
        cells += (len(columns) - 1) * (len(rows) - 1)
        if len(columns) < 3 or len(rows) < 3 or cells > _MAX_CELLS:
            continue
        grid: list[GridRow] = []
        for number, (top, bottom) in enumerate(pairwise(rows), 1):
            values = []
            for column, (left, right) in enumerate(_spans(columns, upright, (top + bottom) / 2), 1):
                text = page.inside(left + _INSET, bottom + _INSET, right - _INSET, top - _INSET)
                if text:
                    values.append((column, text, ""))
            if values:
                grid.append(GridRow(number, values))
        if len(grid) > 1:
            yield grid


Edge = tuple[float, float, float]


def _groups(things: Things) -> Iterator[tuple[list[Edge], list[Edge]]]:
    """Part the edges into tables: edges that touch, directly or by others, belong together."""
    across = [edge for edge in things.across if edge[2] - edge[1] > _SHORTEST]
    upright = [edge for edge in things.upright if edge[2] - edge[1] > _SHORTEST]
    bands = sorted((bottom, top) for _, bottom, top in upright)
    tables: list[list[float]] = []
    for bottom, top in bands:
        if tables and bottom <= tables[-1][1] + _NEAR:
            tables[-1][1] = max(tables[-1][1], top)
        else:
            tables.append([bottom, top])
    for low, high in reversed(tables):
        inside = [edge for edge in across if low - _NEAR <= edge[0] <= high + _NEAR]
        posts = [edge for edge in upright if low - _NEAR <= edge[1] and edge[2] <= high + _NEAR]
        if inside and posts:
            yield inside, posts


def _merged(values: Iterator[float]) -> list[float]:
    merged: list[float] = []
    for value in sorted(values):
        if not merged or value - merged[-1] > _NEAR:
            merged.append(value)
    return merged


def _spans(columns: list[float], upright: list[Edge], y: float) -> Iterator[tuple[float, float]]:
    """Yield left and right of each cell of a row; a missing line between two columns makes them one cell, and the
    columns after it keep their numbers by empty spans."""
    left = columns[0]
    skipped = 0
    for x in columns[1:]:
        drawn = any(abs(edge[0] - x) <= _NEAR and edge[1] - _NEAR <= y <= edge[2] + _NEAR for edge in upright)
        if drawn or x == columns[-1]:
            yield left, x
            yield from ((x, x) for _ in range(skipped))
            left, skipped = x, 0
        else:
            skipped += 1
