"""What style says about text: that it is hidden or turned round, and the text that styles and scripts hold themselves.

A style sheet is understood only as far as it names elements by tag, class and id (Selectors Level 4, sections 5 and 6);
a rule that says more than that changes how text is marked, never whether it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)|"
    r"font-size\s*:\s*[01](?:\.\d+)?(?:px|pt|em|%)?\s*(?:;|!|$)|max-height\s*:\s*0",
    re.IGNORECASE,
)
_WHITE = re.compile(r"(?:^|[;\s])color\s*:\s*(?:white|#fff(?:fff)?|transparent)\s*(?:;|!|$)", re.IGNORECASE)
_BACKGROUND = re.compile(r"background", re.IGNORECASE)
_OVERRIDE = re.compile(r"unicode-bidi\s*:\s*(?:bidi|isolate)-override", re.IGNORECASE)
_RIGHT_TO_LEFT = re.compile(r"direction\s*:\s*rtl", re.IGNORECASE)
# Values of `display` (CSS Display Level 3, section 2) that begin a line; that set a piece apart on its line; that lay
# out their children as boxes of their own.
_BOX = re.compile(r"display\s*:\s*(?:block|list-item|flow-root|table(?!-c)[\w-]*|flex|grid)(?![\w-])", re.IGNORECASE)
_APART = re.compile(
    r"display\s*:\s*(?:inline-(?:block|flex|grid|table)|table-cell)|float\s*:\s*(?:left|right|inline)|"
    r"position\s*:\s*(?:absolute|fixed)|(?:margin|padding)-(?:left|right|inline[\w-]*)\s*:\s*(?:\d*\.?\d+r?em|[3-9]|\d\d)",
    re.IGNORECASE,
)
_SPREAD = re.compile(r"display\s*:\s*(?:inline-)?(?:flex|grid)(?![\w-])", re.IGNORECASE)
_SIMPLE = re.compile(r"([\w-]*|\*)((?:[.#][\w-]+)*)\Z")
_COMMENT = re.compile(r"/\*(.*?)(?:\*/|\Z)", re.DOTALL)
_CONTENT = re.compile(r"(?:content|--[\w-]+)\s*:\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)')", re.IGNORECASE)
_ESCAPE = re.compile(r"\\([0-9A-Fa-f]{1,6})[ \t\n]?|\\(.)")
_URL = re.compile(r"url\(\s*", re.IGNORECASE)
_MAX_RULES = 2000

_STRINGS = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'|`([^`]*)`")
_JOINED = re.compile(r"([\"'])\s*\+\s*[\"']")
_NOTE = re.compile(r"/\*(.*?)(?:\*/|\Z)|(?<![:\"'\w/])//([^\n]*)", re.DOTALL)


def hides(style: str) -> bool:
    """Return whether a style's declarations hide the text, or write it white on nothing."""
    return bool(_HIDING.search(style)) or bool(_WHITE.search(style) and not _BACKGROUND.search(style))


def turns(style: str) -> bool:
    """Return whether a style's declarations show the letters from right to left."""
    return bool(_OVERRIDE.search(style) and _RIGHT_TO_LEFT.search(style))


class Sheet:
    """The rules of a document's style sheets that hide, turn or set apart text."""

    def __init__(self) -> None:
        self._hiding: list[tuple[str, frozenset[str]]] = []
        self._turning: list[tuple[str, frozenset[str]]] = []
        self._boxing: list[tuple[str, frozenset[str]]] = []
        self._parting: list[tuple[str, frozenset[str]]] = []
        self._spreading: list[tuple[str, frozenset[str]]] = []

    def learn(self, css: str) -> None:
        """Take the rules of a style sheet."""
        found = (
            (self._hiding, hides),
            (self._turning, turns),
            (self._boxing, _BOX.search),
            (self._parting, _APART.search),
            (self._spreading, _SPREAD.search),
        )
        for rule in _COMMENT.sub("", css).split("}"):
            selectors, _, declarations = rule.rpartition("{")
            selectors = selectors.rpartition("{")[2]
            kinds = [kind for kind, does in found if does(declarations)]
            for selector in selectors.split(",") if kinds else ():
                match = _SIMPLE.match(selector.split()[-1] if selector.split() else "")
                if match and match.group() not in ("", "*", "body", "html"):
                    names = frozenset(re.findall(r"[.#][\w-]+", match.group(2)))
                    for kind in kinds:
                        if len(kind) < _MAX_RULES:
                            kind.append((match.group(1).lower().strip("*"), names))

    def hides(self, tag: str, attributes: Mapping[str, str]) -> bool:
        """Return whether an element is hidden by its own style, its attribute or a rule."""
        style = attributes.get("style", "")
        return bool(style and hides(style)) or "hidden" in attributes or _hit(self._hiding, tag, attributes)

    def turns(self, tag: str, attributes: Mapping[str, str]) -> bool:
        """Return whether an element shows its letters from right to left."""
        style = attributes.get("style", "")
        if tag == "bdo" and attributes.get("dir", "").lower() == "rtl":
            return True
        return bool(style and turns(style)) or _hit(self._turning, tag, attributes)

    def boxes(self, tag: str, attributes: Mapping[str, str]) -> bool:
        """Return whether an element stands on lines of its own, whatever its tag."""
        return bool(_BOX.search(attributes.get("style", ""))) or _hit(self._boxing, tag, attributes)

    def parts(self, tag: str, attributes: Mapping[str, str]) -> bool:
        """Return whether an element is seen apart from what stands before and after it on its line."""
        return bool(_APART.search(attributes.get("style", ""))) or _hit(self._parting, tag, attributes)

    def spreads(self, tag: str, attributes: Mapping[str, str]) -> bool:
        """Return whether an element lays out each of its children as a box."""
        return bool(_SPREAD.search(attributes.get("style", ""))) or _hit(self._spreading, tag, attributes)


def _hit(rules: list[tuple[str, frozenset[str]]], tag: str, attributes: Mapping[str, str]) -> bool:
    if not rules:
        return False
    own = {"." + name for name in attributes.get("class", "").split()} | {"#" + attributes.get("id", "")}
    return any((not wanted or wanted == tag) and names <= own for wanted, names in rules)


def style_texts(css: str) -> Iterator[str]:
    """Yield what a style sheet or attribute adds to a page, and its comments."""
    for groups in _CONTENT.findall(css):
        yield _ESCAPE.sub(_letter, next(filter(None, groups), ""))
    yield from _COMMENT.findall(css)


def style_links(css: str) -> Iterator[str]:
    """Yield the addresses that a style names; a data address holds a file."""
    at = 0
    while match := _URL.search(css, at):
        quote = css[match.end() : match.end() + 1]
        start = match.end() + (quote in ("'", '"') and quote != "")
        at = css.find(quote if start > match.end() else ")", start)
        if at < 0:
            return
        yield css[start:at]


def script_texts(script: str) -> str:
    """Return the strings of a script, joined where it joins them, and its comments."""
    strings = (next(filter(None, groups), "") for groups in _STRINGS.findall(_JOINED.sub("", script)))
    notes = (next(filter(None, groups), "").strip() for groups in _NOTE.findall(script))
    return " ".join(string for string in (*strings, *notes) if len(string) > 1)


def _letter(match: re.Match[str]) -> str:
    if match.group(2):
        return match.group(2)
    code = int(match.group(1), 16)
    return chr(code) if 32 <= code < 0x110000 and not 0xD800 <= code < 0xE000 else " "
