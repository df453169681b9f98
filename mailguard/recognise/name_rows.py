"""The rows of an index that lead from the halves of a name to the persons who have both."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from mailguard.model import Pupil
from mailguard.recognise.fold import name_parts, respelt, words_of
from mailguard.recognise.index import PARTICLES, PERSON_BITS, TOKEN_BITS, TOKEN_MASK, Index

Name = str | frozenset[str]
"""A forename or a surname: as the roll spells it, or the words that stand for any of a pupil's several."""
_FIRST_SHIFT = TOKEN_BITS + PERSON_BITS
_Rows = dict[int, "array[int]"]


class NameRows:
    """Fills `given_first`, `family_first`, the words and their counts; thrown away once the index is built.

    What a name stands for is found once for each spelling, and the words of a school once for each name in it."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.words: dict[int, set[str]] = {}
        """The folded words of the names in each school, by its number."""

    def add(self, givens: Sequence[Name], families: Sequence[Name]) -> None:
        """Add the names of all persons, forenames and surnames, in the order of their numbers."""
        index, schools = self.index, self.index.school_of.tolist()
        given_tokens, given_words = self._given_names(dict.fromkeys(givens))
        family_words = {name: _words(name, _family) for name in dict.fromkeys(families)}
        family_tokens = {name: [self._token(word) for word in words] for name, words in family_words.items()}
        _count(index.given_count, givens[: len(index.pupils)], given_tokens)
        _count(index.family_count, families[: len(index.pupils)], family_tokens)
        met: dict[int, tuple[set[Name], set[Name]]] = {school: (set(), set()) for school in set(schools)}
        by_given, by_family = _rows(zip(schools, givens, families, strict=True), given_tokens, family_tokens, met)
        for school, (some_givens, some_families) in met.items():
            words = self.words.setdefault(school, set())
            words.update(*map(given_words.__getitem__, some_givens), *map(family_words.__getitem__, some_families))
        index.given_first = _in_order(by_given)
        index.family_first = _in_order(by_family)

    def add_pieces(self, school: int, name: str) -> None:
        """Note the words that a split at apostrophes leaves ("O'Neill" gives "neill"): the fast scan splits there."""
        words = words_of(name)
        if len(words) > 1:
            self.words.setdefault(school, set()).update(word for word in words if len(word) > 1)

    def _given_names(self, names: Iterable[Name]) -> tuple[dict[Name, list[int]], dict[Name, frozenset[str]]]:
        """Return the tokens and the words of each forename, those of its variants' groups among them."""
        lexicon = self.index.lexicon
        tokens: dict[Name, list[int]] = {}
        words: dict[Name, frozenset[str]] = {}
        for name in names:
            given = _words(name, _given)
            groups = [group for word in given for group in lexicon.variants.get(word, ())]
            found = [self._token(word) for word in given] + [self._token(f"~{group}") for group in groups]
            tokens[name] = list(dict.fromkeys(found))
            words[name] = given.union(*(lexicon.groups[group] for group in groups)) if groups else given
        return tokens, words

    def _token(self, word: str) -> int:
        tokens = self.index.tokens
        number = tokens.get(word)
        if number is None:
            number = tokens[word] = len(tokens)
            self.index.words.append(word)
            self.index.given_count.append(0)
            self.index.family_count.append(0)
        return number & TOKEN_MASK


def _count(counts: array[int], names: Sequence[Name], tokens: dict[Name, list[int]]) -> None:
    for name, count in Counter(names).items():
        for token in tokens[name]:
            counts[token] += count


def _rows(
    persons: Iterable[tuple[int, Name, Name]],
    given_tokens: dict[Name, list[int]],
    family_tokens: dict[Name, list[int]],
    met: dict[int, tuple[set[Name], set[Name]]],
) -> tuple[_Rows, _Rows]:
    """Return for each forename's token the (surname's token, person) that go with it as one number, and the other way
    round; put into `met` the names of each school.

    Arrays, because a million numbers as objects lie far apart, and reaching for them is what takes the time."""
    by_given = {token: array("Q") for tokens in given_tokens.values() for token in tokens}
    by_family = {token: array("Q") for tokens in family_tokens.values() for token in tokens}
    firsts = {
        name: [(by_given[token].append, token << PERSON_BITS) for token in tokens]
        for name, tokens in given_tokens.items()
    }
    lasts = {
        name: [(by_family[token].append, token << PERSON_BITS) for token in tokens]
        for name, tokens in family_tokens.items()
    }
    meet = {school: (givens.add, families.add) for school, (givens, families) in met.items()}
    for person, (school, given, family) in enumerate(persons):
        meet_given, meet_family = meet[school]
        meet_given(given)
        meet_family(family)
        for add_last, last in lasts[family]:
            last |= person
            for add_first, first in firsts[given]:
                add_first(last)
                add_last(first | person)
    return by_given, by_family


def _in_order(rows: _Rows) -> array[int]:
    found = array("Q")
    for token in sorted(rows):
        first = token << _FIRST_SHIFT
        found.extend(array("Q", [first | row for row in sorted(rows[token])]))
    return found


def names_of(pupil: Pupil) -> tuple[Name, Name]:
    """Return the words that stand for any forename and any surname of a pupil who has more than one."""
    given = _given(pupil.forename) | _given(pupil.preferred_forename) | _given(pupil.middle_names)
    family = _family(pupil.surname) | _family(pupil.preferred_surname) | _family(pupil.former_surname)
    for alias in pupil.aliases:
        first, _, last = alias.strip().rpartition(" ")
        given |= _given(first or last)
        family = family | _family(last) if first else family
    return given, family


def _words(name: Name, of: Callable[[str], frozenset[str]]) -> frozenset[str]:
    return of(name) if isinstance(name, str) else name


@lru_cache(maxsize=1 << 14)
def _given(name: str) -> frozenset[str]:
    """Return the tokens that stand for a forename: its parts, the parts joined, the spelt-out form."""
    parts = name_parts(name)
    found = {part for part in parts if len(part) > 1} or set(parts)
    if len(parts) > 1:
        found.add("".join(parts))
    if parts and (other := respelt(name)):
        found |= set(name_parts(other))
    return frozenset(found)


@lru_cache(maxsize=1 << 14)
def _family(name: str) -> frozenset[str]:
    """Return the tokens that stand for a surname: its parts but for particles, the parts joined, the spelt-out form."""
    parts = name_parts(name)
    found = {part for part in parts if part not in PARTICLES} or set(parts)
    if len(parts) > 1:
        found.add("".join(parts))
    if parts and (other := respelt(name)):
        found |= set(name_parts(other)) - PARTICLES
    return frozenset(found)
