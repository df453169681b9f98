"""What is said to somebody's honour in a list: awards, "moved up a level", "never late", "full marks in spelling".

Words of school stand in it as in a record, so that without a look at what they say a list of awards would be one of
marks. Praise is no record only as long as nothing else is said: a figure that is not the best there is, a word of
trouble, what somebody lacks, or a heading that makes the list a report takes it away.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailguard.model import Category
from mailguard.recognise.categories import topics_of
from mailguard.recognise.fold import words_of
from mailguard.recognise.frames import told
from mailguard.recognise.lexicon import Lexicon
from mailguard.recognise.strength import lacks

_OF_SCHOOL = frozenset({Category.ATTAINMENT, Category.BEHAVIOUR, Category.ATTENDANCE})
_TURN = re.compile(
    r"\b(?:since|after|despite|although|though|but|only|again|at last|finally|for once|instead|less|fewer|up from|down|"
    r"mum|mother|dad|father|parents?|carers?|sister|brother|family|nan|gran\w*)\b",
    re.IGNORECASE,
)
"""Words by which praise goes on to say what it is the better than, or speaks of home."""
_BETTER_THAN = re.compile(
    r"\b(?:in spite of|despite|after (?:(?:many|several|\w+) )?(?:weeks|months|terms|years) (?:of|away|off)|"
    r"after (?:a|such a|the) (?:very |really |so )?(?:bad|difficult|hard|tough|rocky|poor|shaky|wobbly)|"
    r"after (?:missing|failing|refusing|being (?:out|away|off|absent|excluded|suspended|sent))|"
    r"having (?:missed|failed)|"
    r"only (?:hit|bitten|kicked|thrown|sworn|been (?:sent|late|out|absent))|now (?:above|over|up (?:to|from)) \d|"
    r"(?:days?|weeks?|lessons?|playtimes?|mornings?) without|no longer|"
    r"scored \d{2,3} (?:in|on) (?:his|her|their|the) (?:reading|maths|gps|spag|phonics|writing|english|science))\b",
    re.IGNORECASE,
)
"""Words by which praise says what it is the better than, so that what is private in it counts: "in spite of missing
most of the year"."""
_MERIT = re.compile(
    r"\b(?:good|improv\w+|work(?:ed|ing|s)? (?:so |really |very )?hard|hard work|tr(?:ying|ied|ies) (?:so |"
    r"really )?hard|efforts?|perseverance|persever\w+|resilience|resilient|progress|confiden(?:ce|t)|full marks|"
    r"top marks|(?<!poor )listening|(?<!poor )concentration|(?<!poor )attitude|manners|help(?:s|ed|ing|fulness)|"
    r"team ?work|curiosity|courage|respect|"
    r"honesty|responsibility|problem[- ]solving|determination|enthusiasm|participation|independence|creativity)\b",
    re.IGNORECASE,
)
_PERFECT = re.compile(r"\b(\d+) ?(?:/|out of) ?\1\b|\b100 ?%|\b(?:full|top) marks\b", re.IGNORECASE)
_MOVED_UP = re.compile(r"\bmov(?:ing|ed|es) up (?:a|one|two|to)\b", re.IGNORECASE)
_COUNTED = re.compile(r"\b\d+ (?:books|merits|stars|house points|laps|words)\b", re.IGNORECASE)
_DONE_WELL = re.compile(
    r"\b(?:pass(?:ed|es)|perfect|full|top|best|highest|gold|silver|bronze|outstanding|excellent|great|super|brilliant|"
    r"finished|completed|moved up|gained|achieved|reached|earned|solved|read \d+|most (?:improved|progress|merits|"
    r"(?:house|reward|"
    r"positive|achievement) points)|positive (?:behaviour )?points|rewards?|prizes?|gifted)\b",
    re.IGNORECASE,
)
_NEVER_BAD = re.compile(r"\b(?:never|not once|no(?: \w+)?) (?:late|absent|missed|away|days? missed|absences?)\b", re.I)
_NO = re.compile(r"\bno\b", re.IGNORECASE)
_PLANNED = re.compile(
    r"\b(?:plans?|targets?|interventions?|reports?|groups?|bands?|sets?|tests? on|resits?|retakes?)\b", re.I
)
_REPORTED = re.compile(
    r"\b(?:reports?|comments?|logs?|notes?|tracker|data|review|concerns?|parents['’]? evening)\b", re.I
)
_NO_TROUBLE = re.compile(
    r"\bproblem[- ]solv\w+|\b(?:never|not|without) giv\w+ (?:up|in)|\boutstanding (?=(?:\w+ )?(?:(?:home)?work|"
    r"effort|project|poem|story|"
    r"writing|art\w*|performance|progress|behaviour|attitude|piece|model|contribution|achievement))",
    re.IGNORECASE,
)


def better_than(praise: str) -> bool:
    """Return whether praise says what it is the better than."""
    return bool(_BETTER_THAN.search(praise))


def perfect(text: str) -> bool:
    """Return whether a text tells of full marks, and of no other figure."""
    rest = _PERFECT.sub(" ", text)
    return rest != text and not any(letter.isdigit() for letter in rest)


def honours(heading: str, everybody: bool, lexicon: Lexicon) -> bool:
    """Return whether a heading says to the honour of those under it what belongs to school; in a piece for `everybody`
    one that says nothing bad does."""
    said = _NO_TROUBLE.sub(" ", _NEVER_BAD.sub(" ", heading))
    topics = told(said, lexicon)
    if not _OF_SCHOOL.issuperset(topics.all()) or lexicon.tones(words_of(said))[0] or _TURN.search(said):
        return False
    if _laurels(heading):
        return True
    return everybody and not (topics.strong or lacks(heading) or _NO.search(heading) or _PLANNED.search(heading))


@lru_cache(maxsize=1 << 8)
def _laurels(heading: str) -> bool:
    """Return whether a heading says what those under it did well."""
    rest = _NO_TROUBLE.sub(" great ", _NEVER_BAD.sub(" ", heading))
    if lacks(rest) or _NO.search(rest) or _PLANNED.search(rest):
        return False
    return rest != heading or any(pattern.search(rest) for pattern in (_MERIT, _PERFECT, _DONE_WELL))


def merits(words: str, called: str, lexicon: Lexicon) -> bool:
    """Return whether the words of an entry praise somebody, in a list that is `called` nothing private."""
    if any(letter.isdigit() for letter in _COUNTED.sub(" ", _PERFECT.sub(" ", words))):
        return False
    said = _NO_TROUBLE.sub(" ", words)
    bad, good = lexicon.tones(words_of(said))
    if (
        bad
        or lacks(said)
        or not (good or said != words or any(pattern.search(words) for pattern in (_MERIT, _PERFECT, _MOVED_UP)))
    ):
        return False
    if _TURN.search(said) or not _OF_SCHOOL.issuperset(told(said, lexicon).all()):
        return False
    topics = topics_of(called, lexicon)
    return not (topics.strong or topics.weak or lacks(called) or _REPORTED.search(called))
