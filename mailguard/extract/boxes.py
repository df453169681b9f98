"""Forms with a box for each letter: "Surname | S | T | O | N | E" as "Surname: STONE"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailguard.extract.labels import is_label

_LEAST = 3


def boxed_lines(rows: Iterable[Sequence[tuple[int, str, str]]]) -> list[str]:
    """Lines of the rows whose cells, after a label or from the first one on, hold one letter or digit each, joined
    where boxes stand side by side; an empty box parts two words. [] if none of them spells a word of three letters.

    A row that begins with anything else is that of a register, whose marks spell nothing."""
    lines, spelt = [], False
    for row in rows:
        cells = [(column, text.strip()) for column, text, _ in row]
        label = cells[0][1].rstrip(" :") if cells and len(cells[0][1]) > 1 else ""
        boxes = cells[1:] if label else cells
        if len(boxes) < 2 or (label and not is_label(label)) or any(len(text) != 1 for _, text in boxes):
            continue
        word, last = "", boxes[0][0] - 1
        for column, letter in boxes:
            word += letter if column == last + 1 else f" {letter}"
            last = column
        spelt = spelt or any(part.isalpha() and len(part) >= _LEAST and len(set(part)) > 1 for part in word.split())
        lines.append(f"{label}: {word}" if label else word)
    return lines if spelt else []
