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
from mailguard.recognise.lexicon import Lexicon
from mailguard.recognise.names import NameHit
from mailguard.recognise.part import PartView
from mailguard.recognise.strength import labelled_above, labels_name, lacks, praises, public_words, stands_alone
from mailguard.recognise.telling import SMALL

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
_REGARDING = re.compile(r"\W*(?:re|ref|regarding|concerning)\W*", re.IGNORECASE)
_LABELLED = re.compile(r"\W*(?P<label>[^\W\d_][^:\t\n]{0,30}?)\s*[:\t]\s*(?P<value>.*)")
_SIGNS = re.compile(
    r"(?:signed|from|issued by|head ?teacher|principal|(?:class |form )?(?:teacher|tutor)|office|tel(?:ephone)?|"
    r"phone)\W*",
    re.IGNORECASE,
)
_SAYS = re.compile(r"\b(?:results?|scores?|reasons?|why|messages?|values?|points?|numbers?|no|nr)\b", re.IGNORECASE)
_SINGLES_OUT = re.compile(
    r"\b(?:bottom|low(?:er|est)?(?! school)|weak\w*|below|behind|ability|catch.?up|boosters?|support\w*|"
    r"intervention|carers?|nurture|isolation|counsell\w+|therap\w+|bereave\w+|cannot|refus\w+|suspen\w+|"
    r"supervised|court order|police|hospital|refuge|contact cent(?:re|er)|\d+ of \d+)\b",
    re.IGNORECASE,
)
"""Values that tell something whatever the label: "Set: bottom", "Club: young carers"."""
_LONG = re.compile(r"(?:[^\s.]+\s+){6}|[%£€]")
_NEAR, _PROSE = 6, 3
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
    """Return the topics of a table of labels and values that has a name as one of its values, if another value is not
    harmless by its label."""
    row, start = naming.clue.segment, naming.hit.start
    cell = next((n for n, cell in enumerate(row.cells) if cell.start <= start < cell.end), 0)
    labels = row.cells[::_PAIR]
    if not _pairs(row) or not cell % _PAIR or any(cell.head for cell in row.cells):
        return None
    if any(label.start <= hit.start < label.end for hit in naming.clue.names for label in labels):
        return None  # a table turned on its side, pupils along its top
    label = row.text[row.cells[cell - 1].start : row.cells[cell - 1].end]
    if not labelled_above(label):
        return None
    lines = [line for line in _rows(view.around, naming.clue.at, row) if not line.startswith(f"{label}:")]
    told = [(name, value) for name, _, value in (line.partition(":") for line in lines) if value.strip()]
    if any(_is_strong(value, view.index.lexicon) for _, value in told) and not praises(" ".join(lines)):
        return topics_of(" . ".join(lines), view.index.lexicon)
    if _REGARDING.fullmatch(label) or _valued(lines) or any(_tells(name) for name, _ in told):
        return _topics(view, lines)
    return None


def harmless(view: PartView, naming: Naming) -> bool:
    """Return whether a form with a pupil's name tells nothing but a class, a house, a part, a club or the like: by its
    other labels, all of them, and by short values that are no terms. Running text below the name is more than that."""
    at, text = naming.clue.at, view.segments[naming.clue.at].text
    near = view.segments[max(0, at - _NEAR) : at + _NEAR + 1]
    lines = [line for segment in near if not segment.cells for line in segment.text.split("\n") if line.strip()]
    if any(len(SMALL.findall(line)) >= _PROSE for line in lines if not _LABELLED.match(line)):
        return False
    own = [match for line in text.split("\n") if (match := _LABELLED.match(line))]
    found = own if len(own) > 1 else [match for line in lines if (match := _LABELLED.match(line))]
    if any(_REGARDING.fullmatch(match["label"]) for match in found):
        return False
    others = [match for match in found if not (labelled_above(match["label"]) or _SIGNS.fullmatch(match["label"]))]
    said = " . ".join(match["value"] for match in others)
    plain = all(benign_head(match["label"]) and not _SAYS.search(match["label"]) for match in others)
    return bool(others) and plain and not _telling_value(said, view.index.lexicon)


def _telling_value(said: str, lexicon: Lexicon) -> bool:
    hints = topics_of(said, lexicon).faint() or lacks(said) or _LONG.search(said)
    return bool(hints) or _is_strong(said, lexicon)


def _is_strong(value: str, lexicon: Lexicon) -> bool:
    return bool(topics_of(value, lexicon).sensitive() or _SINGLES_OUT.search(value))


def _pairs(row: Segment) -> bool:
    return len(row.cells) in (_PAIR, _WIDEST)


def _rows(around: Surroundings, at: int, row: Segment) -> Iterator[str]:
    """Yield the pairs of a table as lines: those of the row, of the rows above it and of those below."""
    near = range(max(0, at - _ROWS), min(at + 1 + _ROWS, len(around.segments)))
    for other in (around.segments[n] for n in near):
        if _pairs(other) and other.place[:-1] == row.place[:-1]:
            values = [other.text[cell.start : cell.end].strip() for cell in other.cells]
            yield from (f"{label}: {value}" for label, value in zip(values[::2], values[1::2], strict=True) if label)


def _valued(lines: Sequence[str]) -> list[str]:
    """Return the lines that have a value under a label; one bare number after a word is none, several are."""
    found = [line for line in lines if (match := _VALUED_LINE.match(line)) and _tells(match["label"])]
    bare = [line for line in lines if (match := _BARE_LINE.match(line)) and _tells(match["label"])]
    return found or (bare if len(bare) > 1 else [])


def _tells(label: str) -> bool:
    return not benign_head(label) and not _DAY.match(label)


def _topics(view: PartView, lines: Sequence[str]) -> Topics | None:
    text = " . ".join(lines)
    topics = topics_of(text, view.index.lexicon)
    if not topics.sensitive() and (praises(text) or public_words(f"{text} . {view.title}")):
        return None
    return topics


def labels_another(view: PartView, others: Sequence[Case]) -> bool:
    """Return whether a label names one of the other pupils of a part: a form about one child may name another."""
    for naming in (naming for case in others for naming in case.namings if not naming.clue.segment.cells):
        low, _ = view.around.line(naming.clue.at, naming.hit.start, naming.hit.end)
        if labels_name(naming.clue.segment.text[low : naming.hit.start]):
            return True
    return False
