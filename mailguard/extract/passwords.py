"""Passwords that a message tells its reader: tried on the locked files that come with it."""

from __future__ import annotations

import re

from mailguard.model import Segment

_HINT = re.compile(r"pass\s?(?:word|code|phrase|key)|\bpwd?\b|\bpin\b|unlock|\bopen(?:ed)? with\b", re.IGNORECASE)
_TOKEN = re.compile(r"[^\s\"'`,;<>()\[\]“”‘’]{4,64}")
_QUOTED = re.compile(r"[\"'“‘`]([^\"'”’`\n]{3,64})[\"'”’`]")
_BEFORE = 40
_AFTER = 160
_MOST = 60
_MOST_TEXTS = 500
_MOST_CHARS = 20_000


class Finder:
    """Gathers the words near "password" and the like from the segments that pass."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def look(self, segment: Segment) -> None:
        """Take note of a segment; it is searched only if something locked comes."""
        if not segment.cells and len(self._texts) < _MOST_TEXTS:
            self._texts.append(segment.text[:_MOST_CHARS])

    def found(self) -> tuple[str, ...]:
        """Return the candidates so far, first met first."""
        words: dict[str, None] = {}
        for text in self._texts:
            for match in _HINT.finditer(text):
                near = text[max(0, match.start() - _BEFORE) : match.end() + _AFTER]
                after = text[match.end() : match.end() + _AFTER]
                for word in (*_QUOTED.findall(near), *_TOKEN.findall(after)):
                    words[word] = None
                    words[word.rstrip(".!?:")] = None
        return tuple(word for word in list(words)[:_MOST] if word)
