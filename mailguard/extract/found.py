"""What readers of running text find: paragraphs with what is known of their pieces, tables, beginnings of slides."""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.extract.grid import GridRow
from mailguard.extract.lines import tidy
from mailguard.model import SegmentKind

MARK_HIDDEN, MARK_DELETED, MARK_INSERTED, MARK_CODE = 1, 2, 4, 8
"""What is known of a piece of text inside a paragraph."""

Piece = tuple[str, int]
"""A piece of text inside a paragraph and its marks."""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, or loose text of elements that are no paragraphs. `kind` None is the part's own kind."""

    text: str
    kind: SegmentKind | None = None
    visible: bool = True
    paragraph: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A whole table."""

    rows: list[GridRow]
    kind: SegmentKind | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A slide or the comment of a cell begins: the attributes of its element by local name."""

    attributes: dict[str, str]


Found = Text | Table | Section


def readings_of(pieces: list[Piece], kind: SegmentKind | None = None, visible: bool = True) -> list[Text]:
    """Return a paragraph as a person sees it, then as it was before tracked changes and with its hidden text.

    Each is whole, so that a name of which a part is hidden or deleted is still a name."""
    flags = 0
    for _, flag in pieces:
        flags |= flag
    texts = [Text(_without(pieces, MARK_HIDDEN | MARK_DELETED | MARK_CODE), kind, visible)]
    others = []
    if flags & MARK_HIDDEN:
        others.append(Text(_without(pieces, MARK_DELETED | MARK_CODE).strip(), SegmentKind.HIDDEN, False, False))
    if flags & MARK_DELETED:
        others.append(Text(_without(pieces, MARK_INSERTED | MARK_CODE).strip(), SegmentKind.DELETED, False, False))
    if flags & MARK_CODE:
        code = tidy("".join(text for text, flag in pieces if flag & MARK_CODE)).strip()
        others.append(Text(code, SegmentKind.METADATA, False, False))
    return texts + [text for text in others if text.text]


def _without(pieces: list[Piece], marks: int) -> str:
    return tidy("".join(text for text, flag in pieces if not flag & marks))
