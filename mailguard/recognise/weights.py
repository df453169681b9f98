"""Every number of the score in one place, with its reason.

Scores are bits: log2 of the odds that a text is about a pupil, in the manner of Fellegi and Sunter. An agreement adds
log2(m/u): m is how often a true reference is written so, u how often the same stands in a text about somebody else,
taken from the roll's own frequencies. Only m and the few rates below are set by hand; they were set on invented mail
of small rolls and hold for rolls of 100 to 100,000 pupils, because u grows with the roll.
"""

from __future__ import annotations

from math import log2

from mailguard.model import EvidenceKind

OUTSIDERS = 0.5
"""People who are not on the roll, for each pupil meant: mail of a school is mostly about its own pupils."""

MENTION = 0.0
"""Bits at which a sighting is a mention: even odds."""
RECORD = 0.0
"""Bits below which a sighting is never a record: the floor for full names must not make records of chance."""
RECORD_ATTRIBUTES = 6.0
"""Bits of own attributes (DOB, address, phone ...) that make a record: one of them does, a class does not."""

VARIANT = log2(0.4)
"""A true reference uses a nickname or another spelling of the forename this often, at most."""
MIDDLE_NAME = log2(0.05)
"""A middle name stands for the forename: whoever has the word as forename is meant instead, if there is one."""
HALF_BARREL = log2(0.35)
"""One half of a double-barrelled surname or forename."""
OTHER_HALF = -6.0
"""The text goes on with a half that the pupil does not have ("Smith-Brown" for Smith-Jones): somebody else."""
NEIGHBOUR = -2.5
"""Another forename of the roll stands before, or another surname after, that is not the pupil's."""
TYPO = log2(0.6)
"""One edit away in a word of six letters or more: rare in true references, and hardly ever another name."""
SHORT_TYPO = log2(0.25)
"""One edit away in a shorter word: the true names of others lie as near."""
FAMILY_FIRST = log2(0.5)
"""Surname before forename without a comma."""
HYPHEN = log2(0.03)
"""Forename and surname joined by a hyphen: nearly always a compound name instead; usual in file names."""
LOWER_CASE = log2(0.3)
"""A name written without a capital, and no everyday word."""
ORDINARY_LOWER = log2(0.05 * 0.15)
"""An everyday word in lower case is the word, not the name."""
PHRASE = -9.0
"""Two everyday words in a heading or at the start of a sentence ("Summer Day"): the pair needs a second clue."""
PHRASE_WITHIN = -4.0
"""Two everyday words with capitals within a sentence."""
PHRASE_ALONE = -2.0
"""Two everyday words alone in a cell or on a line of a list."""
EVERYDAY_WORD = -1.0
"""One of the words is an everyday word."""
PLACE_AFTER = -9.0
"""A word like Road, School or Trip follows: the name of a thing."""
ADULT = -12.0
"""A title, a parent's label or a sign-off: a grown-up."""
STAFF_NAMESAKE = -6.0
"""A member of staff has the same name, and neither a label nor anything else says that the pupil is meant."""
MISS = -3.0
"""Miss: a teacher more often than a girl, and the staff list does not settle it."""
EXACT_RIVAL = -4.0
"""A grown-up or another pupil has exactly this name, the pupil only a variant or a near spelling of it."""
AUTHOR = -12.0
"""The words are the name of whoever wrote the message."""
RELATIVE = -12.0
"""A contact of another pupil in this message has the same name: the parent is meant."""
ADDRESSED = log2(0.5)
"""The forename stands in the text and the surname in "Dear Mrs Osei"."""
INITIAL = log2(0.5 / 0.08)
"""An initial agrees: half of such references use it, one in twelve others would have the letter."""
ROSTER = 4.0
"""Odds of a half name that fits within a list of half names of which most fit, shared by those whom it fits."""
HOME = 3.0
"""Odds that a pupil's whole address, town and all, is that of the family and not of a place to go to."""
DOOR = 1.0
"""Odds that a house number and a street without a town are the home of a pupil who lives at such a one."""
KIN = 2.0
"""Odds that "Mrs Khan's daughter" is one of the few children of the roll who belong to a Khan."""
LOG_IN = 4.0
"""Odds of an initial and a surname in one word, under a label of log-ins or in a list of such words."""
SPAN_MARGIN = 4.0
"""A reading with this many bits more explains away another one over the same words."""
EXTRA_NAME = 4.0
"""At most this much for each further name of the pupil that stands in the right place."""

DECISIVE = 40.0
"""A pupil number of the roll decides alone."""
LABELLED_NUMBER = 12.0
"""An admission or candidate number under its label; such numbers are short, so the label carries them."""
SURE_HOME = 18.0
"""A phone or e-mail of a household is nearly certain: others hardly ever write it."""
HOUSEHOLD_REST = 0.3
"""Postcode, phone, e-mail and address of one home are one clue told several times: the best counts full."""
UNLABELLED_DATE = log2(0.3)
"""A pupil's birthday without a label may be any date."""
CLASS_ONLY_WITH = 0.0
"""A class narrows by its share of the roll and is never worth more."""
CONTRADICTION = {EvidenceKind.DOB: -14.0, EvidenceKind.UPN: -20.0, EvidenceKind.CLASS: -2.0}
"""Another child's value stands with the name."""


def between(words: int) -> float:
    """Return the bits for words standing between forename and surname (middle names): m = 1/(1+2d)."""
    return -log2(1 + 2 * words)
