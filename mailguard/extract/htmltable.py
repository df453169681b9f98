"""Tables of HTML as they are read: cells into rows, spans counted, and whether the table only lays out the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailguard.extract.grid import GridRow
from mailguard.extract.labels import labelled

_MOST_SPAN = 200


class OpenTable:
    """A table between its tags. It lays out the page (`layout`) once another table stands inside it."""

    def __init__(self, depth: int, hidden: bool) -> None:
        self.depth = depth
        self.hidden = hidden
        self.layout = False
        self.in_cell = False
        self._rows: list[dict[int, list[str]]] = []
        self._open: list[str] = []
        self._column = 0
        self._width = 1
        self._held: dict[int, tuple[int, list[str]]] = {}

    def open_row(self) -> None:
        """A row opens; a cell of an earlier row that reaches into it belongs to it as well."""
        self.in_cell = False
        self._held = {column: (rows - 1, lines) for column, (rows, lines) in self._held.items() if rows > 1}
        self._rows.append({column: lines for column, (_, lines) in self._held.items()})
        self._column = 0
        self._width = 1

    def open_cell(self, attributes: Mapping[str, str]) -> None:
        """A cell opens to the right of the last one."""
        if not self._rows:
            self.open_row()
        self._column += self._width
        while self._column in self._held:
            self._column += 1
        self._width = _span(attributes.get("colspan", ""))
        rows = _span(attributes.get("rowspan", ""))
        lines: list[str] = []
        if rows > 1:
            # The next row's own opening takes one off; a wide cell's text stands in its first column only.
            self._held |= dict.fromkeys(range(self._column, self._column + self._width), (rows, []))
            self._held[self._column] = (rows, lines)
        self._rows[-1][self._column] = lines
        self._open = lines
        self.in_cell = True

    def add(self, line: str) -> None:
        """Take a line of the open cell."""
        self._open.append(line)

    def lines(self) -> Iterator[str]:
        """Yield the table's text line by line, a blank one after each row."""
        for row in self._rows:
            for _, lines in sorted(row.items()):
                yield from lines
            yield ""

    def grid(self) -> list[GridRow]:
        """Return the rows that hold anything, numbered from 1."""
        rows = []
        for number, cells in enumerate(self._rows, 1):
            values = [(column, labelled(lines), "") for column, lines in sorted(cells.items()) if lines]
            if values:
                rows.append(GridRow(number, values))
        return rows

    def lists(self) -> Iterator[GridRow]:
        """Yield, for each row whose cells all hold a list of one length, its lines read across as rows.

        `<td>Olga<br>Zara</td><td>Winter<br>Quill</td>` names Olga Winter and Zara Quill."""
        for number, cells in enumerate(self._rows, 1):
            columns = [lines for _, lines in sorted(cells.items()) if lines]
            length = len(columns[0]) if len(columns) > 1 else 0
            if length > 1 and all(len(lines) == length for lines in columns):
                for across in zip(*columns, strict=True):
                    yield GridRow(number, [(column, text, "") for column, text in enumerate(across)])

    def clear(self) -> None:
        """Forget the rows that were given out otherwise."""
        self._rows = []
        self.in_cell = False


def _span(value: str) -> int:
    digits = value.strip()
    return min(int(digits), _MOST_SPAN) if digits.isdecimal() and digits.isascii() and 0 < len(digits) < 6 else 1
