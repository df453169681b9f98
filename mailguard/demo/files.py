"""Papers as files: PDF, Word, Excel, CSV, HTML, text, plain and encrypted ZIP; the same bytes for the same seed."""

from __future__ import annotations

import binascii
import csv
import html
import io
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from mailguard.demo.papers import Paper

ZIP_TIME = (2026, 11, 2, 9, 0, 0)
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class File:
    """A file to attach."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


def as_pdf(rng: random.Random, paper: Paper) -> File:
    """A PDF whose form is a ruled table or lines, as the seed says. Its fonts have Western European letters only."""
    styles = getSampleStyleSheet()
    parts: list[Flowable] = [Paragraph(escape(paper.title), styles["Title"])]
    if rng.random() < 0.5 and paper.fields:
        parts.append(_ruled(paper.fields))
    else:
        parts += [
            Paragraph(f"<b>{escape(label)}:</b> {escape(value)}", styles["Normal"]) for label, value in paper.fields
        ]
    for text in paper.paragraphs:
        parts += [Spacer(1, 10), Paragraph(escape(text), styles["BodyText"])]
    if paper.rows:
        parts += [Spacer(1, 14), _ruled((paper.heads, *paper.rows))]
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=A4, title=paper.title, invariant=1).build(parts)
    return File(f"{paper.stem}.pdf", "application/pdf", out.getvalue())


def _ruled(rows: Sequence[tuple[str, ...]]) -> Flowable:
    style = getSampleStyleSheet()["Normal"]
    cells = [[Paragraph(escape(cell), style) for cell in row] for row in rows]
    return Table(
        cells, style=TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "#444444"), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    )


def fits_pdf(paper: Paper) -> bool:
    """True if the standard fonts of PDF have every letter of the paper."""
    try:
        repr(paper).encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def as_word(rng: random.Random, paper: Paper) -> File:
    """A Word document, its form as lines or as a table."""
    body = [_word_line(paper.title)]
    if rng.random() < 0.5 and paper.fields:
        body.append(_word_table(paper.fields))
    else:
        body += [_word_line(f"{label}: {value}") for label, value in paper.fields]
    body += [_word_line(text) for text in paper.paragraphs]
    if paper.rows:
        body.append(_word_table((paper.heads, *paper.rows)))
    document = f'<w:document xmlns:w="{WORD}"><w:body>{"".join(body)}</w:body></w:document>'
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = f"{OFFICE}.wordprocessingml.document.main+xml"
    members = {
        "[Content_Types].xml": (
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxml'
            'formats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="http://schemas.openxml'
            'formats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
        ),
        "word/document.xml": document,
    }
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    data = _zipped([(name, (head + text).encode()) for name, text in members.items()])
    return File(f"{paper.stem}.docx", f"{OFFICE}.wordprocessingml.document", data)


def _word_line(text: str) -> str:
    # Word splits words into runs where it likes; a reader that joins runs by spaces would miss every name.
    half = len(text) // 2
    runs = "".join(f'<w:r><w:t xml:space="preserve">{escape(t)}</w:t></w:r>' for t in (text[:half], text[half:]) if t)
    return f"<w:p>{runs}</w:p>"


def _word_table(rows: Sequence[tuple[str, ...]]) -> str:
    cells = ("".join(f"<w:tc>{_word_line(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def as_excel(rng: random.Random, paper: Paper, hidden: Paper | None = None) -> File:
    """A workbook with one sheet, and a hidden one behind it if asked for."""
    book = openpyxl.Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook begins with a worksheet")
    _fill(sheet, paper)
    if hidden:
        behind = book.create_sheet()
        _fill(behind, hidden)
        behind.sheet_state = rng.choice(("hidden", "veryHidden"))
    out = io.BytesIO()
    book.save(out)
    return File(f"{paper.stem}.xlsx", f"{OFFICE}.spreadsheetml.sheet", _same_every_time(out.getvalue()))


def _fill(sheet: Worksheet, paper: Paper) -> None:
    sheet.title = paper.stem[:31]
    sheet.append([paper.title])
    sheet.append([])
    for label, value in paper.fields:
        sheet.append([label, value])
    for text in paper.paragraphs:
        sheet.append([text])
    if paper.rows:
        if paper.fields or paper.paragraphs:
            sheet.append([])
        sheet.append(list(paper.heads))
        for row in paper.rows:
            sheet.append(list(row))


def _same_every_time(package: bytes) -> bytes:
    """Take the hour of making out of an Office file."""
    moment = b"2026-11-02T09:00:00Z"
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        members = [
            (name, re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment, archive.read(name)))
            for name in archive.namelist()
        ]
    return _zipped(members)


def as_csv(rng: random.Random, paper: Paper) -> File:
    """A CSV export; a form becomes one row under its labels. Sometimes in the encoding of an old Excel."""
    heads, rows = paper.heads, paper.rows
    if not rows:
        heads = tuple(label for label, _ in paper.fields)
        rows = (tuple(value for _, value in paper.fields),)
    out = io.StringIO()
    csv.writer(out).writerows((heads, *rows))
    encoding = "cp1252" if fits_pdf(paper) and rng.random() < 0.3 else "utf-8-sig"
    return File(f"{paper.stem}.csv", "text/csv", out.getvalue().encode(encoding))


def as_text(rng: random.Random, paper: Paper) -> File:
    """A text file."""
    return File(f"{paper.stem}.txt", "text/plain", plain(paper).encode())


def as_web_page(rng: random.Random, paper: Paper) -> File:
    """A saved web page, as some systems print."""
    return File(f"{paper.stem}.html", "text/html", markup(paper).encode())


def plain(paper: Paper) -> str:
    """The paper as lines of text."""
    lines = [paper.title, "", *(f"{label}: {value}" for label, value in paper.fields)]
    for text in paper.paragraphs:
        lines += ["", text]
    if paper.rows:
        lines += ["", *(" | ".join(row) for row in (paper.heads, *paper.rows))]
    return "\n".join(lines) + "\n"


def markup(paper: Paper) -> str:
    """The paper as a web page."""
    tables = [table for table in (paper.fields, (paper.heads, *paper.rows) if paper.rows else ()) if table]
    body = [f"<h1>{html.escape(paper.title)}</h1>", *(f"<p>{html.escape(text)}</p>" for text in paper.paragraphs)]
    for rows in tables:
        lines = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows)
        body.append("<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>")
    return f'<html><head><meta charset="utf-8"></head><body>{"".join(body)}</body></html>'


def as_zip(name: str, files: Sequence[File]) -> File:
    """A ZIP of files."""
    return File(name, "application/zip", _zipped([(file.name, file.data) for file in files]))


def _zipped(members: Sequence[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def as_locked_zip(rng: random.Random, name: str, file: File, password: bytes) -> File:
    """A ZIP of one file, encrypted as old ZIP programs do (APPNOTE 6.1); Python's own module can only open such."""
    crc = zlib.crc32(file.data)
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(file.data) + packer.flush()
    sealed = _seal(rng.randbytes(11) + bytes([crc >> 24]) + packed, password)
    label = file.name.encode()
    facts = struct.pack("<HHHHHIIIHH", 20, 0x801, 8, 0x4800, 0x5D62, crc, len(sealed), len(file.data), len(label), 0)
    local = b"PK\x03\x04" + facts + label + sealed
    entry = b"PK\x01\x02\x14\0" + facts + struct.pack("<HHHII", 0, 0, 0, 0, 0) + label
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(local), 0)
    return File(name, "application/zip", local + entry + end)


def _seal(data: bytes, password: bytes) -> bytes:
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = _crc_step(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = _crc_step(keys[2], keys[1] >> 24)

    for byte in password:
        update(byte)
    sealed = bytearray()
    for byte in data:
        mask = (keys[2] | 2) & 0xFFFF
        sealed.append(byte ^ (((mask * (mask ^ 1)) >> 8) & 0xFF))
        update(byte)
    return bytes(sealed)


def _crc_step(crc: int, byte: int) -> int:
    return binascii.crc32(bytes([byte]), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


FORMS: tuple[Callable[[random.Random, Paper], File], ...] = (as_pdf, as_word, as_excel, as_text, as_web_page)
TABLES: tuple[Callable[[random.Random, Paper], File], ...] = (as_excel, as_csv, as_word, as_pdf)


def attach(rng: random.Random, paper: Paper, writers: Sequence[Callable[[random.Random, Paper], File]] = FORMS) -> File:
    """Write a paper in one of several formats that has its letters."""
    return rng.choice([writer for writer in writers if writer is not as_pdf or fits_pdf(paper)])(rng, paper)
