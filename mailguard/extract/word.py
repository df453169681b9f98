"""Word documents (DOCX, DOCM, DOTX): body, tables, headers, notes, comments, tracked changes, boxes, properties.

Every part of the package is swept; the document model decides only how text is grouped and what its kind is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from mailguard.extract.budget import Budget
from mailguard.extract.flat import opened
from mailguard.extract.ooxml import read_members
from mailguard.extract.package import BadPackage
from mailguard.extract.parts import Item, Part
from mailguard.model import Place, SegmentKind, Unreadable, UnreadableReason

_PARTS: dict[str, tuple[SegmentKind, Place]] = {
    "document": (SegmentKind.BODY, ()),
    "header": (SegmentKind.HEADER, ("page header",)),
    "footer": (SegmentKind.HEADER, ("page footer",)),
    "comments": (SegmentKind.COMMENT, ("comments",)),
    "commentsextended": (SegmentKind.METADATA, ("comments",)),
    "people": (SegmentKind.METADATA, ("comments",)),
    "footnotes": (SegmentKind.NOTE, ("footnotes",)),
    "endnotes": (SegmentKind.NOTE, ("endnotes",)),
    "settings": (SegmentKind.METADATA, ("settings",)),
}


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the segments of a Word document. A damaged package or part is reported, what was read before stands."""
    try:
        package = opened(part.data, budget)
        yield from read_members(package, part.place, lambda _: False, _kind_of)
    except BadPackage as error:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, str(error))


def _kind_of(name: str) -> tuple[SegmentKind, Place]:
    lowered = name.lower()
    stem = posixpath.basename(lowered).split(".")[0].rstrip("0123456789")
    if lowered.startswith("docprops/"):
        return SegmentKind.METADATA, ("properties",)
    if lowered.startswith("customxml/"):
        return SegmentKind.METADATA, ("custom XML",)
    if "/glossary/" in lowered:
        return SegmentKind.HIDDEN, ("building blocks",)
    if "/charts/" in lowered:
        return SegmentKind.CACHE, ("chart",)
    if lowered.endswith(".rels"):
        return SegmentKind.METADATA, ("links",)
    return _PARTS.get(stem, (SegmentKind.BODY, ()))
