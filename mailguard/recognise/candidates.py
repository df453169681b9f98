"""Candidate numbers without a label: four figures in a message about exams, where a name would stand.

"7012 - 25% extra time", "special consideration for 7012", a column headed "No." beside marks. What has the number of a
room, a page, a paper or a year is none, and the roll must have the number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailguard.model import EvidenceKind, Segment
from mailguard.recognise.columns import cell_at
from mailguard.recognise.facts import Fact
from mailguard.recognise.fold import Region
from mailguard.recognise.index import Index, Scope

_NUMBER = re.compile(r"(?<![\w/.,:£$€#+-])(?<![£$€] )\d{4}(?![\w/]|[.,:-]\d|%)")
_YEAR = re.compile(r"19[5-9]\d|20[0-4]\d")
_EXAMS = re.compile(
    r"\b(?:gcses?|a[- ]?levels?|exams?|examinations?|mocks?|special consideration|access arrangements?|extra time|"
    r"scribe|rest breaks?|coloured overlay|reviews? of marking|re-?marks?|re-?sits?|candidates?|cand|jcq|nea|"
    r"coursework|malpractice|invigilat\w+|btec|higher tier|foundation tier|grades?|marks?|ear|results? day|ucas)\b",
    re.IGNORECASE,
)
_OTHER_BEFORE = re.compile(
    r"\b(?:rooms?|pages?|codes?|units?|components?|papers?|spec\w*|aqa|edexcel|ocr|wjec|eduqas|pearson|centres?|"
    r"ref\w*|invoices?|orders?|ext\w*|tel|phone|pin|year|since|until|in|at|to|about|over|nearly|around|of the|total|"
    r"raised|sold)"
    r"\W{0,3}$",
    re.IGNORECASE,
)
_OTHER_AFTER = re.compile(
    r"[ \u00a0](?:pupils|students|people|children|words|points|miles|metres|m|km|am|pm|hours|hrs|books|steps|pounds|"
    r"tickets|copies|seats|and \d{4})\b|[ \u00a0]?[-–][ \u00a0]?\d{4}\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?:^|\n)[ \t>*•-]*(?:\d{1,2}[.)][ \t])?$|\b(?:for|re|regarding|by|from|that|and|on behalf of)[ \u00a0]$|"
    r"[,;(|\t][ ]?$"
)
_HEAD = re.compile(r"^\W*(?:no|nos|number|num|cand\w*|student|pupil|exam no|exam number|id)\b", re.IGNORECASE)
_REACH = 40


def candidate_numbers(
    segment: Segment, index: Index, scope: Scope, regions: Sequence[Region], known: Sequence[Fact], title: str
) -> Iterator[Fact]:
    """Yield the candidate numbers of the roll that stand in a segment about exams without a label; `known` are the
    facts that were found already, `title` is the message's subject."""
    text = segment.text
    for low, high in regions:
        for match in _NUMBER.finditer(text, low, high):
            persons = () if _YEAR.fullmatch(match[0]) else index.owners(EvidenceKind.CANDIDATE, match[0], scope)
            if not persons or any(fact.start <= match.start() < fact.end for fact in known):
                continue
            if _in_place(segment, match) and (_EXAMS.search(text) or _EXAMS.search(title) or _heads(segment)):
                yield Fact(EvidenceKind.CANDIDATE, *match.span(), match[0], tuple(persons), True)


def _in_place(segment: Segment, match: re.Match[str]) -> bool:
    """Return whether a number stands where a candidate's name would."""
    text, (start, end) = segment.text, match.span()
    cell = cell_at(segment, start) if segment.cells else None
    if cell is not None:
        filled = len(text[cell.start : cell.end].strip()) == end - start
        return filled and (not cell.head or bool(_HEAD.search(cell.head)))
    before = text[max(0, start - _REACH) : start]
    return bool(_PLACE.search(before)) and not _OTHER_BEFORE.search(before) and not _OTHER_AFTER.match(text, end)


def _heads(segment: Segment) -> bool:
    """Return whether a column of a row speaks of exams."""
    return any(_EXAMS.search(cell.head) for cell in segment.cells)
