"""Ask many slow patterns of one text: only those are tried of which the text holds words that they cannot do without.

"asked the ... questions" needs the word "asked", a title in quotation marks these, a figure a digit. What a pattern
needs is read off the pattern itself, so that nobody has to keep a list; one automaton then looks for the needles of all
patterns at once. That costs a hundredth of letting twenty-five patterns fail one after the other. A pattern of which
nothing is known to be needed is tried always.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from ahocorasick_rs import BytesAhoCorasick, Implementation

_MOST = 64
"""Beginnings that are told apart where a pattern branches."""
_LONG = 5
"""Letters beyond which a needle is no rarer for being longer."""
_SIGN = 3
"""Letters that a digit or another sign is as rare as."""
_WORDS_OF_SCHOOL, _COMMON = frozenset({"school", "class", "child", "children", "pupil", "reading", "parents"}), 3
"""Words that stand in most of a school's mail, and how many letters they are as rare as."""
_FEW_LETTERS = 4
_DIGITS = frozenset("0123456789")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
_UNCERTAIN = str.maketrans("İıſ", "iis")
"""Letters that match an "i" or an "s" where case is ignored, and yet do not become one in small letters."""
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_NO_WIDTH = frozenset({"AT", "ASSERT", "ASSERT_NOT"})
_Items = Sequence[tuple[Any, Any]]
"""A parsed pattern: operators with what they apply to."""


class Sieve:
    """Tells which of some patterns may match a text."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        self._patterns = patterns
        of: dict[str, int] = {}
        self._always = 0
        self._all = (1 << len(patterns)) - 1
        for number, pattern in enumerate(patterns):
            needles = needles_of(pattern)
            self._always |= 0 if needles else 1 << number
            for needle in needles:
                of[needle] = of.get(needle, 0) | 1 << number
        self._needed = list(of.values())
        self._search = _automaton(of)

    def passes(self, text: str) -> int:
        """Return a number of which bit n is set where pattern n may match the text, or what is left of it when some is
        blanked out."""
        if not text.isascii():
            if _OTHER_DIGIT.search(text):
                return self._all
            text = text.translate(_UNCERTAIN)
        found = self._always
        letters = text.lower().encode("utf-8", "replace")
        for needle, _, _ in self._search.find_matches_as_indexes(letters, overlapping=True):
            found |= self._needed[needle]
        return found

    def found_in(self, text: str) -> list[int]:
        """Return the numbers of the patterns that the text has a match of."""
        passes = self.passes(text)
        return [n for n, pattern in enumerate(self._patterns) if passes >> n & 1 and pattern.search(text)]


class Sieved:
    """One slow pattern that is tried only where the text holds what it needs."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern
        self._sieve = Sieve([pattern])

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in the text."""
        return self.pattern.search(text) if self._sieve.passes(text) else None

    def findall(self, text: str) -> list[str]:
        """Return all matches in the text; of a pattern without groups."""
        return self.pattern.findall(text) if self._sieve.passes(text) else []


class Spotter:
    """Tells which texts of a part hold any of some letters: all texts are looked through as one."""

    def __init__(self, *groups: Sequence[str]) -> None:
        self._bits = [1 << number for number, group in enumerate(groups) for _ in group]
        self._search = _automaton(needle for group in groups for needle in group)

    def spot(self, texts: Sequence[str]) -> list[int]:
        """Return for each text a number of which bit n is set where any of group n stands in it, letter for letter."""
        pieces = [text.encode("utf-8", "replace") for text in texts]
        ends = list(accumulate(len(piece) + 1 for piece in pieces))
        found = [0] * len(pieces)
        at = 0
        for needle, start, _ in self._search.find_matches_as_indexes(b"\0".join(pieces), overlapping=True):
            while ends[at] <= start:
                at += 1
            found[at] |= self._bits[needle]
        return found


def _automaton(needles: Iterable[str]) -> BytesAhoCorasick:
    """Return the fastest automaton, for which a few hundred needles are few enough."""
    return BytesAhoCorasick([needle.encode("utf-8") for needle in needles], implementation=Implementation.DFA)


def needles_of(pattern: re.Pattern[str]) -> frozenset[str]:
    """Return letters and signs in a row, of which any text that the pattern matches holds some once it is in small
    letters; none where that cannot be told. Blanks are in none of them."""
    try:
        parser = importlib.import_module("re._parser")  # where CPython keeps it; without it all patterns are tried
    except ImportError:  # pragma: no cover
        return frozenset()
    return frozenset(_needed(list(parser.parse(pattern.pattern, pattern.flags))))


def _needed(items: _Items) -> set[str]:
    """Return the longest, then the fewest, that one of the places of a sequence needs."""
    best: set[str] = set()
    for place in range(len(items)):
        for found in (_beginnings(items[place:])[0], _inside(*items[place])):
            some = {one for one in found if not any(other != one and other in one for other in found)}
            if "" not in found and some and _worth(some) > _worth(best):
                best = some
    return best


def _worth(needles: set[str]) -> tuple[int, int]:
    rare = (
        min(
            sum(1 if letter.isalpha() else _SIGN for letter in needle),
            _COMMON if any(needle in word for word in _WORDS_OF_SCHOOL) else _LONG,
        )
        for needle in needles
    )
    return (min(_LONG, *rare), -len(needles)) if needles else (0, 0)


def _inside(operator: Any, value: Any) -> set[str]:
    """Return what one item of a sequence needs by what it is made of."""
    name = str(operator)
    if name == "SUBPATTERN":
        return _needed(list(value[3]))
    if name == "ATOMIC_GROUP":
        return _needed(list(value))
    if name == "ASSERT":
        return _needed(list(value[1]))
    if name == "BRANCH":
        found = [_needed(list(branch)) for branch in value[1]]
        return set().union(*found) if all(found) else set()
    return _needed(list(value[2])) if name in _REPEATS and value[0] else set()


def _beginnings(items: _Items) -> tuple[set[str], bool]:
    """Return letters with one of which whatever a sequence matches begins, and whether that is all of it."""
    found = {""}
    for operator, value in items:
        more, whole = _letters(operator, value)
        if not more or len(found) * len(more) > _MOST:
            return found, False
        found = {start + end for start in found for end in more}
        if not whole:
            return found, False
    return found, True


def _letters(operator: Any, value: Any) -> tuple[set[str], bool]:
    """Return what `_beginnings` does of one item, nothing where it may begin with anything."""
    name = str(operator)
    if name == "LITERAL":
        letter = _small(value)
        return {letter} - {""}, True
    if name == "IN":
        if [str(kind) + str(what) for kind, what in value] == ["CATEGORYCATEGORY_DIGIT"]:
            return set(_DIGITS), True
        letters = {_small(code) if str(kind) == "LITERAL" else "" for kind, code in value}
        return (letters, True) if "" not in letters and len(letters) <= _FEW_LETTERS else (set(), False)
    if name in ("SUBPATTERN", "ATOMIC_GROUP"):
        return _beginnings(list(value[3] if name == "SUBPATTERN" else value))
    if name == "BRANCH":
        return _together(_beginnings(list(branch)) for branch in value[1])
    if name in _REPEATS:
        least, most, items = value
        some, whole = _beginnings(list(items))
        return (some | {""} if not least else some), whole and most == 1
    return ({""}, True) if name in _NO_WIDTH else (set(), False)


def _together(branches: Iterable[tuple[set[str], bool]]) -> tuple[set[str], bool]:
    found: set[str] = set()
    whole = True
    for some, all_of_it in branches:
        found |= some
        whole = whole and all_of_it
    return found, whole


def _small(code: int) -> str:
    """Return a letter in small, or a sign; "" for a blank, and for a letter that has more forms than two."""
    letter = chr(code).lower()
    capital = letter.upper()
    return "" if letter.isspace() or len(capital) != 1 or capital.lower() != letter else letter
