"""Paragraphs and lines to blocks: what belongs together stays together, one child's card apart from the next.

A form set as lines ("Name: ..." or "Name" above its value) is one block; running text is a block a paragraph; a label
that comes again begins the next card.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from mailguard.extract.labels import is_label, is_strong_label

_SHORT = 120
_ENDINGS = frozenset(".!?\"'”’)")
_HEADING = 60
_MAX_LINES = 60
_MAX_CHARS = 4000
_INVISIBLE = {0x00AD: None, 0x200B: None, 0x200C: None, 0x200D: None, 0x2060: None, 0xFEFF: None, 0x00: None}
_INVISIBLE |= dict.fromkeys((8206, 8207, *range(8234, 8239), *range(8294, 8298)))
_INVISIBLE |= dict.fromkeys((0x034F, 0x061C, 0x180E, *range(0x2061, 0x2065), *range(0x206A, 0x2070)))
_INVISIBLE |= dict.fromkeys((*range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000)))
_REVERSED = re.compile("\u202e([^\u202a-\u202e\u2066-\u2069\n]*)[\u202c\u2069]?")
_TWO_ALONE = re.compile(r" [^\W_] {1,2}[^\W_] ")  # `_SPACED` matches nothing without, and takes ten times as long
_OPENS = re.compile(
    r"(?:(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)|to whom it may concern)\b[^.:;!?\n]{0,60}|"
    r"(?:strictly )?private(?: (?:and|&) confidential)?|confidential|in confidence)[,:!.]?",
    re.IGNORECASE,
)
_SIGNS_OFF = re.compile(
    r"(?:yours (?:sincerely|faithfully|truly|ever)|(?:with )?(?:(?:kind(?:est)?|best|warm(?:est)?|many|very) )+"
    r"(?:regards|wishes|thanks))\b[^.:;\n]{0,30}[,.!]?",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?s)(?=.*\b[a-z]+\b.*\b[a-z]+\b).*[.!?][\"'”’)]*")
_FULL = 0.85
"""A line that would have held the next one's first word within this part of a page's width was ended by its writer."""
_SPACED = re.compile(r"(?<!\S)(?:[^\W_] {1,2}){3,}[^\W_](?!\S)")


def tidy(text: str) -> str:
    """Drop what no person sees: soft hyphens, zero-width, direction and variation characters, NULs. Letters that a
    direction character turns round are given as they are seen and, on a line of their own, as they are stored."""
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    if "\u202e" in text:
        seen = _REVERSED.sub(lambda match: match.group(1)[::-1], text)
        text = seen if seen == text else f"{seen}\n{text}"
    return text.translate(_INVISIBLE)


def join_spaced(text: str) -> str:
    """Join letters set apart one by one: "Z Q 0 1" is "ZQ01" to a person."""
    if not _TWO_ALONE.search(text):
        return text
    return _SPACED.sub(lambda match: match.group().replace(" ", ""), text)


def label_of(line: str) -> str:
    """Return the label that a line begins with or is, folded for comparison; "" if none."""
    head, colon, _ = line.partition(":")
    if colon and is_label(head):
        return " ".join(head.lower().split())
    return " ".join(line.lower().split()) if is_strong_label(line) else ""


def is_sentence(line: str) -> bool:
    """Return whether a line is running text that comes to an end."""
    return line[-1:] in _ENDINGS and bool(_SENTENCE.fullmatch(line))


def paragraphs(text: str) -> Iterator[str]:
    """Yield a page in pieces: before and after a greeting, before the writer signs off, and where a sentence ends in a
    line that had room for more. Forms, lists and letterheads stay together, for they have no sentences."""
    lines = text.split("\n")
    width = _FULL * max(map(len, lines))
    start = 0
    for at, (line, following) in enumerate(pairwise(lines), 1):
        line, following = line.strip(), following.strip()
        if (
            _OPENS.fullmatch(line)
            or _OPENS.fullmatch(following)
            or _SIGNS_OFF.fullmatch(following)
            or (
                is_sentence(line)
                and not following[:1].islower()
                and len(line) + len(following.partition(" ")[0]) < width
            )
        ):
            yield "\n".join(lines[start:at])
            start = at
    yield "\n".join(lines[start:])


class Blocks:
    """Gathers lines in order into blocks; `add` and `finish` yield the blocks that are complete."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._labels: list[str] = []
        self._marks: list[str] = []
        self._chars = 0
        self._blank = False

    def add(self, line: str, whole: bool = False) -> Iterator[str]:
        """Take the next line or, where it is a `whole` one, paragraph; a blank one is a gap."""
        line = line.strip()
        if not line:
            self._blank = True
            return
        label = label_of(line)
        alone = len(line) > _SHORT or bool(_OPENS.fullmatch(line)) or (whole and not label and is_sentence(line))
        carried = ""
        if self._lines and (alone or self._breaks(label) or _SIGNS_OFF.fullmatch(line)):
            carried = self._heading_at_the_end(label)
            yield from self.finish()
        for each, mark in ((carried, ""), (line, label)) if carried else ((line, label),):
            self._lines.append(each)
            self._marks.append(mark)
            self._chars += len(each)
        if label:
            self._labels.append(label)
        self._blank = False
        if alone:
            yield from self.finish()

    def _breaks(self, label: str) -> bool:
        if label and label in self._labels:
            return True
        if self._blank and not (label and (self._labels or self._is_heading())):
            return True
        return len(self._lines) >= _MAX_LINES or self._chars >= _MAX_CHARS

    def _is_heading(self) -> bool:
        """One short line alone: whoever it names, the form below it is about."""
        line = self._lines[0]
        return len(self._lines) == 1 and len(line) <= _HEADING and " " in line and not line.endswith((".", ","))

    def _heading_at_the_end(self, label: str) -> str:
        """Take off the last line where cards begin with a line of their own and the first label comes again."""
        ends = len(self._lines) > 2 and self._labels[:1] == [label] and not self._marks[-1] and not self._marks[0]
        if not ends or ":" not in self._lines[-2] or len(self._lines[-1]) > _HEADING:
            return ""
        self._marks.pop()
        return self._lines.pop()

    def finish(self) -> Iterator[str]:
        """Yield the block gathered so far, if any."""
        if self._lines:
            yield "\n".join(self._lines)
        self._lines, self._labels, self._marks, self._chars, self._blank = [], [], [], 0, False
