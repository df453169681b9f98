"""What a heading or a form label looks like: the words that schools put above columns and before values.

Used to tell a heading row from a row of data and a label from its value. A miss costs little (the row is still read,
without heads); a false heading would put one child's name on every row, so words alone never make a heading when the
text carries digits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_KNOWN = _set(
    """
    absence absences absent action actions activity address adm admission admissions admno adno after age agency
    allergies
    allergy am amount attainment attendance attended authorised balance behaviour birth birthday born bus called
    candidate carer category child children city cla class club code codes comment comments concern condition
    conditions consent contact contacts cost country county course current dad date day description
    destination detail details
    detention diagnosis diet dietary disability dob doctor due eal effort ehcp email emergency end entry ethnic
    ethnicity exam exclusion father fee fees first firstname forename forenames form from fsm gender gp grade
    grades group guardian home house id incident incidents initials invoice key known lac language languages last
    lastname late lateness lates learner leaver leaving legal level likes lives looked mail mark marks
    meal meals medical medication middle mis mobile month mother mum name names nationality nc need needs nhs
    no note notes number
    outcome owed paid parent parents payment payments percent percentage permission phone pm points possible post
    postcode pp predicted preferred premium present price priority progress provision pupil pupils reason ref
    reference reg registration relation relationship religion responsibility result results room route
    safeguarding sanction school score scores sen sena senco send session sessions sex signed sims social staff stage
    start status street student students subject subjects support surgery surname surnames suspension target
    teacher tel telephone term time title to total town transport trip tutor type uci uln unauthorised upn value
    week work worker year yr zip
    """
)
_NAME_HEADS = _set(
    """
    child children firstname forename forenames lastname learner name names pupil pupils student students surname
    surnames upn
    """
)
_TOKEN = re.compile(r"[^\W\d_]+")
_MAX_LABEL = 48


def is_label(text: str) -> bool:
    """Return whether `text` reads as a heading or form label ("Date of birth", "Contact 1 phone", "UPN:")."""
    if not text or len(text) > _MAX_LABEL or "@" in text or "\n" in text:
        return False
    if sum(map(str.isdigit, text)) > 2:
        return False
    words = _TOKEN.findall(text.lower())
    if not words or len(words) > 7:
        return False
    return any(word in _KNOWN for word in words)


def is_strong_label(text: str) -> bool:
    """Return whether every word of `text` but joining ones is a label's word, or it ends in a colon."""
    if not is_label(text):
        return text.endswith(":") and 1 < len(text) <= _MAX_LABEL
    words = _TOKEN.findall(text.lower())
    rest = [word for word in words if word not in _KNOWN and word not in _JOINING]
    return not rest or text.rstrip().endswith(":")


def labelled(lines: Sequence[str], glue: str = " ") -> str:
    """Return the text of a cell; one that has its label above its value becomes "Label: value"."""
    if len(lines) > 1 and is_strong_label(lines[0]) and not any(map(str.isdigit, lines[0])):
        value = " ".join(lines[1:])
        if any(map(str.isdigit, value)) or not is_strong_label(f"{lines[0]} {value}"):
            return f"{lines[0].rstrip(' :')}: {value}"
    return glue.join(lines)


def names_someone(head: str) -> bool:
    """Return whether a column so headed holds the person that its row is about."""
    return any(word in _NAME_HEADS for word in _TOKEN.findall(head.lower()))


_JOINING = _set(
    """
    a an and at for in is of on or s the this with
    """
)
