"""Whether a value that should be a setting reads like something that a person wrote: two words, an address, a number of
a pupil. Lists of the attributes that hold text miss the next one; this looks at what stands in all the others."""

from __future__ import annotations

import re
from urllib.parse import unquote

_WORDS = re.compile(r"[^\W\d_]{2,}['’.]?,?[ +][^\W\d_]{2,}")
_ADDRESS = re.compile(r"[^\s@\"'/<>]@[^\s@\"'/<>]+\.[A-Za-z]{2}")
_PUPIL_NUMBER = re.compile(r"[A-HJ-NP-RT-Z]\d{11}[\dA-Z]")


def spoken(value: str) -> str:
    """Return a value that reads like text of a person, with its %20 undone; "" for any other."""
    if "%" in value:
        value = unquote(value)
    if " " in value and _WORDS.search(value):
        return value
    if "@" in value and _ADDRESS.search(value):
        return value
    return value if len(value) >= 13 and _PUPIL_NUMBER.search(value) else ""


def may_speak(value: str) -> bool:
    """Return whether `spoken` is worth asking: a test that most values of settings fail."""
    return " " in value or "@" in value or "%20" in value or len(value) == 13
