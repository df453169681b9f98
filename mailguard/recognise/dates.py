"""Find dates in every British form: 3/3/15, 03.03.2015, 2015-03-03, 3rd March 2015, March 3, 2015, 03-Mar-15.

Two figures of a year are read as 2000-2030 or else 1931-1999, which suits dates of birth. A date that can only be
read month first (03/25/2015) is read so; one that can be read both ways is read day first, as the British do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from mailguard.recognise.fold import WHOLE, Region

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_IN_FIGURES = (
    r"(?P<y1>(?:19|20)\d\d)(?P<s1>[-/.])(?P<m1>\d{1,2})(?P=s1)(?P<d1>\d{1,2})"
    r"|(?P<d2>\d{1,2})(?P<s2>\s?[-/.]\s?)(?P<m2>\d{1,2})(?P=s2)(?P<y2>(?:19|20)\d\d|\d\d)"
    r"|(?P<d5>\d{1,2}) (?P<m5>\d{1,2}) (?P<y5>(?:19|20)\d\d)"
)
_IN_WORDS = (
    rf"(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of\s+|[\s./-]*)(?P<m3>{_MONTH})[\s.,/'’-]*(?P<y3>(?:19|20)\d\d|\d\d)"
    rf"|(?P<m4>{_MONTH})[\s.]*(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?[\s,]+(?P<y4>(?:19|20)\d\d)"
)
_RUN = r"(?P<y6>20[0-3]\d)(?P<m6>[01]\d)(?P<d6>[0-3]\d)"
_BEFORE, _AFTER = r"(?<![\w/.-])", r"(?!\w|[/.-]\d)"
_FIGURES = re.compile(rf"(?=\d){_BEFORE}(?:{_IN_FIGURES}|{_RUN}){_AFTER}")
_PATTERN = re.compile(rf"(?=[\djfmasond]){_BEFORE}(?:{_IN_FIGURES}|{_IN_WORDS}|{_RUN}){_AFTER}", re.IGNORECASE)
_ANY_MONTH = re.compile("|".join(_MONTHS))


_Forms = list[tuple[int, ...]]
"""The groups of year, month and day of each form."""


def _forms(pattern: re.Pattern[str], forms: str) -> _Forms:
    return [tuple(pattern.groupindex[f"{part}{form}"] for part in "ymd") for form in forms]


_OF_FIGURES = _FIGURES, _forms(_FIGURES, "1256")
_OF_ANY = _PATTERN, _forms(_PATTERN, "123456")


class DateFound(NamedTuple):
    """A date in a text: `text[start:end]`."""

    start: int
    end: int
    value: date


def find_dates(text: str, region: Region = WHOLE) -> Iterator[DateFound]:
    """Yield the dates of a text in order; impossible ones (31/02/2015) are left out."""
    # Most texts name no month: then the forms in figures are all there can be, and they are found in half the time.
    pattern, forms = _OF_ANY if _ANY_MONTH.search(text[slice(*region)].casefold()) else _OF_FIGURES
    for match in pattern.finditer(text, *region):
        value = _value(match, forms)
        if value is not None:
            yield DateFound(match.start(), match.end(), value)


def _value(match: re.Match[str], forms: _Forms) -> date | None:
    for year, month, day in forms:
        if match[day]:
            return _make(match[year], match[month], match[day])
    return None


def _make(year: str, month: str, day: str) -> date | None:
    full_year = int(year) if len(year) == 4 else 2000 + int(year) if int(year) <= 30 else 1900 + int(year)
    month_number = _MONTHS.index(month[:3].lower()) + 1 if month[:1].isalpha() else int(month)
    day_number = int(day)
    if month_number > 12 >= day_number:
        day_number, month_number = month_number, day_number
    try:
        return date(full_year, month_number, day_number)
    except ValueError:
        return None


def near_miss(found: str, born: date) -> bool:
    """Return whether an ISO date may be a slip for a birthday: day and month swapped, or one figure off."""
    own = born.isoformat()
    if found[:4] == own[:4] and (found[5:7], found[8:]) == (own[8:], own[5:7]):
        return True
    return sum(a != b for a, b in zip(found, own, strict=True)) <= 1
