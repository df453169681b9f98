"""What other parts of a message say of a pupil whom one part names in full."""

from __future__ import annotations

import re

from mailguard.model import Category
from mailguard.recognise.categories import topics_of
from mailguard.recognise.clues import Case
from mailguard.recognise.fold import name_parts, words_of
from mailguard.recognise.part import PartView
from mailguard.recognise.strength import form_labels

_CALENDAR = re.compile(r"^(?:Uid|Dt\w+|Duration|Summary|Description|Location|Organizer|Status|Url):", re.MULTILINE)
"""Labels of a calendar's entry (RFC 5545), which make no form."""


def message_shows(case: Case, view: PartView, others: list[PartView]) -> set[Category]:
    """Return the categories of other parts that go on about a pupil by forename ("Ama" in the body, the full name in
    the subject), or nothing."""
    pupil = view.index.pupils[case.person]
    forenames = frozenset({*name_parts(pupil.forename), *name_parts(pupil.preferred_forename)})
    found: set[Category] = set()
    for other in others:
        for segment in other.segments[:400]:
            text = segment.text[:20000]
            if forenames.isdisjoint(words_of(text)):
                continue
            topics = topics_of(text, view.index.lexicon)
            if (
                topics.sensitive()
                or topics.faint()
                or form_labels(_CALENDAR.sub("", text) if "Dtstart:" in text else text) >= 3
            ):
                found |= topics.all() or {Category.IDENTITY}
    return found
