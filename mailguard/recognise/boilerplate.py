"""What stands in every message of a school whatever it is about: signatures, footers, disclaimers, courtesies.

"Attendance Officer" under a name is no child's attendance, and "this message is confidential" no secret of the child
whose part in the play it tells of. What is found here is blanked out before it is asked what a text says of a pupil;
names, numbers and addresses were taken from it by then. Whatever names a pupil or says he or she is none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mailguard.model import Category, Segment, SegmentKind
from mailguard.recognise.categories import topics_of
from mailguard.recognise.lexicon import Lexicon
from mailguard.recognise.phrases import Reach
from mailguard.recognise.roles import has_job
from mailguard.recognise.speech import says_he_or_she, sentence_ends

Spans = Sequence[tuple[int, int]]

_TEXTS = frozenset({SegmentKind.BODY, SegmentKind.HEADER, SegmentKind.NOTE})
_ENDS_MAIL = re.compile(
    r"\s*(?:(?:with )?(?:(?:kind|kindest|best|warm|warmest|many|very|my) )*(?:regards|wishes|thanks|rgds)|"
    r"yours (?:sincerely|faithfully|truly|ever)|sincerely|faithfully|thank you(?: (?:so|very) much)?|thanks|thanx|"
    r"cheers|all the best|best|take care|with thanks|ta|kr|bw|rgds|(?-i:--))"
    r"(?: (?:again|in advance|for your (?:help|support|time)|and (?:best wishes|kind regards)))?"
    r"(?:,? ?(?:[A-Z][\w.’'-]*\.?[ ,]*){0,3})[\s,.!-]*",
    re.IGNORECASE,
)
_SAYS_MORE = re.compile(
    r"\W*(?:-{3,}|_{3,}|ps?\b\.?s?\b|from:|sent:|to:|cc:|subject:|on .{5,80} wrote|begin forwarded|>|re:|n\.?b\b)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:\S+\s+){3,}\S*[.?]\W*")
_WHOSE = re.compile(
    r"[A-Z][\w.’'-]*(?: (?:[A-Z][\w.’'-]*|de|van|der|al|bin)){0,3}(?: \((?:she|he|they)\W[^)]{0,20}\))?,?"
)
_TITLED = re.compile(r"(?:Mrs?|Ms|Miss|Mx|Dr)\.? (?:[A-Z]\.? ?){0,2}[A-Z][\w’'-]+(?:,? (?:Year|Class|Y) ?\w{1,8})?\W*")
_OF_TITLES = frozenset("MD")
_LINE = re.compile(r"(?<=\n)\W*(?-i:[A-Z])")
_REACHES_US = re.compile(
    r"(?:(?:(?:tel(?:ephone)?|phone|mob(?:ile)?|[tmewf]|fax|e-?mail|web(?:site)?|direct(?: line| dial)?|"
    r"(?:main |school )?office|ext(?:ension)?|switchboard|reception|absence line|twitter|facebook|instagram)\.?"
    r"(?: no\.?)?\s*[:.|-]?\s*)?"
    r"(?:\+?[(\d][\d ()-]{5,}(?:\s*(?:ext|x|option)\.? ?\d+)?|[^\s@|]+@[^\s@|]+|(?:https?://|www\.)[^\s|]+)"
    r"[\s|,;/•·]*)+",
    re.IGNORECASE,
)
_SCHOOL = re.compile(
    r"(?:[A-Z0-9][\w.'’&-]*[ ,|–-]+|(?:of|the|and|for|in|on|upon)\s){1,12}"
    r"(?:School|Academy|College|Nursery|Federation|Trust|Primary|Juniors?|Infants?)\b"
    r"(?:[ ,|–-]+(?:[A-Z0-9][\w.'’&-]*|of|the|and|for|in|on|upon))*[\s,|.]*"
)
_OF_ONE = re.compile(
    r"\b(?:was|were|been|had|is on|now|since|again|yesterday|today|diagnosed|removed|excluded|suspended|takes|mum|dad|"
    r"mother|father|carer|placed|came|hit|rang|threw|bit|told|said|seen|collapsed|threatened|lives|living|"
    r"this (?:term|week|year|morning)|last (?:term|week|year|night)|"
    r"on (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b|\d ?%",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"\W*[,:;–-]\s[^\n]*?\b(?:mum|dad|mother|father|gran\w*|carers?|parents|lives|living|moving|"
    r"leaving|no longer|cannot|can['’]?t|not|never|smells?|dirty|owes?|wets|hits?)\b",
    re.IGNORECASE,
)
_NOT_SIGNED = re.compile(
    r"\d ?%|[£€] ?\d|\b\dy\b|\b(?:reads|reading|spelling|attendance|lives|living|phone home|year old|mum|dad|gran|"
    r"mother|father|cannot|owes?)\b",
    re.IGNORECASE,
)
_OF_ANY = re.compile(
    r"\b(?:an?|any|every|each|your|our|all) (?:(?:vulnerable|young) )?(?:child|pupil|student|person|adult|family)\b"
    r"(?! (?:protection|in need|and family))|"
    r"(?<!\bother )(?<!\bthe )\b(?:children|pupils|students|families|young people)\b|"
    r"\b(?:any|every)(?:one|body)\b|\bif you (?:have been|are|were)\b",
    re.IGNORECASE,
)
"""What happens to one child, and what is said of any: a footer speaks of the second alone."""
_LONGEST, _MOST_LINES, _SIGNATURE_LINES = 90, 14, 8
_BLANK_LINE = 2
_FEW = 2
_LONGEST_HEAD = 160
_ALONE = 3
"""A name above a job title is the writer's where no pupil is named in so many lines below."""


class _Line(NamedTuple):
    """A line of a part: its segment's number, where it stands in it, its words."""

    at: int
    start: int
    end: int
    text: str


def boilerplate(
    segments: Sequence[Segment], named: Mapping[int, Spans], lexicon: Lexicon
) -> dict[int, list[tuple[int, int]]]:
    """Return the stretches of a part's segments that are boilerplate; `named` are the places of pupils' names."""
    found: dict[int, list[tuple[int, int]]] = {}
    texts = [at for at, segment in enumerate(segments) if not segment.cells and segment.kind in _TEXTS]
    for number in lexicon.boilerplate.within([segments[at].text for at in texts]):
        at = texts[number]
        if spans := list(_said_by_all(segments[at].text, named.get(at, ()), lexicon)):
            found[at] = spans
    for line in _signed(list(_lines(segments)), named, lexicon):
        found.setdefault(line.at, []).append((line.start, line.end))
    return found


def _said_by_all(text: str, named: Spans, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """Yield the sentences of a text that hold a phrase, or that follow a disclaimer in its paragraph."""
    phrases = lexicon.boilerplate.find(text)
    if not phrases:
        return
    start, goes_on = 0, False
    for end, following in (*sentence_ends(text), (len(text), len(text))):
        of_these = [(place, reach) for place, reach in phrases if start < place <= end]
        low = start if goes_on or not of_these else _line_of(text, start, of_these[0][0])
        said = text[low:end]
        courteous = not goes_on and all(reach is Reach.COURTESY for _, reach in of_these)
        telling = says_he_or_she(said) or (courteous and topics_of(said, lexicon).sensitive())
        telling = telling or (bool(of_these or goes_on) and _tells_of_one(said, lexicon))
        telling = telling or any(
            _GOES_ON.match(text, place, end) for place, reach in of_these if reach is Reach.COURTESY
        )
        if telling or _touches(named, low, end):
            goes_on = False
        elif of_these or goes_on:
            yield low, end
            goes_on = goes_on or any(reach is Reach.DISCLAIMER for _, reach in of_these)
        goes_on = goes_on and text.count("\n", end, following) < _BLANK_LINE
        start = following


def _tells_of_one(said: str, lexicon: Lexicon) -> bool:
    """Return whether a sentence with a phrase tells, beside it, what befell one child ("Not monitored at home and has
    been on a protection plan since May"); one of a disclaimer does with any term, unless it speaks of any child."""
    if _OF_ANY.search(said):
        return False
    footer = any(reach is not Reach.DISCLAIMER for _, reach in lexicon.boilerplate.find(said))
    befell = bool(_OF_ONE.search(said))
    if footer and not befell:
        return False
    topics = topics_of(lexicon.boilerplate.without(said), lexicon)
    return bool(topics.sensitive() or (befell and topics.faint()))


def _line_of(text: str, start: int, place: int) -> int:
    """Return where a sentence with a phrase begins, or the line in it that begins anew, with a capital."""
    begins = [match.start() for match in _LINE.finditer(text, start, place)]
    return begins[-1] if begins else start


def _lines(segments: Sequence[Segment]) -> Iterator[_Line]:
    for at, segment in enumerate(segments):
        if segment.cells or segment.kind not in _TEXTS:
            continue
        start = 0
        for text in segment.text.split("\n"):
            if words := text.strip():
                yield _Line(at, start, start + len(text), words)
            start += len(text) + 1


def _signed(lines: Sequence[_Line], named: Mapping[int, Spans], lexicon: Lexicon) -> Iterator[_Line]:
    """Yield the lines of signatures: what stands below the words that end a letter, or a name above a job."""
    at = 0
    while at < len(lines):
        line = lines[at]
        below = at + 1
        if len(line.text) >= _LONGEST and line.text[0] not in _OF_TITLES:
            pass  # as nearly all prose
        elif len(line.text) < _LONGEST and _ENDS_MAIL.fullmatch(line.text) and not _names(named, line):
            below = at + 1 + _signature(lines[at + 1 : at + _MOST_LINES], named, lexicon)
            yield from lines[at:below]
        elif (has_job(line.text) or _TITLED.fullmatch(line.text)) and _is_signature(lines, at, named):
            first = at - 1 if at and _WHOSE.fullmatch(lines[at - 1].text) else at
            below = at + 1 + _signature(lines[at + 1 : at + _SIGNATURE_LINES], named, lexicon)
            yield from lines[first:below]
        elif _is_letterhead(lines, at, named, lexicon):
            yield line
        at = below


def _is_letterhead(lines: Sequence[_Line], at: int, named: Mapping[int, Spans], lexicon: Lexicon) -> bool:
    """Return whether a line is but a school's name and address, or how somebody is reached whom the line above does not
    name: under a name, or under words of contacts, a number is a child's."""
    line = lines[at]
    if len(line.text) > _LONGEST_HEAD or _names(named, line):
        return False
    if _SCHOOL.fullmatch(line.text):
        return True
    if not _REACHES_US.fullmatch(line.text):
        return False
    above = next((other for other in reversed(lines[:at]) if not _REACHES_US.fullmatch(other.text)), None)
    if above is None:
        return True
    introduces = above.text.endswith(":") or (
        _names(named, above) and sum(word[0].islower() for word in above.text.split()) < _FEW
    )
    return not introduces and Category.CONTACT not in topics_of(above.text, lexicon).all()


def _is_signature(lines: Sequence[_Line], at: int, named: Mapping[int, Spans]) -> bool:
    """Return whether a line with a job is that of whoever's name stands above or before it, and not one of a list."""
    near = lines[max(0, at - 1) : at + 1 + _ALONE]
    if any(_names(named, line) for line in near):
        return False
    if _TITLED.fullmatch(lines[at].text):
        return True
    own = re.split(r"\s*[|,–-]\s*", lines[at].text, maxsplit=1)
    return bool(at and _WHOSE.fullmatch(lines[at - 1].text)) or (len(own) > 1 and bool(_WHOSE.fullmatch(own[0])))


def _signature(lines: Sequence[_Line], named: Mapping[int, Spans], lexicon: Lexicon) -> int:
    """Return how many lines below the end of a letter, or below a job, are short and say nothing of their own."""
    for number, line in enumerate(lines):
        if (
            len(line.text) > _LONGEST
            or _names(named, line)
            or _SAYS_MORE.match(line.text)
            or _SENTENCE.fullmatch(line.text)
            or says_he_or_she(line.text)
            or (_NOT_SIGNED.search(line.text) and not has_job(line.text))
            or (topics_of(line.text, lexicon).sensitive() and not has_job(line.text))
        ):
            return number
    return len(lines)


def _names(named: Mapping[int, Spans], line: _Line) -> bool:
    return _touches(named.get(line.at, ()), line.start, line.end)


def _touches(named: Iterable[tuple[int, int]], start: int, end: int) -> bool:
    return any(low < end and start < high for low, high in named)
