"""What a class of the roll may be called in a text.

Rolls keep more than people write: "Maple Class" is Maple, "LH/10A" is 10A, "Year 4 - Jupiter" is Jupiter. Each form is
a key of the class; several classes may share one ("3 Maple" and "4 Maple" are both Maple), and then it is all of them.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailguard.recognise.identifiers import squash

_CALLED = re.compile(
    r"\b(?:class|form|group|grp|tutor(?: group)?|reg(?:istration)?(?: group)?|room)\b\.?", re.IGNORECASE
)
_PIECES = re.compile(r"[/|:()\[\]–—]|\s-\s")
_OF_YEAR = re.compile(
    r"(?:(?:y(?:ea)?r?\.?\s*)?\d{1,2}|y(?:ea)?r\s?r|reception|rec|r|nursery|n|pre-?school)[\s.-]+"
    r"(?P<word>[^\W\d_][\w' ]{2,})",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"y(?:ea)?r?\s?(?P<code>\d{1,2}\s?-?[a-z]\w*)", re.IGNORECASE)
_CODE = re.compile(r"(?=\w*\d)(?=\w*[A-Z])\w{2,}")
_YEARS = re.compile(r"(?:YEAR|YR|Y)?\d{1,2}|RECEPTION|NURSERY|YEARR|YR|PRESCHOOL")
_TITLED = re.compile(r"(?:mr|mrs|ms|miss|mx|dr)\b", re.IGNORECASE)
MOST_OF_A_CLASS = 256
"""Pupils that a class may have: one of each year where each has a Maple."""
_SHORTEST = 3
_MOST_WORDS = 2


@lru_cache(maxsize=1 << 12)
def class_names(group: str) -> tuple[str, ...]:
    """Return what a class may be called, as written: all of it, and its parts that tell it from others."""
    whole = group.strip()
    found = [whole]
    for piece in (_CALLED.sub(" ", whole).strip(" -.,"), *_PIECES.split(whole)):
        piece = " ".join(_CALLED.sub(" ", piece).split()).strip(" -.,'")
        if match := _OF_YEAR.fullmatch(piece):
            found += [piece, match["word"].strip()]
        elif match := _YEAR_FIRST.fullmatch(piece):
            found += [piece, match["code"]]
        elif piece.isdigit() and len(piece) <= _MOST_WORDS:
            found.append(f"Class {piece}")
        elif (len(key := squash(piece)) >= _SHORTEST and key.isalpha()) or _CODE.fullmatch(key):
            found.append(piece)
    parts = [name for name in found if not _YEARS.fullmatch(squash(name)) and not _TITLED.match(name)]
    return tuple(dict.fromkeys((whole, *parts)))


@lru_cache(maxsize=1 << 12)
def class_keys(group: str) -> tuple[str, ...]:
    """Return the keys of a class: what it may be called, in capitals and without blanks and signs."""
    return tuple(dict.fromkeys(key for name in class_names(group) if (key := squash(name))))


@lru_cache(maxsize=1 << 12)
def class_key(text: str, classes: frozenset[str]) -> str:
    """Return the key of the class that a text of a few letters and figures is ("Y4B" of a class 4B), or ""."""
    key = squash(text)
    if key in classes:
        return key
    match = _YEAR_FIRST.fullmatch(key)
    return match["code"] if match and match["code"] in classes else ""


def numbered(key: str) -> bool:
    """Return whether the key of a class is that word and a number: "CLASS4", of a class 4."""
    return key[:5] == "CLASS" and key[5:].isdigit()


def word_pairs(groups: set[str]) -> frozenset[tuple[str, str]]:
    """Return the classes that two words are the name of ("Barn Owls"), in small letters."""
    names = [name.lower().split() for group in groups for name in class_names(group)]
    return frozenset((a, b) for a, b in (name for name in names if len(name) == _MOST_WORDS) if (a + b).isalpha())
