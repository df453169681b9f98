"""Checks that every source of a roll shares; what is wrong with a value goes to the file's report, never the value."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date

from mailguard.roll.identifiers import UPN_SHAPE, upn_check_letter, upn_has_shape
from mailguard.roll.problems import Report

_ODD_NAMES = 0.1
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ADDRESS = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+|\"[^\"]+\"@[^\s@,;<>]+")


def values(text: str) -> tuple[str, ...]:
    """Split several values at ';', dropping blanks and repetitions, keeping their order."""
    if ";" not in text:
        return (text,) if text else ()
    return tuple(dict.fromkeys(filter(None, map(str.strip, text.split(";")))))


def checked_upn(report: Report, line: int, column: str, text: str, seen: dict[str, int]) -> str:
    """Return a UPN in its normal form. One that `seen` holds is a fault, a wrong shape or check letter a warning."""
    upn = text.replace(" ", "").upper()
    if not upn:
        return ""
    if upn in seen:
        message = f"this UPN is already that of the pupil on line {seen[upn]}."
        report.fault(line, column, message, "Correct one of the two, or leave it blank.")
    seen.setdefault(upn, line)
    if not upn_has_shape(upn):
        remedy = "A UPN is a letter, eleven digits, and a digit or letter."
        if UPN_SHAPE.fullmatch(upn):
            remedy = "The last letter of a temporary UPN is never I, O or S."
        report.warn(line, column, "this is not the shape of a UPN.", remedy)
    elif upn_check_letter(upn) != upn[0]:
        report.warn(line, column, "the check letter does not fit the digits.", "Look for a mistyped digit.")
    return upn


def doubt_names(report: Report, names: Collection[tuple[str, str]]) -> None:
    """Report a fault where many forenames or surnames are figures for the most part: another column was read for them,
    and no pupil would be recognised."""
    for at, word in enumerate(("forename", "surname")):
        odd = sum(_is_code(name[at]) for name in names)
        if odd > len(names) * _ODD_NAMES:
            message = f"{odd} of {len(names)} pupils have figures for this name; is it another column?"
            report.fault(0, word, message, "Look at the headings.")


def _is_code(name: str) -> bool:
    if name.isalpha():
        return False
    return sum(map(str.isdigit, name)) > sum(map(str.isalpha, name))


def is_day_number(text: str) -> bool:
    """True for a date that lost its format in a spreadsheet: days since 1900. Which day it is depends on the program
    that wrote it, so it is not guessed."""
    return text.isascii() and text.isdigit() and len(text) == 5


def birth_date(report: Report, line: int, column: str, text: str) -> date | None:
    """Return a date written year-month-day, None if blank or (a fault) not such a date from 1900 on."""
    if not text:
        return None
    try:
        born = date.fromisoformat(text) if ISO_DATE.fullmatch(text) else None
    except ValueError:
        born = None
    if born is None or not 1900 <= born.year <= 2100:
        message = "this is not a date that exists, written year-month-day."
        if is_day_number(text):
            message = "this is a spreadsheet's day number, not a date."
        report.fault(line, column, message, "Write 9 March 2015 as 2015-03-09.")
        return None
    return born


def check_addresses(report: Report, line: int, column: str, addresses: Iterable[str]) -> None:
    """Report a fault if any is not an e-mail address."""
    for address in addresses:
        if not ADDRESS.fullmatch(address):
            many = "; divide several addresses by ';'" if column == "emails" else ""
            report.fault(line, column, "the value is not an e-mail address.", f"Write name@domain{many}.")
            return
        if not address.isprintable():
            report.fault(line, column, "the address holds a character that nobody sees.", "Type it anew.")
            return
