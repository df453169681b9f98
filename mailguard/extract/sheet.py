"""Workbooks (XLSX, XLSM): every sheet, hidden or not, row by row with heads, values as a person sees them.

Cells are read by a streaming parser that gives up a row at a time, so a sheet of any length costs the memory of its
shared strings. Everything round the cells (headers, validation, comments, shapes, charts, caches, links, properties)
is swept.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Collection, Generator, Iterator
from dataclasses import replace

from lxml import etree

from mailguard.extract.budget import Budget
from mailguard.extract.cells import Book, Cells, Sheet, elements, text_of
from mailguard.extract.flat import opened
from mailguard.extract.grid import shape
from mailguard.extract.lines import tidy
from mailguard.extract.numberformat import BUILT_IN, Renderer, renderer
from mailguard.extract.ooxml import VOCABULARY, read_members, resolve
from mailguard.extract.package import BadPackage, Package
from mailguard.extract.parts import Item, Part
from mailguard.extract.pivot import is_records, read_records
from mailguard.extract.segments import segments_of
from mailguard.extract.speech import spoken
from mailguard.extract.sweep import BadXml, sweep
from mailguard.extract.valueless import worked_out
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_TOGETHER = 40
# Codes of page headers (ECMA-376 part 1, 18.3.1.46): sections, fonts, sizes, colours, fields.
_HEADER_CODE = re.compile(r'&(?:"[^"]*"|K[0-9A-Fa-f]{6}|K\d{2}[+-]\d{3}|\d{1,3}|[A-Za-z])')
_SAID_OF_NAMES = ("comment", "description", "help", "statusBar", "customMenu")
_LITERAL = re.compile(r'"([^"]+)"')


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the segments of a workbook. A damaged part is reported, the others are read."""
    try:
        package = opened(part.data, budget)
    except BadPackage as error:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, str(error))
        return
    try:
        book = yield from _open_book(package, part.place)
    except (BadPackage, BadXml) as error:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, str(error))
        book = Book()
    done: set[str] = set()
    for entry in package.members:
        if _is_sheet(entry.filename):
            done.add(entry.filename)
            yield from _read_sheet(package, entry, book, part.place, budget)
    yield from worked_out(package, book, part.place, budget)
    done |= {entry.filename for entry in package.members if _stem(entry.filename) in ("workbook", "sharedstrings")}
    done |= {entry.filename for entry in package.members if is_records(entry.filename)}
    left = [text for index, text in enumerate(book.strings) if not book.used[index] and text]
    if left and any(_is_sheet(entry.filename) for entry in package.members):
        yield from _left_over(left, part.place)
    yield from read_records(package, part.place)
    yield from read_members(package, part.place, done.__contains__, lambda name: kind_of(name, book))


def _left_over(texts: list[str], place: Place) -> Iterator[Segment]:
    """Texts that no cell shows any more, as programs leave them behind; neighbours were neighbours in the sheet."""
    for at in range(0, len(texts), _TOGETHER):
        yield Segment("\n".join(texts[at : at + _TOGETHER]), (*place, "left over"), SegmentKind.CACHE, False)


def _is_sheet(name: str) -> bool:
    lowered = name.lower()
    folder = posixpath.basename(posixpath.dirname(lowered))
    return folder in ("worksheets", "chartsheets", "dialogsheets", "macrosheets") and lowered.endswith(".xml")


def _stem(name: str) -> str:
    return posixpath.basename(name.lower()).split(".")[0].rstrip("0123456789")


def _open_book(package: Package, place: Place) -> Generator[Item, None, Book]:
    """Read what cells refer to. Yields the segments of the workbook part and returns the book."""
    book = Book()
    targets = part_targets(package)
    for entry in package.members:
        stem = _stem(entry.filename)
        if stem == "workbook" and entry.filename.lower().endswith(".xml"):
            yield from _read_workbook(package, entry, book, targets, place)
        elif stem == "sharedstrings":
            book.strings += _strings(package, entry)
            book.used.extend(bytes(len(book.strings) - len(book.used)))
    for entry in package.members:
        if _stem(entry.filename) == "styles" and entry.filename.lower().endswith(".xml"):
            book.styles, masks = _styles(package, entry, book.date1904)
            literals = dict.fromkeys(text for mask in masks for text in _LITERAL.findall(mask) if spoken(text))
            yield from (Segment(text, (*place, "number formats"), SegmentKind.METADATA, False) for text in literals)
    _find_owners(package, book)
    return book


def part_targets(package: Package) -> dict[str, str]:
    """Return the part name in small letters of each relationship of the workbook."""
    targets: dict[str, str] = {}
    for entry in package.members:
        if entry.filename.lower().endswith(("workbook.xml.rels", "workbook.bin.rels")):
            base = posixpath.dirname(posixpath.dirname(entry.filename))
            for element in elements(package, entry, "Relationship"):
                targets[element.get("Id", "")] = resolve(base, element.get("Target", ""))
    return targets


def _find_owners(package: Package, book: Book) -> None:
    """Learn which sheet a comment, drawing or table belongs to, so that its place names the sheet."""
    for entry in package.members:
        lowered = entry.filename.lower()
        if not lowered.endswith(".rels") or "sheets/_rels/" not in lowered:
            continue
        folder = posixpath.dirname(posixpath.dirname(lowered))
        sheet = posixpath.join(folder, posixpath.basename(lowered).removesuffix(".rels"))
        for element in elements(package, entry, "Relationship"):
            book.owners[resolve(folder, element.get("Target", ""))] = sheet
        book.owners[lowered] = sheet


def _read_workbook(
    package: Package, entry: zipfile.ZipInfo, book: Book, targets: dict[str, str], place: Place
) -> Iterator[Item]:
    """Sheets with their names and states, defined names, the epoch."""
    for element in elements(package, entry, "workbookPr", "calcPr", "sheet", "definedName", rest=True):
        local = etree.QName(element).localname
        if local == "workbookPr":
            book.date1904 = element.get("date1904") in ("1", "true", "on")
        elif local == "calcPr":
            book.recalculated = element.get("fullCalcOnLoad") in ("1", "true")
        elif local == "sheet":
            relation = next((value for key, value in element.items() if key.endswith("}id")), "")
            sheet = Sheet(tidy(element.get("name", "")), element.get("state", "visible"))
            book.sheets[targets.get(relation, relation)] = sheet
            yield Segment(sheet.name, (*place, sheet.step), SegmentKind.METADATA, not sheet.hidden)
        elif local == "definedName":
            parts = (element.get("name"), element.text, *(element.get(key) for key in _SAID_OF_NAMES))
            text = " = ".join(filter(None, parts))
            yield Segment(tidy(text), (*place, "defined names"), SegmentKind.METADATA, False)
        else:
            yield from segments_of(sweep([etree.tostring(element)], VOCABULARY), place, SegmentKind.METADATA)


def _strings(package: Package, entry: zipfile.ZipInfo) -> Iterator[str]:
    """Yield shared strings in order; phonetic hints stand after the text."""
    for element in elements(package, entry, "si"):
        if len(element) == 1 and element[0].text is not None:
            yield text_of(element[0].text)
        else:
            yield text_of("".join(element.itertext()))


def _styles(package: Package, entry: zipfile.ZipInfo, date1904: bool) -> tuple[list[Renderer | None], Collection[str]]:
    """Return a renderer for each cell style by its number, and the number formats."""
    masks = dict(BUILT_IN)
    styles: list[Renderer | None] = []
    for element in elements(package, entry, "numFmt", "cellXfs"):
        if etree.QName(element).localname == "numFmt":
            number = element.get("numFmtId", "")
            if number.isdigit():
                masks[int(number)] = element.get("formatCode", "")
        else:
            for style in element:
                number = style.get("numFmtId", "0")
                styles.append(renderer(masks.get(int(number), "General") if number.isdigit() else "", date1904))
    return styles, masks.values()


def _read_sheet(package: Package, entry: zipfile.ZipInfo, book: Book, place: Place, budget: Budget) -> Iterator[Item]:
    """Yield the rows of a sheet, its formulas that hold text, then everything round the cells."""
    sheet = book.sheets.get(entry.filename.lower())
    here = (*place, sheet.step if sheet else f'sheet "{posixpath.basename(entry.filename)}" (hidden)')
    cells = Cells(package, entry, book, budget, sheet is None or sheet.hidden)
    try:
        yield from shape(cells.rows(), here)
        for formula in cells.formulas.values():
            yield Segment(formula, here, SegmentKind.FORMULA, False)
        for segment in segments_of(sweep([cells.rest], VOCABULARY), here, SegmentKind.METADATA):
            yield segment
            if "&" in segment.text and (plain := _HEADER_CODE.sub("", segment.text)) != segment.text:
                yield replace(segment, text=plain, kind=SegmentKind.HEADER)
    except (BadPackage, BadXml) as error:
        yield Unreadable(here, UnreadableReason.DAMAGED, str(error))


_FOLDERS: dict[str, tuple[SegmentKind, str]] = {
    "charts": (SegmentKind.CACHE, "chart"),
    "drawings": (SegmentKind.BODY, "drawing"),
    "diagrams": (SegmentKind.BODY, "diagram"),
    "pivotcache": (SegmentKind.CACHE, "pivot cache"),
    "pivottables": (SegmentKind.CACHE, "pivot table"),
    "externallinks": (SegmentKind.CACHE, "external link"),
    "threadedcomments": (SegmentKind.COMMENT, "comments"),
    "persons": (SegmentKind.METADATA, "comments"),
    "tables": (SegmentKind.METADATA, "table"),
    "querytables": (SegmentKind.METADATA, "query"),
    "customxml": (SegmentKind.METADATA, "custom XML"),
    "docprops": (SegmentKind.METADATA, "properties"),
    "revisions": (SegmentKind.DELETED, "revisions"),
    "slicercaches": (SegmentKind.CACHE, "slicer"),
}


def kind_of(name: str, book: Book) -> tuple[SegmentKind, Place]:
    """Return a part's kind of text and the steps to it, with the sheet that it belongs to."""
    lowered = name.lower()
    sheet = book.sheets.get(book.owners.get(lowered, ""))
    steps: Place = (sheet.step,) if sheet else ()
    if lowered.endswith(".rels"):
        return SegmentKind.METADATA, (*steps, "links")
    if _stem(name) in ("comment", "comments"):
        return SegmentKind.COMMENT, (*steps, "comments")
    kind, step = _FOLDERS.get(posixpath.basename(posixpath.dirname(lowered)), (SegmentKind.METADATA, ""))
    return kind, (*steps, step) if step else steps
