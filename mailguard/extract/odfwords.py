"""Words of OpenDocument that the sweep must know."""

from __future__ import annotations

from mailguard.extract.sweep import Vocabulary
from mailguard.extract.words import words
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
    machinery=words("""
style-name parent-style-name next-style-name master-page-name list-style-name font-name font-family font-name-asian
font-name-complex font-family-asian font-family-complex font-style-name font-style-name-asian font-style-name-complex
display-name d points viewBox transform enhanced-path path cell-range-address target-range-address
base-cell-address end-cell-address print-ranges border border-top border-bottom border-left border-right
border-line-width border-line-width-top border-line-width-bottom border-line-width-left border-line-width-right shadow
text-shadow rel-column-width cell-address data-style-name default-style-name page-layout-name type cell-range
source-cell-range-addresses target-range-addresses glue-points text-underline-width padding margin
content-validation-name
"""),
    settled=frozenset({"style:font-face", "style:style", "style:default-style", "style:page-layout"}),
    mute=frozenset({"text:note-citation", "office:binary-data", "dc:date", "meta:generator"}),
    attributes={
        "string-value": _ANY,
        "current-value": _ANY,
        "label": _ANY,
        "help-text": _ANY,
        "title": _ANY,
        "condition": frozenset({"table:content-validation", "text:section", "style:map"}),
        "string-value-if-true": _ANY,
        "string-value-if-false": _ANY,
        "key1": _ANY,
        "key2": _ANY,
        "num-prefix": _ANY,
        "num-suffix": _ANY,
        "comment": _ANY,
        "dde-item": _ANY,
        "dde-topic": _ANY,
        "source-field-name": _ANY,
        "table-name": _ANY,
        "column-name": _ANY,
        "command": _ANY,
        "content": _ANY,
        "expression": frozenset({"table:named-expression"}),
        "description": _ANY,
        "prompt": _ANY,
        "value": frozenset(
            {
                *("form:text", "form:textarea", "form:formatted-text", "form:hidden", "form:generic-control"),
                *("text:label", "table:filter-condition", "table:filter-set-item"),
                "calcext:condition",
            }
        ),
        "href": _ANY,
        "name": frozenset(
            {
                "draw:page",
                "draw:frame",
                "table:named-range",
                "table:database-range",
                "text:section",
                "text:bookmark",
                "table:table",
                "meta:user-defined",
                "text:reference-mark",
                "text:reference-mark-start",
                "table:scenario",
                "table:data-pilot-member",
                "table:data-pilot-table",
                "presentation:show",
            }
        ),
        "author": _ANY,
    },
)
