"""Binary workbooks (XLSB): the records of MS-XLSB in the same package as XLSX.

Cells are read like those of an XLSX; of every other binary part the runs of text are given."""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Iterator

from mailguard.extract.binarytext import strings
from mailguard.extract.budget import Budget
from mailguard.extract.cells import Book, Sheet
from mailguard.extract.grid import GridRow, Value, shape
from mailguard.extract.lines import tidy
from mailguard.extract.numberformat import BUILT_IN, plain, renderer
from mailguard.extract.ooxml import read_members
from mailguard.extract.package import BadPackage, Package
from mailguard.extract.parts import Item, Part
from mailguard.extract.sheet import kind_of, part_targets
from mailguard.extract.sweep import BadXml
from mailguard.model import Place, Segment, SegmentKind, Unreadable, UnreadableReason

_ROW, _CELLS = 0, range(1, 12)
_SST_ITEM, _SHEET, _FORMAT, _STYLE, _STYLES, _STYLES_END, _BOOK = 19, 156, 44, 47, 617, 618, 153
_STATES = {0: "visible", 1: "hidden", 2: "veryHidden"}


def read(part: Part, budget: Budget) -> Iterator[Item]:
    """Yield the segments of a binary workbook; a damaged part is reported."""
    try:
        package = Package(part.data, budget)
        book = _open_book(package)
    except (BadPackage, BadXml, struct.error, IndexError) as error:
        yield Unreadable(part.place, UnreadableReason.DAMAGED, f"the workbook cannot be opened: {type(error).__name__}")
        return
    done = {"[Content_Types].xml"}
    for entry in package.members:
        if not entry.filename.lower().endswith(".bin") or _is_passed_on(entry.filename):
            continue
        done.add(entry.filename)
        sheet = book.sheets.get(entry.filename.lower())
        place = (*part.place, sheet.step) if sheet else part.place
        try:
            data = package.read(entry)
            if sheet is not None:
                yield Segment(sheet.name, place, SegmentKind.METADATA, not sheet.hidden)
                yield from shape(_rows(data, sheet, book, budget), place)
            elif posixpath.basename(entry.filename).lower() not in ("sharedstrings.bin", "styles.bin", "workbook.bin"):
                kind, steps = kind_of(entry.filename, book)
                yield from _swept(data, (*part.place, *steps), kind)
            else:
                continue
            if sheet is not None:
                yield from _swept(_without_cells(data), place, SegmentKind.METADATA)
        except (BadPackage, struct.error, IndexError) as error:
            yield Unreadable(place, UnreadableReason.DAMAGED, f"a part is damaged: {type(error).__name__}")
    yield from read_members(package, part.place, done.__contains__, lambda name: kind_of(name, book))


def _is_passed_on(name: str) -> bool:
    lowered = name.lower()
    return "/embeddings/" in lowered or lowered.endswith("vbaproject.bin") or "/printersettings/" in lowered


def _swept(data: bytes, place: Place, kind: SegmentKind) -> Iterator[Item]:
    for text in strings(data):
        yield Segment(text, place, kind, kind is SegmentKind.COMMENT)


def _records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield type, start and end of each record (MS-XLSB 2.1.4): numbers of seven bits a byte."""
    at, size = 0, len(data)
    while at < size:
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | (data[at] & 0x7F) << 7
            at += 1
        length, shift = 0, 0
        for _ in range(4):
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield kind, at, at + length
        at += length


def _wide(data: bytes, at: int) -> tuple[str, int]:
    """Return an XLWideString and where it ends."""
    count = struct.unpack_from("<I", data, at)[0]
    end = at + 4 + 2 * count
    if count == 0xFFFFFFFF:
        return "", at + 4
    return tidy(data[at + 4 : end].decode("utf-16-le", "replace")), end


def _open_book(package: Package) -> Book:
    book = Book()
    targets = part_targets(package)
    masks = dict(BUILT_IN)
    for entry in package.members:
        name = posixpath.basename(entry.filename).lower()
        if name not in ("workbook.bin", "sharedstrings.bin", "styles.bin"):
            continue
        data = package.read(entry)
        in_styles = False
        for kind, at, _ in _records(data):
            if name == "sharedstrings.bin" and kind == _SST_ITEM:
                book.strings.append(_wide(data, at + 1)[0])
            elif name == "workbook.bin" and kind == _BOOK:
                book.date1904 = bool(data[at] & 1)
            elif name == "workbook.bin" and kind == _SHEET:
                relation, end = _wide(data, at + 8)
                title, _ = _wide(data, end)
                state = _STATES.get(struct.unpack_from("<I", data, at)[0], "hidden")
                book.sheets[targets.get(relation, relation)] = Sheet(title, state)
            elif name == "styles.bin" and kind == _FORMAT:
                masks[struct.unpack_from("<H", data, at)[0]] = _wide(data, at + 2)[0]
            elif kind in (_STYLES, _STYLES_END):
                in_styles = kind == _STYLES
            elif name == "styles.bin" and kind == _STYLE and in_styles:
                number = struct.unpack_from("<H", data, at + 2)[0]
                book.styles.append(renderer(masks.get(number, "General"), book.date1904))
    return book


def _rows(data: bytes, sheet: Sheet, book: Book, budget: Budget) -> Iterator[GridRow]:
    number, hidden = 0, False
    values: list[Value] = []
    for kind, at, end in _records(data):
        if kind == _ROW:
            if values:
                yield GridRow(number, values, not (sheet.hidden or hidden))
            values = []
            number = struct.unpack_from("<I", data, at)[0] + 1
            hidden = bool(data[at + 11] & 0x10) if end - at > 11 else False
        elif kind in _CELLS:
            budget.spend_cells(1)
            column, style = struct.unpack_from("<II", data, at)
            text, other = _value(data, kind, at + 8, style & 0xFFFFFF, book)
            if text.strip():
                values.append((column + 1, text.strip(), other))
    if values:
        yield GridRow(number, values, not (sheet.hidden or hidden))


def _value(data: bytes, kind: int, at: int, style: int, book: Book) -> tuple[str, str]:
    if kind == 7:
        index = struct.unpack_from("<I", data, at)[0]
        return (book.strings[index] if index < len(book.strings) else ""), ""
    if kind in (6, 8):
        return _wide(data, at)[0], ""
    if kind in (4, 10):
        return ("TRUE" if data[at] else "FALSE"), ""
    if kind == 2:
        number = _packed(struct.unpack_from("<I", data, at)[0])
    elif kind in (5, 9):
        number = struct.unpack_from("<d", data, at)[0]
    else:
        return "", ""
    render = book.styles[style] if style < len(book.styles) else None
    return render(number) if render else (plain(number), "")


def _packed(bits: int) -> float:
    """Return the value of an RkNumber (MS-XLSB 2.5.122)."""
    if bits & 2:
        number = float(struct.unpack("<i", struct.pack("<I", bits))[0] >> 2)
    else:
        number = float(struct.unpack("<d", struct.pack("<Q", (bits & 0xFFFFFFFC) << 32))[0])
    return number / 100 if bits & 1 else number


def _without_cells(data: bytes) -> bytes:
    return b"".join(data[at:end] for kind, at, end in _records(data) if kind > 11)
