"""Every class of hostile mail, each twice: with the record of a child planted for another family, and its benign twin,
the same kind of file with the reader's own child in it. A case makes a message of the text it is to carry."""

from __future__ import annotations

import base64
import bz2
import codecs
import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from email.message import EmailMessage

import pikepdf

from mailguard.extract import samples

Maker = Callable[[str], bytes]
MAIN = "http://schemas.openxmlformats.org/"
SHEET = f'xmlns="{MAIN}spreadsheetml/2006/main"'


def attached(name: str, data: bytes, kind: str = "application/octet-stream") -> bytes:
    message = EmailMessage()
    message.set_content("Please see the attached.\n")
    main, _, sub = kind.partition("/")
    message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message.as_bytes().partition(b"MIME-Version")[2].join((b"MIME-Version", b""))


def raw(fields: str, body: str) -> bytes:
    return f"MIME-Version: 1.0\n{fields}\n\n{body}\n".encode()


def b64(text: str) -> str:
    return base64.encodebytes(text.encode()).decode()


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def docx(text: str) -> bytes:
    return samples.docx(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")


def cell(reference: str, text: str) -> str:
    """A row of one cell."""
    return f'<row r="{reference[-7:].lstrip("XFD")}"><c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c></row>'


def pdf(text: str, change: Callable[[pikepdf.Pdf], None] | None = None) -> bytes:
    content = b"BT /F1 10 Tf 40 700 Td (" + text.replace("\n", " ").encode() + b") Tj ET"
    with pikepdf.open(io.BytesIO(samples.pdf(content))) as document:
        if change:
            change(document)
        out = io.BytesIO()
        document.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return out.getvalue()


# --- the classes: what is planted, and the twin


def two_boundaries(text: str) -> bytes:
    return raw(
        'Content-Type: multipart/mixed; boundary="a"; boundary="b"',
        f"--a\n\nHello.\n--a--\n\n--b\n\n{text}\n--b--\n",
    )


def behind_the_end(text: str) -> bytes:
    return raw("Content-Type: multipart/mixed; boundary=b", f"--b\n\nHello.\n--b--\n--b\n\n{text}\n--b--\n")


def folded_encoding(text: str) -> bytes:
    return raw("Content-Type: text/plain\nContent-Transfer-Encoding:\n base64", b64(text))


def rezip(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(name, content)
    return out.getvalue()


def zip_bomb(text: str) -> bytes:
    inner = zipped(*((f"{n}.bin", bytes(40 << 20)) for n in range(8)))
    return attached("backup.zip", zipped(*((f"{n}.zip", inner) for n in range(8)), ("note.txt", text.encode())))


def plain_zip(text: str) -> bytes:
    return attached("term.zip", zipped(("note.txt", text.encode()), ("words.txt", b"see you there. " * 60_000)))


def overlapping(text: str) -> bytes:
    """Two entries of the directory that name the same bytes of the file."""
    data = zipped(("a.txt", text.encode()), ("b.txt", b"Hello."))
    second = data.rindex(b"PK\x01\x02")
    return attached("a.zip", data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :])


def double_names(text: str) -> bytes:
    return attached("a.zip", zipped(("a.txt", b"Hello."), ("a.txt", text.encode())))


def path_names(text: str) -> bytes:
    return attached("a.zip", zipped(("../../../etc/passwd", text.encode()), ("C:\\con\\nul.txt", b"Hello.")))


def folders(text: str) -> bytes:
    return attached("a.zip", zipped(("year 5/spring/letter.txt", text.encode())))


def many_files(count: int) -> Maker:
    def make(text: str) -> bytes:
        members = [(f"{n}", b"") for n in range(count)]
        return attached("many.zip", zipped(*members, ("z.txt", text.encode()), method=zipfile.ZIP_STORED))

    return make


def laughs(text: str) -> bytes:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    document = f'<!DOCTYPE w:document [<!ENTITY l0 "ha">{lines}<!ENTITY p "{text}">]>'
    body = (
        f'<w:document xmlns:w="{MAIN}wordprocessingml/2006/main"><w:p><w:r><w:t>&l9;&p;</w:t></w:r></w:p></w:document>'
    )
    return attached(
        "a.docx", samples.package({"[Content_Types].xml": "<Types/>", "word/document.xml": document + body})
    )


def external_entity(text: str) -> bytes:
    xml = (
        f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY p "{text}"><!ENTITY x SYSTEM "file:///etc/passwd">]><a>&p;&x;</a>'
    )
    return attached("export.xml", xml.encode())


def plain_xml(text: str) -> bytes:
    return attached("export.xml", f'<?xml version="1.0"?><a>{text}</a>'.encode())


def far_cell(text: str) -> bytes:
    return attached("a.xlsx", samples.xlsx(cell("XFD1048576", text)))


def many_cells(text: str) -> bytes:
    row = "<row>" + "<c><v>1</v></c>" * 1000 + "</row>"
    return attached("a.xlsx", samples.xlsx(row * 10_000 + cell("A20000", text)))


def some_cells(text: str) -> bytes:
    row = "<row>" + "<c><v>1</v></c>" * 10 + "</row>"
    return attached("a.xlsx", samples.xlsx(row * 500 + cell("A600", text)))


def repeated_cells(text: str) -> bytes:
    body = (
        '<table:table table:name="S"><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        f'table:number-columns-repeated="16384"><text:p>{text}</text:p></table:table-cell></table:table-row></table:table>'
    )
    return attached("a.ods", samples.opendocument("spreadsheet", body))


def page_loop(text: str) -> bytes:
    def change(document: pikepdf.Pdf) -> None:
        document.Root["/Pages"]["/Kids"].append(document.Root["/Pages"])
        document.Root["/Pages"]["/Count"] = 2_000_000_000

    return attached("a.pdf", pdf(text, change))


def form_loop(text: str) -> bytes:
    def change(document: pikepdf.Pdf) -> None:
        form = document.make_stream(b"/F Do /F Do")
        form["/Type"], form["/Subtype"] = pikepdf.Name.XObject, pikepdf.Name.Form
        form["/BBox"] = pikepdf.Array([0, 0, 100, 100])
        form["/Resources"] = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=form))
        page = document.pages[0].obj
        page["/Resources"]["/XObject"] = pikepdf.Dictionary(F=form)
        page["/Contents"] = pikepdf.Array([page["/Contents"], document.make_stream(b"/F Do")])

    return attached("a.pdf", pdf(text, change))


def pickled_encoding(text: str) -> bytes:
    def change(document: pikepdf.Pdf) -> None:
        fonts = document.pages[0].obj["/Resources"]["/Font"]
        fonts["/F2"] = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type0, BaseFont=pikepdf.Name.Foo,
            Encoding=pikepdf.Name("/../../../tmp/evil"), DescendantFonts=pikepdf.Array([]),
        )  # fmt: skip
        document.pages[0].obj["/Contents"] = document.make_stream(b"BT /F2 12 Tf 72 700 Td <00010002> Tj ET")
        document.docinfo["/Subject"] = text

    return attached("a.pdf", pdf(text, change))


def plain_pdf(text: str) -> bytes:
    return attached("a.pdf", pdf(text))


def pdf_bomb(text: str) -> bytes:
    def change(document: pikepdf.Pdf) -> None:
        packed = zlib.compress(zlib.compress(bytes(200 << 20), 9), 9)
        page = document.pages[0].obj
        filters = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode])
        page["/Contents"] = pikepdf.Array([page["/Contents"], pikepdf.Stream(document, packed, Filter=filters)])

    return attached("a.pdf", pdf(text, change))


def nested_html(depth: int) -> Maker:
    def make(text: str) -> bytes:
        return raw("Content-Type: text/html", "<div>\n" * depth + f"<p>{text}</p>\n" + "</div>\n" * depth)

    return make


def nested_mime(depth: int) -> Maker:
    def make(text: str) -> bytes:
        body = f"\n{text}\n"
        for level in range(depth):
            inner = body if not level else f"Content-Type: multipart/mixed; boundary=b{level - 1}\n\n{body}"
            body = f"--b{level}\n{inner}\n--b{level}--\n"
        return raw(f"Content-Type: multipart/mixed; boundary=b{depth - 1}", body)

    return make


def nested_rtf(depth: int) -> Maker:
    def make(text: str) -> bytes:
        return attached("a.rtf", b"{\\rtf1 " + b"{" * depth + text.encode() + b"}" * depth + b"}")

    return make


def nested_zips(depth: int) -> Maker:
    def make(text: str) -> bytes:
        data = text.encode()
        for level in range(depth):
            data = zipped((f"{level}.zip" if level else "a.txt", data))
        return attached("a.zip", data)

    return make


def gzip_bomb(text: str) -> bytes:
    return attached("a.gz", gzip.compress(bytes(300 << 20) + text.encode(), 1))


def plain_gzip(text: str) -> bytes:
    return attached("a.txt.gz", gzip.compress(text.encode() + b"see you there. " * 10_000))


def cut(make: Maker, share: float) -> Maker:
    def made(text: str) -> bytes:
        head, _, body = make(text).partition(b"base64\n")
        lines = body.split(b"\n\n", 1)
        data = base64.b64decode(lines[-1].partition(b"\n--")[0])
        return head + b"base64\n" + lines[0] + b"\n\n" + base64.encodebytes(data[: int(len(data) * share)])

    return made


def wide_as_ascii(text: str) -> bytes:
    body = base64.encodebytes(text.encode("utf-16-le")).decode()
    return raw("Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: base64", body)


def shifted(text: str) -> bytes:
    packed = "".join(f"+{base64.b64encode(c.encode('utf-16-be')).decode().rstrip('=')}-" for c in text)
    return raw("Content-Type: text/html; charset=utf-7", packed)


def mainframe(text: str) -> bytes:
    body = base64.encodebytes(codecs.encode(text, "cp037")).decode()
    return raw("Content-Type: text/plain; charset=cp037\nContent-Transfer-Encoding: base64", body)


def codec_name(text: str) -> bytes:
    return raw("Content-Type: text/plain; charset=unicode_escape", "".join(f"\\x{ord(c):02x}" for c in text))


def utf8(text: str) -> bytes:
    body = base64.encodebytes(f"Café: {text}".encode()).decode()
    return raw("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", body)


def plain_text(text: str) -> bytes:
    return raw("Content-Type: text/plain", text)


def bz2_of_tar(text: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo("a.txt")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text.encode()))
    return attached("a.tar.bz2", bz2.compress(out.getvalue()))


def plain_docx(text: str) -> bytes:
    return attached("a.docx", docx(text))


def plain_multipart(text: str) -> bytes:
    return raw("Content-Type: multipart/mixed; boundary=b", f"--b\n\nHello.\n--b\n\n{text}\n--b--\n")


CLASSES: dict[str, tuple[Maker, Maker]] = {
    "MIME ambiguity: two boundaries": (two_boundaries, plain_multipart),
    "MIME ambiguity: parts behind the end": (behind_the_end, plain_multipart),
    "MIME ambiguity: folded transfer encoding": (folded_encoding, folded_encoding),
    "type lie: a document named as a picture": (
        lambda text: attached("logo.png", docx(text), "image/png"),
        lambda text: attached("letter.dat", docx(text)),
    ),
    "type lie: an archive behind a picture": (
        lambda text: attached("a.gif", b"GIF89a\1\0\1\0\0\0\0;" + zipped(("a.txt", text.encode())), "image/gif"),
        lambda text: attached("a.zip", zipped(("a.txt", text.encode())), "image/gif"),
    ),
    "archive bomb": (zip_bomb, plain_zip),
    "archive overlap": (overlapping, double_names),
    "path names": (path_names, folders),
    "100,000 files": (many_files(100_000), many_files(150)),
    "nested archives": (nested_zips(40), nested_zips(3)),
    "archive in an archive of another kind": (bz2_of_tar, bz2_of_tar),
    "entity bomb": (laughs, plain_docx),
    "external entity": (external_entity, plain_xml),
    "far cell": (far_cell, far_cell),
    "10 million cells": (many_cells, some_cells),
    "cells repeated": (repeated_cells, some_cells),
    "PDF: loop of pages": (page_loop, plain_pdf),
    "PDF: loop of forms": (form_loop, plain_pdf),
    "PDF: an encoding that names a file": (pickled_encoding, plain_pdf),
    "PDF: bomb": (pdf_bomb, plain_pdf),
    "deep nesting: HTML": (nested_html(100_000), nested_html(10)),
    "deep nesting: MIME": (nested_mime(60), nested_mime(4)),
    "deep nesting: RTF": (nested_rtf(200_000), nested_rtf(5)),
    "decompression bomb": (gzip_bomb, plain_gzip),
    "truncation: document": (cut(plain_docx, 0.6), plain_docx),
    "truncation: PDF": (cut(plain_pdf, 0.6), plain_pdf),
    "truncation: archive": (cut(plain_zip, 0.5), plain_zip),
    "charset lie: UTF-16 as ASCII": (wide_as_ascii, utf8),
    "charset lie: UTF-7": (shifted, utf8),
    "charset lie: EBCDIC": (mainframe, utf8),
    "charset lie: the name of a codec": (codec_name, plain_text),
}
