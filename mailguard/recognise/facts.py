"""Find everything but names that speaks for a pupil: identifiers, dates of birth, postcodes, phones, e-mails, streets.

A fact is kept when the roll knows its value, or when it is a pupil number that the roll does not know. Labels
("DOB:", a column's head) are looked for just before the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from mailguard.model import EvidenceKind, Segment, SegmentKind
from mailguard.recognise.classes import MOST_OF_A_CLASS, class_key
from mailguard.recognise.columns import cell_at
from mailguard.recognise.dates import find_dates
from mailguard.recognise.details import find_addresses, find_emails, find_numbers, find_postcodes, phone_key
from mailguard.recognise.fold import Region, Words
from mailguard.recognise.identifiers import find_upns, nhs_fits, squash, uln_fits, upn_fits, upn_likely
from mailguard.recognise.index import Index, Scope

UNIQUE = frozenset(
    {
        EvidenceKind.UPN,
        EvidenceKind.ULN,
        EvidenceKind.NHS,
        EvidenceKind.UCI,
        EvidenceKind.ADMISSION,
        EvidenceKind.CANDIDATE,
    }
)
HOME = frozenset({EvidenceKind.POSTCODE, EvidenceKind.ADDRESS, EvidenceKind.PHONE, EvidenceKind.EMAIL})
_BIRTH = re.compile(r"\b(?:d\.?\s?o\.?\s?b|birth|born|birthday|birthdate|b\.)\W*(?:\w+\W+){0,2}$", re.IGNORECASE)
# About one letter and twelve figures in 23 fit a pupil number by chance: a word about children makes it one.
_UPN_WORDS = re.compile(
    r"\b(?:upns?|(?:unique )?(?:pupil|student|learner|child)(?:ren|s|'s)?|starters?|leavers?|transfer(?:red|s)?|"
    r"ctf|cme|admission|admitted|on roll|off roll|left us|joined us|previous school|new school)\b",
    re.IGNORECASE,
)
_UPN_LABEL = re.compile(
    r"\b(?:upns?|unique pupil (?:number|no|ref\w*))\W*(?:is\s+|no\.?\s+|number\s+)?$", re.IGNORECASE
)
_NUMBER_LABELS = {
    EvidenceKind.ULN: re.compile(
        r"\b(?:ulns?|unique learner (?:number|no|ref\w*)|learner (?:number|no|id))\W*(?:is\s+|no\.?\s+|number\s+)?$",
        re.IGNORECASE,
    ),
    EvidenceKind.NHS: re.compile(r"\bnhs\W*(?:no|num|number|id)?\W*(?:is\s+)?$", re.IGNORECASE),
}
_TEN_FIGURES = {EvidenceKind.ULN: uln_fits, EvidenceKind.NHS: nhs_fits}
_UPN_NAME = re.compile(r"\b[A-Z][a-z]+(?:[-'\u2019][A-Z][a-z]+)* [A-Z][a-z]+")
_UPN_BEFORE, _UPN_AFTER = 80, 60
_OTHER_NUMBER = re.compile(
    r"\b(?:(?<!pupil )(?<!student )(?<!child )(?<!learner )ref(?:erence)?|invoice|"
    r"order|account|acct|iban|serial|tracking|parcel|policy|licen[cs]e|vat|booking|purchase|po|isbn)\b"
    r"[^\n]{0,20}$",
    re.IGNORECASE,
)
_PUBLIC_LINE = re.compile(
    r"\b(?:helpline|hotline|switchboard|enquiries|reception|shop|surgery|clinic|customer service|support line|"
    r"box office|fax|office)\b[^.\n\d]{0,20}$",
    re.IGNORECASE,
)
_LABELS = {
    EvidenceKind.ADMISSION: re.compile(
        r"\b(?:adm(?:ission)?s?[\s.]*(?:no|num|number|ref|#)|ad\.?\s?no|(?:pupil|student|mis|sims)\s*(?:id|no|number|"
        r"ref(?:erence)?)|(?:pupil|student|learner|id)(?=\W{0,2}$))\W*$",
        re.IGNORECASE,
    ),
    EvidenceKind.CANDIDATE: re.compile(r"\b(?:cand(?:idate)?\s*(?:no|num|number)?)\W*$", re.IGNORECASE),
    EvidenceKind.UCI: re.compile(r"\buci\W*(?:no|number)?\W*$", re.IGNORECASE),
}
_CODE = re.compile(r"(?<![\w/])(?=[\w/-]{0,19}\d)[A-Za-z0-9][\w/-]{1,19}")
_BARE_LABEL = re.compile(r"(?:pupil|student|learner|id)\W*$", re.IGNORECASE)
_FIGURES_ALONE = 5
"""Figures of an admission number that a mere "pupil" or "ID" before it makes one: fewer may be a year or a count."""
_LABEL_WORDS = (
    "adm",
    "adno",
    "ad no",
    "ad. no",
    "pupil",
    "student",
    "learner",
    "mis",
    "sims",
    "cand",
    "uci",
    "id:",
    " id ",
)
_PIECE = re.compile(r"[^\W_]+")
_LETTER_AND_FIGURE = re.compile(r"(?=.*\d).*[^\W\d_]", re.DOTALL)
_CLASS_NUMBER = re.compile(r"\b[Cc]lass(?: no\.?)?[ \u00a0:-]{1,2}(\d{1,2})(?![\w/])(?!\.\d)")
_MOST_FIGURES, _MOST_PIECES = 2, 40
_NUMBERED_CLASS = re.compile(r"(?<![\w/])(?:[Yy](?:ear|r)?\s?)?\d{1,2}[\s-][A-Za-z]{1,14}(?![\w])")
_CLASS_LABELS = frozenset({"class", "form", "group", "tutor", "reg", "registration"})
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr"})
_OF_CLASSES = frozenset(
    {"class", "staff", "register", "team", "pupils", "children", "teacher", "ta", "tas", "group", "form", "room"}
    | {"parents", "families", "today", "news", "notes", "timetable", "list"}
)
_JOINED = frozenset({"of", "from"})
_SIGNS, _FAR = " \t\u00a0,.:;-–—|/()'’_", 6
_HEADING = re.compile(r"\s*(?::|\s[-–]\s)|[ \t*_.,]*(?:\r?\n|$)")
_LABEL_REACH = 40


class Fact(NamedTuple):
    """A value at `text[start:end]` and the pupils who have it; none for an unknown pupil number."""

    kind: EvidenceKind
    start: int
    end: int
    key: str
    persons: tuple[int, ...]
    labelled: bool


def find_sure(segment: Segment, index: Index, scope: Scope, region: Region) -> list[Fact]:
    """Return the facts of a stretch of a segment that nearly always mean one household: numbers, phones, addresses of
    e-mail. These are looked up in the whole roll, whatever the scope."""
    text = segment.text
    found: list[Fact] = []
    everybody = index.everybody
    if text.find("@", *region) >= 0:
        for start, end, key in find_emails(text, region):
            if key not in index.staff_names:
                found += _known(index, EvidenceKind.EMAIL, start, end, key, everybody)
    found += _numbers(text, region, index, everybody)
    return found


def find_facts(segment: Segment, index: Index, scope: Scope, region: Region) -> list[Fact]:
    """Return the facts of a stretch of a segment in no particular order."""
    text = segment.text
    found = find_sure(segment, index, scope, region)
    for start, end, key in find_postcodes(text, region):
        found += _known(index, EvidenceKind.POSTCODE, start, end, key, scope)
    for start, end, key in find_addresses(text, region):
        found += _known(index, EvidenceKind.ADDRESS, start, end, key, scope)
    for start, end, value in find_dates(text, region):
        before = _before(segment, start)
        labelled = ("b" in before or "B" in before) and bool(_BIRTH.search(before))
        persons = tuple(index.owners(EvidenceKind.DOB, value.isoformat(), scope))
        if persons or labelled:
            found.append(Fact(EvidenceKind.DOB, start, end, value.isoformat(), persons, labelled))
    found += _labelled_codes(segment, region, index, scope)
    return found


def _known(index: Index, kind: EvidenceKind, start: int, end: int, key: str, scope: Scope) -> tuple[Fact, ...]:
    persons = index.owners(kind, key, scope)
    if persons or (index.confidential and (kind.value, key) in index.confidential):
        return (Fact(kind, start, end, key, tuple(persons), False),)
    return ()


def _is_pupil_number(text: str, start: int, end: int) -> bool:
    """Return whether a number that fits is a pupil's: by its authority and year, or because a word about children or a
    name of two words stands near; and no label of some other number does."""
    before = text[max(0, start - _UPN_BEFORE) : start]
    if _OTHER_NUMBER.search(before):
        return False
    around = before + " " + text[end : end + _UPN_AFTER]
    return upn_likely(squash(text[start:end])) or bool(_UPN_WORDS.search(around) or _UPN_NAME.search(around))


def _numbers(text: str, region: Region, index: Index, scope: Scope) -> Iterator[Fact]:
    for start, end, upn in find_upns(text, region):
        persons = tuple(index.owners(EvidenceKind.UPN, upn, scope))
        labelled = bool(_UPN_LABEL.search(text[max(0, start - 24) : start]))
        if persons or labelled or upn_fits(upn):
            yield Fact(EvidenceKind.UPN, start, end, upn, persons, labelled or _is_pupil_number(text, start, end))
    for start, end, number in find_numbers(text, region):
        digits = squash(number)
        for kind, fits in _TEN_FIGURES.items() if len(digits) == 10 else ():
            if fits(digits):
                known = _known(index, kind, start, end, digits, scope)
                yield from known
                if not known and _NUMBER_LABELS[kind].search(text[max(0, start - _LABEL_REACH) : start]):
                    yield Fact(kind, start, end, digits, (), True)
        phones = _known(index, EvidenceKind.PHONE, start, end, key, scope) if (key := phone_key(number)) else ()
        if phones and not _PUBLIC_LINE.search(text[max(0, start - 40) : start]):
            yield from phones


def _before(segment: Segment, start: int) -> str:
    """Return the text in which a value's label stands: just before it, or its column's head."""
    for cell in segment.cells:
        if cell.start <= start < cell.end:
            return cell.head + " " + segment.text[cell.start : start]
    return segment.text[max(0, start - _LABEL_REACH) : start]


def _labelled_codes(segment: Segment, region: Region, index: Index, scope: Scope) -> Iterator[Fact]:
    text = segment.text
    if segment.kind is SegmentKind.FILE_NAME:
        yield from _class_within(index, scope, text, *region)
    first = -1 if segment.cells else _first_label(text, max(0, region[0] - _LABEL_REACH), region[1])
    for match in _CODE.finditer(text, *region):
        key = squash(match[0])
        before = _before(segment, match.start()) if match.start() > first else ""
        lowered = before.lower()
        if before and any(word in lowered for word in _LABEL_WORDS):
            for kind, label in _LABELS.items():
                persons = index.owners(kind, key, scope)
                found = label.search(before) if persons else None
                if found and (len(key) >= _FIGURES_ALONE or not _BARE_LABEL.match(found[0])):
                    yield Fact(kind, match.start(), match.end(), key, tuple(persons), True)
        if key in index.classes:
            yield from _class(index, match.start(), match.end(), key, scope)
        elif ("/" in match[0] or "-" in match[0] or key[0] == "Y") and not (key.isdecimal() and match[0].isascii()):
            yield from _class_within(index, scope, text, *match.span())
    for match in _NUMBERED_CLASS.finditer(text, *region):
        if (key := squash(match[0])) in index.classes:
            yield from _class(index, match.start(), match.end(), key, scope)
    if index.numbered_classes:
        yield from _class_numbers(index, scope, segment, region)


def _class(index: Index, start: int, end: int, key: str, scope: Scope) -> Iterator[Fact]:
    persons = index.owners(EvidenceKind.CLASS, key, scope, MOST_OF_A_CLASS)
    if persons:
        yield Fact(EvidenceKind.CLASS, start, end, key, tuple(persons), False)


def _class_within(index: Index, scope: Scope, text: str, low: int, high: int) -> Iterator[Fact]:
    """Yield the class that a word of letters, figures and strokes, or the name of a file, has beside other things
    ("4C/Ama", "Ama-4C", "11-W/AO", "Y4C", "Ama_4C_plan.pdf")."""
    pieces = list(_PIECE.finditer(text, low, high))[:_MOST_PIECES]
    for many in (2, 1):
        for first in range(len(pieces) - many + 1):
            start, end = pieces[first].start(), pieces[first + many - 1].end()
            code = text[start:end]
            if _LETTER_AND_FIGURE.match(code) and (key := class_key(code, index.classes)):
                yield from _class(index, start, end, key, scope)
                return


def _class_numbers(index: Index, scope: Scope, segment: Segment, region: Region) -> Iterator[Fact]:
    """Yield the classes that are called by a number: "Class 4", or "4" in a column of classes."""
    for match in _CLASS_NUMBER.finditer(segment.text, *region):
        yield from _class(index, *match.span(), f"CLASS{int(match[1])}", scope)
    for cell in segment.cells:
        value = segment.text[cell.start : cell.end].strip()
        if value.isdecimal() and len(value) <= _MOST_FIGURES and cell.head.strip(" :").lower() in _CLASS_LABELS:
            yield from _class(index, cell.start, cell.end, f"CLASS{int(value)}", scope)


def _first_label(text: str, low: int, high: int) -> int:
    """Return an offset before which no word of a label stands in a stretch of a text; its end if none does at all."""
    around = text[low:high].lower()
    places = [place for word in _LABEL_WORDS if (place := around.find(word)) >= 0]
    return low + min(places) if places and len(around) == high - low else low if places else high


def spent(homes: Sequence[Fact], start: int) -> bool:
    """Return whether an offset lies inside an address, a postcode or a known e-mail address."""
    return any(fact.start <= start < fact.end for fact in homes)


def class_words(index: Index, scope: Scope, segment: Segment, words: Words, others: Sequence[Fact]) -> Iterator[Fact]:
    """Yield the classes named by a word: "RA" in capitals, "Maple" alone on its line or in its cell, beside the word
    class, in brackets or beside a forename or an initial ("Ama from Maple", "Maple - Ama"), and those named by two,
    "Barn Owls"; `others` are the facts of numbers, of which a class that has one ("4 Maple") needs no other.

    Of classes called by two words the capitals are enough."""
    if index.class_firsts and not index.class_firsts.isdisjoint(words.keys):
        for place, pair in enumerate(pairwise(words.keys)):
            if pair in index.class_pairs and words.gap(place) in (" ", "\u00a0") and words.capital(place):
                start, end = words.starts[place], words.ends[place + 1]
                yield from _class(index, start, end, "".join(pair).upper(), scope)
    if index.class_words.isdisjoint(words.keys):
        return
    for place, key in enumerate(words.keys):
        if key not in index.class_words:
            continue
        start, end = words.starts[place], words.ends[place]
        if any(f.start <= start and end <= f.end for f in others if f.kind is EvidenceKind.CLASS):
            continue
        beside = {*words.keys[max(0, place - 1) : place], *words.keys[place + 1 : place + 2]}
        around = words.text[max(0, start - 1) : start] + words.text[end : end + 1]
        bracketed = around in ("()", "[]") or (words.capital(place) and _stands_apart(segment, start, end))
        plain = len(key) <= 3 and words.shouted(place)
        within = place > 0 and words.keys[place - 1] == "in"
        named = _beside_name(index, words, place) or (words.capital(place) and _within_text(index, words, place))
        if words.file or plain or bracketed or within or named or not beside.isdisjoint(_CLASS_LABELS):
            yield from _class(index, start, end, key.upper(), scope)


def _within_text(index: Index, words: Words, place: int) -> bool:
    """Return whether a word has its capital though no sentence begins with it and no name or thing goes on there; at
    the beginning of one, a word of school must follow ("Maple staff")."""
    after = words.keys[place + 1] if place + 1 < len(words) and words.gap(place) == " " else ""
    if after and words.capital(place + 1):
        return False
    before = words.text[: words.starts[place]].rstrip(" \t\u00a0\"'“‘([*_>-")
    if not before or before[-1] in ".!?:;\n":
        return after in _OF_CLASSES
    if not place or words.gap(place - 1) not in (" ", ". ") or not words.capital(place - 1):
        return True
    key = words.keys[place - 1]
    return key not in index.tokens and key not in _TITLES


def _beside_name(index: Index, words: Words, place: int) -> bool:
    """Return whether a forename of the roll or one letter stands beside a word, with no more than signs, "of", "from"
    or "'s" between."""
    return any(_names(index, words, place, step) for step in (-1, 1))


def _names(index: Index, words: Words, place: int, step: int) -> bool:
    other = place + step
    if step < 0 <= other and words.keys[other] in _JOINED:
        other += step
    if not 0 <= other < len(words) or not words.capital(other):
        return False
    first, last = sorted((place, other))
    gaps = "".join(words.gap(at) for at in range(first, last)).replace("'s", "'").replace("’s", "’")
    if gaps.strip(_SIGNS) or len(gaps) > _FAR or "\n" in gaps:
        return False
    token = index.tokens.get(words.keys[other])
    if len(words.keys[other]) == 2 and words.shouted(other):
        return True
    return len(words.keys[other]) == 1 or (token is not None and index.given_count[token] > 0)


def _stands_apart(segment: Segment, start: int, end: int) -> bool:
    """Return whether a word is all of its cell or line, or stands alone before a colon or dash at its start
    ("Maple: ")."""
    text = segment.text
    cell = cell_at(segment, start) if segment.cells else None
    if cell is not None:
        return len(text[cell.start : cell.end].strip()) == end - start
    before = text[text.rfind("\n", 0, start) + 1 : start].strip(" \t-•*>|")
    return not before and bool(_HEADING.match(text, end))
