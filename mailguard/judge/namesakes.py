"""Does what was seen belong to another of the namesakes?

An ambiguous sighting is one of several pupils who share a name. It may pass as the recipient's own child only if
every further clue beside the name fits that child: a date of birth, class, postcode, address or number that is not
the child's means that the text is about the other one.
"""

from __future__ import annotations

import re
from datetime import date

from mailguard.judge.plain import plain
from mailguard.model import Evidence, EvidenceKind, Pupil, Sighting

_WORDS = re.compile(r"[^\W\d_]+|\d+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def contradicts(sighting: Sighting, pupil: Pupil | None) -> bool:
    """True if a piece of the sighting's evidence is not this pupil's (or the pupil is not known at all)."""
    return pupil is None or any(not _fits(evidence, pupil) for evidence in sighting.evidence)


def _fits(evidence: Evidence, pupil: Pupil) -> bool:
    """True if the evidence says nothing about which namesake it is, or is this pupil's own. What the roll does not
    know of the pupil cannot fit: then the evidence speaks for another."""
    kind = evidence.kind
    if kind is EvidenceKind.DOB:
        return pupil.date_of_birth is not None and _is_date(evidence.text, pupil.date_of_birth)
    own = _own(kind, pupil)
    if own is None:
        return True
    seen = plain(evidence.text)
    if kind is EvidenceKind.ADDRESS:
        return any(value and value.startswith(seen) for value in map(plain, own))
    return any(value and seen == value for value in map(plain, own))


def _own(kind: EvidenceKind, pupil: Pupil) -> tuple[str, ...] | None:
    """Return the pupil's values of a kind of evidence that tells namesakes apart; None for the other kinds."""
    match kind:
        case EvidenceKind.UPN:
            return (pupil.upn,)
        case EvidenceKind.ULN:
            return (pupil.uln,)
        case EvidenceKind.NHS:
            return (pupil.nhs_number,)
        case EvidenceKind.UCI:
            return (pupil.uci,)
        case EvidenceKind.ADMISSION:
            return (pupil.pupil_id,)
        case EvidenceKind.CANDIDATE:
            return (pupil.candidate_number,)
        case EvidenceKind.POSTCODE:
            return (pupil.postcode,)
        case EvidenceKind.ADDRESS:
            return (f"{pupil.address}{pupil.postcode}",)
        case EvidenceKind.CLASS:
            return (pupil.registration_group, pupil.year_group, f"year{pupil.year_group}", f"y{pupil.year_group}")
        case _:
            return None


def _is_date(text: str, day: date) -> bool:
    """True if the text can be read as this day: its day, month (number or name) and year (two or four digits)."""
    words = [word.casefold() for word in _WORDS.findall(text)]
    numbers = [int(word) for word in words if word.isdigit()]
    months = [_MONTHS.index(word[:3]) + 1 for word in words if word[:3] in _MONTHS]
    if len(words) == 1 and len(words[0]) == 8 and words[0].isdigit():
        return words[0] in (day.strftime("%d%m%Y"), day.strftime("%Y%m%d"))
    wanted = sorted([day.day, day.year] if months else [day.day, day.month, day.year])
    short = sorted([day.day, day.year % 100] if months else [day.day, day.month, day.year % 100])
    return sorted(numbers) in (wanted, short) and (not months or months == [day.month])
