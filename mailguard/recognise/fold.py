"""Fold words so that one name has one spelling, and find words in text with their offsets in the original.

Folding drops case, diacritics, apostrophes and invisible characters, and spells letters that have no decomposition
(ß, ø, ł ...) with plain ones, so "O’Brien", "OBRIEN" and "o'brien" all fold to "obrien". Offsets always count
characters of the text as it was given, so evidence can be shown as the sender wrote it.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

Region = tuple[int, int]
"""A stretch of a text: `text[start:end]`."""
WHOLE: Region = (0, sys.maxsize)

_LETTERS = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h",
    "ŋ": "ng", "ə": "e", "ɛ": "e", "ɔ": "o", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ŀ": "l", "ĸ": "k",
}  # fmt: skip
_SPELT_OUT = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}
_APOSTROPHES = "'’‘ʼ`´ʹ′＇ʻ"
_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u2060\u2061\u2062\u2063\u2064\u3164\ufe0e\ufe0f\ufeff\uffa0"
)
LETTER = (
    "A-Za-zªº\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0300-\u036f\u0370-\u1fff\u2c00-\u2dff\u3005-\ud7ff"
    "\uf900-\ufdff\ufe70-\ufefc\uff21-\uff3a\uff41-\uff5a" + _INVISIBLE
)
WORD = re.compile(rf"[{LETTER}]+(?:[{_APOSTROPHES}][{LETTER}]+)*")
_ASCII_WORD = re.compile(r"[A-Za-z]+(?:['`][A-Za-z]+)*")
_PLAIN_WORD = re.compile("([a-z]+)")
_THREE_ALONE = bytes([True] * 3)
_POSSESSIVE = re.compile(rf"[{_APOSTROPHES}][sS]$")
_SPLIT = re.compile(rf"[^{LETTER}]+")
_DROPPED = re.compile(f"[{_APOSTROPHES}{_INVISIBLE}]")
_SPECIAL = re.compile("|".join(_LETTERS))
_TO_LOWER_WORDS = bytes(c + 32 if 65 <= c <= 90 else c if 97 <= c <= 122 else 32 for c in range(256))
_LOOSE = re.compile(f"[{_INVISIBLE}]")
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")
_STYLED = re.compile("[\uff01-\uff5e\u2102-\u2138\u24b6-\u24e9\U0001d400-\U0001d7ff\U0001f130-\U0001f149]")
_FILLERS = re.compile("[\u115f\u1160\u3164\uffa0]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


_LOOK_ALIKES = str.maketrans(
    "АВЕІЈКМНОРСТУХЅԚԜаеіјорсухѕԛԝһӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧαονρꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ",
    "ABEIJKMHOPCTYXSQWaeijopcyxsqwhlABEZHIKMNOPTYXaovpBPDTGKJCZFMNLSRVHWXYAEIOU",
)
"""Letters of other scripts that are drawn like Latin ones (the plain cases of Unicode's UTS 39 confusables)."""
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f\ua4d0-\ua4ff]")


def _latin(word: str) -> str:
    """Return a word whose letters of other scripts are all drawn like Latin ones in Latin letters; a real word of
    another script has others too, and stays."""
    if not _FOREIGN.search(word):
        return word
    found = word.translate(_LOOK_ALIKES)
    return word if _FOREIGN.search(found) else found


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """Return the one spelling of a word: lower case, no diacritics, apostrophes or invisible characters."""
    if word.isascii():
        return word.lower().replace("'", "").replace("`", "")
    return "".join(c for c in _decomposed(_latin(_DROPPED.sub("", word))) if not unicodedata.combining(c))


def plain(text: str) -> str:
    """Return the text with styled letters and figures (script, bold, circled, full width) as plain ones.

    Each stands for one character, so every offset stays. A Hangul filler before a capital is the blank between two
    words that it looks like; elsewhere it is left, to be dropped with what else is not seen."""
    if text.isascii():
        return text
    return _STYLED.sub(lambda match: _unstyled(match[0]), _FILLERS.sub(_blanked, text))


def _blanked(match: re.Match[str]) -> str:
    following = match.string[match.end() : match.end() + 1]
    return " " * len(match[0]) if following.isupper() else match[0]


def _unstyled(letter: str) -> str:
    found = unicodedata.normalize("NFKC", letter)
    return found if len(found) == 1 else letter


def _decomposed(text: str) -> str:
    """Return the text in small letters without ligatures, its accents apart. A capital may come out of the
    decomposition only, so case is folded after it too."""
    text = unicodedata.normalize("NFKD", _spelt(text.casefold())).casefold()
    return unicodedata.normalize("NFKD", _spelt(text))


def _spelt(text: str) -> str:
    return _SPECIAL.sub(lambda match: _LETTERS[match[0]], text)


def words_of(text: str) -> list[str]:
    """Return the folded words of a text, split at everything that is no letter; an apostrophe splits too.

    This is the fast way, without offsets: one pass in C for ASCII text."""
    if not text.isascii():
        text = _APOSTROPHE.sub(" ", _decomposed(_LOOSE.sub("", text)))
        if not text.isascii():
            kept = "".join(c for c in text if not unicodedata.combining(c))
            return [word for word in _SPLIT.split(kept) if word]
    return text.encode("ascii").translate(_TO_LOWER_WORDS).decode("ascii").split()


class Words:
    """The words of one text: folded `keys` with `starts` and `ends` in the original, in order.

    `file` says that the text is a file name: its words are set apart by humps ("OseiAmaReport") too, and capitals
    mean nothing."""

    __slots__ = ("ends", "file", "keys", "starts", "text")

    def __init__(self, text: str, file: bool = False, regions: Sequence[tuple[int, int]] | None = None) -> None:
        self.text = text
        self.file = file
        self.keys: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        pattern = _ASCII_WORD if text.isascii() else WORD
        plain = not file and pattern is _ASCII_WORD and "'" not in text and "`" not in text
        for start, end in regions if regions is not None else ((0, len(text)),):
            first = len(self.keys)
            if plain:
                # In one go, without a match object for each: gap, word, gap, word ... gap, and where each begins.
                pieces = _PLAIN_WORD.split(text[start:end].lower())
                bounds = list(accumulate(map(len, pieces), initial=start))
                self.keys += pieces[1::2]
                self.starts += bounds[1:-1:2]
                self.ends += bounds[2::2]
                lengths = [*map(len, pieces[1::2])]
                if lengths.count(1) > 2 and _THREE_ALONE in bytes([length == 1 for length in lengths]):
                    self._close_up(first)
                continue
            single = False
            for match in pattern.finditer(text, start, end):
                word = match[0]
                if word.isascii() and word.isalpha() and not file:
                    self.keys.append(word.lower())
                    self.starts.append(match.start())
                    self.ends.append(match.end())
                    single = single or len(word) == 1
                else:
                    self._add(match)
            if single:
                self._close_up(first)

    def _add(self, match: re.Match[str]) -> None:
        """Add a word that is not plain: with an apostrophe, a diacritic, or humps of a file name."""
        word, start = match[0], match.start()
        if len(word) > 2 and word[-1] in "sS" and _POSSESSIVE.search(word):
            word = word[:-2]
        for piece in _HUMP.split(word) if self.file else (word,):
            if key := fold(piece):
                self.keys.append(key)
                self.starts.append(start)
                self.ends.append(start + len(piece))
            start += len(piece)

    def _close_up(self, first: int) -> None:
        """Join runs of three or more single letters with one space between ("J A C K") to one word each."""
        at = first
        while at < len(self.keys):
            last = at
            while last + 1 < len(self.keys) and len(self.keys[at]) == len(self.keys[last + 1]) == 1:
                if self.text[self.ends[last] : self.starts[last + 1]] != " ":
                    break
                last += 1
            if last - at >= 2:
                self.keys[at : last + 1] = ["".join(self.keys[at : last + 1])]
                self.starts[at : last + 1] = [self.starts[at]]
                self.ends[at : last + 1] = [self.ends[last]]
            at += 1

    def __len__(self) -> int:
        return len(self.keys)

    def gap(self, index: int) -> str:
        """Return the text between word `index` and the next one."""
        return self.text[self.ends[index] : self.starts[index + 1]]

    def capital(self, index: int) -> bool:
        """Return whether the word begins with a capital letter (scripts without case count as capital)."""
        first = self.text[self.starts[index]]
        return first.isupper() or not first.islower()

    def shouted(self, index: int) -> bool:
        """Return whether the word is written in capitals throughout."""
        return self.text[self.starts[index] : self.ends[index]].isupper()


@lru_cache(maxsize=1 << 15)
def name_parts(name: str) -> tuple[str, ...]:
    """Return the folded parts of a roll name: "Smith-Jones" gives ("smith", "jones"), "O'Brien" ("obrien",)."""
    return tuple(key for part in _split_name(name) if (key := fold(part)))


def _split_name(name: str) -> list[str]:
    return [part for part in re.split(r"[\s\-‐-―.,/()\"“”]+", name) if part]


@lru_cache(maxsize=1 << 15)
def respelt(name: str) -> str:
    """Return the name with umlauts and such spelt out ("Müller" gives "mueller"), or "" where that is no change."""
    lowered = unicodedata.normalize("NFC", name).casefold()
    spelt = "".join(_SPELT_OUT.get(letter, letter) for letter in lowered)
    return spelt if spelt != lowered else ""
