"""Whether a message has a look of its own beside its text, and the policy under which that is shown.

It is made harmless in the jail (mailguard.extract.looks); here nothing parses it."""

from __future__ import annotations

import re

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
"""The content policy of such a page: its own styles, and nothing else."""

NONE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>The email as it looks</title></head><body>'
    "<p>This email has no other look than its text, or none that could be made safe. Read it as text.</p></body></html>"
)

_HTML = re.compile(rb"^content-type[ \t]*:[ \t\r\n]*text/html", re.IGNORECASE | re.MULTILINE)
_MESSAGE = re.compile(rb"^content-type[ \t]*:[ \t\r\n]*message/", re.IGNORECASE | re.MULTILINE)
_FILE = re.compile(rb"content-disposition[ \t]*:[ \t\r\n]*attachment|name\*?\d*\*?[ \t]*=", re.IGNORECASE)
_BLANK = re.compile(rb"\r?\n\r?\n")
_MOST_PARTS = 20
_MOST_FIELDS = 8192


def may_have(content: bytes) -> bool:
    """Whether a message's own text is HTML, as far as its fields say so; HTML that is attached is no look of it."""
    attached = _MESSAGE.search(content)
    end = attached.start() if attached else len(content)
    for n, found in enumerate(_HTML.finditer(content, 0, end)):
        if n == _MOST_PARTS:
            break
        before = content[max(0, found.start() - _MOST_FIELDS) : found.start()]
        after = content[found.end() : found.end() + _MOST_FIELDS]
        fields = _BLANK.split(before)[-1] + _BLANK.split(after, maxsplit=1)[0]
        if not _FILE.search(fields):
            return True
    return False
