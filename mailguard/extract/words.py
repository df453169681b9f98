"""Lists of words as sets."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of `text`, which are parted by blanks and line ends."""
    return frozenset(text.split())
