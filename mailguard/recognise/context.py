"""What stands around a name: its line, sentence and paragraph, and the lines above and below across segments.

Some readers give a form as one segment, others a segment a line; everything here looks across that difference.
Nothing is computed until a name or fact was found, so text without pupils costs nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailguard.model import Cell, Segment, SegmentKind
from mailguard.recognise.categories import Topics
from mailguard.recognise.fold import words_of

# As `(?<=[a-z0-9)’'"%])[.!?](?=\s)|\n\s*\n|\n(?=\s*(?:[-•*·>]|\d+[.)]))`, but with one set of first characters,
# so that the engine skips to them.
# A name that is blanked out ends a sentence as any word does, and so do capitals ("She has ADHD."), which two make.
_SENTENCE_END = re.compile(
    r"[.!?\n](?:(?:(?<=[a-z0-9)’'\"%][.!?])|(?<=   [.!?])|(?<=[A-Z][A-Z][.!?])(?<!\b(?:MR|MS|DR|ST|NO)\.)(?<!\bMRS\.))"
    r"(?=\s)|(?<=\n)(?:\s*\n|(?=\s*(?:[-•*·>]|\d+[.)]))))"
)
_PARAGRAPH_END = re.compile(r"\n\s*\n")
_A_SENTENCE = 4
_LINE_REACH = 160
_GOES_ON = re.compile(r"[a-z, ]").match
_SENTENCE_REACH = 400
_PARAGRAPH_REACH = 900


class Sentence:
    """The sentence of a segment from `start` to `end`, `text` without what does not count in it; its folded words are
    found when they are asked for."""

    __slots__ = ("_words", "end", "start", "text")

    def __init__(self, start: int, end: int, text: str) -> None:
        self.start = start
        self.end = end
        self.text = text
        self._words: frozenset[str] | None = None

    @property
    def words(self) -> frozenset[str]:
        """Its folded words."""
        if self._words is None:
            self._words = frozenset(words_of(self.text))
        return self._words


class Surroundings:
    """The segments of one part, in order; positions are (segment number, offset).

    Sentences and paragraphs come with the names blanked out that `hush` was told of, so that a pupil called Mark is
    no mark in maths. `leads`, `own_words` and `merits` are what `lists` found for lines and names before, `topics` what
    `record` found in slices, `sentences` and `greeted` what `about` found in segments and in all of them, `for_all`
    what `news` found of the whole part."""

    def __init__(self, segments: list[Segment]) -> None:
        self.segments = segments
        self._quiet: dict[int, str] = {}
        self._up: dict[int, tuple[str, ...]] = {}
        self.leads: dict[tuple[int, int], str] = {}
        self.topics: dict[tuple[int, int, int], Topics] = {}
        self.merits: dict[tuple[int, int, int], bool] = {}
        self.own_words: dict[tuple[int, int, int], str | None] = {}
        self.sentences: dict[int, list[Sentence]] = {}
        self.greeted: list[str] | None = None
        self.for_all: bool | None = None
        self.turned: dict[int, tuple[list[int], frozenset[int]]] = {}
        self.bare: dict[int, list[Cell]] = {}
        self._tables: dict[int, int] = {}
        self._lines: dict[tuple[int, int, int], tuple[int, int]] = {}

    def hush(self, at: int, spans: Iterable[tuple[int, int]]) -> None:
        """Blank out the names of a segment; offsets stay."""
        text = self.segments[at].text
        pieces = []
        last = 0
        for start, end in sorted(spans):
            if start >= last:
                pieces += [text[last:start], " " * (end - start)]
                last = end
        self._quiet[at] = _calm("".join(pieces) + text[last:])
        self._up.pop(at, None)
        self.sentences.pop(at, None)

    def blank(self, at: int, spans: Iterable[tuple[int, int]]) -> None:
        """Take boilerplate out of a segment, as if its lines were empty; offsets stay."""
        segment, quiet = self.segments[at], self.quiet(at)
        text = segment.text
        for start, end in spans:
            text = text[:start] + "\n" * (end - start) + text[end:]
            quiet = quiet[:start] + "\n" * (end - start) + quiet[end:]
        self.segments[at] = replace(segment, text=text)
        self._quiet[at] = quiet

    def quiet(self, at: int) -> str:
        """Return the text of a segment without its names, and in small letters where it is all capitals."""
        quiet = self._quiet.get(at)
        if quiet is None:
            quiet = self.segments[at].text
            if quiet.isupper():
                quiet = self._quiet[at] = _calm(quiet)
        return quiet

    def line(self, at: int, start: int, end: int) -> tuple[int, int]:
        """Return the bounds of the line or lines that hold `text[start:end]`, cut to a reach on either side."""
        found = self._lines.get((at, start, end))
        if found is None:
            text = self.segments[at].text
            low, high = max(0, start - _LINE_REACH), min(len(text), end + _LINE_REACH)
            after = text.find("\n", end, high)
            found = max(low, text.rfind("\n", low, start) + 1), high if after < 0 else after
            self._lines[at, start, end] = found
        return found

    def run_on(self, at: int, start: int, end: int) -> int:
        """Return where the line of `text[start:end]` begins, or the line above from which a mail program broke it."""
        text = self.segments[at].text
        low, _ = self.line(at, start, end)
        while low > 1 and start - low < _LINE_REACH and text[low - 1] == "\n" and _GOES_ON(text[low - 2]):
            low = text.rfind("\n", 0, low - 1) + 1
        return low

    def table_of(self, at: int) -> int:
        """Return the number of the first row of the table that a row belongs to; it is looked for once for all rows."""
        place = self.segments[at].place[:-1]
        first, passed = at, []
        while first not in self._tables:
            above = self.segments[first - 1] if first else None
            if above is None or not above.cells or above.place[:-1] != place:
                self._tables[first] = first
                break
            passed.append(first)
            first -= 1
        start = self._tables[first]
        self._tables.update(dict.fromkeys(passed, start))
        return start

    def sentence(self, at: int, start: int, end: int, within: tuple[int, int] | None = None) -> str:
        """Return the sentence that holds `text[start:end]`, or as much of it as lies `within` a slice."""
        return self._between(_SENTENCE_END, _SENTENCE_REACH, at, start, end, within)

    def paragraph(self, at: int, start: int, end: int) -> str:
        """Return the paragraph that holds `text[start:end]`, cut to a reach on either side."""
        return self._between(_PARAGRAPH_END, _PARAGRAPH_REACH, at, start, end)

    def next_sentence(self, at: int, end: int) -> str:
        """Return the sentence after the one that holds offset `end`, in this segment or the next, names blanked out."""
        text = self.quiet(at)
        stop = _SENTENCE_END.search(text, end, min(len(text), end + _SENTENCE_REACH))
        rest = text[stop.end() : stop.end() + _SENTENCE_REACH].strip("\r\n\t") if stop else ""
        if not rest.strip() and len(text) - end < _SENTENCE_REACH:
            rest = next(self.quiet_after(at), "")
        following = _SENTENCE_END.search(rest)
        return rest[: following.start() + 1] if following else rest

    def lines_before(self, at: int, start: int) -> Iterator[str]:
        """Yield the lines above, nearest first, blank ones left out."""
        yield from _backwards(self.segments[at].text[max(0, start - 2000) : start])
        for segment in reversed(self.segments[max(0, at - 40) : at]):
            if not segment.cells:
                yield from _backwards(segment.text[-2000:] + "\n")

    def quiet_before(self, at: int, start: int) -> Iterator[str]:
        """Yield the lines above, nearest first, blank ones left out, with the names in them blanked out."""
        yield from _lines_up(self.quiet(at)[max(0, start - 2000) : start], False)
        for other in range(at - 1, max(-1, at - 41), -1):
            if not self.segments[other].cells:
                if other not in self._up:
                    self._up[other] = tuple(_lines_up(self.quiet(other)[-2000:], True))
                yield from self._up[other]

    def lines_after(self, at: int, end: int, rows: bool = False) -> Iterator[str]:
        """Yield the lines below, nearest first, blank ones left out: down to a table, or with its `rows` as lines."""
        rest = self.segments[at].text[end : end + 2000].split("\n")[1:]
        yield from (line.strip() for line in rest if line.strip())
        for below, segment in enumerate(self.segments[at + 1 : at + 10], at + 1):
            if segment.cells and not rows:
                return
            if segment.cells:
                yield self.row_as_line(below)
            elif segment.kind is not SegmentKind.ALTERNATE:
                yield from (line.strip() for line in segment.text[:2000].split("\n") if line.strip())

    def lines_below(self, at: int, end: int) -> Iterator[str]:
        """Yield the lines below, nearest first, blank ones left out, with the names in them blanked out, down to a
        table."""
        yield from (line for line in self.quiet(at)[end : end + 2000].split("\n")[1:] if line.strip())
        for below in range(at + 1, min(at + 16, len(self.segments))):
            if self.segments[below].cells:
                return
            if self.segments[below].kind is not SegmentKind.ALTERNATE:
                yield from (line for line in self.quiet(below)[:2000].split("\n") if line.strip())

    def row_as_line(self, at: int) -> str:
        """Return a row as a form in text has it, its names blanked out: the first cell, a colon, the others."""
        row, text = self.segments[at], self.quiet(at)
        label, *values = (text[cell.start : cell.end].strip() for cell in row.cells)
        return f"{label}: {' '.join(values)}"

    def quiet_after(self, at: int) -> Iterator[str]:
        """Yield the lines of the segments below, nearest first, blank ones left out, with the names blanked out."""
        for other in range(at + 1, min(at + 10, len(self.segments))):
            if not self.segments[other].cells:
                yield from (line for line in self.quiet(other)[:2000].split("\n") if line.strip())

    def _between(
        self,
        pattern: re.Pattern[str],
        reach: int,
        at: int,
        start: int,
        end: int,
        within: tuple[int, int] | None = None,
    ) -> str:
        text = self.quiet(at)
        first, last = within or (0, len(text))
        low, high = max(first, start - reach), min(last, end + reach)
        for match in pattern.finditer(text, low, start):
            low = match.end()
        stop = pattern.search(text, end, high)
        return text[low : stop.start() if stop else high]


def _calm(text: str) -> str:
    """Return a text with lines of capitals in small letters: who shouts says the same. Short headings stay."""
    lines = text.split("\n")
    if not any(map(_shouts, lines)):
        return text
    return "\n".join(line.lower() if _shouts(line) else line for line in lines)


def _shouts(line: str) -> bool:
    return line.isupper() and len(line.split()) >= _A_SENTENCE and len(line.lower()) == len(line)


def _lines_up(text: str, whole: bool) -> Iterator[str]:
    lines = text.split("\n")
    yield from (line for line in reversed(lines if whole else lines[:-1]) if line.strip())


def _backwards(text: str) -> Iterator[str]:
    lines = text.split("\n")[:-1]
    yield from (line.strip() for line in reversed(lines) if line.strip())
