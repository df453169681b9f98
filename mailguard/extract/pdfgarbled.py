"""Text of a PDF page that is none: codes of letters which nothing maps to the letters that a person sees.

Printing a PDF once more often does that: the letters get codes of their own in the order in which they come, and some
of those read like letters, signs or pictures.
"""

from __future__ import annotations

import re
import string
import unicodedata

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_NEVER = f"{_CONTROLS}\ufffd\ue000-\uf8ff"
_PICTURES = "\u2190-\u245f\u2500-\u2bff"  # arrows, signs, boxes, dingbats
_ODD = re.compile(f"[{_NEVER}]")
_RUN = re.compile(f"(?:[{_NEVER}{_PICTURES}] ?){{6,}}")
_LEAST_KINDS = 4
_REPEATED = re.compile(r"(\S)\1{2,}|(?:([^\w\s])\s){3,}")
_WORD = re.compile("[A-Za-z]{3,}")
_LEAST, _FEWEST_WORDS = 60, 12
_LETTERS_SHARE = 0.6
_VOWELS_SHARE = 0.29
_VOWELS, _LATIN = b"aeiouyAEIOUY", string.ascii_letters.encode()
_DIGITS, _BLANKS = string.digits.encode(), string.whitespace.encode()


def is_garbled(text: str) -> bool:
    """Return whether text of a page, or a stretch of it, cannot be what the page shows. Pages of numbers, forms of dots
    and lines, other scripts are not garbled."""
    if "(cid:" in text:
        return True
    if not (text.isascii() and text.replace("\n", " ").isprintable()):
        if 10 * len(_ODD.findall(text)) > len(text):
            return True
        if any(len(set(run.group()) - {" "}) >= _LEAST_KINDS for run in _RUN.finditer(text)):
            return True
    return _is_no_language(text)


def _is_no_language(text: str) -> bool:
    counts = _Counts(text)
    if counts.written < _LETTERS_SHARE * counts.shown:
        counts = _Counts(_REPEATED.sub(" ", text))
        if counts.shown >= _LEAST and counts.written < _LETTERS_SHARE * counts.shown:
            return True
    letters = counts.latin + counts.other
    if counts.latin < _LEAST or counts.latin < 0.8 * letters or letters < 0.5 * counts.written:
        return False
    if counts.vowels >= _VOWELS_SHARE * counts.latin:
        return False
    # Shorthand of marks comes again and again in a table; a language has many words.
    words = {word.lower() for word in _WORD.findall(text)}
    apart = _Counts(" ".join(words))
    return len(words) >= _FEWEST_WORDS and apart.vowels < _VOWELS_SHARE * apart.latin


class _Counts:
    """How many signs a text shows, how many of them are letters, digits and marks, how many letters Latin and vowels.

    Every page passes here: what is ASCII is counted by tables."""

    def __init__(self, text: str) -> None:
        raw = text.encode("ascii", "ignore")
        self.latin = _count(raw, _LATIN)
        self.vowels = _count(raw, _VOWELS)
        beyond = [] if len(raw) == len(text) else [char for char in text if char > "\x7f" and not char.isspace()]
        self.other = sum(map(str.isalpha, beyond))
        written = sum(char.isalnum() or unicodedata.category(char)[0] == "M" for char in beyond)
        self.written = self.latin + _count(raw, _DIGITS) + written
        self.shown = len(raw) - _count(raw, _BLANKS) + len(beyond)


def _count(raw: bytes, wanted: bytes) -> int:
    return len(raw) - len(raw.translate(None, wanted))
