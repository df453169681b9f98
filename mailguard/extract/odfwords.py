"""Words of OpenDocument that the sweep must know."""

from __future__ import annotations

from mailguard.extract.sweep import Vocabulary
from mailguard.model import SegmentKind

_BASE = "urn:oasis:names:tc:opendocument:xmlns:"
NAMESPACES = {
    _BASE + name + ":1.0": prefix
    for name, prefix in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("drawing", "draw"), ("style", "style"),
        ("presentation", "presentation"), ("form", "form"), ("chart", "chart"), ("meta", "meta"),
        ("svg-compatible", "svg"), ("datastyle", "number"), ("script", "script"), ("animation", "anim"),
        ("config", "config"), ("dr3d", "dr3d"),
    )
} | {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/1998/Math/MathML": "math",
    "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0": "loext",
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0": "calcext",
}  # fmt: skip
_ANY: frozenset[str] = frozenset()

VOCABULARY = Vocabulary(
    namespaces=NAMESPACES,
    paragraphs=frozenset({"text:p", "text:h"}),
    breaks={"text:s": " ", "text:tab": "\t", "text:line-break": "\n"},
    repeats=frozenset({"text:s"}),
    tables=frozenset({"table:table"}),
    rows=frozenset({"table:table-row"}),
    cells=frozenset({"table:table-cell", "table:covered-table-cell"}),
    contexts={
        "office:annotation": (SegmentKind.COMMENT, True),
        "text:note": (SegmentKind.NOTE, True),
        "text:deletion": (SegmentKind.DELETED, False),
        "table:deletion": (SegmentKind.DELETED, False),
        "table:tracked-changes": (SegmentKind.DELETED, False),
        "presentation:notes": (SegmentKind.NOTE, True),
        "style:header": (SegmentKind.HEADER, True),
        "style:footer": (SegmentKind.HEADER, True),
        "style:header-left": (SegmentKind.HEADER, True),
        "style:footer-left": (SegmentKind.HEADER, True),
        "style:header-first": (SegmentKind.HEADER, True),
        "style:footer-first": (SegmentKind.HEADER, True),
        "text:hidden-text": (SegmentKind.HIDDEN, False),
        "svg:title": (SegmentKind.METADATA, False),
        "svg:desc": (SegmentKind.METADATA, False),
        "form:form": (SegmentKind.FORM_FIELD, True),
    },
    sections=frozenset({"draw:page"}),
    mute=frozenset({"number:text", "text:note-citation", "office:binary-data", "dc:date", "meta:generator"}),
    attributes={
        "string-value": _ANY,
        "current-value": _ANY,
        "label": _ANY,
        "help-text": _ANY,
        "title": _ANY,
        "condition": frozenset({"table:content-validation"}),
        "expression": frozenset({"table:named-expression"}),
        "description": _ANY,
        "prompt": _ANY,
        "value": frozenset(
            {"form:text", "form:textarea", "form:formatted-text", "form:hidden", "form:generic-control"}
        ),
        "href": _ANY,
        "name": frozenset(
            {
                "draw:page",
                "draw:frame",
                "table:named-range",
                "text:section",
                "text:bookmark",
                "table:table",
                "meta:user-defined",
            }
        ),
        "author": _ANY,
    },
)
