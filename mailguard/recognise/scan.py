"""The fast way through text: find the few stretches that may hold a name or a number, and leave the rest alone.

Most text of most mail names nobody. The texts of a part are searched together, some ten thousand characters at a time,
in a handful of calls that run in C and Rust: letters are folded one for one, so that every offset stays, and one
automaton looks for all words of names at once. Only around what that finds are words cut out with their offsets. An
everyday word ("may", "Day") counts here only with a capital and with company.

Text with letters that do not fold one for one (ß, invisible characters, other scripts) is read word by word instead.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from mailguard.recognise.fold import LETTER, WORD, Region, fold, words_of
from mailguard.recognise.index import Scope

_PIECE = 20_000
_MOST_HITS = 200_000
_REACH = 70
_NUMBER_REACH = 48
_COMPANY = 60
_CAPITALISED = re.compile(rb"[A-Z][A-Za-z]+")
_DIGITS = re.compile(r"[0-9@]+")
_NUMBERS = re.compile(rf"[0-9@](?:[^0-9@]{{0,{2 * _NUMBER_REACH}}}+[0-9@])*+")
"""Digits and at signs so near to one another that the stretches around them touch."""
_NO_DIGITS = bytes(c for c in range(256) if not 48 <= c <= 57 and c != 64)
_LETTERS = re.compile(r"(?<![^\W\d_])[^\W\d_](?: [^\W\d_](?![^\W\d_])){2,}")
_CODE_PAGE = "cp1252"
_OTHER_LETTER = re.compile(f"(?![\u0000-\u00ff])[{LETTER}]")


def _folded(code: int) -> str:
    """Return what a character of the code page folds to: one letter in its case, a space for what is no letter, or more
    or less than one letter."""
    letter = bytes((code,)).decode(_CODE_PAGE, "replace")
    if letter == "\u00ad":
        return ""
    if not WORD.fullmatch(letter):
        return " "
    key = fold(letter)
    return key.upper() if letter.isupper() else key


_FOLDS = [_folded(code) for code in range(256)]
_LONG = bytes(code for code, key in enumerate(_FOLDS) if len(key) != 1 or not key.isascii())
_CASED = bytes(32 if code in _LONG else ord(key) for code, key in enumerate(_FOLDS))
_SHAPE = bytes(32 if code == 32 else 97 if key.strip() else 45 for code, key in enumerate(_FOLDS))
_A_CAPITAL = b"A"
_CAPITALS = bytes(65 if 65 <= code <= 90 else 32 for code in range(256))
_TWO_ALONE = b" a a "
_ANY_LETTER = ord("a")
_A_LETTER = b"a"

Place = tuple[int, int, bool]
"""Offset and length of a word of a name, and whether it is an everyday word."""


class _Piece(NamedTuple):
    """A stretch of a text that is searched in one go: whose it is, where it begins, its letters."""

    text: int
    start: int
    letters: bytes


def name_regions(texts: Sequence[str], scope: Scope) -> tuple[list[list[Region]], bool]:
    """Return for each text the stretches around words that occur in names, in order and apart from one another, and
    whether that is all: after some hundred thousand words of names no more are looked for."""
    found: list[list[Region]] = [[] for _ in texts]
    batch: list[_Piece] = []
    size = hits = 0
    for number, text in enumerate(texts):
        for start, end in _pieces(text):
            if hits > _MOST_HITS:
                break
            piece = text if end - start == len(text) else text[start:end]
            letters = _letters(piece)
            if letters is None:
                slowly = _slowly(piece, scope)
                hits += len(slowly)
                _spread(found[number], text, [(at + start, length) for at, length in slowly])
                continue
            if size and size + len(letters) > _PIECE:
                hits += _search(batch, texts, scope, found)
                batch, size = [], 0
            batch.append(_Piece(number, start, letters))
            size += len(letters)
    complete = hits <= _MOST_HITS
    if batch and complete:
        _search(batch, texts, scope, found)
    regions = [
        [_whole_words(text, low, high) for low, high in some] if some else some
        for text, some in zip(texts, found, strict=True)
    ]
    return regions, complete


def number_regions(text: str) -> list[Region]:
    """Return the stretches of a text around digits and at signs."""
    if not text.encode("utf-8", "replace").translate(None, _NO_DIGITS):
        return []
    return [
        _whole_words(text, max(0, match.start() - _NUMBER_REACH), min(match.end() + _NUMBER_REACH, len(text)))
        for match in _NUMBERS.finditer(text)
    ]


def _pieces(text: str) -> Iterable[Region]:
    return ((0, len(text)),) if len(text) <= _PIECE else _cut(text)


def _cut(text: str) -> Iterator[Region]:
    start = 0
    while len(text) - start > _PIECE + 200:
        end = text.find(" ", start + _PIECE, start + _PIECE + 200)
        end = start + _PIECE if end < 0 else end
        yield start, end
        start = end
    yield start, len(text)


def _letters(text: str) -> bytes | None:
    """Return a byte for each character of a text, or None where one does not fold to one letter."""
    if text.isascii():
        return text.encode("ascii")
    try:
        letters = text.encode(_CODE_PAGE)
    except UnicodeEncodeError:
        if _OTHER_LETTER.search(text):
            return None
        letters = text.encode(_CODE_PAGE, "replace")  # signs and pictures: one question mark each
    return letters if len(letters.translate(None, _LONG)) == len(letters) else None


def _search(batch: Sequence[_Piece], texts: Sequence[str], scope: Scope, found: list[list[Region]]) -> int:
    """Search a batch of pieces as one text, and hand what is found to the texts that it is of; return how much that
    is."""
    joined = b"\n".join([piece.letters for piece in batch])
    starts = list(accumulate([len(piece.letters) + 1 for piece in batch], initial=0))
    mine: dict[int, list[Place]] = {}
    places = _places(joined.translate(_CASED), scope)
    for at, length, everyday in places:
        number = bisect_right(starts, at) - 1
        mine.setdefault(number, []).append((at - starts[number], length, everyday))
    spaced = {bisect_right(starts, at) - 1 for at in _single_letters(joined.translate(_SHAPE))}
    for number in sorted(spaced.union(mine)):
        piece = batch[number]
        text = texts[piece.text]
        if len(text) != len(piece.letters):
            text = text[piece.start : piece.start + len(piece.letters)]
        hits = _in_company(text, mine.get(number, ()))
        if number in spaced:
            hits = sorted(hits + _spaced(text))
        _spread(found[piece.text], texts[piece.text], [(at + piece.start, length) for at, length in hits])
    return len(places)


def _single_letters(shape: bytes) -> Iterator[int]:
    """Yield where three letters or more stand alone in a row, one blank apart."""
    at = shape.find(_TWO_ALONE)
    while at >= 0:
        before = at > 0 and shape[at - 1] == _ANY_LETTER and shape[max(0, at - 2) : at - 1] != _A_LETTER
        after = shape[at + 5 : at + 6] == _A_LETTER != shape[at + 6 : at + 7]
        if before or after:
            yield at
        at = shape.find(_TWO_ALONE, at + 2)


def _places(cased: bytes, scope: Scope) -> list[Place]:
    """Return the words of names in letters that are folded but for their case, in order."""
    padded = b" " + cased + b" "
    places = [
        (start, end - start - 2, False)
        for _, start, end in scope.search.find_matches_as_indexes(padded.lower(), overlapping=True)
    ]
    if scope.weak:
        weak = [
            (start - 1, end - start, key in scope.everyday)
            for start, end in _capitalised(padded)
            if (key := padded[start:end].decode("ascii").lower()) in scope.weak
        ]
        if weak:
            places = sorted(places + weak)
    return places


def _capitalised(letters: bytes) -> Iterator[Region]:
    """Yield where `_CAPITALISED` matches, one after the other; to hop from capital to capital is several times as fast
    as to let the pattern look at every letter."""
    capitals = letters.translate(_CAPITALS)
    at = capitals.find(_A_CAPITAL)
    while at >= 0:
        match = _CAPITALISED.match(letters, at)
        if match:
            yield match.span()
        at = capitals.find(_A_CAPITAL, match.end() if match else at + 1)


def _slowly(text: str, scope: Scope) -> list[tuple[int, int]]:
    """Return (offset, length) of the words of names in a text of any letters."""
    places = [
        (match.start(), len(match[0]), key in scope.everyday)
        for match in WORD.finditer(text)
        if (key := fold(match[0])) in scope.vocabulary or _piece_known(match[0], scope)
        if key not in scope.weak or not match[0][0].islower()
    ]
    return sorted(_in_company(text, places) + _spaced(text))


def _piece_known(word: str, scope: Scope) -> bool:
    """Return whether a word with an apostrophe holds the word of a name ("Osei's", "O'Brien")."""
    return not word.isalpha() and not scope.vocabulary.isdisjoint(words_of(word))


def _in_company(text: str, places: Sequence[Place]) -> list[tuple[int, int]]:
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


def _spaced(text: str) -> list[tuple[int, int]]:
    """Return letter-spaced runs ("J A C K")."""
    return [(match.start(), len(match[0])) for match in _LETTERS.finditer(text)]


def _spread(regions: list[Region], text: str, hits: Sequence[tuple[int, int]]) -> None:
    """Add the stretches around hits to a text's regions; those that touch become one."""
    for place, length in hits:
        low, high = max(0, place - _REACH), min(len(text), place + length + _REACH)
        if regions and low <= regions[-1][1]:
            regions[-1] = (regions[-1][0], max(high, regions[-1][1]))
        else:
            regions.append((low, high))


def _whole_words(text: str, low: int, high: int) -> Region:
    """Widen or narrow a stretch to the next white space."""
    while low and low > 0 and not text[low - 1].isspace() and not text[low].isspace():
        low -= 1
    while high < len(text) and not text[high].isspace():
        high += 1
    return low, high
