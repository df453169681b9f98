"""Text that a program wrote for another program: `Zo\\u00eb`, `Zo%C3%AB+Quill`, `Zo=C3=AB`, `Zo&euml;`.

People paste such text into mails and files; what it means is a second reading of it."""

from __future__ import annotations

import binascii
import html
import re
from urllib.parse import unquote

_UNICODE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\u\{([0-9A-Fa-f]{1,6})\}|\\x([0-9A-Fa-f]{2})")
_QUERY = re.compile(r"[?&][\w.\[\]-]+=[^\s&]*")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_QUOTED = re.compile(r"=[2-9A-F][0-9A-F](?![0-9A-F])")
_ENTITY = re.compile(r"&(?:#\d{2,7}|#x[0-9A-Fa-f]{2,6}|[A-Za-z]{2,8});")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_STRUCK = re.compile(r"[^\x08\n]\x08")


def meaning(text: str) -> str:
    """Return what the escapes of `text` mean, "" where there are none."""
    found = text
    if "\\" in found:
        found = _UNICODE.sub(_letter, found)
    if "=" in found and "?" in found:
        found = _QUERY.sub(lambda match: match.group().replace("+", " "), found)
    if "%" in found and _PERCENT.search(found):
        found = unquote(found, errors="replace")
    if "=" in found and len(_QUOTED.findall(found)) > 1:
        found = binascii.a2b_qp(found.encode("utf-8", "replace")).decode("utf-8", "replace")
    if "&" in found and _ENTITY.search(found):
        found = html.unescape(found)
    return found if found != text else ""


def as_shown(text: str) -> str:
    """Return text for a terminal as it is shown: colours off, letters struck over replaced."""
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    return _STRUCK.sub("", text) if "\x08" in text else text


def _letter(match: re.Match[str]) -> str:
    code = int(next(filter(None, match.groups())), 16)
    return chr(code) if 32 <= code < 0x110000 and not 0xD800 <= code < 0xE000 else match.group()
