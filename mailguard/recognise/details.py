"""Contact details as they are written: phones, postcodes, e-mail addresses, address lines; each with one key.

A key is what is left when spelling is taken away: a phone's national digits, a postcode without its space, an
address line's number and first street word. The key decides equality; the text found is kept for the evidence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from mailguard.recognise.fold import WHOLE, Region, fold
from mailguard.roll import keys

_POSTCODE = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z]{1,2}\d[A-Za-z\d]?)[ \u00a0]{0,2}(\d[ABD-HJLNP-UW-Zabd-hjlnp-uw-z]{2})(?![A-Za-z0-9])"
)
# Here and in `_HOUSE` the pattern begins with its first character, not with what may not stand before it, so that the
# engine skips to the few places where such a character is.
_NUMBER = re.compile(r"[+(\d](?<![\w.].)(?:(?<=[+(])[+(]?\d|(?<=\d))(?:[ \u00a0().\-–/]{0,3}\d){5,30}(?!\w)")
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+", re.UNICODE)
_GAP = r"(?:[ \u00a0]+(?!\n)|[ \u00a0]*\r?\n[ \t>]*)"
"""What parts the words of an address: a mail program may have broken the line there."""
_HOUSE = re.compile(
    r"(\d(?<![\w/.:-].)\d{0,3}[A-Za-z]?)(?:\s*[-–/]\s*\d{1,4}[A-Za-z]?)?[ \u00a0]*,?"
    + _GAP
    + r"([^\W\d_][^\W\d_'’.-]*(?:['’-][^\W\d_]+)*)"
    + _GAP
    + r"([^\W\d_][^\W\d_'’]*)"
)
_GROUP = re.compile(r"\d+")
_STREET = {
    "rd": "road", "st": "street", "ave": "avenue", "av": "avenue", "ln": "lane", "cl": "close", "dr": "drive",
    "ct": "court", "cres": "crescent", "gdns": "gardens", "gdn": "gardens", "pl": "place", "sq": "square",
    "ter": "terrace", "terr": "terrace", "gr": "grove", "wk": "walk", "pk": "park", "hse": "house", "saint": "street",
}  # fmt: skip


def phone_key(text: str) -> str:
    """Return the national digits of a phone number ("+44 (0)7700 900123" gives "7700900123"), or "" if too short."""
    digits = "".join(text.split())
    if not (digits.isascii() and digits.isdigit()):
        digits = "".join(_GROUP.findall(text.replace("(0)", "")))
    if digits.startswith("00"):
        digits = digits[2:]
    if digits.startswith("44") and len(digits) >= 11:
        digits = digits[2:]
    digits = digits.lstrip("0")
    return digits if len(digits) >= 6 else ""


def phone_keys(texts: Sequence[str]) -> list[str]:
    """Return what `phone_key` gives for each, in a quarter of the time where most are national digits and spaces."""
    bare = "\n".join(texts).replace(" ", "").split("\n")
    if len(bare) != len(texts):
        return [phone_key(text) for text in texts]
    return [
        digits[1:]
        if digits[:1] == "0" != digits[1:2] and 7 <= len(digits) < 12 and digits.isascii() and digits.isdigit()
        else phone_key(text)
        for digits, text in zip(bare, texts, strict=True)
    ]


_AROUND = 60
_FLAT = re.compile(r"\b(?:flat|apartment|apt|unit|room)\s*(\w{1,5})\s*[,/\n]\s*(?:\d|$)?", re.IGNORECASE)
_TOWN = re.compile(r"\s*[,\n]\s*([^\W\d_a-z][\w'’-]*(?: [^\W\d_a-z][\w'’-]*)*)")


def postcode_key(text: str) -> str:
    """Return a postcode in capitals without spaces."""
    return "".join(text.split()).upper()


def email_key(text: str) -> str:
    """Return the key of the mailbox, however its address is spelt: case, a +tag, dots at Gmail, an IDN domain."""
    return keys.address_key(text).normal


def address_key(text: str) -> str:
    """Return the key of an address: house number and first two street words, or "" where it has no house number."""
    found = next(find_addresses(text), None)
    return found[2] if found else ""


def find_postcodes(text: str, region: Region = WHOLE) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, key) of every postcode."""
    for match in _POSTCODE.finditer(text, *region):
        yield match.start(), match.end(), (match[1] + match[2]).upper()


def find_emails(text: str, region: Region = WHOLE) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, key) of every e-mail address."""
    for match in _EMAIL.finditer(text, *region):
        start, end = match.span()
        found = text[start:end].rstrip(".-")
        stripped = found.lstrip("'`*{|=/.")
        start += len(found) - len(stripped)
        yield start, start + len(stripped), email_key(stripped)


def find_numbers(text: str, region: Region = WHOLE) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, digits) of every run of six digits or more that may be a phone, learner or NHS number.

    A run of many digit groups is offered whole and in every stretch of groups that has 9 to 14 digits, because two
    numbers often stand side by side."""
    for match in _NUMBER.finditer(text, *region):
        start, end = match.span()
        digits = "".join(_GROUP.findall(match[0]))
        if len(digits) <= 14:
            yield start, end, match[0]
        if len(digits) > 11:
            yield from _stretches(text, start, end)


def _stretches(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    groups = [match.span() for match in _GROUP.finditer(text, start, end)]
    for first in range(len(groups)):
        digits = 0
        for last in range(first, min(first + 6, len(groups))):
            digits += groups[last][1] - groups[last][0]
            if digits > 12:
                break
            if digits >= 9 and (first or last + 1 < len(groups)):
                begin, stop = groups[first][0], groups[last][1]
                yield begin, stop, text[begin:stop]


def find_addresses(text: str, region: Region = WHOLE) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, key) of everything shaped like a house number and a street."""
    for match in _HOUSE.finditer(text, *region):
        second = fold(match[3])
        yield match.start(), match.end(), f"{match[1].lower()} {fold(match[2])} {_STREET.get(second, second)}"


def another_home(home: tuple[str, str], text: str, start: int, end: int, towns: Collection[str]) -> bool:
    """Return whether what stands around a house number and street at `text[start:end]` says that it is not the home of
    this (address, postcode): another postcode or town after it, or a flat that is not the home's.

    `towns` are the folded names of the roll's towns; a word that is none of them contradicts nothing."""
    address, postcode = home
    after = text[end : end + _AROUND]
    code = next(find_postcodes(after), None)
    if code and postcode:
        return code[2] != postcode_key(postcode)
    flat, own = _FLAT.search(text[max(0, start - _AROUND) : start]), _FLAT.search(address + ",")
    if flat and (own is None or own[1].lower() != flat[1].lower()):
        return True
    town, named = fold(address.rpartition(",")[2].strip()), _TOWN.match(after)
    return bool(town and "," in address and named and fold(named[1]) != town and fold(named[1]) in towns)
