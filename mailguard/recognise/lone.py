"""Pupils who are shown without a name that reads as one: by their whole address, or by the name of their log-in.

A house number and a street that nothing puts elsewhere are the home of whom the roll has there, as far as mail of the
school goes; with the town they are that for certain. "jkhan" is no word of any text; under "User name", or in a list of
such words, it is J. Khan.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence

from mailguard.model import Cell, EvidenceKind, Segment
from mailguard.recognise import weights
from mailguard.recognise.clues import Clue
from mailguard.recognise.details import another_home
from mailguard.recognise.facts import Fact
from mailguard.recognise.fold import Region, Words, fold, words_of
from mailguard.recognise.index import Index, Scope
from mailguard.recognise.names import Mark, NameHit
from mailguard.recognise.narrowed import Taken
from mailguard.recognise.partial import initials_of
from mailguard.recognise.sieve import Spotter

_MOST = 4
_FEWEST, _SHARE = 3, 0.6
_LONGEST, _MOST_ENTRIES = 400, 400
_LABEL = re.compile(r"\b(?:user(?:[ -]?(?:name|id))?|log[ -]?(?:in|on)|account|network id)\b", re.IGNORECASE)
_LABELLED = re.compile(_LABEL.pattern + r"(?:\s+is)?\s*(?:[:=]\s*|\s)", re.IGNORECASE)
_PIECES = ("ser", "ogin", "og in", "og-", "ogon", "ccount")
_SPOTTER = Spotter(_PIECES)
_WORD = re.compile(r"\d{0,4}([A-Za-z])\.?([A-Za-z][A-Za-z'-]{1,24})\d{0,4}(?![\w@.-])")
_DATED = re.compile(
    r"(?<![\w@./-])(?:(?=\d)\d\d|(?=[a-z.'-]+\d\d))([a-z])\.?([a-z][a-z'-]{1,23}[a-z])(?:\d\d)?(?![\w@/-]|\.\w)"
)
_TOWN = re.compile(
    r"[ \t]*,[ \t]*(?!(?:The|They|He|She|His|Her|Mum|Dad|Mrs|Mr|Miss|Ms|Dr|We|It|There|Please|And|But|So|This|That|No|"
    r"Both|An)\b)([A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?)[ \t]*(?:[.,;\n]|$)"
)
_DOOR = re.compile(r"(\d{1,4}[A-Za-z]?)\b")
_DOOR_BEFORE = re.compile(r"(?<![\w./-])(\d{1,4}[A-Za-z]?)[ ,;:/–-]{1,3}$")
_DOOR_AFTER = re.compile(r"[ ,;:(–-]{1,3}(?:house|door|number|no\.?)[ :#]{1,3}(\d{1,4}[A-Za-z]?)\b", re.IGNORECASE)
_DOOR_REACH = 30
_NOBODY = Mark(-1, -1, "")

Told = tuple[Clue, NameHit, float]


def homes(index: Index, clues: Mapping[int, Clue], known: Container[Fact]) -> Iterator[Told]:
    """Yield the whole addresses that no name or postcode has made use of; `known` are the facts that have been."""
    for clue in list(clues.values()):
        for fact in clue.facts if not clue.thin else ():
            if fact.kind is EvidenceKind.POSTCODE and fact not in known:
                yield from _doors(index, clue, fact)
            if fact.kind is not EvidenceKind.ADDRESS or not 0 < len(fact.persons) <= _MOST or fact in known:
                continue
            text = clue.segment.text
            whole = [p for p in fact.persons if _whole(index.pupils[p].address, text, fact.start)]
            at_home = whole or [p for p in fact.persons if not _elsewhere(index, p, text, fact)]
            if at_home:
                hit = NameHit(((fact.start, fact.end),), _NOBODY, _NOBODY, tuple(at_home), "home")
                yield clue, hit, weights.HOME if whole else weights.DOOR


def _doors(index: Index, clue: Clue, fact: Fact) -> Iterator[Told]:
    """Yield the pupils of a postcode at whose door a text stands: "12 ZZ9 9ZZ", "ZZ9 9ZZ, house 12", a row of both."""
    text, cells = clue.segment.text, clue.segment.cells
    doors = {text[cell.start : cell.end].strip().lower() for cell in cells}
    if not cells:
        before = _DOOR_BEFORE.search(text, max(0, fact.start - _DOOR_REACH), fact.start)
        doors.update(match[1].lower() for match in (before, _DOOR_AFTER.match(text, fact.end)) if match)
    at_home = [p for p in fact.persons if (door := _DOOR.match(index.pupils[p].address)) and door[1].lower() in doors]
    if 0 < len(at_home) <= _MOST:
        yield clue, NameHit(((fact.start, fact.end),), _NOBODY, _NOBODY, tuple(at_home), "home"), weights.HOME


def _elsewhere(index: Index, person: int, text: str, fact: Fact) -> bool:
    """Return whether a text says by town, postcode or flat that a house is not the home of a pupil with such a one."""
    pupil = index.pupils[person]
    town = _TOWN.match(text, fact.end)
    if town and not set(words_of(town[1])) & set(words_of(pupil.address)):
        return True  # where the house is all there is, a town that the roll does not know tells as much
    return another_home((pupil.address, pupil.postcode), text, fact.start, fact.end, index.towns)


def _whole(address: str, text: str, start: int) -> bool:
    """Return whether a text goes on with the whole of an address of several parts, word for word."""
    words = words_of(address)
    return "," in address and words_of(text[start : start + len(address) + len(words)])[: len(words)] == words


def log_ins(
    index: Index,
    scope: Scope,
    clues: dict[int, Clue],
    segments: Sequence[Segment],
    sources: Sequence[Segment],
    taken: Taken,
    numbers: Mapping[int, Sequence[Region]],
) -> Iterator[Told]:
    """Yield the log-ins of a part made of an initial and a surname: those under a label, those of a list of them, those
    that end in a year ("aosei15"); `numbers` are the stretches of each segment around its numbers."""
    for at, regions in numbers.items():
        for match in _dated(segments[at].text, regions) if at not in clues or not clues[at].thin else ():
            persons = _owners(index, scope, match)
            if persons and not taken.touches(at, match.start(), match.end()):
                yield _told(clues, segments, sources, at, match, persons)
    listed: list[tuple[int, re.Match[str], tuple[int, ...]]] = []
    entries = 0
    spoken_of = _SPOTTER.spot([segment.text[: _LONGEST + 1] for segment in segments])
    for at, segment in enumerate(segments):
        text = segment.text
        if len(text) > _LONGEST or not (segment.cells or "\n" in text or text[:1].islower() or spoken_of[at]):
            continue  # as nearly all prose
        if at in clues and clues[at].thin:
            continue
        for match, labelled in _candidates(segment):
            if taken.touches(at, match.start(), match.end()) or (entries >= _MOST_ENTRIES and not labelled):
                continue
            persons = _owners(index, scope, match)
            if labelled and persons:
                yield _told(clues, segments, sources, at, match, persons)
            elif not labelled:
                entries += 1
                if persons:
                    listed.append((at, match, persons))
    if len(listed) >= _FEWEST and len(listed) >= _SHARE * entries:
        yield from (_told(clues, segments, sources, at, match, persons) for at, match, persons in listed)


def _dated(text: str, regions: Sequence[Region]) -> Iterator[re.Match[str]]:
    """Yield the words of small letters with two figures after or before them."""
    for low, high in regions:
        yield from _DATED.finditer(text, low, high)


def _speaks_of_log_ins(text: str) -> bool:
    """Return whether a text may hold a label of log-ins: a cheaper question than the pattern's."""
    return any(piece in text for piece in _PIECES)


def _candidates(segment: Segment) -> Iterator[tuple[re.Match[str], bool]]:
    """Yield the words that may be log-ins, and whether a label says that they are: the first of each line or of a row,
    those in a column of log-ins, those after a label."""
    text = segment.text
    if segment.cells:
        named = [cell for cell in segment.cells if _LABEL.search(cell.head)]
        for cell in named or segment.cells[:1]:
            if match := _filling(text, cell):
                yield match, bool(named)
        return
    if _speaks_of_log_ins(text):
        for label in _LABELLED.finditer(text):
            if match := _WORD.match(text, label.end()):
                yield match, True
    start = 0
    while start >= 0 and start < len(text):
        if text[start].islower() and (match := _WORD.match(text, start)):
            yield match, False
        start = text.find("\n", start) + 1 or -1


def _filling(text: str, cell: Cell) -> re.Match[str] | None:
    match = _WORD.match(text, cell.start)
    return match if match and not text[match.end() : cell.end].strip() else None


def _owners(index: Index, scope: Scope, match: re.Match[str]) -> tuple[int, ...]:
    """Return the pupils of an initial and a surname, if few and no member of staff has the surname."""
    token = index.tokens.get(fold(match[2].replace("-", "")))
    if token is None or not index.family_count[token]:
        return ()
    letter = match[1].lower()
    bearers = index.with_family(token, scope)
    if any(not index.is_pupil(person) and not index.is_contact(person) for person in bearers):
        return ()
    found = [p for p in bearers if index.is_pupil(p) and letter in initials_of(index.pupils[p])[0]]
    return tuple(found) if len(found) <= _MOST else ()


def _told(
    clues: dict[int, Clue],
    segments: Sequence[Segment],
    sources: Sequence[Segment],
    at: int,
    match: re.Match[str],
    persons: tuple[int, ...],
) -> Told:
    segment = segments[at]
    clue = clues.get(at)
    if clue is None:
        words = Words(segment.text, False, [(0, len(segment.text))])
        clue = clues[at] = Clue(at, segment, sources[at], words, [], [], [], "\n" in segment.text)
    hit = NameHit((match.span(),), _NOBODY, _NOBODY, persons, "narrowed")
    return clue, hit, weights.LOG_IN
