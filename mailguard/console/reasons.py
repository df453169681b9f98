"""The reason of a decision, as a form gives it."""

from __future__ import annotations

from mailguard.console.page import Page
from mailguard.console.words import REASONS
from mailguard.hold.decisions import By, Reason

_MOST_NOTE = 2000


def reason_faults(page: Page) -> list[tuple[str, str]]:
    """What is missing: (id of the field, words)."""
    reason = page.form.one("reason")
    if reason not in set(Reason):
        return [("reason", "Choose a reason")]
    if reason == Reason.OTHER and not page.form.one("note"):
        return [("note", "Say the reason in your own words")]
    return []


def by_of(page: Page) -> By:
    """Who decides and why; the reason's own words and the note stand in the history together."""
    return by_words(page.who.name, Reason(page.form.one("reason")), page.form.one("note"))


def by_words(name: str, kind: Reason, note: str) -> By:
    """The same of a reason and a note, however they came."""
    words = REASONS[kind] if kind is not Reason.OTHER else ""
    return By(name, ": ".join(filter(None, (words, note.strip()[:_MOST_NOTE]))), kind)
