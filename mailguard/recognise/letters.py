"""A letter that stands among others: one file of a merge has thirty, each about "your child" and no word of whom.

Who is meant stands above the text: in the greeting ("Dear parents of Ama Osei"), in the address, or as a heading. What
is below is about that pupil, down to where the writer signs or greets the next family, and in no other letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from mailguard.recognise.categories import Topics
from mailguard.recognise.clues import Naming
from mailguard.recognise.news import for_all, told_in
from mailguard.recognise.part import PartView
from mailguard.recognise.roles import closes
from mailguard.recognise.speech import glad, sentence_ends
from mailguard.recognise.strength import lacks, public_words, stands_alone
from mailguard.recognise.telling import FIGURE, GREETING, leads_from_parents

_YOURS = re.compile(r"\byour (?:child|son|daughter)\b(?:['’]s)?(?! or\b| and\b|/)", re.IGNORECASE)
_ANY = re.compile(
    r"\b(?:if|when|whenever|whether|unless|where|should|each|every|any|how|what|who|before|once|for) $|"
    r"\b(?:ensure|make sure|help|collect\w*|that|encourage|remind|send|name|label|talk to|please|want|wish|like) $",
    re.IGNORECASE,
)
"""What makes a child of "your child" any child's: "if your child is ill, ring us"."""
_MET = re.compile(
    r"\bas (?:we )?(?:discussed|agreed)\b|\b(?:further to|following) (?:our|my|your|the) (?:recent |last )?(?:letter|"
    r"meeting|call|(?:tele)?phone|e-?mail|conversation|discussion|chat|visit)|\bthank you for (?:meeting|speaking|"
    r"talking|your (?:call|letter|e-?mail|time))\b|\bour (?:meeting|conversation|discussion|(?:tele)?phone call)\b",
    re.IGNORECASE,
)
"""What a letter to one family goes back to; none to everybody does."""
_BLANKED = "    "
_LINES, _ABOVE, _NEAR = 24, 60, 3
_PROSE = re.compile(r"(?:\b[a-z]{2,}\b\W+){3}")


def own_letter(view: PartView, naming: Naming) -> Topics | None:
    """Return the topics of the letter that a pupil's name heads, if what it says of "your child" is private, or if it
    goes back to what was spoken of with the family; None otherwise."""
    segment, at, hit = naming.clue.segment, naming.clue.at, naming.hit
    if segment.cells or for_all(view):
        return None
    low, _ = view.around.line(at, hit.start, hit.end)
    parents = leads_from_parents(segment.text[low : hit.start])
    if not parents and not stands_alone(view.around, at, hit.start, hit.end):
        return None
    lines = list(_below(view, at, hit.end))
    text = "\n".join(lines)
    lexicon = view.index.lexicon
    said = " ".join(sentence for sentence in _sentences(text) if _of_one(sentence))
    topics = told_in(view, said)
    hints = topics.faint() and not public_words(said) and (FIGURE.search(said) or lacks(said))
    if (topics.sensitive() or hints) and not glad(said, lexicon):
        return topics
    if _MET.search(text) and (parents or _greets(view, at, low, lines)):
        return told_in(view, text)
    return None


def _below(view: PartView, at: int, end: int) -> Iterator[str]:
    """Yield the lines of the letter under a name: down to where the writer signs, or greets or names somebody else."""
    prose = False
    for line in islice(view.around.lines_below(at, end), _LINES):
        if (closes(line) and not _PROSE.search(line)) or (prose and (_BLANKED in line or GREETING.match(line))):
            return
        prose = prose or bool(_PROSE.search(line))
        yield line


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end, following in (*sentence_ends(text), (len(text), 0)):
        yield text[start:end]
        start = following


def _of_one(sentence: str) -> bool:
    """Return whether a sentence speaks of "your child" as of one it knows."""
    return any(not _ANY.search(sentence[: match.start()]) for match in _YOURS.finditer(sentence))


def _greets(view: PartView, at: int, low: int, lines: Sequence[str]) -> bool:
    """Return whether a greeting stands just below a name, or above; among letters that greet alike only once."""
    above = islice(view.around.lines_before(at, low), _ABOVE)
    return any(GREETING.match(line) for line in (*lines[:_NEAR], *above))
