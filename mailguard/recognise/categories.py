"""Say what a text is about: category terms of the lexicon, less those negated or used up by letterhead phrases.

A strong term ("EHCP", "excluded") says so by itself; a weak one ("results", "hit", "hospital") is an everyday word too
and counts only where the text is about one pupil; so does what looks like a score ("7/20", "34 %").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mailguard.model import SENSITIVE, Category
from mailguard.recognise.fold import words_of
from mailguard.recognise.lexicon import Lexicon, Term

_FRACTION = r"(?<![\d/.])\d{1,3}\s?/\s?(?:10|20|30|40|50|60|80|100|110|120)(?![\d/])|\d\s?%"
_SHORT_SCORE = re.compile(_FRACTION)
_SCORE = re.compile(
    rf"{_FRACTION}|"
    r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten) out of (?:\d|ten|twenty|a hundred)|^\W*out of \d"
)
_GRAVE = (Category.MEDICAL, Category.SEN, Category.SAFEGUARDING)
_NEGATION_REACH = 3
_EMPTY_VALUES = frozenset({"none", "no", "nil", "na", "n"})


@dataclass(slots=True)
class Topics:
    """The categories of a text, each with the number of its strong and weak terms."""

    strong: dict[Category, int] = field(default_factory=dict)
    weak: dict[Category, int] = field(default_factory=dict)

    def sensitive(self) -> int:
        """Return the number of strong terms of sensitive categories."""
        return sum(count for category, count in self.strong.items() if category in SENSITIVE)

    def grave(self) -> int:
        """Return the number of strong terms that no praise makes harmless."""
        return sum(self.strong.get(category, 0) for category in _GRAVE)

    def faint(self) -> int:
        """Return the number of weak terms, those of home ("lives with") and of identity ("password") too."""
        return sum(self.weak.values())

    def all(self) -> set[Category]:
        """Return every category there is a term of."""
        return {*self.strong, *self.weak}


def topics_of(text: str, lexicon: Lexicon) -> Topics:
    """Return the topics of a text."""
    words = words_of(text)
    topics = Topics()
    score = _SCORE if "out of" in text else _SHORT_SCORE if "%" in text or "/" in text else None
    if score and score.search(text):
        topics.weak[Category.ATTAINMENT] = 1
    if lexicon.terms.keys().isdisjoint(words):
        return topics
    terms, harmless = lexicon.terms, lexicon.harmless
    past = 0
    for at in [place for place, word in enumerate(words) if word in terms or word in harmless]:
        if at < past:
            continue  # within a phrase
        following = words[at + 1] if at + 1 < len(words) else ""
        skipped = _harmless(words, at, lexicon) if _begins(harmless, words[at], following) else 0
        term = _term(words, at, lexicon, text) if _begins(terms, words[at], following) else None
        if term is None or len(term.phrase) <= skipped:  # of two phrases that begin here the longer one is meant
            past = at + skipped
            continue
        if words[at] in lexicon.negations or not _negated(words, at, len(term.phrase), lexicon):
            counts = topics.weak if term.weak else topics.strong
            counts[term.category] = counts.get(term.category, 0) + 1
        past = at + len(term.phrase)
    return topics


def _begins(phrases: Mapping[str, Mapping[str, object]], word: str, following: str) -> bool:
    """Return whether a phrase may begin with a word and go on with the next one; most that may begin do not go on."""
    seconds = phrases.get(word)
    return seconds is not None and (following in seconds or "" in seconds)


def _term(words: list[str], at: int, lexicon: Lexicon, text: str) -> Term | None:
    seconds = lexicon.terms.get(words[at])
    if seconds is None:
        return None
    for term in seconds.get(words[at + 1], ()) if at + 1 < len(words) else ():
        if _matches(words, at, term.phrase) and term.written in text:
            return term
    for term in seconds.get("", ()):
        if term.written in text:
            return term
    return None


def _matches(words: list[str], at: int, phrase: tuple[str, ...]) -> bool:
    """Return whether the words go on as a phrase does, of which the first two are known to stand there."""
    return len(phrase) == 2 or tuple(words[at : at + len(phrase)]) == phrase


def _harmless(words: list[str], at: int, lexicon: Lexicon) -> int:
    seconds = lexicon.harmless.get(words[at])
    if seconds is None:
        return 0
    for phrase in seconds.get(words[at + 1], ()) if at + 1 < len(words) else ():
        if _matches(words, at, phrase):
            return len(phrase)
    return int("" in seconds)


def _negated(words: list[str], at: int, length: int, lexicon: Lexicon) -> bool:
    before = words[max(0, at - _NEGATION_REACH) : at]
    after = words[at + length : at + length + 1]
    return not lexicon.negations.isdisjoint(before) or (bool(after) and after[0] in _EMPTY_VALUES)
