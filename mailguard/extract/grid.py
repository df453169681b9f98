"""Grids of cells to segments: rows with their column heads, forms kept together, columns that each are a record.

Every table reader (sheets, CSV, tables of Word, OpenDocument, slides, HTML, ruled PDF tables) hands its rows here, so
that a row reads the same whatever file it came from: "Surname: Osei | Forename: Ama | DOB: 14/03/2014".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mailguard.extract.boxes import boxed_lines
from mailguard.extract.labels import is_label, is_strong_label, names_someone
from mailguard.model import Cell, Place, Segment, SegmentKind

Value = tuple[int, str, str]
"""Column (from 1), the text a person sees, and other spellings of the same value ("" if none)."""

_LOOK_AHEAD = 40
_TITLE_LINES = 15
_WHOLE_BLOCK_CHARS = 6000


@dataclass(slots=True)
class GridRow:
    """One row: its number as a person finds it, its filled cells in order, and whether a person sees it."""

    number: int
    values: Sequence[Value]
    visible: bool = True


def column_letter(index: int) -> str:
    """Return the letter of column `index`, counted from 1: 1 is A, 27 is AA."""
    letters = ""
    while index > 0:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


_LETTERS = ("", *(column_letter(index) for index in range(1, 257)))


def _letter(index: int) -> str:
    return _LETTERS[index] if 0 < index < len(_LETTERS) else column_letter(index)


def shape(
    rows: Iterable[GridRow],
    place: Place,
    kind: SegmentKind = SegmentKind.ROW,
    leaf: int = 1,
    whole: bool = True,
    heads: dict[int, str] | None = None,
) -> Iterator[Segment]:
    """Turn rows, in order, into segments. Blank rows must be left out; a gap in the numbers ends a block.

    A block is a table (a segment a row, with heads where a heading row is found), a form (one segment of
    "Label: value" lines) or a table turned on its side (a segment a column). Heads last until other heads come. With
    `whole` a small table without a column of names comes as one block as well: it is about whoever its title names.
    `heads` are those of a table that this one may go on with (rows on the next page); they are left as this one's."""
    shaper = _Shaper(place, kind, leaf, whole, heads)
    pending: list[GridRow] = []
    streaming = False
    last = -1
    for row in rows:
        if not row.values:
            continue
        if (pending and row.number > last + 1) or (streaming and row.number > last + 1):
            yield from shaper.finish(pending, streaming)
            pending, streaming = [], False
        last = row.number
        if streaming:
            yield from shaper.more(row)
            continue
        pending.append(row)
        if len(pending) >= _LOOK_AHEAD:
            yield from shaper.begin_table(pending)
            pending, streaming = [], True
    yield from shaper.finish(pending, streaming)


class _Shaper:
    """State of one grid: the heads in force and the place of its rows."""

    def __init__(self, place: Place, kind: SegmentKind, leaf: int, whole: bool, heads: dict[int, str] | None) -> None:
        self.place = place
        self.kind = kind
        self.leaf = leaf
        self.whole = whole
        self.heads: dict[int, str] = {} if heads is None else heads
        self.naming: set[int] = set()
        self.above: list[Value] = []
        self._learn_naming()

    def finish(self, block: list[GridRow], streaming: bool) -> Iterator[Segment]:
        if streaming or not block:
            return
        if boxed := boxed_lines(row.values for row in block):
            text = "\n".join(boxed)
            yield Segment(text, self._block_place(block), SegmentKind.ALTERNATE, True, self.leaf)
        groups = _side_by_side(block)
        if groups:
            for group in groups:
                yield self._form(group)
        elif _is_form(block) or _is_form_of_cells(block):
            yield self._form(block)
        elif _is_sideways(block):
            yield from self._sideways(block)
        else:
            table, form = _split_form(block)
            yield from self.begin_table(table)
            if form:
                yield self._form(form)
            if self.whole and _wants_whole(block, self.heads):
                yield self._whole(block)

    def begin_table(self, block: list[GridRow]) -> Iterator[Segment]:
        self.above = []
        at = _heading_index(block)
        goes_on = _fits(self.heads, block)
        if at is not None and not (goes_on and not _is_heading_by_words(block[at])):
            for row in block[:at]:
                yield self._bare(row)
            self._take_heads(block[at])
            yield self._bare(block[at])
            block = block[at + 1 :]
        elif not goes_on:
            self.heads.clear()
            self._learn_naming()
        for row in block:
            yield from self.more(row)

    def more(self, row: GridRow) -> Iterator[Segment]:
        if len(row.values) > 1 and _is_heading_by_words(row):
            self._take_heads(row)
            yield self._bare(row)
        else:
            yield self._row(self._with_name(row), self.heads)

    def _with_name(self, row: GridRow) -> GridRow:
        """A row that leaves the columns of names empty goes on with the person above it, as merged cells do."""
        own = [value for value in row.values if value[0] in self.naming]
        if own or len(row.values) < 2:
            self.above = own
        elif self.above:
            return GridRow(row.number, sorted([*self.above, *row.values]), row.visible)
        return row

    def _take_heads(self, row: GridRow) -> None:
        self.heads.clear()
        self.heads.update((column, " ".join(text.split()).rstrip(" :")) for column, text, _ in row.values)
        self._learn_naming()

    def _learn_naming(self) -> None:
        self.naming = {column for column, head in self.heads.items() if names_someone(head)}
        self.above = []

    def _bare(self, row: GridRow) -> Segment:
        return self._row(row, {})

    def _row(self, row: GridRow, heads: dict[int, str]) -> Segment:
        pieces: list[str] = []
        cells: list[Cell] = []
        at = 0
        for column, text, other in row.values:
            if pieces:
                pieces.append(" | ")
                at += 3
            head = heads.get(column, "")
            if head:
                pieces.append(head + ": ")
                at += len(head) + 2
            end = at + len(text)
            cells.append(Cell(_letter(column), head, at, end))
            pieces.append(text)
            at = end
            if other:
                pieces.append(f" ({other})")
                at += len(other) + 3
        step = f"row {row.number}"
        return Segment("".join(pieces), (*self.place, step), self.kind, row.visible, self.leaf, tuple(cells))

    def _form(self, block: list[GridRow]) -> Segment:
        lines = [line for row in block for line in _form_lines(row)]
        visible = any(row.visible for row in block)
        kind = SegmentKind.BODY if self.kind is SegmentKind.ROW else self.kind
        return Segment("\n".join(lines), self._block_place(block), kind, visible, self.leaf)

    def _whole(self, block: list[GridRow]) -> Segment:
        lines = [" | ".join(text for _, text, _ in row.values) for row in block]
        return Segment("\n".join(lines), self._block_place(block), SegmentKind.ALTERNATE, True, self.leaf)

    def _block_place(self, block: list[GridRow]) -> Place:
        return (*self.place, f"row {block[0].number}")

    def _sideways(self, block: list[GridRow]) -> Iterator[Segment]:
        first = min(row.values[0][0] for row in block)
        columns = sorted({column for row in block for column, _, _ in row.values if column != first})
        for column in columns:
            pieces: list[str] = []
            cells: list[Cell] = []
            at = 0
            for row in block:
                label = next((text for c, text, _ in row.values if c == first), "").rstrip(" :")
                for c, text, other in row.values:
                    if c != column:
                        continue
                    lead = (" | " if pieces else "") + (f"{label}: " if label else "")
                    at += len(lead)
                    cells.append(Cell(_letter(column), label, at, at + len(text)))
                    tail = f" ({other})" if other else ""
                    pieces += [lead, text, tail]
                    at += len(text) + len(tail)
            if pieces:
                step = f"column {_letter(column)}"
                yield Segment("".join(pieces), (*self.place, step), self.kind, True, self.leaf, tuple(cells))


def _form_lines(row: GridRow) -> Iterator[str]:
    """Yield "Label: value" for each pair of a row; values without a label stand alone."""
    label = ""
    for _, text, other in row.values:
        shown = f"{text} ({other})" if other else text
        if not label and is_label(text) and not text.rstrip().endswith(":") and ": " in text:
            yield shown
        elif not label and (is_label(text) or text.rstrip().endswith(":")):
            label = text.rstrip(" :")
        elif label:
            yield f"{label}: {shown}"
            label = ""
        else:
            yield shown
    if label:
        yield label


def _is_heading_by_words(row: GridRow) -> bool:
    """A heading row says so by its words: most cells are labels, most of those wholly made of label words."""
    texts = [text for _, text, _ in row.values]
    if len(texts) < 2 or (not is_label(texts[0]) and not is_label(texts[1])):
        return False
    if len(set(texts)) < len(texts) * 0.7:
        return False
    labels = sum(map(is_label, texts))
    strong = sum(map(is_strong_label, texts))
    return strong >= 2 and labels * 2 >= len(texts) and not any(_is_data(text) for text in texts)


def _is_data(text: str) -> bool:
    return "@" in text or sum(map(str.isdigit, text)) > 3


def _heading_index(block: list[GridRow]) -> int | None:
    """Return which row of the block holds the heads, None if none does."""
    for index, row in enumerate(block[:_TITLE_LINES]):
        if _is_heading_by_words(row) and index + 1 < len(block) + 1:
            return index
    for index, row in enumerate(block[:_TITLE_LINES]):
        if len(row.values) < 2:
            continue
        return index if _is_heading_by_contrast(row, block[index + 1 :]) else None
    return None


def _is_heading_by_contrast(row: GridRow, data: list[GridRow]) -> bool:
    """Words unknown to us head a table when they carry no digits and a column below them always does."""
    texts = [text for _, text, _ in row.values]
    if len(texts) < 3 or len(data) < 2 or len(set(texts)) < len(texts):
        return False
    if any(any(character.isdigit() for character in text) or len(text) > 40 for text in texts):
        return False
    heads = {column for column, _, _ in row.values}
    filled: dict[int, int] = {}
    digits: dict[int, int] = {}
    for other in data:
        for column, text, _ in other.values:
            filled[column] = filled.get(column, 0) + 1
            if any(character.isdigit() for character in text):
                digits[column] = digits.get(column, 0) + 1
    return any(filled.get(c, 0) * 2 > len(data) and digits.get(c, 0) >= 0.8 * filled[c] for c in heads if c in filled)


def _fits(heads: dict[int, str], block: list[GridRow]) -> bool:
    """Heads outlive a blank row if what follows fills no other columns."""
    return bool(heads) and all(column in heads for row in block for column, _, _ in row.values)


def _is_form(block: list[GridRow]) -> bool:
    """Rows of label and value, side by side one or several times: most rows begin with a label that has a value."""
    if len(block) > _LOOK_AHEAD - 1:
        return False
    rows = [row for row in block if len(row.values) >= 2]
    if not rows or any(len(row.values) > 8 for row in rows):
        return False
    if _is_heading_by_words(rows[0]) and not _alternates(rows[0]):
        return False
    led = sum(1 for row in rows if _alternates(row))
    return led * 2 > len(rows) and (led >= 2 or len(rows) == 1)


def _is_form_of_cells(block: list[GridRow]) -> bool:
    """Cells that each hold a label and its value, no label twice: the rows only lay the form out."""
    if len(block) > _LOOK_AHEAD - 1:
        return False
    texts = [text for row in block for _, text, _ in row.values]
    labels = [head.lower() for text in texts for head, colon, _ in (text.partition(": "),) if colon and is_label(head)]
    return len(labels) > 2 and len(labels) * 10 >= len(texts) * 6 and len(set(labels)) * 10 >= len(labels) * 8


def _side_by_side(block: list[GridRow]) -> list[list[GridRow]]:
    """Return the forms of a block that stand beside each other with an empty column between them; none if it is not
    made of them."""
    columns = sorted({column for row in block for column, _, _ in row.values})
    starts = [columns[0], *(right for left, right in pairwise(columns) if right > left + 1)]
    if len(starts) < 2:
        return []
    groups: list[list[GridRow]] = []
    for start, end in pairwise([*starts, columns[-1] + 1]):
        rows = [[value for value in row.values if start <= value[0] < end] for row in block]
        group = [GridRow(row.number, values, row.visible) for row, values in zip(block, rows, strict=True) if values]
        if len(group) < 2 or not _is_form(group):
            return []
        groups.append(group)
    return groups


def _alternates(row: GridRow) -> bool:
    """Label, value, label, value: each odd cell a label, no even cell one that ends in a colon."""
    texts = [text for _, text, _ in row.values]
    if len(texts) % 2 and len(texts) > 1 and not texts[0].endswith(":"):
        return False
    if not all(is_label(text) or text.endswith(":") for text in texts[0:-1:2]):
        return False
    values = texts[1::2]
    if len(values) == 1:
        return not values[0].endswith(":") and (texts[0].endswith(":") or not is_strong_label(values[0]))
    return sum(1 for text in values if is_strong_label(text)) * 2 < len(values)


def _split_form(block: list[GridRow]) -> tuple[list[GridRow], list[GridRow]]:
    """Part a block into a table and a form of label and value that follows it without a gap."""
    width = max(len(row.values) for row in block)
    at = len(block)
    while at > 0 and len(block[at - 1].values) == 2 < width and _alternates(block[at - 1]):
        at -= 1
    return (block[:at], block[at:]) if len(block) - at >= 2 else (block, [])


def _is_sideways(block: list[GridRow]) -> bool:
    """A table on its side: the first column holds the labels and several columns the records."""
    if not 3 <= len(block) < _LOOK_AHEAD:
        return False
    first = min(row.values[0][0] for row in block)
    leads = [row.values[0][1] for row in block if row.values[0][0] == first]
    labels = sum(is_strong_label(lead) and not any(map(str.isdigit, lead)) for lead in leads)
    if len(leads) < len(block) or labels < 0.7 * len(leads):
        return False
    if not names_someone(leads[0]) and not any(map(names_someone, leads[:3])):
        return False
    wide = sum(1 for row in block if len(row.values) >= 3)
    return wide * 2 > len(block) and not _is_heading_by_words(block[0])


def _wants_whole(block: list[GridRow], heads: dict[int, str]) -> bool:
    """A small table without a column of names is about whoever its title names: keep it together as well."""
    if len(block) < 2 or not heads or any(names_someone(head) for head in heads.values()):
        return False
    return len(block) < _LOOK_AHEAD and sum(len(t) for row in block for _, t, _ in row.values) < _WHOLE_BLOCK_CHARS
