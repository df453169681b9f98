"""Numbers that belong to one child: check digits, and where such numbers stand in a text.

UPN: 13 characters, a check letter over the other twelve (weights 2 to 13, modulo 23, table without I, O, S); a
temporary UPN ends in a letter that counts as its index. ULN: ten digits, weights 10 to 1, sum modulo 11 is 10. NHS
number: ten digits, weights 10 to 2, modulo 11. About 1 in 23 random bodies fit a UPN's letter and 1 in 11 random
ten-digit strings fit the others, so a fit alone proves nothing: the roll, a label or a neighbour has to agree. The
authority digits of a UPN are not checked: new authorities appear and Wales has its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.recognise.fold import WHOLE, Region
from mailguard.roll.identifiers import upn_check_letter, upn_has_shape

_UPN = re.compile(
    r"(?<![A-Za-z0-9])[A-HJ-NP-RT-Za-hj-np-rt-z](?:[ -]?\d){11}[ -]?[0-9A-HJ-NP-RT-Za-hj-np-rt-z](?![A-Za-z0-9])"
)
_ELEVEN_DIGITS = re.compile(r"\d(?:[ -]?\d){10}")
_NOT_DIGIT_OR_LETTER = re.compile(r"[^0-9A-Za-z]")
_CAPITALS = bytes(range(128)).upper() + bytes(128)
_SIGNS = bytes(c for c in range(128) if not chr(c).isalnum())


def squash(text: str) -> str:
    """Return the text in capitals without anything but ASCII letters and digits."""
    if text.isascii() and text.isalnum():
        return text.upper()
    if text.isascii():
        return text.encode("ascii").translate(_CAPITALS, _SIGNS).decode("ascii")
    return _NOT_DIGIT_OR_LETTER.sub("", text).upper()


def upn_fits(upn: str) -> bool:
    """Return whether a squashed UPN (permanent or temporary) has the right form and check letter."""
    return upn_has_shape(upn) and upn_check_letter(upn) == upn[0]


_AUTHORITIES = (
    range(1, 6), range(201, 214), range(301, 321), range(330, 360), range(370, 395), range(420, 421),
    range(660, 682), range(701, 709), range(800, 897), range(908, 944),
)  # fmt: skip
"""Where the numbers of local authorities lie: England, Wales, the islands and schools abroad."""
_OLDEST_YEAR, _NEWEST_YEAR = 97, 30


def upn_likely(upn: str) -> bool:
    """Return whether a squashed UPN fits and its authority and year of allocation may be those of a school child: one
    in some hundred other codes of this shape would. A number that is not likely may be right all the same."""
    if not upn_fits(upn):
        return False
    authority, year = int(upn[1:4]), int(upn[8:10])
    return any(authority in some for some in _AUTHORITIES) and (year >= _OLDEST_YEAR or year <= _NEWEST_YEAR)


def uln_fits(uln: str) -> bool:
    """Return whether ten digits are a well-formed unique learner number."""
    if len(uln) != 10 or not uln.isdigit() or uln[0] == "0":
        return False
    return sum(weight * int(digit) for weight, digit in zip(range(10, 0, -1), uln, strict=True)) % 11 == 10


def nhs_fits(number: str) -> bool:
    """Return whether ten digits are a well-formed NHS number."""
    if len(number) != 10 or not number.isdigit():
        return False
    check = 11 - sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), number, strict=False)) % 11
    return (0 if check == 11 else check) == int(number[9])


def find_upns(text: str, region: Region = WHOLE) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, squashed UPN) for everything shaped like a UPN, whether its letter fits or not."""
    if not _ELEVEN_DIGITS.search(text, *region):
        return  # as nearly always; to look for the letter before them takes longer
    for match in _UPN.finditer(text, *region):
        yield match.start(), match.end(), squash(match[0])
