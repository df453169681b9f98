"""Record or mention: does a text show a pupil's data, or just name them?

A record is the pupil with own attributes, a form or table row about them, or a sensitive term near. Everything else
(newsletter, cast list, team sheet) is a mention.
"""

from __future__ import annotations

import re

from mailguard.model import SENSITIVE, Category

_LABEL_LINE = re.compile(r"^[ \t]*[A-Za-z][\w /'’().-]{1,38}[:：][ \t]*\S", re.MULTILINE)
_NAME_LABEL = re.compile(
    r"\b(?:(?:pupil|student|child|full|legal|first|last|given|family|sur)?'?s?\s*names?|forenames?|surname|pupil|student|child|re|regarding|concerning)"
    r"\s*(?:\(.{0,20}\))?\s*[:：=\-–]\s*$",
    re.IGNORECASE,
)
_PERSONAL_HEAD = re.compile(
    r"\b(?:dob|birth|address|postcode|phone|mobile|tel|e-?mail|upn|uln|nhs|gp|doctor|medical|allerg|diet|sen|send|ehcp|fsm|"
    r"pupil premium|balance|owed|paid|amount|consent|attendance|absen|late|mark|score|grade|level|result|target|effort|"
    r"behaviour|incident|sanction|detention|comment|note|need|contact|parent|carer|ethnic|religion|language|medication|status|%)",
    re.IGNORECASE,
)
_VALUE_CELL = re.compile(r"^\s*(?:yes|no|y|n|£\s?-?[\d,.]+|-?[\d,.]+\s?%|gbp.*)\s*$", re.IGNORECASE)


def form_labels(text: str) -> int:
    """Return how many lines of a text are "Label: value" lines."""
    return len(_LABEL_LINE.findall(text))


def labels_name(text: str, start: int) -> bool:
    """Return whether what begins at `start` stands in the value place of a name label."""
    return bool(_NAME_LABEL.search(text[max(0, start - 50) : start]))


def personal_head(head: str) -> bool:
    """Return whether a column with this heading holds something personal."""
    return bool(_PERSONAL_HEAD.search(head))


def value_cell(text: str) -> bool:
    """Return whether a cell holds a yes/no, an amount or a percentage."""
    return bool(_VALUE_CELL.match(text))


def sensitive(categories: dict[Category, int]) -> int:
    """Return how many sensitive terms there are."""
    return sum(count for category, count in categories.items() if category in SENSITIVE)
