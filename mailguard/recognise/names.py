"""Find full names of the roll in the words of a text: any order, any fold, with middle names between.

A name is two marks, one that can be a forename and one that can be a surname, close together with nothing between
that ends a sentence, a cell or a list entry. The pair of tokens is looked up in the index, never one token alone: a
common forename has too many owners to be worth opening.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mailguard.recognise.fold import Words
from mailguard.recognise.index import PARTICLES, Index, Scope

_BREAK = re.compile(r"[|;:!?\t•·*=<>{}\[\]@#&/\\]|\n\s*\n|\.\s|\.$|\d| - | – | — |[(]")
_JOINER = re.compile(r"[-‐‑\u00ad]\s*\n\s*|[-‐‑'’]? ?")
_REACH = 3


class Mark(NamedTuple):
    """A word, or words that join to one name token: words `first` to `last`, folded `key`."""

    first: int
    last: int
    key: str


class NameHit(NamedTuple):
    """Two marks that name persons of the roll: `text[start:end]`.

    `persons` are their numbers, `variant` tells that the forename was only a variant of theirs; `order` is
    "given-first", "comma" (surname, forename) or "family-first"; `between` counts the words between the marks."""

    start: int
    end: int
    given: Mark
    family: Mark
    persons: tuple[int, ...]
    variant: bool
    order: str
    between: int


class NameFinder:
    """Looks up pairs of tokens for one message and remembers what it looked up."""

    def __init__(self, index: Index, scope: Scope) -> None:
        self.index = index
        self.scope = scope
        self._known: dict[tuple[str, str], tuple[tuple[int, ...], tuple[int, ...]]] = {}

    def find(self, words: Words) -> list[NameHit]:
        """Return every name in the words, overlapping ones included."""
        marks = self.marks(words)
        found: list[NameHit] = []
        for place, left in enumerate(marks):
            for right in marks[place + 1 : place + 9]:
                between = right.first - left.last - 1
                if between > _REACH:
                    break
                if between < 0 or self.broken(words, left, right):
                    continue
                found += self.pair(words, left, right, between)
        return found

    def marks(self, words: Words) -> list[Mark]:
        """Return the words that occur in names of the scope, and neighbours that do when joined."""
        vocabulary = self.scope.vocabulary
        marks: list[Mark] = []
        keys = words.keys
        for place, key in enumerate(keys):
            if key in vocabulary:
                marks.append(Mark(place, place, key))
            if place + 1 < len(keys) and (key in PARTICLES or "-" in (gap := words.gap(place)) or "\u00ad" in gap):
                joined = key + keys[place + 1]
                if joined in vocabulary and _JOINER.fullmatch(words.gap(place)):
                    marks.append(Mark(place, place + 1, joined))
        return marks

    def broken(self, words: Words, left: Mark, right: Mark) -> bool:
        """Return whether something between two marks ends a name."""
        gap = words.text[words.ends[left.last] : words.starts[right.first]]
        if gap == " ":
            return False
        if len(gap) > 40 or gap.count(",") > 1 or gap.count("\n") > 1:
            return True
        initials = re.sub(r"\b([A-Z])\.", r"\1", gap)
        if _BREAK.search(initials):
            return True
        return any(
            not words.capital(place) and words.keys[place] not in PARTICLES | {"and", "nee"}
            for place in range(left.last + 1, right.first)
        )

    def pair(self, words: Words, left: Mark, right: Mark, between: int) -> list[NameHit]:
        """Return the names that two marks give in either order."""
        comma = "," in words.text[words.ends[left.last] : words.starts[right.first]]
        start, end = words.starts[left.first], words.ends[right.last]
        found = []
        for given, family, order in ((left, right, "given-first"), (right, left, "comma" if comma else "family-first")):
            if comma and order == "given-first":
                continue
            exact, variant = self.persons(given.key, family.key)
            if exact:
                found.append(NameHit(start, end, given, family, exact, False, order, between))
            if variant:
                found.append(NameHit(start, end, given, family, variant, True, order, between))
        return found

    def persons(self, given: str, family: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the persons so named, and those for whom the forename is a variant."""
        known = self._known.get((given, family))
        if known is None:
            known = self._known[given, family] = self._look_up(given, family)
        return known

    def _look_up(self, given: str, family: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        tokens = self.index.tokens
        last = tokens.get(family)
        if last is None:
            return (), ()
        first = tokens.get(given)
        exact = self.index.named(first, last, self.scope) if first is not None else []
        variant: list[int] = []
        for group in self.index.lexicon.variants.get(given, ()):
            number = tokens.get(f"~{group}")
            if number is not None:
                variant += [
                    p for p in self.index.named(number, last, self.scope) if p not in exact and p not in variant
                ]
        return tuple(exact), tuple(variant)
