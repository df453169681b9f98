"""PDF: two views of each page (content order, rows) and a walk over every string object of the file.

No single order is right: content order keeps wrapped cells and text columns together, rows keep tables together whose
columns were painted one after the other. What no page shows (form values, annotations, metadata, XFA, attachments,
scripts, alternative texts) is found by walking the objects.
"""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from mailguard.extract.budget import Budget
from mailguard.extract.grid import shape
from mailguard.extract.lines import join_spaced, tidy
from mailguard.extract.parts import Item, Part
from mailguard.extract.pdflayout import Line, grid_of, lines_of
from mailguard.extract.pdfobjects import read_objects
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_FEW_CHARS = 12
_SCAN_SHARE = 0.3
_OUTLINE_SEGMENTS = 2000
_MAX_OBJECTS = 20_000
_BLOCK_CHARS = 6000


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield pages, then what the objects hold. Encrypted without a known password, damaged, scanned and unmapped
    pages are reported."""
    opened = _open(part)
    if isinstance(opened, Unreadable):
        yield opened
        if opened.reason is UnreadableReason.DAMAGED:
            yield from read_objects(part, budget, "", pages_shown=False)
        return
    document, password = opened
    shown = 0
    try:
        count = len(document)
        budget.spend_pages(count)
        for index in range(count):
            place = (*part.place, f"page {index + 1}")
            for item in _read_page(document, index, place):
                shown += isinstance(item, Segment)
                yield item
    finally:
        document.close()
    if count == 0:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, "a PDF without pages")
    yield from read_objects(part, budget, password, pages_shown=shown > 0)


def _open(part: Part) -> tuple[pdfium.PdfDocument, str] | Unreadable:
    for password in ("", *part.passwords):
        try:
            return pdfium.PdfDocument(part.data, password=password or None), password
        except pdfium.PdfiumError as error:
            if getattr(error, "err_code", 0) != pdfium_c.FPDF_ERR_PASSWORD and "password" not in str(error).lower():
                encrypted = getattr(error, "err_code", 0) == pdfium_c.FPDF_ERR_SECURITY
                reason = UnreadableReason.ENCRYPTED if encrypted else UnreadableReason.DAMAGED
                return Unreadable(part.place, reason, "the PDF cannot be opened")
    return Unreadable(part.place, UnreadableReason.ENCRYPTED, "the PDF needs a password")


def _read_page(document: pdfium.PdfDocument, index: int, place: Place) -> Iterator[Item]:
    try:
        page = document[index]
        try:
            text_page = page.get_textpage()
            try:
                yield from _read_views(page, text_page, place)
            finally:
                text_page.close()
        finally:
            page.close()
    except pdfium.PdfiumError:
        yield Unreadable(place, UnreadableReason.DAMAGED, "the page cannot be loaded")


def _read_views(page: pdfium.PdfPage, text_page: pdfium.PdfTextPage, place: Place) -> Iterator[Item]:
    content = tidy(text_page.get_text_range().replace("\r\n", "\n").replace("\ufffe", "-"))
    letters = sum(not character.isspace() for character in content)
    if letters < _FEW_CHARS:
        yield from _picture(page, place, letters)
        if not letters:
            return
    if _unmapped(text_page, content):
        yield Unreadable(place, UnreadableReason.NO_TEXT_MAP, "a font without a Unicode map")
    joined = join_spaced(content)
    yield from (Segment(block, place) for block in _split(joined))
    rows = lines_of(text_page)
    for table in grid_of(rows):
        yield from shape(table, place)
    view = join_spaced("\n".join(_spread(line) for line in rows))
    if _words(view) != _words(joined):
        yield from (Segment(block, place, SegmentKind.ALTERNATE) for block in _split(view))


def _words(text: str) -> str:
    return " ".join(text.split())


def _spread(line: Line) -> str:
    return "  ".join(cell.text for cell in line.cells)


def _split(text: str) -> Iterator[str]:
    """A page is one block unless it is long: better too much together than a form torn apart."""
    text = text.strip()
    while len(text) > _BLOCK_CHARS:
        at = text.rfind("\n", _BLOCK_CHARS // 2, _BLOCK_CHARS)
        at = at if at > 0 else _BLOCK_CHARS
        yield text[:at]
        text = text[at:].strip()
    if text:
        yield text


def _unmapped(text_page: pdfium.PdfTextPage, content: str) -> bool:
    """Whether more than a few characters have no Unicode value; a sample tells."""
    count = text_page.count_chars()
    step = max(count // 64, 1)
    sample = range(0, count, step)
    bad = sum(pdfium_c.FPDFText_HasUnicodeMapError(text_page, index) == 1 for index in sample)
    strange = sum(1 for c in content if c == "\ufffd" or "\ue000" <= c <= "\uf8ff" or (c < " " and c not in "\n\r\t"))
    return bad * 10 > len(sample) or strange * 10 > len(content) > 0


def _picture(page: pdfium.PdfPage, place: Place, letters: int) -> Iterator[Item]:
    """A page with next to no text may show a scan or letters turned into outlines."""
    width, height = page.get_size()
    segments = 0
    for number, thing in enumerate(page.get_objects(max_depth=4)):
        if number > _MAX_OBJECTS or segments > _OUTLINE_SEGMENTS:
            yield Unreadable(place, UnreadableReason.PICTURE, "a page of outlines without text")
            return
        if thing.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = thing.get_bounds()
            if (right - left) * (top - bottom) >= _SCAN_SHARE * width * height:
                yield Unreadable(place, UnreadableReason.PICTURE, "a scanned page without text")
                return
        elif thing.type == pdfium_c.FPDF_PAGEOBJ_PATH:
            segments += pdfium_c.FPDFPath_CountSegments(thing)
