"""One tiny file of each document format, made in memory: readers are warmed and tested cold with them.

A library that loads a module or a codec on first use would find its files out of reach once the process is locked.
"""

from __future__ import annotations

import io
import zipfile

import pikepdf

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/"


def samples() -> tuple[tuple[str, bytes], ...]:
    """Return (file name, content) of each format."""
    return (
        ("sample.csv", b"Surname,Forename\r\nExample,Sam\r\n"),
        ("sample.docx", docx()),
        ("sample.xlsx", xlsx()),
        ("sample.pdf", pdf()),
    )


def package(members: dict[str, str | bytes]) -> bytes:
    """Return a zip container of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in members.items():
            container.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def docx(body: str = "<w:p><w:r><w:t>Sam Example</w:t></w:r></w:p>") -> bytes:
    """Return a Word document with this XML in its body."""
    return package(
        {
            "[Content_Types].xml": _types("wordprocessingml.document.main+xml", "/word/document.xml"),
            "_rels/.rels": _relations("officeDocument", "word/document.xml"),
            "word/document.xml": f'{_XML}<w:document xmlns:w="{_MAIN}wordprocessingml/2006/main"><w:body>'
            f"{body}</w:body></w:document>",
        }
    )


def xlsx(rows: str = '<row r="1"><c r="A1" t="inlineStr"><is><t>Sam Example</t></is></c></row>') -> bytes:
    """Return a workbook of one sheet with these rows."""
    return package(
        {
            "[Content_Types].xml": _types("spreadsheetml.sheet.main+xml", "/xl/workbook.xml"),
            "_rels/.rels": _relations("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}spreadsheetml/2006/main" '
            f'xmlns:r="{_MAIN}officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/>'
            "</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": _relations("worksheet", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": f'{_XML}<worksheet xmlns="{_MAIN}spreadsheetml/2006/main"><sheetData>{rows}'
            "</sheetData></worksheet>",
        }
    )


def pdf(content: bytes = b"BT /F1 12 Tf 72 720 Td (Sam Example) Tj ET") -> bytes:
    """Return a PDF of one page with this content stream; /F1 is Helvetica."""
    document = pikepdf.new()
    document.add_blank_page()
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica,
        Encoding=pikepdf.Name.WinAnsiEncoding,
    )  # fmt: skip
    page = document.pages[0].obj
    page["/Resources"] = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    page["/Contents"] = document.make_stream(content)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _types(subtype: str, part: str) -> str:
    return (
        f'{_XML}<Types xmlns="{_MAIN}package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="{part}" ContentType="application/vnd.openxmlformats-officedocument.{subtype}"/></Types>'
    )


def _relations(kind: str, target: str) -> str:
    return (
        f'{_XML}<Relationships xmlns="{_MAIN}package/2006/relationships"><Relationship Id="r1" '
        f'Type="{_MAIN}officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>'
    )
