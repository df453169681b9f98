"""Texts as they compare: what somebody typed against what the roll has."""

from __future__ import annotations


def plain(text: str) -> str:
    """Return the letters and digits of a text, case folded."""
    return "".join(c for c in text.casefold() if c.isalnum())


def plain_phone(text: str) -> str:
    """Return the last nine digits: what is left of a British number without 0, 44 and brackets."""
    return "".join(c for c in text if c.isdigit())[-9:]
