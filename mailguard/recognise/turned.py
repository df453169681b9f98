"""Tables that stand on their side: the pupils along the top, and below each what its line says."""

from __future__ import annotations

import re

from mailguard.recognise.categories import topics_of
from mailguard.recognise.clues import Naming
from mailguard.recognise.columns import benign_head, benign_word
from mailguard.recognise.lists import title_of
from mailguard.recognise.part import PartView
from mailguard.recognise.strength import public_words

_FEW, _ROWS = 2, 40
_OF_A_CELL = 0.6


def turned_table(view: PartView, naming: Naming) -> bool:
    """Return whether a name is one of several along the top of a table whose rows below have values under it."""
    row = naming.clue.segment
    if len(row.cells) <= _FEW:
        return False
    cells = {
        number
        for hit in naming.clue.names
        for number, cell in enumerate(row.cells)
        if cell.start <= hit.start < cell.end and hit.end - hit.start > _OF_A_CELL * (cell.end - cell.start)
    }
    mine = [number for number in cells if row.cells[number].start <= naming.hit.start < row.cells[number].end]
    if len(cells) <= _FEW or not mine:
        return False
    for at, below in enumerate(view.segments[naming.clue.at + 1 : naming.clue.at + 1 + _ROWS], naming.clue.at + 1):
        if not below.cells or below.place[:-1] != row.place[:-1]:
            break
        column = row.cells[mine[0]].column
        named = [hit.start for hit in view.clues[at].names] if at in view.clues else []
        label = below.text[below.cells[0].start : below.cells[0].end]
        topics = topics_of(label, view.index.lexicon)
        if topics.sensitive() or topics.faint():
            named = []  # who hit whom
        values = [
            below.text[cell.start : cell.end].strip()
            for cell in below.cells
            if cell.column == column and not any(cell.start <= start < cell.end for start in named)
        ]
        benign = benign_head(label) or any(
            benign_word(word) for word in re.findall(r"[^\W\d_]{3,}", f"{label} {view.title}".lower())
        )
        if any(values) and not benign and not public_words(f"{title_of(row)} . {label}"):
            return True
    return False


def names_along(naming: Naming, before: str) -> bool:
    """Return whether a word that labels names stands before several with nothing to part them: the first row of a table
    that was turned on its side, of which the lines below say what it is ("Name  Ama Osei  Kit Marlowe  Zoe Quist")."""
    if before.rstrip().endswith((":", "-", "–")):
        return False
    low = naming.hit.start
    high = naming.clue.segment.text.find("\n", low)
    high = high if high >= 0 else len(naming.clue.segment.text)
    return sum(low <= hit.start < high for hit in naming.clue.names) > _FEW
