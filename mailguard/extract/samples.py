"""One tiny file of each document format, made in memory: readers are warmed and tested cold with them.

A library that loads a module or a codec on first use would find its files out of reach once the process is locked.
"""

from __future__ import annotations

import base64
import io
import plistlib
import zipfile

import pikepdf

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/"


_ODS_TABLE = (
    '<table:table table:name="Sheet1"><table:table-row><table:table-cell><text:p>Sam Example</text:p>'
    "</table:table-cell></table:table-row></table:table>"
)
_RULED = b"BT /F1 12 Tf 75 705 Td (Sam Example) Tj ET 0.5 w " + b" ".join(
    b"%d %d %d %d re S" % (72 + 100 * column, 680 + 20 * row, 100, 20) for column in range(3) for row in range(3)
)


def samples() -> tuple[tuple[str, bytes], ...]:
    """Return (file name, content) of each format."""
    return (
        ("sample.csv", b"Surname,Forename\r\nExample,Sam\r\n"),
        ("sample.docx", docx()),
        ("sample.xlsx", xlsx()),
        ("sample.pptx", pptx()),
        ("sample.odt", opendocument("text", "<text:p>Sam Example</text:p>")),
        ("sample.ods", opendocument("spreadsheet", _ODS_TABLE)),
        ("sample.rtf", b"{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0\\fcharset238 A;}}\\f0 Sam\\'20Example\\par}"),
        ("sample.xps", xps()),
        ("sample.pages", iwork({"Index/Document.iwa": archive((1, 2001, protobuf((3, b"Sam Example"))))})),
        ("sample.webloc", plistlib.dumps({"URL": "https://x.example/?n=Sam Example"}, fmt=plistlib.FMT_BINARY)),
        ("sample.gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00!\xfe\x0bSam Example\x00;"),
        ("sample.pdf", pdf()),
        ("ruled.pdf", pdf(_RULED)),
        ("owned.pdf", pdf(owner="x")),
    )


def package(members: dict[str, str | bytes]) -> bytes:
    """Return a zip container of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as container:
        for name, content in members.items():
            method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            container.writestr(zipfile.ZipInfo(name), content, method)
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


def pptx() -> bytes:
    """Return a presentation of one slide."""
    shape = "<p:sp><p:txBody><a:p><a:r><a:t>Sam Example</a:t></a:r></a:p></p:txBody></p:sp>"
    spaces = f'xmlns:p="{_MAIN}presentationml/2006/main" xmlns:a="{_MAIN}drawingml/2006/main"'
    return package(
        {
            "[Content_Types].xml": _types("presentationml.presentation.main+xml", "/ppt/presentation.xml"),
            "_rels/.rels": _relations("officeDocument", "ppt/presentation.xml"),
            "ppt/presentation.xml": f"{_XML}<p:presentation {spaces} "
            f'xmlns:r="{_MAIN}officeDocument/2006/relationships"><p:sldIdLst><p:sldId id="256" r:id="r1"/></p:sldIdLst>'
            "</p:presentation>",
            "ppt/_rels/presentation.xml.rels": _relations("slide", "slides/slide1.xml"),
            "ppt/slides/slide1.xml": f"{_XML}<p:sld {spaces}><p:cSld><p:spTree>{shape}</p:spTree></p:cSld></p:sld>",
        }
    )


def xps() -> bytes:
    """Return a page as printers take it."""
    glyphs = '<Glyphs UnicodeString="Sam Example" OriginX="96" OriginY="90" FontRenderingEmSize="14"/>'
    page = f'<FixedPage xmlns="http://schemas.microsoft.com/xps/2005/06">{glyphs}</FixedPage>'
    types = f'{_XML}<Types xmlns="{_MAIN}package/2006/content-types"/>'
    return package({"[Content_Types].xml": types, "Documents/1/Pages/1.fpage": page})


def iwork(archives: dict[str, bytes]) -> bytes:
    """Return a document of Apple's office programs with these archives."""
    return package({**archives, "Metadata/DocumentIdentifier": b"0"})


def archive(*objects: tuple[int, int, bytes]) -> bytes:
    """Return an archive (IWA) of objects: number, type, message."""
    whole = b""
    for number, kind, message in objects:
        head = protobuf((1, number), (2, protobuf((1, kind), (3, len(message)))))
        whole += _varint(len(head)) + head + message
    pieces = [whole[at : at + 60] for at in range(0, len(whole), 60)]
    block = _varint(len(whole)) + b"".join(bytes((len(piece) - 1 << 2,)) + piece for piece in pieces)
    return b"\0" + len(block).to_bytes(3, "little") + block


def protobuf(*fields: tuple[int, int | bytes]) -> bytes:
    """Return a Protocol Buffers message of these fields: numbers and bytes."""
    return b"".join(
        _varint(number << 3) + _varint(value)
        if isinstance(value, int)
        else _varint(number << 3 | 2) + _varint(len(value)) + value
        for number, value in fields
    )


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def opendocument(kind: str, body: str) -> bytes:
    """Return an OpenDocument file of this kind (text, spreadsheet) with this XML as its body."""
    base = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(f'xmlns:{name}="{base}:{name}:1.0"' for name in ("office", "text", "table"))
    return package(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "META-INF/manifest.xml": f'{_XML}<manifest xmlns="{base}:manifest:1.0"/>',
            "content.xml": f"{_XML}<office:document-content {spaces}><office:body><office:{kind}>{body}</office:{kind}>"
            "</office:body></office:document-content>",
        }
    )


def letter() -> bytes:
    """Return a message of the plainest make that carries a PDF of a page full of lines."""
    lines = b" ".join(b"(Sam Example, form 7C, line %d of a report) Tj T*" % number for number in range(20))
    report = pdf(b"BT /F1 10 Tf 14 TL 72 720 Td " + lines + b" ET")
    return (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nDear Sam\r\n'
        b"--b\r\nContent-Type: application/pdf; name=report.pdf\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: attachment; filename=report.pdf\r\n\r\n"
        + base64.encodebytes(report).replace(b"\n", b"\r\n")
        + b"--b--\r\n"
    )


def pdf(content: bytes = b"BT /F1 12 Tf 72 720 Td (Sam Example) Tj ET", owner: str = "") -> bytes:
    """Return a PDF of one page with this content stream; /F1 is Helvetica. With `owner` it is encrypted (AES-256), and
    anyone may open it."""
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
    document.save(stream, encryption=pikepdf.Encryption(owner=owner, user="", R=6) if owner else False)
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
