"""Words learned from labelled school texts: how many bits each speaks for a record of the pupil, or for a mention.

The hand-made clues of `about` say how a record is built; these say what it is made of. The file `telling.txt` is fitted
by `tests/bench/quality/calibrate` on texts of many hands, and a school may change any line of it: a word, and the bits
that it adds where a pupil's own sentences have it, once however often. A word stands for its other endings too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from mailguard.recognise.fold import words_of

FILE = "telling.txt"
ANYWHERE, AFTER = "anywhere", "after the name"
MOST_BITS = 4.0
MOST_FOR, MOST_AGAINST = 5.0, 3.0
"""However many words a text has, they cannot say more than this; soft words talk away little."""
_FOLLOWS = re.compile(r" {4,}(?:['’]s )?([a-z]+)")
"""The word just after a name that is blanked out; a capital would be somebody's surname."""
_ENDINGS = ("ing", "ed", "es", "s", "ly")


@dataclass(frozen=True, slots=True)
class Learned:
    """Bits by stem: of words anywhere in a pupil's own sentences, and of words just after a name."""

    anywhere: Mapping[str, float] = field(default_factory=dict)
    after: Mapping[str, float] = field(default_factory=dict)

    def weigh(self, sentences: Sequence[str], text: str) -> float:
        """Return the bits of a pupil's own sentences, names blanked out; `text` is what they say of the pupil."""
        bits = sum((self.anywhere.get(stem, 0.0) for stem in stems_of(text)), 0.0)
        bits += sum((self.after.get(stem, 0.0) for stem in stems_after(sentences)), 0.0)
        return max(-MOST_AGAINST, min(MOST_FOR, bits))


@lru_cache(maxsize=1 << 14)
def stem_of(word: str) -> str:
    """Return what a folded word shares with its other endings: "worries", "worried" and "worry" share "worri"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and ending in ("ing", "ed"):
                word = word[:-1]
            break
    if word.endswith("e") and len(word) > 3:
        return word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


def stems_of(text: str) -> set[str]:
    """Return the stems of a text's words of at least two letters."""
    return {stem_of(word) for word in words_of(text) if len(word) > 1}


def stems_after(sentences: Iterable[str]) -> set[str]:
    """Return the stems of the words that stand just after a name in sentences whose names are blanked out."""
    return {stem_of(word) for sentence in sentences for word in _FOLLOWS.findall(sentence)}


def parse_learned(text: str) -> Learned:
    """Return the words of the file; raises ValueError naming file and line, and what to write there."""
    bits: dict[str, dict[str, float]] = {ANYWHERE: {}, AFTER: {}}
    section = ANYWHERE
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.partition("#")[0].strip()
        where = f"{FILE}, line {number}"
        if line.startswith("["):
            section = line.strip("[]").strip()
            if section not in bits:
                raise ValueError(f"{where}: no section [{section}]; there are [{ANYWHERE}] and [{AFTER}]")
        elif line:
            word, _, value = line.partition(" ")
            folded = words_of(word)
            amount = _number(value)
            if len(folded) != 1 or amount is None or not abs(amount) <= MOST_BITS:
                raise ValueError(
                    f"{where}: write one word and its bits, from -{MOST_BITS:g} to {MOST_BITS:g}, as in: worried 0.8"
                )
            stem = stem_of(folded[0])
            if stem in bits[section]:
                raise ValueError(f"{where}: another line above has {word!r} with this or another ending; keep one")
            bits[section][stem] = amount
    return Learned(bits[ANYWHERE], bits[AFTER])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
