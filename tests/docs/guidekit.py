"""The blocks of a guide, as a reader copies them."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"
_FENCE = re.compile(r"(?ms)^( *)```(\w*)\n(.*?)^\1```$")
_HEADING = re.compile(r"(?m)^#+ (.+)$")


def blocks(guide: str, language: str = "sh", under: str = "") -> list[str]:
    """The fenced blocks of a guide in deploy/ in one language, in order; those under one heading, if named."""
    text = (DEPLOY / guide).read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        heading = [one[1] for one in _HEADING.finditer(_outside_blocks(text[: match.start()]))][-1]
        if match[2] == language and (not under or heading == under):
            found.append(textwrap.dedent(match[3]))
    return found


def _outside_blocks(text: str) -> str:
    return _FENCE.sub("", text)
