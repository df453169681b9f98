"""A form that stands under a pupil's name, or in a table of labels and values with it: "Maths: 4", "Score | 34".

Labels of a form need not be known to be one: what has a mark, a figure or a grade under a label that is not harmless
is a record of whose name heads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from mailguard.model import EvidenceKind, Segment
from mailguard.recognise.categories import Topics, topics_of
from mailguard.recognise.classes import class_key
from mailguard.recognise.clues import Case, Naming
from mailguard.recognise.columns import benign_head
from mailguard.recognise.context import Surroundings
from mailguard.recognise.fold import words_of
from mailguard.recognise.names import NameHit
from mailguard.recognise.part import PartView
from mailguard.recognise.strength import labelled_above, labels_name, praises, public_words, stands_alone

_VALUED_LINE = re.compile(
    r"^(?P<label>[^\W\d_][^\d:=\t\n]{1,30}?)(?:(?:[:=\t]|[ \u00a0]{2,})[ \t\u00a0]*\S*\d|[:=\t ][ \t]*(?:PKS|PKF|"
    r"WTS|EXS|"
    r"GDS|HNM|ARE[+-]?|working (?:towards|at|below|within)|(?:below |above |at )?expected|emerging|secure|exceeding|"
    r"greater depth)\W*$)",
    re.IGNORECASE,
)
_BARE_LINE = re.compile(r"^(?P<label>[^\W\d_][^\d:=\t\n]{1,30}?) \d{1,3} ?%?$")
_DAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*$|(?:period|lesson|week|day)\b", re.IGNORECASE)
_TERM = re.compile(r"\b(?:autumn|spring|summer|term|year|class|form|tutor|group|report)\b", re.IGNORECASE)
_LABELS = re.compile(r"\b(?:pupil|student|child|learner|name|class|form|year|tutor|group)\b", re.IGNORECASE)
_SAID = re.compile(r"[.!?]\s*$|,\s*$")
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_BELOW, _ROWS = 4, 20
_PAIR, _WIDEST = 2, 4
_HEADING = 50


def headed(view: PartView, naming: Naming) -> Topics | None:
    """Return the topics of the labelled values on the lines or rows under a name that is alone on its line or row."""
    segment, at, hit = naming.clue.segment, naming.clue.at, naming.hit
    classes = [(fact.start, fact.end) for fact in naming.clue.facts if fact.kind is EvidenceKind.CLASS]
    if segment.cells:
        if segment.cells[0].head or len(segment.cells) > _WIDEST or not _only_named(segment, hit, classes):
            return None
        below = [view.around.row_as_line(n) for n in range(at + 1, at + 1 + _BELOW) if _is_pair(view, n)]
    elif _alone(view, naming, classes):
        below = list(islice(view.around.lines_after(at, hit.end, True), _BELOW))
    else:
        return None
    valued = _valued(below)
    return _topics(view, below) if valued and valued[0] in below[:2] else None


def _alone(view: PartView, naming: Naming, classes: Sequence[tuple[int, int]]) -> bool:
    """Return whether nothing stands on the line of a name but it and its class, term or year, as in a heading."""
    at, hit = naming.clue.at, naming.hit
    if stands_alone(view.around, at, hit.start, hit.end):
        return True
    low, high = view.around.line(at, hit.start, hit.end)
    if high - low - (hit.end - hit.start) >= _HEADING:
        return False
    text = naming.clue.segment.text
    rest = text[low : hit.start] + _without(text, hit.end, high, classes)
    return not _SAID.search(rest) and len(_LONG_WORD.findall(_TERM.sub(" ", rest))) <= 1


def _without(text: str, low: int, high: int, spans: Sequence[tuple[int, int]]) -> str:
    return "".join(" " if any(a <= at < b for a, b in spans) else text[at] for at in range(low, high))


def _only_named(row: Segment, hit: NameHit, classes: Sequence[tuple[int, int]]) -> bool:
    """Return whether a row has nothing but a name, a class and their labels."""
    spans = [*hit.spans, *classes]
    rest = _without(row.text, 0, len(row.text), spans)
    return not _LONG_WORD.search(_LABELS.sub(" ", rest)) and not any(letter.isdigit() for letter in rest)


def _is_pair(view: PartView, at: int) -> bool:
    """Return whether a segment is a row of a label, which is nobody's name, and a value, which is no class."""
    row = view.segments[at] if at < len(view.segments) else None
    if row is None or len(row.cells) != _PAIR:
        return False
    label, value = (row.text[cell.start : cell.end] for cell in row.cells)
    index = view.index
    tokens = [index.tokens.get(word) for word in words_of(label)]
    named = any(token is not None and index.family_count[token] for token in tokens)
    return not named and not class_key(value, index.classes)


def tabled(view: PartView, naming: Naming) -> Topics | None:
    """Return the topics of a table of labels and values that has a name as one of its values."""
    row = naming.clue.segment
    if len(row.cells) != _PAIR or row.cells[1].head or naming.hit.start < row.cells[1].start:
        return None
    if not labelled_above(row.text[row.cells[0].start : row.cells[0].end]):
        return None
    lines = list(_rows(view.around, naming.clue.at, row))
    return _topics(view, lines) if _valued(lines) else None


def _rows(around: Surroundings, at: int, row: Segment) -> Iterator[str]:
    for below in range(at + 1, min(at + 1 + _ROWS, len(around.segments))):
        segment = around.segments[below]
        if len(segment.cells) != _PAIR or segment.place[:-1] != row.place[:-1]:
            return
        yield around.row_as_line(below)


def _valued(lines: Sequence[str]) -> list[str]:
    """Return the lines that have a value under a label; one bare number after a word is none, several are."""
    found = [line for line in lines if (match := _VALUED_LINE.match(line)) and _tells(match["label"])]
    bare = [line for line in lines if (match := _BARE_LINE.match(line)) and _tells(match["label"])]
    return found or (bare if len(bare) > 1 else [])


def _tells(label: str) -> bool:
    return not benign_head(label) and not _DAY.match(label)


def _topics(view: PartView, lines: Sequence[str]) -> Topics | None:
    text = " . ".join(lines)
    if praises(text) or public_words(f"{text} . {view.title}"):
        return None
    return topics_of(text, view.index.lexicon)


def labels_another(view: PartView, others: Sequence[Case]) -> bool:
    """Return whether a label names one of the other pupils of a part: a form about one child may name another."""
    for naming in (naming for case in others for naming in case.namings if not naming.clue.segment.cells):
        low, _ = view.around.line(naming.clue.at, naming.hit.start, naming.hit.end)
        if labels_name(naming.clue.segment.text[low : naming.hit.start]):
            return True
    return False
