"""PDF: two views of each page (content order, rows) and a walk over every string object of the file.

No single order is right: content order keeps wrapped cells and text columns together, rows keep tables together whose
columns were painted one after the other. What no page shows (form values, annotations, metadata, XFA, attachments,
scripts, alternative texts) is found by walking the objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from mailguard.extract.budget import Budget, OverBudget
from mailguard.extract.grid import GridRow, shape
from mailguard.extract.lines import join_spaced, paragraphs
from mailguard.extract.parts import Child, Item, Part
from mailguard.extract.pdffields import Written
from mailguard.extract.pdfgarbled import is_garbled
from mailguard.extract.pdfgrid import Heads, grids_of
from mailguard.extract.pdflayout import Line, lines_of
from mailguard.extract.pdfobjects import read_objects
from mailguard.extract.pdfpage import OpenPdf
from mailguard.extract.pdfpictures import read_page, read_pictures
from mailguard.extract.pdfruled import ruled_tables
from mailguard.extract.pdfswell import swells
from mailguard.extract.pdftext import PageText
from mailguard.extract.pdfthings import Things, things_on
from mailguard.extract.pdfunmapped import second_reading
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_RULED_EDGES = 6
_BLOCK_CHARS = 6000
_MAX_REVISIONS = 5
_MAX_SECOND_READINGS = 20
_MAX_FORM_PAGES = 50
_EOF = re.compile(rb"%%EOF[\r\n]*")


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield pages, then what the objects hold, then what earlier revisions of the file showed. Encrypted without a
    known password, damaged, scanned and unmapped pages are reported."""
    seen: set[str] = set()
    for item in _read_revision(part, budget):
        if isinstance(item, Segment):
            seen.add(item.text)
        yield item
    for number, data in enumerate(_earlier(part.data), 1):
        budget.spend_bytes(len(data))
        for item in _read_revision(replace(part, data=data), budget):
            if isinstance(item, Segment) and item.text not in seen and item.kind is not SegmentKind.ALTERNATE:
                seen.add(item.text)
                place = (*part.place, f"earlier revision {number}", *item.place[len(part.place) :])
                yield replace(item, place=place, kind=SegmentKind.DELETED, visible=False)
            elif isinstance(item, Child):
                yield item


def _earlier(data: bytes) -> Iterator[bytes]:
    """Yield the file as it was before each update that was appended to it, the latest first."""
    if b"/Linearized" in data[:2048]:
        return
    ends = [match.end() for match in _EOF.finditer(data)][:-1]
    yield from (data[:end] for end in ends[: -_MAX_REVISIONS - 1 : -1])


def _read_revision(part: Part, budget: Budget) -> Iterator[Item]:
    opened = _open(part)
    if isinstance(opened, Unreadable):
        yield opened
        if opened.reason is UnreadableReason.DAMAGED:
            yield from read_objects(part, budget, "", pages_shown=True)
        return
    document, password = opened
    shown = 0
    pages = _Pages(document, part, password, budget)
    limit = swells(part.data, password, budget)
    try:
        if limit:
            raise OverBudget(UnreadableReason.TOO_LARGE, limit, local=True)
        budget.spend_pages(document.pages)
        for index in range(document.pages):
            for item in pages.read(index):
                shown += isinstance(item, Segment)
                yield item
    finally:
        document.close()
    yield from read_objects(part, budget, password, shown > 0, pages.written)


def _open(part: Part) -> tuple[OpenPdf, str] | Unreadable:
    for password in ("", *part.passwords):
        try:
            return OpenPdf(part.data, password), password
        except pdfium.PdfiumError as error:
            code = getattr(error, "err_code", 0)
            if code != pdfium_c.FPDF_ERR_PASSWORD:
                locked = code == pdfium_c.FPDF_ERR_SECURITY
                reason = UnreadableReason.ENCRYPTED if locked else UnreadableReason.DAMAGED
                return Unreadable(part.place, reason, "the PDF cannot be opened")
    return Unreadable(part.place, UnreadableReason.ENCRYPTED, "the PDF needs a password")


class _Pages:
    """The pages of one open document."""

    def __init__(self, document: OpenPdf, part: Part, password: str, budget: Budget) -> None:
        self._document = document
        self._part = part
        self._password = password
        self._budget = budget
        self._second_readings = 0
        self._heads: dict[int, str] = {}
        self._open: Heads | None = None
        self._is_form = document.is_form
        self.written: dict[int, list[Written]] = {}

    def read(self, index: int) -> Iterator[Item]:
        place = (*self._part.place, f"page {index + 1}")
        try:
            with self._document.page(index) as page, page.text() as text:
                yield from self._views(page, PageText(text), index, place)
        except pdfium.PdfiumError:
            yield Unreadable(place, UnreadableReason.DAMAGED, "the page cannot be loaded")

    def _views(self, page: Any, text: PageText, index: int, place: Place) -> Iterator[Item]:
        things = things_on(page)
        rows, in_order = lines_of(text)
        if self._is_form and index < _MAX_FORM_PAGES:
            self.written[index + 1] = [
                Written((cell.left, line.bottom, cell.right, line.top), cell.text)
                for line in rows
                for cell in line.cells
            ]
        yield from read_pictures(page, things, rows, text.content, place, self._budget)
        if not text.content.strip():
            return
        unmapped = text.unmapped()
        if unmapped or is_garbled(text.content):
            yield from self._again(page, index, place, _Unmapped(text.content, unmapped))
        content = join_spaced(text.content)
        yield from (Segment(block, place) for block in _split(content))
        yield from (Segment(block, place, SegmentKind.ALTERNATE) for block in _split(text.unbroken))
        yield from self._tables(things, text, rows, place)
        spaced = text.by_spacing()
        if spaced.split() != content.split():
            yield from (Segment(block, place, SegmentKind.ALTERNATE) for block in _split(spaced))
        if not in_order:
            view = join_spaced("\n".join("  ".join(cell.text for cell in line.cells) for line in rows))
            if view.split() != content.split():
                yield from (Segment(block, place, SegmentKind.ALTERNATE) for block in _split(view))

    def _tables(self, things: Things, text: PageText, rows: list[Line], place: Place) -> Iterator[Item]:
        """Yield the rows of tables, ruled ones first; heads hold on the next page where a table goes on there."""
        ruled = _ruled(things, text)
        for table in ruled:
            if len(table[0].values) != len(self._heads):
                self._heads.clear()
            yield from shape(table, place, whole=False, heads=self._heads)
        if ruled:
            self._open = None
            return
        before, self._open = self._open, None
        for grid in grids_of(rows, before):
            if not grid.goes_on:
                self._heads.clear()
            yield from shape(grid.rows, place, whole=False, heads=self._heads)
            self._open = grid.heads if grid.last else None

    def _again(self, page: Any, index: int, place: Place, unmapped: _Unmapped) -> Iterator[Item]:
        """Read a page whose fonts pdfium cannot map by another library, then by its looks; report it if neither can."""
        self._second_readings += 1
        text = ""
        if self._second_readings <= _MAX_SECOND_READINGS:
            text = second_reading(self._part.data, index, self._password)
        yield from (Segment(block, place, SegmentKind.ALTERNATE) for block in _split(text))
        if unmapped.is_told_by(text):
            return
        if self._budget.limits.scans:
            yield from read_page(page, place, self._budget)
        else:
            yield Unreadable(place, UnreadableReason.NO_TEXT_MAP, "a font without a Unicode map")


@dataclass(frozen=True, slots=True)
class _Unmapped:
    """A page as pdfium read it, with words of letters that it could not map."""

    content: str
    words: set[str]

    def is_told_by(self, text: str) -> bool:
        """Return whether another reading knows more: it neither repeats these words nor leaves them out."""
        lost = len("".join(self.content.split())) - len("".join(text.split()))
        told = not self.words or lost < sum(map(len, self.words)) / 2
        return bool(text) and told and not is_garbled(text) and not any(_repeats(text, word) for word in self.words)


def _repeats(text: str, word: str) -> bool:
    """Return whether a text has most pieces of a word; libraries differ in a sign or two."""
    pieces = [word[at : at + 3] for at in range(len(word) - 2)]
    if not pieces:
        return False  # so short that it proves nothing
    return 2 * sum(piece in text for piece in pieces) > len(pieces)


def _ruled(things: Things, page: PageText) -> list[list[GridRow]]:
    edges = min(len(things.across), len(things.upright))
    if edges < 3 or len(things.across) + len(things.upright) < _RULED_EDGES:
        return []
    return list(ruled_tables(things, page))


def _split(text: str) -> Iterator[str]:
    """A page is one block but for its paragraphs: better too much together than a form torn apart."""
    for paragraph in paragraphs(text.strip()):
        yield from _shortened(paragraph)


def _shortened(text: str) -> Iterator[str]:
    while len(text) > _BLOCK_CHARS:
        at = text.rfind("\n", _BLOCK_CHARS // 2, _BLOCK_CHARS)
        at = at if at > 0 else _BLOCK_CHARS
        yield text[:at]
        text = text[at:].strip()
    if text:
        yield text
