"""Attributes of HTML that hold text: values of form fields, titles, link targets, data in addresses."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_to_bytes

from mailguard.extract.htmlstyle import style_links, style_texts
from mailguard.extract.lines import tidy
from mailguard.extract.parts import Child, Part
from mailguard.extract.speech import spoken
from mailguard.extract.words import words
from mailguard.model import Segment, SegmentKind

_LINKS = words("""
href src action data background formaction poster cite longdesc usemap srcset
""")
# What only sets out the page or wires it up; any attribute not named here is text that somebody wrote.
_MACHINERY = words("""
style class id width height border cellpadding cellspacing align valign bgcolor color face size colspan
rowspan lang dir type rel target role http-equiv charset media method enctype for tabindex hspace vspace
nowrap clear link vlink alink text bordercolor frame rules scope start marginheight marginwidth topmargin
leftmargin scrolling frameborder allowfullscreen loading decoding referrerpolicy crossorigin integrity async
defer checked selected disabled readonly required multiple maxlength rows cols wrap shape coords hidden sizes
version xmlns profile language noshade compact itemtype itemprop itemscope autocomplete autofocus
contenteditable draggable spellcheck viewbox d fill stroke x y cx cy r x1 y1 x2 y2 points transform
""")
_META_MACHINERY = words("""
viewport generator progid originator format-detection robots color-scheme
""")
_DATA_URL = re.compile(r"\s*data:([^,;]*)((?:;[^,;]*)*),(.*)", re.DOTALL | re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_]{25,}")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_SHOWN_INPUTS = frozenset({"text", "email", "tel", "search", "url", "number", "date", "submit", "button", ""})


class Attributes:
    """Gathers the text of attributes over one document, each text once."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._texts: dict[str, None] = {}
        self._children: list[Child] = []

    def take(self, tag: str, attributes: dict[str, str]) -> str:
        """Take an element's attributes; return the text that the element itself shows (a form field's value)."""
        shown = ""
        if tag == "input" and attributes.get("type", "").lower() in _SHOWN_INPUTS:
            shown = attributes.get("value", "")
        if tag == "meta" and ("http-equiv" in attributes or attributes.get("name", "").lower() in _META_MACHINERY):
            content = attributes.get("content", "")
            _, mark, address = content.lower().partition("url=")
            if mark:
                self._link(content[-len(address) :] if address else "")
            elif spoken(content) and "http-equiv" not in attributes:
                self._text(content)
            return shown
        for name, value in attributes.items():
            if not value or (shown and name == "value"):
                continue
            if name == "srcdoc":
                data = value.encode("utf-8", "replace")
                self._children.append(Child(data, "frame", media_type="text/html", charset="utf-8", leaf=False))
            elif name in _LINKS:
                self._link(value)
            elif name == "style":
                self.style(value)
            elif name not in _MACHINERY and not name.startswith("xmlns"):
                self._text(value)
        return shown

    def children(self) -> list[Child]:
        """Return the files found inside attributes since the last call."""
        children, self._children = self._children, []
        return children

    def segments(self) -> Iterator[Segment]:
        """Yield the texts gathered."""
        place = (*self._part.place, "attribute")
        for text in self._texts:
            yield Segment(text, place, SegmentKind.METADATA, False, self._part.leaf)

    def style(self, css: str) -> None:
        """Take what a style adds to the page: text, comments, files in data addresses."""
        if "url(" in css.lower():
            for address in style_links(css):
                if address.lower().lstrip().startswith("data:"):
                    self._link(address)
        if '"' in css or "'" in css or "/*" in css:
            for text in style_texts(css):
                self._text(text)

    def _text(self, value: str) -> None:
        text = tidy(" ".join(value.split()))
        if len(text) > 2 and not text.isdecimal():
            self._texts[text] = None

    def _link(self, value: str) -> None:
        match = _DATA_URL.match(value)
        if match is None:
            if not value.lower().startswith(("cid:", "#")):
                # Long tokens without a break only tell a click from another.
                self._text(_TOKEN.sub("...", unquote(value.replace("+", " ") if "?" in value else value)))
            return
        media_type, options, payload = match.groups()
        data = unquote_to_bytes(payload)
        if "base64" in options.lower():
            packed = _NOT_BASE64.sub(b"", data)
            packed = packed[: len(packed) - (len(packed) % 4 == 1)]
            data = binascii.a2b_base64(packed + b"=" * (-len(packed) % 4))
        self._children.append(Child(data, "embedded data", media_type=media_type.lower(), leaf=False))
