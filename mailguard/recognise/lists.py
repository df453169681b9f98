"""Lists of pupils, a line or a row each: is an entry a record, or does it only name?

A list is about what the line above it says, or about what stands beside each name. Awards, casts and teams are
lists too. What tells them apart without knowing every word is what kind of thing stands there: money, a mark, a code or
words of one's own for each child is data; a seat, a shirt or a part in a play is not; a heading that says what the
children lack, owe or missed makes a record of a bare name.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from mailguard.model import Category, Cell, EvidenceKind, Segment, SegmentKind
from mailguard.recognise.categories import Topics, topics_of
from mailguard.recognise.clues import Clue, Naming
from mailguard.recognise.columns import benign_head, benign_words, cell_at
from mailguard.recognise.fold import words_of
from mailguard.recognise.frames import told, without_title
from mailguard.recognise.honours import honours, merits
from mailguard.recognise.news import for_all
from mailguard.recognise.part import PartView
from mailguard.recognise.speech import act_together
from mailguard.recognise.strength import lacks, praises, public_title, public_words

_LONGEST_LIST = 40
_LONGEST_TABLE = 400
_WORDS_OF_A_LIST_LINE = 3
_LONGEST_LEAD = 160
_CRY = 40
"""A line as short as this introduces a list even if it ends as a sentence does ("Raised so far, hooray!")."""
_FEW = 2
_ENTRY_HEAD = 14
_LABEL = re.compile(r"[^\W\d_]{3}\W*:\s*$")
_BLANKED = re.compile(r" {4,}")
_FOLLOWS = re.compile(r"\b(?:following|these|those|below|list(?:ed)?)\b|:", re.IGNORECASE)
_ENTRY = re.compile(
    r"^(?:\s*[(\[,]?\s*[\w./-]{1,12}\s*[)\]]?)?\s*(?:[:–—|\t]|,| - |-\s|\.\s)\s*(?P<said>[^\n]{6,})", re.IGNORECASE
)
_AWARD = re.compile(r"\s*(?:for|as|in|who (?:won|played)|plays|playing)\b", re.IGNORECASE)
_VALUES = re.compile(r"(?<![\w.])-?[£€]?\d+(?:[.:/]\d+)*%?(?![\w])|\b[A-U][+*-]?(?=\s|$)")
_MONEY = re.compile(r"[£€]\s?-?\d|\d\s?%")
_TIMES = re.compile(r"\d{1,2}[.:]\d\d\s*(?:am|pm)?|\d{1,2}\s*(?:am|pm)|\d{1,2}/\d{1,2}(?:/\d{2,4})?", re.IGNORECASE)
_SIGNED = re.compile(r"(?<=[.!?])\s+(?:[A-Z]{2}|FYI|ASAP|TBC|PTO|RSVP)\W*$")
_CODES = re.compile(r"\b(?:[A-Z]{2,5}|[A-Z][a-z]?[A-Z]{1,3})\b(?!\d)|\b(?=\w*\d)(?=\w*[a-z]{2})\w{5,}\b")
_SHORT_CODE = re.compile(r"[A-Z]{1,3}\d?[+*-]?|-?\d+(?:\.\d+)?[%+*-]?|[✓✗xX]|\d+\s?/\s?\d+")
_PIECES = re.compile(r"\s+(?![-/]\s?\d)")
_MOST_WORDS, _OF_A_CELL, _CLASS = 3, 0.6, 8
_BROKEN = 45
"""A line as long as this that ends within a sentence was broken by a mail program."""
_NEAR = 300
_ENDS = frozenset(".!?:;")
_OFFICES = re.compile(
    r"\b(?:jobs?|monitors?|helpers?|dut(?:y|ies)|rota|roles?|parts?|cast|programme|order of (?:service|play)|"
    r"readers?|readings|"
    r"who (?:does|plays|reads|is doing) (?:what|whom)|volunteers?|marshals?|stewards?|ushers?|officers?|"
    r"committee|contents|"
    r"running order|scenes?|acts?|line-?up|positions|responsibilities|takes? care of|looks? after|anthology|"
    r"exhibits)\b",
    re.IGNORECASE,
)
_GRADES = re.compile(
    r"\W{0,4}(?:(?:[1-9]|[A-EU]\*?|[MP]|Dist\*?)[ ,/|;\t-]{1,3}){2,}(?:[1-9]|[A-EU]\*?|[MP]|Dist\*?)(?!\w)"
)
_NUMBERED = re.compile(r"(?:row|table|page|line|sheet) \d+")
_CLASS_NOTE = re.compile(r"^\s*[(\[,]?\s*\w{1,4}[.\s-]?\w{0,10}\s*(?:[)\],:-]|$)")


def bare_entry(view: PartView, naming: Naming) -> Topics | None:
    """Return the topics of the line above a bare list of names, if that makes a record of each."""
    text = naming.clue.segment.text
    low, high = view.around.line(naming.clue.at, naming.hit.start, naming.hit.end)
    line = text[low : naming.hit.start] + " " + text[naming.hit.end : high]
    if small_words(line) > 1 or _LABEL.search(text[low : naming.hit.start]):
        return None
    lead = _lead(view, naming, low)
    if not lead or heads_honours(view, naming, lead):
        return None
    topics = told(lead, view.index.lexicon)
    valued = any(letter.isdigit() for letter in text[naming.hit.end : high])
    private = topics.sensitive()
    if not private and not public_words(f"{lead} . {view.title}"):
        private = topics.faint() or lacks(lead)
    elif not private and not public_words(lead):
        private = int(valued and topics.faint())
    return topics if private else None


def told_entry(view: PartView, naming: Naming) -> tuple[Topics, bool] | None:
    """Return the topics of an entry of a log or a list, one pupil a line, that says something of each: money, a mark,
    two values or more, or words after a dash or colon; and whether that is private by itself. What is not may be so
    all the same, if another entry of the list is."""
    text, hit = naming.clue.segment.text, naming.hit
    low, high = view.around.line(naming.clue.at, hit.start, hit.end)
    before, after = text[low : hit.start], _without_class(naming, high)
    if small_words(before) or len(before) > _ENTRY_HEAD or (not before and _broken(view, naming, low)):
        return None
    if act_together(view.around.quiet(naming.clue.at)[hit.end : high]):
        return None
    said = _ENTRY.match(text[hit.end : high])
    words = said["said"] if said else ""
    classed = after != text[hit.end : high] and len(after.split()) > 1
    rest = _SIGNED.sub("", after if classed else _CLASS_NOTE.sub("", after))
    lead = _lead(view, naming, low)
    title = title_of(naming.clue.segment)
    valued = len(_VALUES.findall(rest)) >= _FEW or bool(_CODES.search(rest) or _MONEY.search(rest))
    if small_words(words) < _FEW or _AWARD.match(words):
        valued = valued or _valued(rest, f"{title} {lead} {view.title}")
        if not valued:
            return None
    titles = (lead, title) if lacks(lead) else (lead, title, view.title)
    if any(map(public_title, titles)) or praises(after) or public_words(after):
        return None
    topics = topics_of(f"{title} . {lead} . {after}", view.index.lexicon)
    if for_all(view) and not (valued or topics.strong or lacks(lead)):
        return None
    if of_merit(view, naming):
        return None
    private = valued or lacks(lead) or topics.strong or topics.weak or _TIMES.search(before)
    return topics, bool(private or _private(view, words))


def heads_honours(view: PartView, naming: Naming, lead: str) -> bool:
    """Return whether the line above a list praises those under it, of whom nothing but name and class stands there."""
    if praises(lead):
        return True
    if any(letter.isdigit() for letter in _without_class(naming, _line_of(view, naming)[1])):
        return False
    return honours(lead, for_all(view), view.index.lexicon)


def of_merit(view: PartView, naming: Naming) -> bool:
    """Return whether a line begins with a name and praises its bearer, in a list that is called nothing private."""
    place = naming.clue.at, naming.hit.start, naming.hit.end
    if place not in view.around.merits:
        view.around.merits[place] = _of_merit(view, naming)
    return view.around.merits[place]


def _of_merit(view: PartView, naming: Naming) -> bool:
    low, high = _line_of(view, naming)
    if naming.clue.segment.text[low : naming.hit.start].strip(" \t*•-"):
        return False
    called = f"{title_of(naming.clue.segment)} . {lead_of(view, naming)} . {view.title}"
    return merits(_without_class(naming, high), called, view.index.lexicon)


def graded(view: PartView, naming: Naming) -> bool:
    """Return whether grades stand after a name under a subject that speaks of results, and of nothing public."""
    if not _GRADES.match(naming.clue.segment.text, naming.hit.end) or public_words(view.title):
        return False
    return Category.ATTAINMENT in topics_of(view.title, view.index.lexicon).all()


def _private(view: PartView, words: str) -> bool:
    """Return whether the words of an entry are of somebody's troubles or own life; "held the gate" is neither."""
    found = words_of(words)
    return view.index.lexicon.tones(found)[0] > 0 or view.index.lexicon.private_words(found) > 0


def _broken(view: PartView, naming: Naming, low: int) -> bool:
    """Return whether the line of a name goes on a sentence of the line above, which a mail program broke."""
    above = naming.clue.segment.text[max(0, low - _NEAR) : max(0, low - 1)].rpartition("\n")[2].rstrip()
    return len(above) > _BROKEN and (above[-1].islower() or above[-1] == ",") and small_words(above) > _FEW


def own_words(view: PartView, naming: Naming) -> str | None:
    """Return what a name's line says if it is one of several of a list that begin or end with a name, else None.

    Each such line speaks for itself alone, and a sentence does not go on from one to the next; of "Prison doctor: Ama
    Osei" under "Cast", and of the title of what she wrote, nothing is said of her."""
    place = naming.clue.at, naming.hit.start, naming.hit.end
    if place not in view.around.own_words:
        view.around.own_words[place] = _own_words(view, naming)
    return view.around.own_words[place]


def _own_words(view: PartView, naming: Naming) -> str | None:
    text, (low, high) = view.around.quiet(naming.clue.at), _line_of(view, naming)
    before, after = text[low : naming.hit.start], text[naming.hit.end : high]
    first = naming.clue.lines and small_words(before) <= 1 and len(before) <= _ENTRY_HEAD
    last = len(after.strip(" .,;:!)")) <= _CLASS
    if not first and not last:
        return None
    above, below = _neighbours(view, naming, low, high)
    if below and below[0][:1].islower() and text[low:high].rstrip()[-1:] not in _ENDS:
        return None  # a mail program broke the line
    lines = [*above, *below]
    ends = sum(bool(_BLANKED.search(line[-4 - _CLASS :])) for line in lines) if last else 0
    if not ends and not (first and any(_BLANKED.search(line[: _ENTRY_HEAD + 4]) for line in (*above[:1], *below[:1]))):
        return None
    lead = lead_of(view, naming)
    honour = f"{lead} . " if praises(lead) else ""
    if before.strip(" -*•\t") and not after.strip(" .,;:!)"):
        title = f"{lead} . {title_of(naming.clue.segment)} . {view.title}"
        if public_words(title) or praises(title) or _OFFICES.search(title):
            return honour + after
        if not first and ends < _FEW:
            return None
        return honour + without_title(before)
    if not first and ends < _FEW:
        return None
    return honour + view.around.sentence(naming.clue.at, naming.hit.start, naming.hit.end, (low, high))


def _neighbours(view: PartView, naming: Naming, low: int, high: int) -> tuple[list[str], list[str]]:
    """Return up to two lines above a name's, nearest first, and below it, names blanked out; of a line with the same
    name nothing is left, because a list names another on each."""
    at, hit = naming.clue.at, naming.hit
    own = naming.clue.segment.text[hit.start : hit.end].partition(" ")[0].strip(",").lower()
    above = _filled(view, at, max(0, low - _NEAR), low, own)[::-1][:_FEW]
    below = _filled(view, at, high + 1, high + _NEAR, own)[:_FEW]
    for step in (1, 2):
        if len(above) < _FEW and at >= step and not view.segments[at - step].cells:
            size = len(view.segments[at - step].text)
            above += _filled(view, at - step, max(0, size - _NEAR), size, own)[::-1][: _FEW - len(above)]
        if len(below) < _FEW and at + step < len(view.segments) and not view.segments[at + step].cells:
            below += _filled(view, at + step, 0, _NEAR, own)[: _FEW - len(below)]
    return above, below


def _filled(view: PartView, at: int, low: int, high: int, own: str) -> list[str]:
    found = []
    quiet = view.around.quiet(at)
    for line in view.segments[at].text[low:high].split("\n"):
        if line.strip():
            found.append("" if own in line.lower() else quiet[low : low + len(line)])
        low += len(line) + 1
    return found


def lead_of(view: PartView, naming: Naming) -> str:
    """Return the line above a run of entries that introduces them, or nothing."""
    return _lead(view, naming, _line_of(view, naming)[0])


def _line_of(view: PartView, naming: Naming) -> tuple[int, int]:
    return view.around.line(naming.clue.at, naming.hit.start, naming.hit.end)


def _valued(rest: str, title: str) -> bool:
    """Return whether an entry ends in one bare value that neither it nor the list's heading says to be harmless."""
    pieces = [piece.strip(" :.,;|\t-–—…_()") for piece in _PIECES.split(rest)]
    pieces = [piece for piece in pieces if piece]
    values = [piece for piece in pieces if _SHORT_CODE.fullmatch(piece) and not _TIMES.fullmatch(piece)]
    if not values or len(pieces) > len(values) + _MOST_WORDS:
        return False
    return not benign_words(f"{rest} {title}")


def _without_class(naming: Naming, high: int) -> str:
    """Return what stands after a name in its line, a class blanked out."""
    text, end = naming.clue.segment.text, naming.hit.end
    after = text[end:high]
    for fact in naming.clue.facts:
        if fact.kind is EvidenceKind.CLASS and end <= fact.start and fact.end <= high:
            after = after[: fact.start - end] + " " * (fact.end - fact.start) + after[fact.end - end :]
    return after


def _lead(view: PartView, naming: Naming, low: int) -> str:
    """Return the line above a run of entries, if it introduces them: the nearest line that names nobody."""
    place = naming.clue.at, low
    lead = view.around.leads.get(place)
    if lead is None:
        lead = view.around.leads[place] = _introduction(view.around.quiet_before(*place))
    return lead


def _introduction(lines: Iterator[str]) -> str:
    for line in islice(lines, _LONGEST_LIST):
        if _names_somebody(line):
            continue
        line = line.strip()
        above = next(lines, "").strip()
        if above and above[-1] not in ".!?:" and not _BLANKED.search(above):
            line = f"{above} {line}"  # a line that the mail program broke
        leads = line[-1] not in ".!?" or len(line) < _CRY or introduces(line)
        return line if len(line) < _LONGEST_LEAD and leads else ""
    return ""


def introduces(line: str) -> bool:
    """Return whether a line says that something follows."""
    return bool(_FOLLOWS.search(line))


@lru_cache(maxsize=1 << 10)
def _names_somebody(line: str) -> bool:
    """Return whether a line whose names are blanked out is an entry of a list, not what introduces one."""
    if _BLANKED.search(line):
        return True
    return small_words(line) < _FEW and any(c.isdigit() for c in line) and not lacks(line)


def first_row(view: PartView, at: int) -> Segment | None:
    """Return the first row of a table whose reader took it for no heading; it may be one all the same."""
    row = view.segments[at]
    if any(cell.head for cell in row.cells):
        return None
    first = max(view.around.table_of(at), at - _LONGEST_TABLE)
    return view.segments[first] if first < at and len(view.segments[first].cells) == len(row.cells) else None


def bare_row(view: PartView, naming: Naming) -> bool:
    """Return whether a row without headings has a mark, an amount or a code beside the name, and nothing calls the
    table one of teams, seats or the like."""
    if len(naming.clue.segment.cells) < _FEW:
        return False
    cells = view.around.bare.get(naming.clue.at)  # once a row, since it may name a thousand
    if cells is None:
        cells = view.around.bare[naming.clue.at] = list(_bare_cells(view, naming.clue))
    return any(not any(cell.start <= start < cell.end for start, _ in naming.hit.spans) for cell in cells)


def _bare_cells(view: PartView, clue: Clue) -> Iterator[Cell]:
    """Yield the cells of a row without headings that hold a mark, an amount, a code or what is told at length."""
    segment = clue.segment
    title = f"{title_of(segment)} . {view.title}"
    if any(cell.head for cell in segment.cells) or praises(title) or public_words(title):
        return
    first = first_row(view, clue.at)
    heads: dict[str, str] = {}
    if first and not any(letter.isdigit() for letter in first.text):
        heads = {cell.column: first.text[cell.start : cell.end] for cell in first.cells}
        title = f"{title} . {first.text}"
    titled = benign_words(title)
    classes = sorted(fact.start for fact in clue.facts if fact.kind is EvidenceKind.CLASS)
    for cell in segment.cells:
        if cell.column in heads and benign_head(heads[cell.column]):
            continue
        text = segment.text[cell.start : cell.end].strip()
        if bisect_left(classes, cell.start) < bisect_left(classes, cell.end) or _TIMES.fullmatch(text):
            continue
        told = _MONEY.search(text) or (not titled and _valued(text, ""))
        if told or (small_words(text) >= _WORDS_OF_A_LIST_LINE and not praises(text) and not public_words(text)):
            yield cell


def fills_cell(naming: Naming) -> bool:
    """Return whether a name is most of what stands in its cell of a table."""
    cell = cell_at(naming.clue.segment, naming.hit.start) if naming.clue.segment.cells else None
    return cell is not None and (naming.hit.end - naming.hit.start) > _OF_A_CELL * (cell.end - cell.start)


def alternate(naming: Naming) -> bool:
    """Return whether a name stands in a table that is given again as text."""
    segment = naming.clue.segment
    return segment.kind is SegmentKind.ALTERNATE and not segment.cells and segment.place[-1].startswith("row ")


def title_of(segment: Segment) -> str:
    """Return what a text is called by its place: file, sheet, page."""
    return _title_of(segment.place)


@lru_cache(maxsize=1 << 8)
def _title_of(place: tuple[str, ...]) -> str:
    return " . ".join(re.sub(r"[_.-]", " ", step) for step in place if not _NUMBERED.fullmatch(step))


@lru_cache(maxsize=1 << 8)  # lines of one list, asked for again and again; those of other mail would only be kept
def small_words(line: str) -> int:
    """Count the words of a line that are written small: what is left when names, classes and bullets are taken away."""
    count = 0
    for word in line.split():
        if len(word) > 2 and word[0].islower():
            count += 1
            if count > _WORDS_OF_A_LIST_LINE:
                break  # more make no difference
    return count
