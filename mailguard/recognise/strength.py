"""Record or mention: does a text show a pupil's data, or just name them?

A record is the pupil with own attributes, a form or table row about them, or a sensitive term that is about them.
Everything else (newsletter, cast list, team sheet) is a mention. "About them" is where care is needed: a term in the
pupil's own sentence is; a term elsewhere is only if the part names few people and goes on about this one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailguard.recognise.context import Surroundings
from mailguard.recognise.fold import words_of
from mailguard.recognise.sieve import Sieved

_LABEL_LINE = re.compile(r"^[ \t>*•-]*[A-Za-z][\w /'’().&-]{1,38}(?:[:：][ \t]*\S|\t+\S| {3,}\S)", re.MULTILINE)
_PERSONAL_LABEL = re.compile(
    r"(?:^|[\n\t|;,(]|\s\s)\W{0,4}(?:\w+['’]?s?\s+){0,3}?(name|surname|forenames?|d\.?o\.?b|birth|address|"
    r"post\s?code|"
    r"phone|tel(?:ephone)?|mobile|upn|uln|gp|doctor|medical|allerg\w+|diet\w*|parent|mother|father|guardian|"
    r"carer|contact|"
    r"attendance|behaviour|conditions?|medication|needs?|ethnicity|religion|language|relationship|e-?mail|gender|sex|"
    r"nationality|sen|pupil premium|fsm|grade|effort|target|level|comment)\b[^:\n\t]{0,25}[:\t]",
    re.IGNORECASE,
)
_NAME_LABEL = re.compile(
    r"(?:^|[|\n\t;,(\[]|\s)\W*(?:(?:(?:legal|full|first|last|given|family|preferred|pupil|student|child|learner|"
    r"candidate|patient|young person)"
    r"(?:['’]?s)?(?:['’])?\s+)*(?:name|forename|surname)s?(?:\s+of\s+(?:the\s+)?(?:pupil|child|student|learner|"
    r"young person))?|pupil|student|"
    r"child|learner|candidate|young person|injured (?:person|pupil|child|party)|casualty|service user|"
    r"person (?:injured|affected|concerned)|(?:pupil|child) (?:concerned|involved|affected)|"
    r"re|ref|regarding|concerning|subject|"
    r"about)\s*(?:\([^)]{0,20}\))?\s*(?:[:：=\t]|\s-|–|\s(?:is|named)\b|\s{2,}|[.·…_]{3,})\s*$|"
    r"^\W*(?:child|pupil|student|learner|candidate|patient|young person|casualty)(?:['’]?s)?(?: name)?\s*$|"
    r"^\W*(?:full |legal )?name(?: of (?:the )?(?:child|pupil|student|learner|young person))?\s*$",
    re.IGNORECASE,
)
_RE_LINE = re.compile(
    r"^\W*(?:re|ref|regarding|concerning|subject|fao the parents? of|parents?(?:/carers?)? of|report for|"
    r"report on)\b[\s:.-]*$",
    re.IGNORECASE,
)
_HALF_LABEL = re.compile(
    r"\b(?:(?P<family>sur\s?name|last\s?name|family\s?name)|fore\s?names?|first\s?names?|given\s?names?|known as|"
    r"christian\s?names?|(?P<whole>(?<!sur)(?<!last )(?<!family )names?))"
    r"\s*(?:\([^)]{0,20}\))?(?:\s*[:\t]\s*|\s{2,}|\s*\.{3,}\s*)$",
    re.IGNORECASE,
)
_BOLD = re.compile(r"[*_]+(\s*)$")
_LABEL_ENDS = frozenset(":：=-–.·…_")
_LABEL_WORDS = (
    " is",
    " named",
    "name",
    "child",
    "pupil",
    "student",
    "learner",
    "candidate",
    "patient",
    "person",
    "casualty",
)
_PRONOUN = frozenset({"he", "she", "his", "her", "him", "hers", "himself", "herself"})
_PRAISE = re.compile(
    r"\b(?:congratulations|congratulate|well done|certificates?|awards?|awarded|winners?|won(?!['’])|winning|star of|"
    r"stars(?! and wish)|golden (?:book|tickets?)|commendations?|hall of fame|roll of honour|shout[ -]?outs?|"
    r"special mentions?|achievements(?! (?:data|reports?|tracker))|achievers|bravo|success(?:es)?|"
    r"birthdays?|captains?|merits|"
    r"(?:student|pupil|learner|worker|reader|writer|artist|author|scientist|mathematician|player|musician|athlete|"
    r"class) "
    r"of the (?:week|fortnight|month|term|year|match)|"
    r"proud|honours?|distinction|gold award|personal best|first prize|"
    r"best (?:mark|score|time|result|ever)|celebrat\w+|champions?|medals?|trophy|choir|"
    r"(?<!health )(?<!support )(?<!pastoral )(?<!safeguarding )(?<!inclusion )(?<!behaviour )(?<!care )(?<!send )team|"
    r"cast|thank you to|thanks to|representing|heroes|good turns?|good deeds?|kind deeds?|kindness|being kind|"
    r"represented)\b|\b100 ?%",
    re.IGNORECASE,
)
_PRAISE_WORDS = frozenset(
    {"congratulations", "congratulate", "well", "certificate", "certificates", "award", "awards", "awarded", "winner"}
    | {
        "winners",
        "won",
        "winning",
        "star",
        "stars",
        "birthday",
        "birthdays",
        "captain",
        "captains",
        "proud",
        "champion",
        "honour",
        "honours",
        "distinction",
        "gold",
        "best",
        "prize",
    }
    | {
        "golden",
        "commendation",
        "commendations",
        "hall",
        "shout",
        "shoutout",
        "shoutouts",
        "mention",
        "mentions",
        "roll",
    }
    | {
        "achievements",
        "achievers",
        "bravo",
        "success",
        "successes",
        "merits",
        "week",
        "fortnight",
        "month",
        "term",
        "year",
        "match",
    }
    | {"champions", "medal", "medals", "trophy", "choir", "team", "cast", "thank", "thanks", "representing"}
    | {"represented", "heroes", "turn", "turns", "deed", "deeds", "kindness", "kind"}
)
_PUBLIC = Sieved(
    re.compile(
        r"\b(?=\w)(?:"
        r"sports day|flag|concert|match|fixture|tournament|team|squad|cast|rehearsals?|audition|assembly|club|fair|"
        r"fête|fete|party|parties|prizes?|cups?|trophy|choir|orchestra|band|cake|bake|newsletter|competition|"
        r"performances?|"
        r"(?:the|our|a|school|class|christmas|nativity) play|plays? (?:the|in)|playing (?:the|in|two)|"
        r"(?:the|our|a|talent|fashion|christmas) show|stall|raffle|tickets?|programme|quiz|poem|poetry|photo (?:was|"
        r"competition)|book week|(?:reading )?buddies|reading partners?|relay|race|marathon|sponsor\w*|charity|"
        r"fundrais\w*|collecting|harvest|carols?|christmas|easter|eid|diwali|remembrance|wreath|garden|recipe|pond|"
        r"school council|captain|prefects?|head (?:boy|girl)|litter|eco|recycling|library|league|goals?|"
        r"scored (?:twice|the|a goal|in the)|kick-?off|invit(?:ed|ations?) (?:to|in|for) (?:the|a|his|her)|"
        r"party invitations|"
        r"raised|sponsored|\w+-a-thon|(?:big|charity|fun|sponsored) (?:walk|run|swim|bounce|silence|read|ride|knit|"
        r"sing)|"
        r"gala|tug of war|"
        r"exhibition|gallery|festival|parade|procession|carnival|panto(?:mime)?|circus|museum|workshop|debate|"
        r"committees?|monitors?|ambassadors?|compere|ushers?|story|sleepover|treasure hunt|"
        r"birthday|anniversary|drums?|trumpet|piano|guitar|violin|viola|cello|flute|clarinet|oboe|recorders?|trombone|"
        r"cornet|saxophone|ukulele|keyboard|brass|woodwind|(?:music|singing|instrument\w*|swimming) lessons?|dance|"
        r"costumes?|elections?|elected|hustings|ballots?|votes?|lost property|unclaimed|chess|winners?|"
        r"times? tables? rock ?stars|ttrs|mathletics|doodle ?maths|welcome (?:from|afternoon)|are welcome)\b",
    )
)
"""For text in small letters: to ignore case costs four times as much; so does not to say that a word begins."""
_ACTIVITY = Sieved(
    re.compile(
        r"\b(?:(?:drums?|trumpet|piano|guitar|violin|viola|cello|flute|clarinet|oboe|recorder|trombone|cornet|saxophone|"
        r"ukulele|keyboard|brass|woodwind|strings?|music|singing|instrumental|swimming|dance|ballet|judo|chess|tennis|"
        r"football|netball|rugby|hockey|cricket|gym(?:nastics)?|choir|band|orchestra|drama|coding|art|"
        r"the next|his|her) "
        r"(?:lessons?|practices?|rehearsals?|club|class|training)|rehearsals?|music timetable|lesson with)\b",
        re.IGNORECASE,
    )
)
_WHEN = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur)days?|\d{1,2}[.:]\d\d|\d ?[ap]m|after (?:lunch|school|registration)|"
    r"(?:next|each|every|this) week)\b",
    re.IGNORECASE,
)
_WITH = re.compile(
    r"\b(?:with|alongside|beside|next to|opposite|(?:his|her|their) (?:best )?(?:friend|partner|buddy|classmate))"
    r"\s*,?\s*$",
    re.IGNORECASE,
)
_WITH_ENDS = ("with", "alongside", "beside", "next to", "opposite", "friend", "partner", "buddy", "classmate")
_AGAINST = re.compile(
    r"\b(?:f(?:ight|ighting|ought)|argu\w+|altercation|fell out|fall(?:ing|en)?[- ]out|incident|quarrel\w*|scuffle)\b"
    r"[^.]{0,40}$",
    re.IGNORECASE,
)
_LACK = re.compile(
    r"\b(?=\w)(?:not|never|none|nothing|missing|missed|without|lost|outstanding|owing|owes?|owed|overdue|"
    r"unpaid|late|absent|away|still|yet|need(?:s|ed|ing)?|requir\w+|below|behind|under|fail\w*|"
    r"refus\w+|withdrawn|excluded|removed|at risk|concern\w*|chased?|\w+n['’]t|un\w+ed|pass ?words?|"
    r"log-?ins?|log-?ons?|user ?names?|confidential|eligible|entitled|qualif\w+|funded|"
    r"support(?:ed|s)?|watch|monitor\w*|referr\w+|identified|vulnerable|flagged)\b",
)
"""For text in small letters, as `_PUBLIC` is."""
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_SAID = re.compile(r"^['’]?\w*(?: [^\W\d_]+){2,}[.!?]\s*$")
"""What follows a name that is the beginning of a short sentence ("won the quiz."), not a heading."""
_LONGEST_LABEL = 30
_FORM_LABELS = 3
_PERSONAL_LABELS = 2


def form_labels(text: str) -> int:
    """Return how many "Label: value" pairs a text has: by line, or by well-known labels on one line."""
    sample = text[:4000]
    return max(len(_LABEL_LINE.findall(sample)), len(_PERSONAL_LABEL.findall(sample)))


def is_form(text: str) -> bool:
    """Return whether a text is a form: at least three labelled values, two of them personal and not the same."""
    if form_labels(text) < _FORM_LABELS:
        return False
    return len({label.lower() for label in _PERSONAL_LABEL.findall(text[:4000])}) >= _PERSONAL_LABELS


def labels_name(before: str) -> bool:
    """Return whether a line up to a name puts the name in the value place of a label ("Pupil: ", "Re ")."""
    if "*" in before or "_" in before:  # "*Pupil:* Ama" is bold for "Pupil: Ama"
        before = _BOLD.sub(r"\1", before)
    ends = before.rstrip()  # cheap tests first: nearly every line ends otherwise, and the patterns are slow to fail
    label = ends[-1:] in _LABEL_ENDS or len(before) - len(ends) > 1 or "\t" in before[len(ends) :]
    label = label or ends[-12:].lower().endswith(_LABEL_WORDS)
    return bool((label and _NAME_LABEL.search(before)) or _RE_LINE.match(before))


def labelled_above(line: str) -> bool:
    """Return whether a line is a label of a pupil's name alone ("Pupil", "Child's name:"), which stands on the next."""
    return len(line) < _LONGEST_LABEL and bool(_NAME_LABEL.match(line.strip(" *_:") + ":"))


def name_label(before: str) -> str:
    """Return "given" or "family" where a line up to a word is the label of a forename or surname, "name" where it is
    that of a name, else ""."""
    match = _HALF_LABEL.search(before[-60:])
    if match is None:
        return ""
    return "family" if match["family"] else "name" if match["whole"] else "given"


def stands_alone(around: Surroundings, at: int, start: int, end: int) -> bool:
    """Return whether the name is alone on its line but for a class, a year or a date of birth: a heading."""
    text = around.segments[at].text
    low, high = around.line(at, start, end)
    rest = text[low:start] + " " + text[end:high]
    if _SAID.search(text[end:high]):
        return False
    return len(rest) < 40 and len(_LONG_WORD.findall(rest)) <= 1


def praises(text: str) -> bool:
    """Return whether a text celebrates: good news of marks, attendance and matches is not a record."""
    if (
        text.isascii()
        and _PRAISE_WORDS.isdisjoint(words_of(text))
        and "%" not in text
        and "elebrat" not in text.lower()
    ):
        return False
    return bool(_PRAISE.search(text))


def public_words(text: str) -> int:
    """Return how many words a text has of what a school does in public: matches, plays, clubs, fairs."""
    return len(_PUBLIC.findall(text.lower()))


@lru_cache(maxsize=1 << 8)
def public_title(title: str) -> bool:
    """Return whether a title, which all entries of a list share, is one of praise or of public things."""
    return bool(praises(title) or public_words(title))


def arranges(text: str) -> bool:
    """Return whether a text sets the time of a lesson or a club ("the violin lesson is now on Tuesday")."""
    return bool(_ACTIVITY.search(text) and _WHEN.search(text))


@lru_cache(maxsize=1 << 8)  # all entries of a list ask for its heading
def lacks(heading: str) -> bool:
    """Return whether a heading says what those under it lack, owe, missed or need: no list of honour does."""
    return bool(_LACK.search(heading.lower()))


def accompanies(before: str) -> bool:
    """Return whether a line up to a name makes its bearer the companion of somebody, in peace ("plays with ")."""
    if before.isascii() and not before.rstrip().removesuffix(",").rstrip().lower().endswith(_WITH_ENDS):
        return False
    return bool(_WITH.search(before)) and not _AGAINST.search(before)


def goes_on_about(text: str, forenames: frozenset[str]) -> bool:
    """Return whether a text names one of the forenames or says he or she."""
    words = words_of(text)
    return not _PRONOUN.isdisjoint(words) or not forenames.isdisjoint(words)
