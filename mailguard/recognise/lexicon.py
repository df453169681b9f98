"""Word lists that schools may edit: category terms, what negates them, letterhead phrases, name variants, words.

The files are plain text in policies/lexicon: one entry a line, `#` starts a comment, and in the category file a line
in [brackets] starts a section. `parse_lexicon` takes text and is pure; `load_lexicon` reads a folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple, TypeVar

import mailguard
from mailguard.model import Category
from mailguard.recognise.fold import fold, words_of
from mailguard.recognise.learned import FILE as TELLING
from mailguard.recognise.learned import Learned, parse_learned
from mailguard.recognise.phrases import Phrases, Reach

_CATEGORY_SECTIONS = frozenset({*Category, *(f"{category} weak" for category in Category), "negation", "harmless"})
_MEANINGS = ("everyday", "ordinary", "things", "trouble", "joy", "private")
FILES = ("categories.txt", "variants.txt", "words.txt", TELLING, "boilerplate.txt")


_T = TypeVar("_T")


class Term(NamedTuple):
    """A phrase (as folded words) of a category; a weak one is an everyday word too; `written` is how it must stand in
    the text, where that matters ("SEND")."""

    phrase: tuple[str, ...]
    category: Category
    weak: bool
    written: str = ""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything the recogniser knows about language.

    `terms` maps the first word of a phrase to its second ("" for a phrase of one word) and that to the terms that begin
    so, longest first; `harmless` likewise to phrases that use up their words (letterhead, job titles); `negations` are
    words that undo a term after them;
    `variants` maps a folded forename to the numbers of its groups, `groups` a number to its members; `ordinary` holds
    words of English that are also names somewhere, `everyday` the commonest of them, `things` words that make a name
    the name of a thing, `trouble` and `joy` words in which a child's troubles and good news are told, `private` words
    of the life of one child; `learned` are the words learned from labelled texts, with their bits;
    `boilerplate` the phrases of footers and courtesies."""

    terms: Mapping[str, Mapping[str, tuple[Term, ...]]] = field(default_factory=dict)
    harmless: Mapping[str, Mapping[str, tuple[tuple[str, ...], ...]]] = field(default_factory=dict)
    negations: frozenset[str] = frozenset()
    variants: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    groups: tuple[tuple[str, ...], ...] = ()
    everyday: frozenset[str] = frozenset()
    ordinary: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    trouble: frozenset[str] = frozenset()
    joy: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    learned: Learned = field(default_factory=Learned)
    boilerplate: Phrases = field(default_factory=Phrases)

    def tones(self, words: Sequence[str]) -> tuple[int, int]:
        """Return how many of some folded words are words of trouble, and how many of joy, whatever their endings."""
        bad = good = 0
        for word, following in zip_longest(words, words[1:]):
            forms = _stems(word)
            if following == "t" or not self.trouble.isdisjoint(forms):  # won't, can't
                bad += 1
            elif not self.joy.isdisjoint(forms):
                good += 1
        return bad, good

    def private_words(self, words: Sequence[str]) -> int:
        """Return how many different folded words are of a child's own life, whatever their endings."""
        return len({word for word in words if not self.private.isdisjoint(_stems(word))})


@lru_cache(maxsize=1 << 14)
def _stems(word: str) -> tuple[str, ...]:
    """Return a word and what is left of it without a common ending ("kicked", "kick")."""
    found = [word]
    for ending in ("s", "es", "ed", "d", "ing", "ly"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            stem = word[: -len(ending)]
            found += [stem, stem[:-1]] if stem[-1:] == stem[-2:-1] else [stem]
    return tuple(found)


def parse_lexicon(
    categories: str = "", variants: str = "", words: str = "", telling: str = "", boilerplate: str = ""
) -> Lexicon:
    """Return the lexicon of five texts; raises ValueError naming the line of an unknown section or useless entry."""
    terms: list[Term] = []
    harmless: list[tuple[str, ...]] = []
    negations: set[str] = set()
    for section, entry in _sections(categories, _CATEGORY_SECTIONS):
        phrase = tuple(words_of(entry))
        if section == "negation":
            negations.add("".join(phrase))
        elif section == "harmless":
            harmless.append(phrase)
        else:
            category, _, weak = section.partition(" ")
            terms.append(Term(phrase, Category(category), bool(weak), _written(entry)))
    groups = tuple(tuple(fold(name) for name in line.split()) for line in _lines(variants))
    numbers: dict[str, tuple[int, ...]] = {}
    for number, group in enumerate(groups):
        for name in group:
            numbers[name] = (*numbers.get(name, ()), number)
    meanings: dict[str, list[str]] = {name: [] for name in _MEANINGS}
    for section, entry in _sections(words, frozenset(meanings)):
        meanings[section] += [fold(word) for word in entry.split()]
    phrases: dict[Reach, list[str]] = {reach: [] for reach in Reach}
    for section, entry in _sections(boilerplate, frozenset(phrases)):
        phrases[Reach(section)].append(entry.lower())
    return Lexicon(
        terms=_by_beginning(terms, lambda term: term.phrase),
        harmless=_by_beginning(harmless, lambda phrase: phrase),
        negations=frozenset(negations),
        variants=numbers,
        groups=groups,
        everyday=frozenset(meanings["everyday"]),
        ordinary=frozenset(meanings["ordinary"] + meanings["everyday"]),
        things=frozenset(meanings["things"]),
        trouble=frozenset(word for entry in meanings["trouble"] for word in words_of(entry)),
        joy=frozenset(meanings["joy"]),
        private=frozenset(word for entry in meanings["private"] for word in words_of(entry)),
        learned=parse_learned(telling),
        boilerplate=Phrases(phrases),
    )


def _by_beginning(
    entries: Iterable[_T], phrase_of: Callable[[_T], tuple[str, ...]]
) -> dict[str, dict[str, tuple[_T, ...]]]:
    """Return entries by the first word of their phrase and the second, "" where there is none; longest first."""
    found: dict[str, dict[str, tuple[_T, ...]]] = {}
    for entry in sorted(entries, key=lambda entry: -len(phrase_of(entry))):
        first, second = (*phrase_of(entry), "")[:2]
        seconds = found.setdefault(first, {})
        seconds[second] = (*seconds.get(second, ()), entry)
    return found


def load_lexicon(folder: Path) -> Lexicon:
    """Read the lexicon files of a folder; raises OSError where one is missing."""
    return parse_lexicon(*((folder / name).read_text(encoding="utf-8") for name in FILES))


@lru_cache(maxsize=1)
def default_lexicon() -> Lexicon:
    """Return the lexicon that ships with mailguard: inside the package, or beside it in a source tree."""
    package = Path(mailguard.__file__).resolve().parent
    shipped = package / "policies" / "lexicon"
    return load_lexicon(shipped if shipped.is_dir() else package.parent / "policies" / "lexicon")


def _written(entry: str) -> str:
    return entry[1:].strip() if entry.startswith("=") else ""


def _lines(text: str) -> list[str]:
    return [line for raw in text.splitlines() if (line := raw.partition("#")[0].strip())]


def _sections(text: str, known: frozenset[str]) -> list[tuple[str, str]]:
    section = ""
    found = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.partition("#")[0].strip()
        if line.startswith("["):
            section = line.strip("[]").strip()
            if section not in known:
                raise ValueError(f"line {number}: no section [{section}]; there are {', '.join(sorted(known))}")
        elif line:
            if not section:
                raise ValueError(f"line {number}: an entry before the first [section]")
            if not words_of(line) or any(letter.isdigit() for letter in line):
                raise ValueError(f"line {number}: an entry is words, without figures")
            found.append((section, line))
    return found
