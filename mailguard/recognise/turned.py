"""Tables that stand on their side: the pupils along the top, and below each what its line says."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from mailguard.model import Segment
from mailguard.recognise.categories import topics_of
from mailguard.recognise.clues import Clue, Naming
from mailguard.recognise.columns import benign_head, benign_words
from mailguard.recognise.lists import title_of
from mailguard.recognise.part import PartView
from mailguard.recognise.strength import public_words

_FEW, _ROWS = 2, 40
_OF_A_CELL = 0.6


def turned_table(view: PartView, naming: Naming) -> bool:
    """Return whether a name is one of several along the top of a table whose rows below have values under it."""
    if len(naming.clue.segment.cells) <= _FEW:
        return False
    at = naming.clue.at
    found = view.around.turned.get(at)  # once a row: one of a thousand names would be looked through a thousand times
    if found is None:
        found = view.around.turned[at] = _turned_row(view, naming.clue)
    starts, telling = found
    return bool(telling) and bisect_right(starts, naming.hit.start) - 1 in telling


def _turned_row(view: PartView, clue: Clue) -> tuple[list[int], frozenset[int]]:
    """Return where the cells of a row start, and the numbers of those that hold a name with a value below."""
    row = clue.segment
    starts = [cell.start for cell in row.cells]
    named = set()
    for hit in clue.names:
        number = bisect_right(starts, hit.start) - 1
        if number >= 0 and hit.start < row.cells[number].end:
            cell = row.cells[number]
            if hit.end - hit.start > _OF_A_CELL * (cell.end - cell.start):
                named.add(number)
    if len(named) <= _FEW:
        return starts, frozenset()
    columns: set[str] = set()
    for at, below in enumerate(view.segments[clue.at + 1 : clue.at + 1 + _ROWS], clue.at + 1):
        if not below.cells or below.place[:-1] != row.place[:-1]:
            break
        columns.update(_columns_told(view, at, below, title_of(row)))
    return starts, frozenset(number for number in named if row.cells[number].column in columns)


def _columns_told(view: PartView, at: int, below: Segment, title: str) -> list[str]:
    """Return the columns in which a row has values that are no names, if what it is called is not harmless."""
    label = below.text[below.cells[0].start : below.cells[0].end]
    if benign_head(label) or benign_words(f"{label} {view.title}") or public_words(f"{title} . {label}"):
        return []
    hits = sorted(hit.start for hit in view.clues[at].names) if at in view.clues else []
    topics = topics_of(label, view.index.lexicon)
    if topics.sensitive() or topics.faint():
        hits = []  # who hit whom
    return [
        cell.column
        for cell in below.cells
        if below.text[cell.start : cell.end].strip() and bisect_left(hits, cell.start) == bisect_left(hits, cell.end)
    ]


def names_along(naming: Naming, before: str) -> bool:
    """Return whether a word that labels names stands before several with nothing to part them: the first row of a table
    that was turned on its side, of which the lines below say what it is ("Name  Ama Osei  Kit Marlowe  Zoe Quist")."""
    if before.rstrip().endswith((":", "-", "–")):
        return False
    low = naming.hit.start
    high = naming.clue.segment.text.find("\n", low)
    high = high if high >= 0 else len(naming.clue.segment.text)
    return sum(low <= hit.start < high for hit in naming.clue.names) > _FEW
