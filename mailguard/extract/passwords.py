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


class Finder:
    """Gathers the words near "password" and the like from the segments that pass."""

    def __init__(self) -> None:
        self._words: dict[str, None] = {}

    def look(self, segment: Segment) -> None:
        """Take the candidates of a segment."""
        if len(self._words) >= _MOST or segment.cells:
            return
        for match in _HINT.finditer(segment.text[:20_000]):
            near = segment.text[max(0, match.start() - _BEFORE) : match.end() + _AFTER]
            after = segment.text[match.end() : match.end() + _AFTER]
            for word in (*_QUOTED.findall(near), *_TOKEN.findall(after)):
                self._words[word] = None
                self._words[word.rstrip(".!?:")] = None

    def found(self) -> tuple[str, ...]:
        """Return the candidates so far, first met first."""
        return tuple(word for word in list(self._words)[:_MOST] if word)
