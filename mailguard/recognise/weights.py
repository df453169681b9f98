"""Every number of the score in one place, with its reason.

Scores are bits: log2 of the odds that a text is about a pupil, in the manner of Fellegi and Sunter. An agreement adds
log2(m/u): m is how often a true reference is written so, u how often the same stands in a text about somebody else,
taken from the roll's own frequencies. Only m and the few rates below are set by hand.
"""

from __future__ import annotations

from math import log2

OUTSIDERS = 0.5
"""People who are not on the roll, for each pupil meant: mail of a school is mostly about its own pupils."""

MENTION = 0.0
"""Bits at which a sighting is a mention: even odds."""

RECORD_ATTRIBUTES = 6.0
"""Bits of own attributes (DOB, address, phone ...) that make a record: one postcode or date does, a class does not."""

VARIANT = log2(0.4)
"""A true reference uses a nickname or another spelling of the forename this often, at most."""
MIDDLE_NAME = log2(0.15)
"""A middle name stands for the forename."""
HALF_BARREL = log2(0.35)
"""One half of a double-barrelled surname."""
FAMILY_FIRST = log2(0.5)
"""Surname before forename without a comma."""
LIST_COMMA = log2(0.03)
"""In "Jack Fletcher, Lee Wu" the reading "Fletcher, Lee" is nearly always wrong."""
LOWER_CASE = log2(0.15)
"""A name written without a capital."""
ORDINARY_LOWER = log2(0.05 * 0.15)
"""An everyday word in lower case is the word, not the name."""
ORDINARY_PAIR = -8.0
"""Both words are everyday words ("Summer Day"): the pair needs a second clue."""
ORDINARY_WORD = -1.0
"""One of the words is an everyday word."""
TITLE = log2(0.01)
"""Mr, Mrs, Dr before the name: a grown-up."""
STAFF_NAMESAKE = log2(0.5)
"""A member of staff has the same name."""
SPAN_MARGIN = 4.0
"""A reading with this many bits more explains away another one over the same words."""

DOB = 8.0
"""A labelled date of birth narrows to a few pupils of a school."""
CONTRADICTION = {"dob": -7.0, "upn": -20.0, "class": -2.0}
"""Another child's value stands with the name."""
DECISIVE = 40.0
"""A pupil number of the roll decides alone."""
HOUSEHOLD_REST = 0.3
"""Postcode, phone, e-mail and address of one home are one clue told several times: the best counts full."""


def between(words: int) -> float:
    """Return the bits for words standing between forename and surname (middle names): m = 1/(1+2d)."""
    return -log2(1 + 2 * words)
