"""Small writers of the file formats that schools send; how a document is laid out is each half's own affair."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from xml.sax.saxutils import escape

import openpyxl
from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)


def pdf_font() -> str:
    """Return an embedded font with the letters of Western Europe: reportlab's own, so that every machine has it."""
    if "Vera" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
        addMapping("Vera", 0, 0, "Vera")
    return "Vera"


def fits_pdf(text: str) -> bool:
    """Say whether `pdf_font` has every letter of `text`."""
    return all(ord(c) < 256 or c in "’‘“”–" for c in text)


def run(text: str) -> str:
    """Return one run of a Word paragraph."""
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def deleted(text: str) -> str:
    """Return a run that was deleted while changes were tracked."""
    return (
        '<w:del w:id="7" w:author="Office" w:date="2026-11-02T09:00:00Z">'
        f'<w:r><w:delText xml:space="preserve">{escape(text)}</w:delText></w:r></w:del>'
    )


def paragraph(*runs: str) -> str:
    """Return one Word paragraph of finished runs."""
    return f"<w:p>{''.join(runs)}</w:p>"


def word_table(rows: Iterable[Iterable[str]]) -> str:
    """Return a Word table of plain cells."""
    made = "".join("<w:tr>" + "".join(f"<w:tc>{paragraph(run(c))}</w:tc>" for c in row) + "</w:tr>" for row in rows)
    return f"<w:tbl><w:tblPr/><w:tblGrid/>{made}</w:tbl>"


def docx(content: Iterable[str]) -> bytes:
    """Return a Word file of finished paragraphs and tables."""
    document = f'{_XML}<w:document xmlns:w="{_WORD}"><w:body>{"".join(content)}</w:body></w:document>'
    parts = {"[Content_Types].xml": _TYPES, "_rels/.rels": _RELS, "word/document.xml": document}
    return zipped({name: text.encode() for name, text in parts.items()})


def zipped(files: dict[str, bytes]) -> bytes:
    """Return an archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def workbook(sheets: dict[str, list[list[str]]], hidden: str = "") -> bytes:
    """Return a workbook; the sheet named `hidden` is hidden."""
    book = openpyxl.Workbook()
    if first := book.active:
        book.remove(book[first.title])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if title == hidden:
            sheet.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
