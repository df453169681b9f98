"""What people write into the cells of an export: several addresses in one, words for "none", yes and no."""

from __future__ import annotations

import re

TRUE = frozenset(("y", "yes", "t", "true", "1", "x"))
FALSE = frozenset(("n", "no", "f", "false", "0", ""))
_NOTHING = frozenset(
    ("-", "--", "n/a", "na", "nil", "no email", "no e-mail", "none", "not given", "not known", "null", "tbc", "unknown")
)
_NO_ORDER = frozenset(("none", "n/a", "na", "nil", "-", "no order", "no orders", "none known", "not applicable"))
_SHOWN = re.compile(r"[^<>;,@]*<\s*([^<>\s]+@[^<>\s]+)\s*>")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_TOTAL = re.compile(
    r"(?:grand )?totals?\b|count\b|number of\b|no\.? of\b|records?\b|printed\b|generated\b|produced\b|report\b|page \d"
    r"|\d+ (?:pupils?|students?|records?|rows?|contacts?)\b|end of\b|©|confidential$",
    re.IGNORECASE,
)


def cleaned(cell: str) -> str:
    """Return a cell without blanks around it, invisible characters and no-break spaces."""
    if cell.isascii():
        return cell.strip()
    return _INVISIBLE.sub("", cell).replace("\u00a0", " ").strip()


def is_nothing(cell: str) -> bool:
    """Return whether a cell says in words that there is nothing ("n/a", "no email")."""
    return cell.casefold().rstrip(".") in _NOTHING


def addresses_in(cell: str) -> list[str]:
    """Return the e-mail addresses of a cell: divided by ; , | or blanks, with or without display name or "mailto:"."""
    shown = _SHOWN.sub(r" \1 ", cell)
    pieces = re.split(r"[;,|\s]+", re.sub(r"\bmailto:", " ", shown, flags=re.IGNORECASE))
    return [piece for piece in pieces if piece not in ("", "/", "&", "and", "or")]


def phones_in(cell: str) -> list[str]:
    """Return the telephone numbers of a cell: divided by ; , / | or line ends, or by "or"."""
    pieces = re.split(r"[;,/|\n]|\bor\b", cell)
    return [piece.strip() for piece in pieces if any(c.isdigit() for c in piece)]


def is_rounded(cell: str) -> bool:
    """Return whether a number is written as a spreadsheet shortens it ("7.70E+09"): its digits are lost."""
    return re.fullmatch(r"\d(?:\.\d+)?[eE]\+\d+", cell) is not None


def says_yes(cell: str) -> bool | None:
    """Return what a cell of yes or no says; None if it is neither."""
    text = cell.casefold()
    return True if text in TRUE else False if text in FALSE else None


def says_order(cell: str) -> bool:
    """Return whether a cell on court orders speaks of one: anything but a "no" does ("see file", a date)."""
    return says_yes(cell) is not False and cell.casefold().rstrip(".") not in _NO_ORDER


def is_note(cells: list[str]) -> bool:
    """Return whether a row is a total or a note under a table and not about anybody."""
    filled = [cell for cell in cells if cell]
    return len(filled) <= 2 and _TOTAL.match(filled[0]) is not None and not any("@" in cell for cell in filled)
