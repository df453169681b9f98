"""Tell grown-ups from pupils: a name with a title, a parent's label, a greeting or a sign-off is no pupil's.

Schools are full of grown-ups who share a pupil's name. What decides is where the name stands, so every test here
looks only at the line of the name and at its neighbours.
"""

from __future__ import annotations

import re
from enum import Enum
from itertools import islice

from mailguard.recognise.columns import Column, column_of
from mailguard.recognise.context import Surroundings
from mailguard.recognise.strength import labelled_above

_TITLES = frozenset(
    {"mr", "mrs", "ms", "mx", "dr", "prof", "professor", "sir", "dame", "rev", "reverend", "fr", "cllr", "councillor"}
    | {"coach", "nurse", "pc", "headteacher", "principal", "governor", "officer", "uncle", "auntie", "aunt"}
)
TITLES = _TITLES | {"miss"}
_OPENS_ASIDE = frozenset("<,(–—-")
_ADULT = (
    r"mother|father|mum|mummy|dad|daddy|parents?|carers?|guardians?|step\W?(?:mother|father|mum|dad)|grand\w+|nan|"
    r"uncle|"
    r"aunt|next of kin|emergency|contacts?|contact name|relationship|gp|doctor|dentist|consultant|teachers?|tutor|"
    r"head\s?teacher|head of \w+|senco|coach|author|staff|key\s?worker|social worker|case\s?worker|chair|clerk|"
    r"governors?|"
    r"reported by|entered by|completed by|logged by|recorded by|witness(?:ed by)?|witnesses|organisers?|leaders?|"
    r"assessors?|invigilators?|examiners?|moderators?|practitioners?|therapists?|psychologists?|paediatricians?|"
    r"optician|orthoptist|nurses?|instructors?|facilitators?|mentors?|advis[eo]rs?|counsellors?|inspectors?|"
    r"trainers?|"
    r"drivers?|escorts?|supervisors?|payers?|payee|referrers?|interpreters?|photographers?|chaperones?|"
    r"first aiders?|dsl|managers?|signed|collected by|issued by|managed by|led by|run by|"
    r"key person|assigned(?: to)?|allocated(?: to)?|report(?:er|ing)|line manager|linked adult|trusted adult|"
    r"key adult"
)
_ADULT_LABEL = re.compile(
    rf"(?:^|[\s(/|])(?:{_ADULT})\b(?!['’]s child)(?: ?[/&] ?\w+)*[^:\t\n]{{0,25}}(?:[:\t]|\.{{3,}}|\s{{2,}})\s*$",
    re.IGNORECASE,
)
_LABEL_ABOVE = re.compile(rf"(?:{_ADULT})s?(?: ?[/&] ?\w+)*(?: name)?\W*$", re.IGNORECASE)
_FOR_CHILDREN = re.compile(
    r"(?:['’]s?['’]? (?:[\w-]+ ){0,3}?(?:awards?|prizes?|stars?|certificates?|stickers?|commendations?|cups?|trophy|"
    r"medals?|choice|picks?|favourites?|mentions?|heroes|champions?|player|pupil|badges?|pets?|list|shields?|rosette|day|week|month|"
    r"assembly|club|projects?|race|quiz|show|concert|fair|disco|lunch|corner|trip)\b|"
    r"\b(?:sports?|play(?:ground|time)?|peer|young|junior|mini|pupil|student|digital|eco|lunch(?:time)?|bronze|buddy|"
    r"anti-bullying|cubs?|brownies?) (?:leaders?|mentors?|photographers?|authors?|advis[eo]rs?|first aiders?|"
    r"organisers?|inspectors?|interpreters?|trainers?)\b"
    r")(?! (?:teachers?|staff|contacts?))[^:\t\n]{0,25}(?:[:\t]|\.{3,}|\s{2,})\s*$",
    re.IGNORECASE,
)
"""Labels with a grown-up's word in them that stand before children all the same: "Headteacher's award:"."""
_TO_HELPERS = re.compile(
    r"\b(?:supervisors|drivers|escorts|invigilators|first aiders|chaperones)\s*:\s*$", re.IGNORECASE
)
_IS_TOLD = re.compile(r",?\s+(?:who |also |still )?(?:is|was|has|had|will|needs|must|cannot|can|should|may not)\b")
"""A notice to grown-ups ("Lunchtime supervisors: Ama is not to have milk") is about a child."""
_ADULT_BEFORE = re.compile(
    r"\b(?:mother|father|mum|dad|step\W?mother|step\W?father|teacher|tutor|guardian|grand(?:mother|father)|gp|"
    r"aunt|uncle|"
    r"(?:written|taken|prepared|produced|led|run|signed|completed|reported|entered|recorded|approved|chaired|"
    r"compiled|"
    r"edited|delivered|presented|taught) by|author|signed|speak to|talk to|please contact|ask for|"
    r"headteacher)\s*,?\s*$",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"\b(?:rang|rings|phoned|texted|e?mailed|say(?:s|ing)|said|writes|tells (?:me|us)|told (?:me|us)|asks|asked|thinks|"
    r"feels|reckons|adds|added|replied|confirms|note|update|comment|message|view)\b[^:]{0,12}:\s*$",
    re.IGNORECASE,
)
"""Who says what follows ("Mum rang: Ama has"): a name there is of whom is told."""
_IS_TOLD_OF = re.compile(
    r"\s+(?:(?:has|is|was|had|were|will|can|could|did|does|would|should|may|must|needs?|wants?|came|comes|got|gets|went|goes|"
    r"said|says|told|left|fell|bit|hit|lost|sat|threw|kept|keeps|still|again|never|only|not|just|also|cannot|"
    r"[a-z]{3,}(?:ed|n['’]t))\b)(?=(?:[^\n]*?\b[a-z]{2,}){2})"
)
"""A sentence that its bearer begins: after a label it is no longer the label's value."""
_HEADER_LINE = re.compile(
    r"^\W*(?:from|to|cc|bcc|reply-to|sender|sent by|attendees|present|apologies|signed|author)\s*:", re.IGNORECASE
)
_LAST_WORDS = frozenset(
    {"mother", "father", "mum", "dad", "stepmother", "stepfather", "teacher", "tutor", "guardian", "grandmother"}
    | {"grandfather", "gp", "aunt", "uncle", "by", "author", "signed", "to", "contact", "for", "headteacher"}
    | {"is", "am", "i'm"}
)
_ADULT_AFTER = re.compile(
    r"^\s*(?:<[^>\n]*@|wrote\s*:|[,(–—-]\s*(?:(?:his|her|their|the|our|class|head|deputy|assistant|acting|school|"
    r"year|"
    r"attendance|finance|office)\s+)*"
    r"(?:(?:mother|father|mum|dad|parent|carer|guardian)\b(?=\s*(?:[),.;]|$|of\b|to\b))|"
    r"(?:headteacher|head\s?teacher|teacher|head of|tutor|senco|sendco|coach|governor|"
    r"manager|officer|administrator|secretary|social worker|chair|nurse|business|principal|ta\b|hlta|dsl\b)))",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:(?:with\s+)?(?:(?:kind|kindest|best|warm|warmest|many|very)\s+)*(?:regards|wishes|thanks)|"
    r"yours\s+(?:sincerely|faithfully|truly|ever)|"
    r"sincerely|faithfully|thank you|thanks|cheers|best|all the best|from|love|take care|signed|sent from|"
    r"with thanks|many thanks)\b[^.:]{0,30}[,.!]?$",
    re.IGNORECASE,
)
_JOB = re.compile(
    r"\b(?:head\s?teacher|teacher|principal|officer|manager|administrator|secretary|senco|sendco|office|head of|"
    r"lead|leader|coordinator|"
    r"co-ordinator|governors?|assistant|nurse|business|bursar|director|caretaker|receptionist|tutor|counsellor|"
    r"clerk|deputy|mentor|team)\b",
    re.IGNORECASE,
)
_CONTINUED = re.compile(r"(?:[-‐][^\W\d_]+)+")
_GREETING = re.compile(
    r"^\W*(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)|morning|afternoon|to|fao|"
    r"attention)\b",
    re.IGNORECASE,
)
_SELF = re.compile(r"\bmy name is\s*$|\bI am\s*$|\bI'm\s*$", re.IGNORECASE)
_MORE_NAMES = re.compile(r"^\s*(?:[^\W\d_a-z][\w'’-]*[ ]){1,2}$")
_TEACHES = re.compile(
    r"\s+(?:teaches|(?:is|was|will be|has been) (?:(?:the|our|your|a|an|their)\s+)?"
    r"(?:new |class |head |deputy |acting )*"
    r"(?:teacher|tutor|headteacher|head of|senco|coach|governor|nurse|counsellor|secretary|"
    r"caretaker|cook|librarian|"
    r"assistant|officer|manager))\b",
    re.IGNORECASE,
)
_WORKS = re.compile(
    r"\s+(?:the|our)\s+(?:caretaker|cook|cleaner|groundsman|site manager|receptionist|lollipop (?:man|lady)|plumber|"
    r"electrician|chef|bursar|secretary|piano tuner|it technician|technician|(?:bus |minibus |"
    r"taxi )?driver)\b(?! in\b)|"
    r"\s+from\s+(?:catering|payroll|finance|accounts|HR|IT(?: support)?|estates|transport|the (?:kitchens?|"
    r"council|agency|"
    r"trust office|finance team|office|bus company))\b"
)
"""What grown-ups do at a school; a child may be a librarian or a photographer for a day, hardly a plumber."""
_TALLEST = 4000
_PROSE = 6


class Role(Enum):
    """Whose name it seems to be by its place."""

    OPEN = "open"
    GREETED = "greeted"
    MISS = "miss"
    ADULT = "adult"


def role_of(around: Surroundings, at: int, start: int, end: int) -> Role:
    """Return what the place of the name `text[start:end]` says about its bearer."""
    text = around.segments[at].text
    if continued := _CONTINUED.match(text, end):
        end = continued.end()
    low, high = around.line(at, start, end)
    before, after = text[low:start], text[end:high]
    named = _named_adult(before) and not _begins(before, after)
    if named and not (_TO_HELPERS.search(before) and _IS_TOLD.match(after)):
        return Role.ADULT
    if _signs(around, at, start, end, before, after):
        return Role.ADULT
    if ("|" in before or "\t" in before) and column_of(column_above(around, at, low, start)) is Column.ADULT:
        return Role.ADULT
    if _TEACHES.match(after) or _WORKS.match(after):
        return Role.ADULT
    if not before.strip() and _LABEL_ABOVE.match(next(around.lines_before(at, low), "")):
        return Role.ADULT
    if (
        before[-8:].rstrip().lower().endswith((" is", "i am", "i'm"))
        and _SELF.search(before[-20:])
        and _JOB.search(after[:90])
    ):
        return Role.ADULT
    if (after[:2].strip()[:1] in _OPENS_ASIDE or after[:6] == " wrote") and _ADULT_AFTER.match(after):
        return Role.ADULT
    if len(before) < 40 and _GREETING.match(before) and not after.strip(" ,.!:;") and " of " not in before:
        return Role.GREETED
    return Role.MISS if before[-6:].strip(" .").lower() == "miss" else Role.OPEN


def role_in_cell(text: str, start: int) -> Role:
    """Return what a title in a table cell says about the name after it."""
    words = text[max(0, start - 16) : start].rsplit(None, 1)
    last = words[-1].lower().strip(".,") if words else ""
    if last == "miss":
        return Role.MISS
    return Role.ADULT if last in _TITLES else Role.OPEN


def column_above(around: Surroundings, at: int, low: int, start: int) -> str:
    """Return the heading over a name in a table that is plain text, its cells parted by bars or tabs, or ""."""
    text = around.segments[at].text
    before = text[low:start]
    bar = next((sign for sign in "|\t" if sign in before), "")
    heading = ""
    if bar:
        for line in reversed(text[max(0, low - _TALLEST) : low].split("\n")[:-1]):
            cells = line.split(bar)
            if len(cells) <= before.count(bar):
                break
            heading = cells[before.count(bar)].strip()
    return heading


def _named_adult(before: str) -> bool:
    """Return whether what stands before a name on its line makes its bearer a grown-up."""
    ending = before.rsplit(None, 1)
    if not ending:
        return False
    last = ending[-1].lower().strip(",.")
    if last in _TITLES or (last in _LAST_WORDS and _leads_in(before, last)):
        return True
    if ":" not in before and "\t" not in before:
        return False
    prose = sum(word.islower() and len(word) > 1 for word in before.split()[-12:]) >= _PROSE
    return bool(_HEADER_LINE.match(before) or (not prose and _grown_up_label(before[-90:])))


def _grown_up_label(before: str) -> bool:
    """Return whether a line up to a name ends as the label of a grown-up's name."""
    return bool(_ADULT_LABEL.search(before)) and not _FOR_CHILDREN.search(before)


def _begins(before: str, after: str) -> bool:
    """Return whether a name after a grown-up's label begins what that grown-up says of its bearer."""
    if before.rstrip()[-1:] != ":" or _HEADER_LINE.match(before):
        return False
    return bool(_SAYS.search(before[-60:]) or _IS_TOLD_OF.match(after))


def _leads_in(before: str, last: str) -> bool:
    """Return whether the words before a name lead in a grown-up; `last` is the last of them."""
    near = before[-50:]
    if last == "to" and "speak" not in near.lower() and "talk" not in near.lower():  # the commonest last word
        return False
    return bool(_ADULT_BEFORE.search(near))


def _signs(around: Surroundings, at: int, start: int, end: int, before: str, after: str) -> bool:
    """Return whether the name is alone on a line just under a closing phrase, or just above a job title."""
    if before.strip(" \t>*_-–") and not _MORE_NAMES.match(before):
        return False
    rest = after.strip(" \t,*_-–|")
    if rest and not _title_like(rest):
        return False
    if signed_off(around, at, start):
        return True
    if labelled_above(next(around.lines_before(at, start), "")):
        return False
    return bool(rest) or _title_like(next(around.lines_after(at, end), ""))


def greeted(around: Surroundings, at: int, start: int) -> bool:
    """Return whether the line up to a name greets ("Hi Miss ")."""
    low, _ = around.line(at, start, start)
    return bool(_GREETING.match(around.segments[at].text[low:start]))


def signed_off(around: Surroundings, at: int, start: int) -> bool:
    """Return whether one of the three lines above is a closing phrase."""
    return any(_CLOSING.match(line) for line in islice(around.lines_before(at, start), 3))


def closes(sentence: str) -> bool:
    """Return whether a sentence is where the writer signs: a closing phrase, or a name with a job."""
    line = sentence.strip().partition("\n")[0].strip()
    return bool(_CLOSING.match(line)) or has_job(line)


def has_job(line: str) -> bool:
    """Return whether a line names a job, alone or beside who has it, and says nothing else."""
    return line[:1].isupper() and _title_like(line)


def _title_like(line: str) -> bool:
    """Return whether a line is a job title: short, no sentence, no label."""
    if len(line) > 60 or line.endswith((":", ".", "?", "!")) or not _JOB.search(line):
        return False
    return sum(word[0].islower() for word in line.split()) <= 2


def titled(text: str, start: int) -> bool:
    """Return whether the word at `start` follows a title ("Mrs Osei")."""
    words = text[max(0, start - 16) : start].rsplit(None, 1)
    return bool(words) and words[-1].lower().strip(".,") in TITLES
