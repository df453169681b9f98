"""What the columns of a table hold, by their headings: pupils' names, grown-ups' names, places, personal data.

A table row is one segment whose cells carry their headings. Names are taken only from cells that may hold a pupil's
name; a surname and a forename join across cells when their headings (or their being alone in neighbouring cells of a
table without headings) say so.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from mailguard.model import Cell, Segment
from mailguard.recognise.strength import public_words

_FAMILY = re.compile(
    r"^\W*(?:(?:legal|preferred|chosen|pupil|student|child)(?:'?s)?\s+)?(?:sur\s?name|last\s?name|family\s?name|"
    r"last\W*$)",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"^\W*(?:(?:legal|preferred|chosen|pupil|student|child)(?:'?s)?\s+)?(?:fore\s?names?|first\s?names?|"
    r"given\s?names?|known as|preferred name|first\W*$)",
    re.IGNORECASE,
)
_ADULT = re.compile(
    r"\b(?:parents?|carers?|mother|father|mum|dad|guardian|contacts?|teachers?|tutors?|staff|gp|doctor|dr|author|"
    r"emergency|next of kin|"
    r"head\s?teacher|reported by|entered by|recorded by|logged by|key\s?worker|social worker|senco|coach|"
    r"lead(?:er)?s?|managers?|witness(?:es)?|payers?|drivers?|escorts?|invigilators?|supervisors?|examiners?|"
    r"assessors?|"
    r"practitioners?|referrers?|moderators?|therapists?|mentors?|counsellors?|advis[eo]rs?|instructors?|trainers?|"
    r"signatory|signed|lives with|collected|(?:picked up|dropped off|taken) by)\b|\bby\W*$",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:address|street|road|town|city|county|school|class|form|reg(?:istration)?|house|club|subject|post\s?code|"
    r"e-?mail|group|team|venue|"
    r"location|room|book|destination|route|stop)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b(?:names?|pupils?|students?|child(?:ren)?|learners?|surname|candidate)\b", re.IGNORECASE)
_PERSONAL = re.compile(
    r"\b(?:d\.?o\.?b|date of birth|birth|address|post\s?code|phone|mobile|tel|telephone|e-?mail|upn|uln|uci|nhs|gp|"
    r"doctor|medical|medication|"
    r"allerg\w*|diet\w*|sen|send|sen status|ehcp|fsm|free school meals?|pupil premium|pp|balance|owed|owing|paid|"
    r"due|amount|arrears|"
    r"consent|permission|attendance|absen\w*|late|lates|marks?|grades?|level|attainment|progress|target|effort|"
    r"predicted|scaled score|"
    r"score|reading age|spelling age|percentage|behaviour|incidents?|sanction|detentions?|exclusions?|suspensions?|"
    r"concerns?|safeguarding|"
    r"emergency|next of kin|ethnic\w*|religion|nationality|first language|home language|eal|looked after|lac|cin|cp|"
    r"need|needs|diagnosis|"
    r"condition|inhaler|working at|test|exam|mock|score|"
    r"cand(?:idate)? no|arrangements?|reason|because|provision|intervention|support|admission no|adno|passport|"
    r"benefits|"
    r"bursary)\b|%",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"^\s*(?:yes|no|y|n|true|false|[£€]\s?-?[\d,.]+|-?[\d,.]+\s?%|gbp\s?[\d,.]+)\s*$",
    re.IGNORECASE,
)


_MARKS = re.compile(
    r"(?<![^\W_])(?:scores?|results?|marks?|marksheets?|tests?|spellings?|assessments?|grades?|tracker)(?![^\W_])",
    re.IGNORECASE,
)
"""What a file or a sheet of marks is called, whose columns may be but weeks."""
_GAMES = re.compile(
    r"(?<![^\W_])(?:house|league|goals?|match(?:es)?|fixtures?|cup|races?|sports?|tournament|competition|games?|quiz|"
    r"football|netball|rugby|hockey|cricket|athletics|swimming|gala|cross[- ]country)(?![^\W_])",
    re.IGNORECASE,
)
_MARK = re.compile(r"\d{1,3}(?:\.\d)?(?:\s?/\s?\d{1,3})?")
_FEW_MARKS = 2
_BENIGN_WORDS = """
    in the of and or to at on for starting stage squad team shirt bib seat coach bus house year age pick drop off up
    start end finish no number nr date day time room venue place position part role character costume lane table row
    starts ends begins finishes
    captain class form group yr nc reg registration tutor set stream event race distance discipline stall dish
    instrument song piece book title subject club activity session week slot period term school department job duty
    shift colour color pupil student child name first surname forename last full known as partner buddy board round
    fixture opponent result score winner prize award points certificate badge nomination nominated why reason message
    value order s id pupils students children names numbers dates times teams houses places parts roles groups events
    winners prizes awards clubs activities w d l p pts pld gd
    lesson lessons vote votes size hoodie hoody t jumper polo kit st nd rd runner up stand court pitch heat lap laps
    microphone prop props entrance cue chair pose photo picture page line lines verse verses
"""
_BENIGN = frozenset(_BENIGN_WORDS.split())
_OFFICE_WORDS = """
    role part character duty job costume dress instrument piece song music item act scene stall event project exhibit
    work poem reading painting picture sculpture recipe dish ambassador champion
    monitor prefect shows speech topic debate house team position
"""
_OFFICES = frozenset(_OFFICE_WORDS.split())
_PLAIN_WORDS = """

    stage squad team shirt bib seat coach bus position part role character costume lane stream event race discipline
    stall dish instrument song activity session slot job duty shift partner buddy round fixture opponent winner prize
    award badge nominated order locker peg tray room table group set house row point ticket raffle number candidate
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())
_LINKS = frozenset({"for", "of", "the", "a", "in", "and", "or", "as", "at", "to", "her", "his"})
_OF_OFFICE = re.compile(r"\b(?:ambassador|champion|monitor|prefect)s?\b", re.I)
_WHY = re.compile(r"\b(?:why|reasons?|because)\b", re.IGNORECASE)
_HONOUR = re.compile(
    r"\b(?:awards?|badge|certificates?|medal|prizes?|nominat\w+|winners?|stars?|votes?|colours)\b", re.IGNORECASE
)
_REMARK = re.compile(r"\b(?:notes?|comments?|remarks?|concerns?|feedback|action)\b", re.IGNORECASE)
_ROLE = re.compile(r"^\W*(?:role|job|job title|post|department|responsibility)\W*$", re.IGNORECASE)


class Column(Enum):
    """What a column may hold for the purpose of names."""

    FAMILY = "family"
    GIVEN = "given"
    NAME = "name"
    ADULT = "adult"
    PLACE = "place"
    OTHER = "other"


@lru_cache(maxsize=4096)
def column_of(head: str) -> Column:
    """Return what a column with this heading holds."""
    if _ADULT.search(head):
        return Column.ADULT
    if _FAMILY.match(head):
        return Column.FAMILY
    if _GIVEN.match(head):
        return Column.GIVEN
    if _PLACE.search(head):
        return Column.PLACE
    return Column.NAME if _NAME.search(head) else Column.OTHER


@lru_cache(maxsize=4096)
def personal_head(head: str) -> bool:
    """Return whether a column with this heading holds data that makes its row a record."""
    return bool(_PERSONAL.search(head))


def staff_row(segment: Segment) -> bool:
    """Return whether a row has a column for somebody's job: it lists grown-ups."""
    return any(_ROLE.match(cell.head) for cell in segment.cells)


def cell_at(segment: Segment, offset: int) -> Cell | None:
    """Return the cell that holds an offset of a row, if any."""
    for cell in segment.cells:
        if cell.start <= offset < cell.end:
            return cell
    return None


@lru_cache(maxsize=4096)
def benign_head(head: str) -> bool:
    """Return whether a column with this heading says nothing private of whoever stands in its row: a class, a shirt
    number, a part in a play, a time."""
    words = re.findall(r"[^\W\d_]+", head.lower())
    return _BENIGN.issuperset(words) or column_of(head) in (Column.FAMILY, Column.GIVEN)


@lru_cache(maxsize=4096)
def _public_head(head: str) -> bool:
    """Return whether a heading is of what a school does in public ("Workshop time", "Concert date")."""
    words = re.findall(r"[^\W\d_]+", head.lower())
    return bool(words) and all(word in _BENIGN or public_words(word) for word in words)


@lru_cache(maxsize=4096)
def office_head(head: str) -> bool:
    """Return whether a column with this heading holds what somebody does, plays or made, not what they are."""
    words = [word.removesuffix("s") for word in re.findall(r"[^\W\d_]+", head.lower()) if word not in _LINKS]
    return bool(words) and _OFFICES.issuperset(words)


def tells_offices(segment: Segment) -> bool:
    """Return whether a row has a column for what somebody does, plays or made."""
    return len(segment.cells) > 2 and any(office_head(cell.head) for cell in segment.cells)


def said_cells(segment: Segment) -> str:
    """Return the text of a row without the cells that hold what somebody does, plays or made."""
    offices = [cell for cell in segment.cells if office_head(cell.head)]
    if not offices:
        return segment.text
    honoured = any(_OF_OFFICE.search(cell.head) for cell in offices)
    kept = [
        segment.text[cell.start : cell.end]
        for cell in segment.cells
        if cell not in offices and not (honoured and cell.head.lower().strip(" :") in _LINKS)
    ]
    return " | ".join(kept)


def benign_words(text: str) -> bool:
    """Return whether a word of a heading says that a bare number beside a name is a seat, a place, a shirt, a part."""
    words = re.findall(r"[^\W\d_]{3,}", text.lower())
    return any(word in _PLAIN or word.removesuffix("s") in _PLAIN for word in words)


def said_in_cell(row: Segment, start: int, text: str) -> str:
    """Return what the cell around offset `start` of a row says, in `text`: the row's, or that without names."""
    cell = cell_at(row, start)
    return text[cell.start : cell.end] if cell else ""


def telling_row(segment: Segment, spans: tuple[tuple[int, int], ...]) -> bool:
    """Return whether a row under headings has something in a column that is not benign by its heading."""
    honours = any(_HONOUR.search(cell.head) for cell in segment.cells)
    for cell in segment.cells:
        benign = benign_head(cell.head) or _public_head(cell.head)
        benign = benign and (honours or not _WHY.search(cell.head))
        if benign or any(cell.start <= start < cell.end for start, _ in spans):
            continue
        if (column_of(cell.head) is not Column.ADULT or _REMARK.search(cell.head)) and segment.text[
            cell.start : cell.end
        ].strip():
            return True
    return False


def personal_row(segment: Segment, spans: tuple[tuple[int, int], ...]) -> bool:
    """Return whether a cell other than those of the name holds something personal: by its heading, by being a yes or
    no, an amount of money or a percentage, or by being one of several figures in a file or sheet of marks."""
    for cell in segment.cells:
        if any(cell.start <= start < cell.end for start, _ in spans):
            continue
        text = segment.text[cell.start : cell.end].strip()
        if text and (personal_head(cell.head) or _VALUE.match(text)):
            return True
    title = " ".join(segment.place)
    return bool(_MARKS.search(title)) and not _GAMES.search(title) and _figures(segment) >= _FEW_MARKS


def _figures(row: Segment) -> int:
    return sum(bool(_MARK.fullmatch(row.text[cell.start : cell.end].strip())) for cell in row.cells)
