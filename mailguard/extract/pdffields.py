"""What a PDF form's field is for: the text that stands beside its box on the page, as a person takes it for its label.

Many forms name their fields f1_0, f1_1 and say nothing else of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailguard.extract.labels import is_label

_LEFT, _ABOVE, _RIGHT = 220.0, 22.0, 40.0
_NEAR = 3.0
_NO_LABEL = 40.0
_DOWN = 1.5
_MOST_CHARS = 80

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points, origin at the lower left."""


@dataclass(frozen=True, slots=True)
class Written:
    """A stretch of a line of a page: its extent and what it says."""

    box: Box
    text: str


def label_of(field: Box, written: Sequence[Written], ticked: bool = False) -> str:
    """Return the text that labels a field, "" if none is near: left of it or above, on the right of a box to tick."""
    best, least = "", float("inf")
    for piece in written:
        distance = _distance(field, piece.box, ticked)
        if distance is None or len(piece.text) > _MOST_CHARS:
            continue
        distance += 0 if is_label(piece.text) else _NO_LABEL
        if distance < least:
            best, least = piece.text, distance
    return best.strip(" :._")


def _distance(field: Box, text: Box, ticked: bool) -> float | None:
    """Return how far a text is from a field in a direction in which labels stand, None in any other."""
    left, bottom, right, top = field
    level = min(top, text[3]) - max(bottom, text[1]) > 0.5 * min(top - bottom, text[3] - text[1])
    if level and ticked and -_NEAR < text[0] - right < _RIGHT:
        return max(text[0] - right, 0.0)
    if level and -_NEAR < left - text[2] < _LEFT:
        return max(left - text[2], 0.0) + (2 * _NO_LABEL if ticked else 0.0)
    over = min(right, text[2]) - max(left, text[0])
    if over > 0 and -_NEAR < text[1] - top < _ABOVE:
        return _DOWN * max(text[1] - top, 0.0) + abs(text[0] - left) / 10
    return None
