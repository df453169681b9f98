"""The phrases of boilerplate.txt, and where they stand in a text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import accumulate

from ahocorasick_rs import AhoCorasick, Implementation

_BETWEEN = "\0"
"""A sign of which no phrase has one."""


class Reach(StrEnum):
    """How much of a text a phrase makes boilerplate: its sentence, its sentence if that tells of nothing else, or its
    sentence and what follows in the paragraph."""

    FOOTER = "footer"
    COURTESY = "courtesy"
    DISCLAIMER = "disclaimer"


class Phrases:
    """Phrases in small letters, by their reach; they are looked for together."""

    def __init__(self, phrases: Mapping[Reach, Sequence[str]] | None = None) -> None:
        found = [(phrase, reach) for reach, some in (phrases or {}).items() for phrase in some]
        self._reaches = [reach for _, reach in found]
        self._automaton = (
            AhoCorasick([phrase for phrase, _ in found], implementation=Implementation.DFA) if found else None
        )

    def find(self, text: str) -> list[tuple[int, Reach]]:
        """Return where phrases end in a text, whatever its letters' case, and how far each reaches."""
        return [(end, self._reaches[number]) for number, _, end in self._matches(text)]

    def without(self, text: str) -> str:
        """Return a text with a blank in place of each phrase."""
        for _, start, end in reversed(self._matches(text)):
            text = f"{text[:start]} {text[end:]}"
        return text

    def _matches(self, text: str) -> list[tuple[int, int, int]]:
        lowered = text.lower().replace("\n", " ").replace("’", "'")
        if self._automaton is None or len(lowered) != len(text):
            return []
        return self._automaton.find_matches_as_indexes(lowered)

    def within(self, texts: Sequence[str]) -> Iterable[int]:
        """Return the numbers, in order, of the texts in which `find` may find any: they are looked through as one."""
        joined = _BETWEEN.join(texts)
        if len(joined.lower()) != len(joined):
            return range(len(texts))
        starts = [*accumulate((len(text) + 1 for text in texts), initial=0)]
        return sorted({bisect_right(starts, end - 1) - 1 for end, _ in self.find(joined)})
