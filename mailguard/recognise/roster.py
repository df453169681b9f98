"""Lists that name their pupils by halves: "Osei A £8.50", "A. Osei", "Ama O", a line or a row each.

Half a name says little, a list of halves says a lot: where most lines of a list, or most rows of a table, begin with a
half name that fits somebody of the roll, it is a list of pupils. A list of other people's names fits so seldom. What
is looked at is only where a name would stand, and only lists of some length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailguard.model import EvidenceKind, SegmentKind
from mailguard.recognise.categories import topics_of
from mailguard.recognise.classes import MOST_OF_A_CLASS, class_key
from mailguard.recognise.clues import Clue
from mailguard.recognise.columns import Column, cell_at
from mailguard.recognise.fold import fold
from mailguard.recognise.index import Index, Scope
from mailguard.recognise.names import Mark, NameHit
from mailguard.recognise.partial import halves, initials_of

_FEWEST = 3
_SHARE = 0.6
_MOST_LINES = 2_000
_MOST_NAMESAKES = 4
_ENTRY = re.compile(r"(?m)^[^\S\n]*(?:[-•*·>]+[^\S\n]*|\d{1,3}[.)][^\S\n]+)?(?=\S)")
_SHAPE = re.compile(
    r"[^\W\d_a-z][\w'’-]+,?[ \u00a0][^\W\d_a-z](?:\.|(?![\w'’-]))|"
    r"[^\W\d_a-z](?:\.[ \u00a0]?|[ \u00a0])[^\W\d_a-z][\w'’-]+"
)
_CLASSES = re.compile(r"(?<![\w/])\d{0,2}[A-Za-z]{1,12}\d?(?![\w/])")
_APPOINTMENT = re.compile(r"(?m)^Summary: (.+)$")
_SHORT_LINE = 120
_LONGEST = 20_000
_INITIAL_AFTER = re.compile(r"[ \u00a0]?,?[ \u00a0]([^\W\d_])(?:\.|(?![\w'’-]))")
_INITIAL_BEFORE = re.compile(r"([^\W\d_])(?:\.[ \u00a0]?|[ \u00a0])$")


@dataclass(slots=True)
class _Entry:
    """The place of a name in a list, and whom a half name there may mean; `named` says that it has the shape of one."""

    clue: Clue | None
    hits: list[NameHit]
    named: bool = False


_SHAPED, _OTHER = _Entry(None, [], True), _Entry(None, [], False)
"""The entries of a text in which nobody is named."""


def class_of(scope: Scope, index: Index, clues: dict[int, Clue], title: str) -> frozenset[int]:
    """Return the pupils of the one class that a part's short lines without names or the subject speak of, or nobody
    where they speak of none or several."""
    found: set[tuple[int, ...]] = set()
    for clue in clues.values():
        if not clue.names and len(clue.segment.text) < _SHORT_LINE:
            found.update(fact.persons for fact in clue.facts if fact.kind is EvidenceKind.CLASS)
    for match in _CLASSES.finditer(title):
        if key := class_key(match[0], index.classes):
            found.add(tuple(index.owners(EvidenceKind.CLASS, key, scope, MOST_OF_A_CLASS)))
    return frozenset(next(iter(found))) if len(found) == 1 else frozenset()


def half_names(
    index: Index, scope: Scope, clues: dict[int, Clue], texts: list[str], title: str = ""
) -> Iterator[tuple[Clue, NameHit]]:
    """Yield the half names of a part's lists with all pupils that each may mean; `texts` are those of its segments.

    Under one class ("11B spelling test") a forename alone is half a name too; `title` is the message's subject."""
    mates = class_of(scope, index, clues, title)
    of_clues = {at: _entries(index, scope, clue, mates) for at, clue in clues.items() if at < _MOST_LINES}
    if sum(bool(entry.hits) for entries in of_clues.values() for entry in entries) < _FEWEST:
        return  # as nearly always; the lines between need not be looked at
    for run in _runs(of_clues, texts):
        known = [entry for entry in run if entry.hits]
        if len(known) >= _FEWEST and len(known) >= _SHARE * len(run):
            yield from ((entry.clue, hit) for entry in known if entry.clue for hit in entry.hits)


def titled_halves(index: Index, scope: Scope, clues: dict[int, Clue]) -> Iterator[tuple[Clue, NameHit]]:
    """Yield a forename with an initial that fits one pupil alone in what a message, a file or an appointment is called,
    where that is sensitive: "Meeting re Aisha K - EHCP review"."""
    for clue in clues.values():
        text = clue.segment.text
        if clue.segment.place[-1] == "subject" or clue.segment.kind is SegmentKind.FILE_NAME:
            low, high = 0, len(text)
        elif (found := _APPOINTMENT.search(text)) is not None:
            low, high = found.span(1)
        else:
            continue
        near = [mark for mark in clue.marks if mark.first == mark.last and low <= clue.words.starts[mark.first] < high]
        if not near or high - low > _SHORT_LINE or not topics_of(text[low:high], index.lexicon).sensitive():
            continue
        yield from ((clue, hit) for hit in _hits(index, scope, clue, near, high) if len(hit.persons) == 1)


def _runs(of_clues: dict[int, list[_Entry]], texts: list[str]) -> Iterator[list[_Entry]]:
    """Yield the lists of a part: neighbouring lines that begin alike, or the rows of its tables. A line without any
    half name ends no list, unless there are several of them on end."""
    run: list[_Entry] = []
    missing = 0
    for at in range(min(len(texts), _MOST_LINES)):
        for entry in of_clues[at] if at in of_clues else _unnamed(texts[at]):
            run.append(entry)
            missing = 0 if entry.hits or entry.named else missing + 1
            if missing > 2:
                yield run[:-missing]
                run, missing = [], 0
    yield run[: len(run) - missing] if missing else run


def _unnamed(text: str) -> list[_Entry]:
    """Return the entries of a text in which nobody is named."""
    return [_SHAPED if _SHAPE.match(text, start) else _OTHER for start in _starts(text[:_LONGEST])]


def _entries(index: Index, scope: Scope, clue: Clue, mates: frozenset[int]) -> list[_Entry]:
    text = clue.segment.text
    if clue.segment.cells:
        return [_Entry(clue, _in_row(index, scope, clue, mates), bool(_SHAPE.match(text)))]
    found = []
    marks = {clue.words.starts[mark.first]: mark for mark in clue.marks if mark.first == mark.last}
    for begin in _starts(text):
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        shape = _SHAPE.match(text, begin, end)
        reach = shape.end() if shape else begin + 6
        near = [mark for start, mark in marks.items() if begin <= start < min(end, reach)]
        hits = _hits(index, scope, clue, near, end)
        found.append(_Entry(clue, hits or _forenames(index, scope, clue, near[:1], mates), bool(shape)))
    return found


def _starts(text: str) -> list[int]:
    """Return where the entry of each line that is not blank begins, after its bullet or number.

    Line by line: left to find the lines itself, the pattern looks at every letter of a text."""
    found = []
    line = 0
    while True:
        match = _ENTRY.match(text, line)
        if match:
            found.append(match.end())
        line = text.find("\n", match.end() if match else line) + 1
        if not line:
            return found


def _forenames(index: Index, scope: Scope, clue: Clue, marks: list[Mark], mates: frozenset[int]) -> list[NameHit]:
    """Return the pupils of a class whose forename alone begins an entry."""
    for mark in marks if mates else ():
        start, stop = clue.words.starts[mark.first], clue.words.ends[mark.last]
        token = index.tokens.get(mark.key)
        following = clue.segment.text[stop : stop + 2]
        alone = not (following[:1] in " -" and following[1:].isupper())
        if token is None or not alone or any(hit.start <= start < hit.end for hit in clue.names):
            continue
        persons = [p for p in index.with_given(token, scope) if p in mates and mark.key in halves(index.pupils[p])[0]]
        if 0 < len(persons) <= _MOST_NAMESAKES:
            return [NameHit(((start, stop),), mark, Mark(-1, -1, ""), tuple(persons), "roster")]
    return []


def _in_row(index: Index, scope: Scope, clue: Clue, mates: frozenset[int]) -> list[NameHit]:
    text = clue.segment.text
    for mark in clue.marks:
        cell = cell_at(clue.segment, clue.words.starts[mark.first])
        if cell is None or mark.column not in (Column.NAME, Column.OTHER):
            continue
        if len(text[cell.start : cell.end].strip()) - (clue.words.ends[mark.last] - clue.words.starts[mark.first]) > 4:
            continue
        found = _hits(index, scope, clue, [mark], cell.end) or _forenames(index, scope, clue, [mark], mates)
        if found:
            return found
    return []


def _hits(index: Index, scope: Scope, clue: Clue, marks: list[Mark], end: int) -> list[NameHit]:
    """Return the half names that begin an entry; a full name is none, its marks belong to it."""
    words, text = clue.words, clue.segment.text
    for mark in marks:
        start, stop = words.starts[mark.first], words.ends[mark.last]
        if any(hit.start <= start < hit.end for hit in clue.names):
            return []
        after = _INITIAL_AFTER.match(text, stop, end)
        before = _INITIAL_BEFORE.search(text[max(0, start - 3) : start])
        letter = after[1] if after else before[1] if before else ""
        if not letter or not letter.isupper() or not words.capital(mark.first):
            continue
        span = (start, after.end(1)) if after else (start - len(before[0]) if before else start, stop)
        persons = _fitting(index, scope, clue, mark.key, fold(letter), bool(after), span)
        if 0 < len(persons) <= _MOST_NAMESAKES:
            other = Mark(mark.first, mark.first, fold(letter))
            return [NameHit((span,), other, mark, tuple(persons), "roster")]
    return []


def _fitting(
    index: Index, scope: Scope, clue: Clue, key: str, letter: str, forename_too: bool, span: tuple[int, int]
) -> list[int]:
    """Return the pupils with this surname and forename's initial, or (an initial after only) the other way round; of
    the class that stands beside, if one does."""
    token = index.tokens.get(key)
    if token is None:
        return []
    pupils = [
        person
        for person in index.with_family(token, scope)
        if index.is_pupil(person) and letter in initials_of(index.pupils[person])[0]
    ]
    if not pupils and forename_too:
        pupils = [
            person
            for person in index.with_given(token, scope)
            if index.is_pupil(person)
            and letter in initials_of(index.pupils[person])[1]
            and key in halves(index.pupils[person])[0]
        ]
    line = clue.segment.text.find("\n", span[1])
    for fact in clue.facts:
        if fact.kind is EvidenceKind.CLASS and (
            clue.segment.cells or span[0] < fact.start < (line if line >= 0 else 1 << 30)
        ):
            return [person for person in pupils if person in fact.persons]
    return pupils
