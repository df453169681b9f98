"""Say what a text is about: category terms of the lexicon, less those negated or used up by letterhead phrases."""

from __future__ import annotations

from mailguard.model import Category
from mailguard.recognise.fold import words_of
from mailguard.recognise.lexicon import Lexicon

_NEGATION_REACH = 3
_EMPTY_VALUES = frozenset({"none", "no", "nil", "na", "n"})


def categories_of(text: str, lexicon: Lexicon) -> dict[Category, int]:
    """Return the categories of a text with the number of their terms in it."""
    words = words_of(text)
    found: dict[Category, int] = {}
    if lexicon.terms.keys().isdisjoint(words):
        return found
    at = 0
    while at < len(words):
        skip = _harmless(words, at, lexicon)
        if skip:
            at += skip
            continue
        length = 1
        for phrase, category in lexicon.terms.get(words[at], ()):
            if _matches(words, at, phrase):
                if not _negated(words, at, len(phrase), lexicon):
                    found[category] = found.get(category, 0) + 1
                length = len(phrase)
                break
        at += length
    return found


def _matches(words: list[str], at: int, phrase: tuple[str, ...]) -> bool:
    return len(phrase) == 1 or tuple(words[at : at + len(phrase)]) == phrase


def _harmless(words: list[str], at: int, lexicon: Lexicon) -> int:
    for phrase in lexicon.harmless.get(words[at], ()):
        if _matches(words, at, phrase):
            return len(phrase)
    return 0


def _negated(words: list[str], at: int, length: int, lexicon: Lexicon) -> bool:
    before = words[max(0, at - _NEGATION_REACH) : at]
    after = words[at + length : at + length + 1]
    return not lexicon.negations.isdisjoint(before) or (bool(after) and after[0] in _EMPTY_VALUES)
