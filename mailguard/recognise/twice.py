"""The text that a mail program sends twice, as plain text and as HTML (RFC 2046 section 5.1.4), is looked at once."""

from __future__ import annotations

import re
from itertools import accumulate, chain

from mailguard.model import Segment, SegmentKind

_WORD = re.compile(r"[^\W_]+")
_TEXT = frozenset({SegmentKind.BODY, SegmentKind.ROW})


def once(segments: list[Segment]) -> list[Segment]:
    """Return a part's segments without a first half whose words the second half says again, all and in order.

    The second half is kept, for HTML still knows rows and paragraphs. Whatever says more or less than the other, hidden
    text included, stays whole."""
    begins = _first(segments[0])
    if not begins or all(_first(segment) != begins for segment in segments[1:]):
        return segments
    said = [_words(segment) for segment in segments]
    ends = list(accumulate(map(len, said)))
    half = ends[-1] // 2
    if half not in ends or any(segment.kind not in _TEXT for segment in segments):
        return segments
    at = ends.index(half) + 1
    words = [*chain.from_iterable(said)]
    return segments[at:] if words[:half] == words[half:] else segments


def _first(segment: Segment) -> str:
    found = _WORD.search(segment.text)
    return found[0] if found else ""


def _words(segment: Segment) -> list[str]:
    """Return what the segment says itself: of a row its cells, without the heads of their columns."""
    own = " ".join(segment.text[cell.start : cell.end] for cell in segment.cells) or segment.text
    return _WORD.findall(own)
