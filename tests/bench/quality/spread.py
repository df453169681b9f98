"""Vectors of words, by which what a few texts teach of one word is spread to words of like meaning ("wept", "sobbing").

Read from a file of word vectors as GloVe has them (one word a line, then its numbers, commonest words first;
Pennington, Socher and Manning 2014, "GloVe: Global Vectors for Word Representation"; their glove.6B.50d.txt is in the
public domain) and a list of the words of British English, one a line, in which names have capitals (Debian's wbritish).
Neither ships: only `calibrate` reads them, and what ships is bits of words.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from pathlib import Path

import numpy as np

from mailguard.recognise.fold import words_of
from mailguard.recognise.learned import stem_of

_COMMON = 30_000
"""Of the file's words, commonest first: rarer ones hardly stand in a school's mail, and their vectors say little."""
_CENTRE = 20_000
_SHORTEST = 3


class Spread:
    """The vector of each stem, of length about 1, and the commonest form of it."""

    def __init__(self, vectors: dict[str, np.ndarray], forms: dict[str, str]) -> None:
        self.vectors = vectors
        self.forms = forms
        self.size = len(next(iter(vectors.values()))) if vectors else 0

    def without(self, stems: set[str]) -> Spread:
        """Return the same without some stems."""
        return Spread({s: v for s, v in self.vectors.items() if s not in stems}, self.forms)

    def total(self, stems: frozenset[str]) -> np.ndarray:
        """Return the sum of the vectors of stems; those that stand after a name (">told") have none."""
        return sum((self.vectors[stem] for stem in stems if stem in self.vectors), np.zeros(self.size))


NOTHING = Spread({}, {})


def load_spread(vectors: Path, dictionary: Path, left_out: frozenset[str]) -> Spread:
    """Return the vectors of the stems of common English words that are no names and not `left_out`; raises OSError
    where a file is missing and ValueError where a line has other numbers of figures than the first."""
    english = {word for word in dictionary.read_text(encoding="utf-8").split() if word.isalpha() and word.islower()}
    with vectors.open(encoding="utf-8") as lines:
        rows = [line.split(" ") for line in islice(lines, _COMMON)]
    table = np.array([[float(figure) for figure in row[1:]] for row in rows])
    table -= table[:_CENTRE].mean(axis=0)
    first = np.linalg.svd(table[:_CENTRE], full_matrices=False)[2][0]  # what all words share says nothing
    table -= np.outer(table @ first, first)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    found: dict[str, list[tuple[str, np.ndarray]]] = defaultdict(list)
    for (word, *_), vector in zip(rows, table, strict=True):
        if word in english and len(word) >= _SHORTEST and words_of(word) == [word]:
            found[stem_of(word)].append((word, vector))
    kept = {stem: of for stem, of in found.items() if stem not in left_out}
    means = {
        stem: np.mean([vector / rank for rank, (_, vector) in enumerate(of, 1)], axis=0) for stem, of in kept.items()
    }
    return Spread(
        {stem: mean / np.linalg.norm(mean) for stem, mean in means.items()},
        {stem: of[0][0] for stem, of in kept.items()},
    )
