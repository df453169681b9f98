"""Text of a PDF page that is none: codes of letters which nothing maps to the letters that a person sees.

Printing a PDF once more often does that: the letters get codes of their own in the order in which they come, and some
of those read like letters, signs or pictures.
"""

from __future__ import annotations

import re
import unicodedata

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_NEVER = f"{_CONTROLS}\ufffd\ue000-\uf8ff"
_PICTURES = "\u2190-\u245f\u2500-\u2bff"  # arrows, signs, boxes, dingbats
_ODD = re.compile(f"[{_NEVER}]")
_RUN = re.compile(f"(?:[{_NEVER}{_PICTURES}] ?){{6,}}")
_LEAST_KINDS = 4
_REPEATED = re.compile(r"(\S)\1{2,}|(?:([^\w\s])\s){3,}")
_LEAST = 60
_LETTERS_SHARE = 0.6
_VOWELS_SHARE = 0.27
_VOWELS = frozenset("aeiouyAEIOUY")


def is_garbled(text: str) -> bool:
    """Return whether text of a page, or a stretch of it, cannot be what the page shows. Pages of numbers, forms of dots
    and lines, other scripts are not garbled."""
    if "(cid:" in text:
        return True
    if not (text.isascii() and text.isprintable()):
        if 10 * len(_ODD.findall(text)) > len(text):
            return True
        if any(len(set(run.group()) - {" "}) >= _LEAST_KINDS for run in _RUN.finditer(text)):
            return True
    return _is_no_language(_REPEATED.sub(" ", text))


def _is_no_language(text: str) -> bool:
    shown = [char for char in text if not char.isspace()]
    if len(shown) < _LEAST:
        return False
    written = sum(char.isalnum() or unicodedata.category(char)[0] == "M" for char in shown)
    if written < _LETTERS_SHARE * len(shown):
        return True
    letters = [char for char in shown if char.isalpha()]
    latin = [char for char in letters if char.isascii()]
    if len(latin) < _LEAST or len(latin) < 0.8 * len(letters) or len(letters) < 0.5 * written:
        return False
    return sum(char in _VOWELS for char in latin) < _VOWELS_SHARE * len(latin)
