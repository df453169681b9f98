"""The text that a mail program sends twice, as plain text and as HTML (RFC 2046 section 5.1.4), is looked at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, islice

from mailguard.model import Segment, SegmentKind

_WORD = re.compile(r"[^\W_]+|[%£€✓✔✗✘☐☑☒]")
_TEXT = frozenset({SegmentKind.BODY, SegmentKind.ROW})
_OPENING = 12
"""Words by which the second half is looked for, before all words are cut out and counted."""


def once(segments: list[Segment]) -> list[Segment]:
    """Return a part's segments without a first half whose words the second half says again, all and in order.

    The second half is kept, for HTML still knows rows and paragraphs. Whatever says more or less than the other, hidden
    text included, stays whole; so does one whose HTML breaks a line of the plain text, for names and records go over
    such a break."""
    begins = _first(segments[0])
    if not begins or all(_first(segment) != begins for segment in segments[1:]):
        return segments
    opening = list(islice(_said_from(segments, 0), _OPENING))
    if not any(_goes_on(segments, at, opening) for at in range(1, len(segments))):
        return segments
    said = [_words(segment) for segment in segments]
    ends = list(accumulate(map(len, said)))
    half = ends[-1] // 2
    if half not in ends or any(segment.kind not in _TEXT for segment in segments):
        return segments
    at = ends.index(half) + 1
    words = [*chain.from_iterable(said)]
    if words[:half] != words[half:]:
        return segments
    breaks = set(_line_ends(segments[:at]))
    return segments[at:] if all(end - half in breaks for end in ends[at:]) else segments


def _line_ends(segments: Sequence[Segment]) -> Iterator[int]:
    """Yield how many words stand before each end of a line."""
    count = 0
    for segment in segments:
        for line in [segment] if segment.cells else segment.text.split("\n"):
            count += len(_WORD.findall(line) if isinstance(line, str) else _words(line))
            yield count


def _first(segment: Segment) -> str:
    found = _WORD.search(segment.text)
    return found[0] if found else ""


def _goes_on(segments: Sequence[Segment], at: int, opening: Sequence[str]) -> bool:
    """Return whether the words from a segment on are those of an opening, as far as both go."""
    return (bool(segments[at].cells) or _first(segments[at]) == opening[0]) and all(
        said == word for said, word in zip(opening, _said_from(segments, at), strict=False)
    )


def _said_from(segments: Sequence[Segment], at: int) -> Iterator[str]:
    """Yield the words of the segments from one on. Compiled, only a function like this one yields as it goes."""
    for number in range(at, len(segments)):
        yield from _words(segments[number])


def _words(segment: Segment) -> list[str]:
    """Return what the segment says itself: of a row its cells, without the heads of their columns."""
    own = " ".join(segment.text[cell.start : cell.end] for cell in segment.cells) or segment.text
    return _WORD.findall(own)
