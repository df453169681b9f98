"""The fast way through text: find the few stretches that may hold a name or a number, and leave the rest alone.

Most text of most mail names nobody. A block of some thousand characters is folded, split and intersected with the
words of all names in a handful of calls that run in C; only around what that finds are words cut out with their
offsets. An everyday word ("may", "Day") counts here only with a capital and with company.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailguard.recognise.fold import WORD, Region, fold, words_of
from mailguard.recognise.index import Scope

_BLOCK = 3000
_REACH = 70
_NUMBER_REACH = 48
_COMPANY = 60
_CAPITALISED = re.compile(r"[A-Z][A-Za-z]+")
_DIGITS = re.compile(r"[0-9@]+")
_NO_DIGITS = bytes(c for c in range(256) if not 48 <= c <= 57 and c != 64)
_MAYBE_SPACED = re.compile(r" [A-Za-z] [A-Za-z] ")
_LETTERS = re.compile(r"(?<![^\W\d_])[^\W\d_](?: [^\W\d_](?![^\W\d_])){2,}")


def name_regions(text: str, scope: Scope) -> list[Region]:
    """Return the stretches of a text around words that occur in names, in order and apart from one another."""
    found: list[Region] = []
    for start, end in _blocks(text):
        for place, length in _hits(text, start, end, scope):
            low, high = max(0, place - _REACH), min(len(text), place + length + _REACH)
            if found and low <= found[-1][1]:
                found[-1] = (found[-1][0], max(high, found[-1][1]))
            else:
                found.append((low, high))
    return [_whole_words(text, low, high) for low, high in found]


def number_regions(text: str) -> list[Region]:
    """Return the stretches of a text around digits and at signs."""
    found: list[Region] = []
    if not text.encode("utf-8", "replace").translate(None, _NO_DIGITS):
        return found
    for match in _DIGITS.finditer(text):
        low, high = match.start() - _NUMBER_REACH, match.end() + _NUMBER_REACH
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], high)
        else:
            found.append((max(0, low), high))
    return [_whole_words(text, low, min(high, len(text))) for low, high in found]


def _blocks(text: str) -> Iterator[Region]:
    start = 0
    while len(text) - start > _BLOCK + 200:
        end = text.find(" ", start + _BLOCK, start + _BLOCK + 200)
        end = start + _BLOCK if end < 0 else end
        yield start, end
        start = end
    yield start, len(text)


def _hits(text: str, start: int, end: int, scope: Scope) -> list[tuple[int, int]]:
    """Return (offset, length) of the words of names in a block, in order."""
    block = text[start:end] if start or end < len(text) else text
    strong = scope.strong.intersection(words_of(block))
    if len(strong) > 40 or not block.isascii():
        places = [
            (match.start() + start, len(match[0]), key in scope.everyday)
            for match in WORD.finditer(block)
            if (key := fold(match[0])) in scope.vocabulary or _piece_known(match[0], scope)
            if key not in scope.weak or not match[0][0].islower()
        ]
    else:
        places = [
            (match.start() + start, len(match[0]), key in scope.everyday)
            for match in _CAPITALISED.finditer(block)
            if (key := match[0].lower()) in scope.weak
        ]
        if strong:
            lowered = block.lower()
            places += [(at + start, len(word), False) for word in strong for at in _occurrences(lowered, word)]
            places.sort()
    return _in_company(text, places) + _spaced(block, start)


def _piece_known(word: str, scope: Scope) -> bool:
    """Return whether a word with an apostrophe holds the word of a name ("Osei's", "O'Brien")."""
    return not word.isalpha() and not scope.vocabulary.isdisjoint(words_of(word))


def _occurrences(lowered: str, word: str) -> Iterator[int]:
    at = lowered.find(word)
    while at >= 0:
        end = at + len(word)
        if not (at and lowered[at - 1].isalpha()) and not (end < len(lowered) and lowered[end].isalpha()):
            yield at
        at = lowered.find(word, end)


def _in_company(text: str, places: list[tuple[int, int, bool]]) -> list[tuple[int, int]]:
    """Return (offset, length) of the words, less everyday words that have neither another word of a name nor a digit
    beside them."""
    kept = []
    for number, (at, length, weak) in enumerate(places):
        if weak:
            before = number and at - places[number - 1][0] < _COMPANY
            after = number + 1 < len(places) and places[number + 1][0] - at < _COMPANY
            initial = at > 1 and text[at - 1] in " ." and text[at - 2 : at].strip(" .").isupper()
            if not (before or after or initial or _DIGITS.search(text, max(0, at - 30), at + length + 30)):
                continue
        kept.append((at, length))
    return kept


def _spaced(block: str, start: int) -> list[tuple[int, int]]:
    """Return letter-spaced runs ("J A C K"); a cheap pattern says first whether there can be one."""
    if not _MAYBE_SPACED.search(block):
        return []
    return [(match.start() + start, len(match[0])) for match in _LETTERS.finditer(block)]


def _whole_words(text: str, low: int, high: int) -> Region:
    """Widen or narrow a stretch to the next white space."""
    while low and low > 0 and not text[low - 1].isspace() and not text[low].isspace():
        low -= 1
    while high < len(text) and not text[high].isspace():
        high += 1
    return low, high
