"""What a sentence says just after a pupil's name that he or she has, is or needs, in everyday words too.

"Ama was bitten by Kit. Kit has special needs." tells of Kit, though neither word is a strong one and the text is about
Ama. What somebody *has*, *is* or *needs* is told of nobody else, so that words count here which near a name do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from mailguard.model import Category
from mailguard.recognise.categories import topics_of
from mailguard.recognise.clues import Case, Naming
from mailguard.recognise.fold import words_of
from mailguard.recognise.frames import pretends, unframed
from mailguard.recognise.honours import perfect
from mailguard.recognise.news import for_all
from mailguard.recognise.part import PartView
from mailguard.recognise.strength import arranges, praises, public_words
from mailguard.recognise.telling import GOOD_NOT

_HAS = re.compile(
    r"(?:['’]s? (?:parents?|mum|mother|dad|father|family|carers?|foster \w+|nan|gran\w*|brother|sister))?"
    r"\s*(?:\([^()\n]{1,40}\)\s*)?,?\s*(?:who\s+|(?:also|only|still|now|already|often|sometimes)\s+){0,2}"
    r"(?:(?!has |have |had |is |was |will |would )[a-z]\w+ "
    r"(?:(?!(?:he|she|his|her|him|you|we|they|and|but)\b)[a-z]\w* ){0,9}?and )?"
    r"(?P<said>(?:has|have|had|is|was|needs?|takes?|suffers?|got|gets?|cannot|can['’]?t|does(?: not|n['’]t)|"
    r"did(?: not|n['’]t)|"
    r"struggles?|finds?|scored|achieved|received|sees?|goes|attends?|lives?|carries|uses|wears)\b"
    r"(?:(?!    |[.!?;:](?:\s|$)|\n\s*\n).)*)",
    re.IGNORECASE | re.DOTALL,
)
"""What is said just after a name, to the end of the clause or to the next name that is blanked out."""
_GOT = re.compile(
    r"\W*(?:who )?(?:got|gets|scored|achieved|received|was given|had) (?:only |just )?(?:an? )?(?:grade |level )?"
    r"(?:\d{1,3}\b(?:\s?%|(?=\s*(?:[.,;]|in\b|on\b|for (?!the)|out of|/|and\b|$)))|"
    r"[A-EU][*+-]?(?=\s*(?:[.,;]|in\b|for\b|$)))"
)
"""A mark."""
_GETS = re.compile(r"(?:got|gets?|scored|achieved|received)\b", re.IGNORECASE)
_ROLE = re.compile(r"(?:is|was) (?:(?:our|the|this week['’]s) )?(?:star|lead|chief|table|line)\b", re.IGNORECASE)
_GOES_ON = 3
_BEFORE = 160
_LONGEST = 6000


def has(view: PartView, case: Case, namings: Sequence[Naming]) -> bool:
    """Return whether a sentence says of a pupil what he or she has, is or needs ("Ama has special needs", "Ama got a
    3"), in everyday words too."""
    if for_all(view):
        return False
    for at, end in _named_at(view, case, namings):
        text = view.around.quiet(at)
        match = _HAS.match(text, end)
        if match is None:
            continue
        said = GOOD_NOT.sub(" ", match["said"])
        if praises(said) or public_words(said) or _ROLE.match(said):
            continue
        if _GOT.match(match[0]) and not perfect(said):
            return True
        low = max(0, end - _BEFORE)  # a frame may begin before the name ("on work experience Ama was at the surgery")
        framed = unframed(text[low : match.end()])[match.start("said") - low :]
        topics = topics_of(GOOD_NOT.sub(" ", framed), view.index.lexicon)
        if _GETS.match(said) and Category.ATTAINMENT not in {*topics.strong, *topics.weak}:
            continue
        bad, good = view.index.lexicon.tones(words_of(said))
        if not topics.sensitive() and good > bad:
            continue
        if (topics.strong or topics.weak) and not (pretends(said) or arranges(said)):
            return True
    return False


def _named_at(view: PartView, case: Case, namings: Sequence[Naming]) -> Iterator[tuple[int, int]]:
    """Yield where the names of a pupil end: those in full, and the forename alone in what follows them."""
    pupil = view.index.pupils[case.person]
    alone = _alone(pupil.preferred_forename or pupil.forename)
    for naming in namings:
        if naming.clue.segment.cells:
            continue
        at, end = naming.clue.at, naming.hit.end
        yield at, end
        for below in range(at, min(at + _GOES_ON, len(view.segments))):
            if not view.segments[below].cells:
                text = view.around.quiet(below)[:_LONGEST]
                yield from ((below, match.end()) for match in alone.finditer(text, end if below == at else 0))


@lru_cache(maxsize=1 << 8)
def _alone(forename: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w’'-]){re.escape(forename)}(?=[ ,](?! *[A-Z]))")
