"""PDFs with `Zara Quill` painted or kept where no page shows it as text. A case is (place, document)."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from mailguard.extract import samples

SHOWN = b"BT /F1 12 Tf 10 10 Td (Zara Quill) Tj ET"
RICH = "<body><p>Za<b>ra</b> Quill</p></body>"
PLAIN = b"BT /F1 12 Tf 72 700 Td (x here) Tj ET"
Page = pikepdf.Object


def _form(pdf: pikepdf.Pdf, page: Page) -> Page:
    form = pdf.make_stream(SHOWN)
    form["/Type"], form["/Subtype"], form["/BBox"] = Name.XObject, Name.Form, Array([0, 0, 200, 50])
    form["/Resources"] = Dictionary(Font=page["/Resources"]["/Font"])
    return form


def _annotation(pdf: pikepdf.Pdf, page: Page, **entries: object) -> None:
    rect = Array([10, 10, 200, 60])
    page["/Annots"] = Array([pdf.make_indirect(Dictionary(Type=Name.Annot, Rect=rect, **entries))])


def _looks(pdf: pikepdf.Pdf, page: Page, subtype: Name) -> None:
    _annotation(pdf, page, Subtype=subtype, T=String("a"), AP=Dictionary(N=_form(pdf, page)))


def _pattern(pdf: pikepdf.Pdf, page: Page) -> None:
    pattern = pdf.make_stream(SHOWN)
    pattern["/Type"], pattern["/PatternType"], pattern["/PaintType"] = Name.Pattern, 1, 1
    pattern["/TilingType"], pattern["/BBox"] = 1, Array([0, 0, 300, 100])
    pattern["/XStep"], pattern["/YStep"] = 300, 100
    pattern["/Resources"] = Dictionary(Font=page["/Resources"]["/Font"])
    page["/Resources"]["/Pattern"] = Dictionary(P1=pattern)
    page["/Contents"] = pdf.make_stream(b"/Pattern cs /P1 scn 0 0 600 800 re f")


def _glyph(pdf: pikepdf.Pdf, page: Page) -> None:
    fonts = page["/Resources"]["/Font"]
    glyph = pdf.make_stream(b"500 0 d0 " + SHOWN)
    encoding = Dictionary(Type=Name.Encoding, Differences=Array([97, Name.g1]))
    fonts["/F3"] = pdf.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, 0, 1, 1]), FirstChar=97, LastChar=97,
            FontMatrix=Array([1, 0, 0, 1, 0, 0]), CharProcs=Dictionary(g1=glyph), Encoding=encoding,
            Widths=Array([500]), Resources=Dictionary(Font=Dictionary(F1=fonts["/F1"])),
        )
    )  # fmt: skip
    page["/Contents"] = pdf.make_stream(b"BT /F3 12 Tf 72 700 Td (a) Tj ET")


def _template(pdf: pikepdf.Pdf, page: Page) -> None:
    hidden = pdf.make_indirect(
        Dictionary(
            Type=Name.Page, MediaBox=Array([0, 0, 600, 800]), Resources=page["/Resources"],
            Contents=pdf.make_stream(SHOWN),
        )
    )  # fmt: skip
    pdf.Root["/Names"] = Dictionary(Templates=Dictionary(Names=Array([String("t"), hidden])))


def _private(pdf: pikepdf.Pdf, page: Page) -> None:
    page["/PieceInfo"] = Dictionary(X=Dictionary(Private=pdf.make_stream(b"Zara Quill was here")))


def _file(pdf: pikepdf.Pdf, page: Page) -> None:
    letter = samples.docx("<w:p><w:r><w:t>Zara Quill</w:t></w:r></w:p>")
    pdf.Root["/Kept"] = pdf.make_stream(letter)


def _contents(data: bytes) -> Callable[[pikepdf.Pdf, Page], None]:
    def put(pdf: pikepdf.Pdf, page: Page) -> None:
        page["/Contents"] = pdf.make_stream(data)

    return put


_WIDTHS = {"Z": 611, "a": 556, "r": 333, " ": 278, "Q": 778, "u": 556, "i": 222, "l": 222}


def _letters(apart: float, upright: bool = False) -> bytes:
    """Each letter set by itself, as far apart as its width and some points more."""
    commands, x, y = [], 72.0, 700.0
    for letter in "Zara Quill":
        if letter != " ":
            commands.append(b"BT /F1 12 Tf 1 0 0 1 %.2f %.2f Tm (%s) Tj ET" % (x, y, letter.encode()))
        x, y = (x, y - 14) if upright else (x + 0.012 * _WIDTHS[letter] + apart, y)
    return b"\n".join(commands)


def _xmp(pdf: pikepdf.Pdf, page: Page) -> None:
    rdf = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    about = (
        b"<rdf:RDF xmlns:rdf='%s'><rdf:Description rdf:about='' xmlns:x='u:u' x:pupil='Zara Quill'/></rdf:RDF>" % rdf
    )
    pdf.Root["/Metadata"] = pdf.make_stream(about, Type=Name.Metadata, Subtype=Name.XML)


def _filtered(pdf: pikepdf.Pdf, page: Page) -> None:
    page["/Contents"] = pikepdf.Stream(pdf, base64.a85encode(SHOWN) + b"~>", Filter=Name.ASCII85Decode)


MAKERS: dict[str, Callable[[pikepdf.Pdf, Page], None]] = {
    "look of a stamp": lambda pdf, page: _looks(pdf, page, Name.Stamp),
    "look of a text box": lambda pdf, page: _looks(pdf, page, Name.FreeText),
    "look of a field": lambda pdf, page: _looks(pdf, page, Name.Widget),
    "rich text of an annotation": lambda pdf, page: _annotation(pdf, page, Subtype=Name.FreeText, RC=String(RICH)),
    "rich text of a field": lambda pdf, page: _annotation(
        pdf, page, Subtype=Name.Widget, FT=Name.Tx, T=String("a"), RV=String(RICH)
    ),
    "form that no page shows": lambda pdf, page: pdf.Root.__setitem__("/Left", _form(pdf, page)),
    "page in no list": _template,
    "pattern": _pattern,
    "glyph that is a drawing": _glyph,
    "private data": _private,
    "file in private data": _file,
    "text in a filter of its own": _filtered,
    "text clipped away": _contents(b"q 0 0 1 1 re W n " + SHOWN + b" Q"),
    "letters in the other order": _contents(b"BT /F1 12 Tf 100 700 Td (Quill) Tj -40 0 Td (Zara ) Tj ET"),
    "letters set apart": _contents(_letters(6)),
    "letters squeezed together": _contents(_letters(-1)),
    "letters below each other": _contents(_letters(0, upright=True)),
    "property list of a stretch": _contents(b"/P <</E (Zara Quill)>> BDC BT /F1 12 Tf 72 700 Td (x) Tj ET EMC"),
    "remark among the commands": _contents(PLAIN + b"\n% Zara Quill\n"),
    "attribute of the metadata": _xmp,
    "word broken at a line's end": _contents(b"BT /F1 12 Tf 72 700 Td (Za-) Tj 0 -14 Td (ra Quill) Tj ET"),
}
NO_MAP = Dictionary(
    Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/ABCDEF+Foo"), FirstChar=1, LastChar=3,
    Encoding=Dictionary(Type=Name.Encoding, Differences=Array([1, Name.g10, Name.g11, Name.g12])),
    Widths=Array([500, 500, 500]),
)  # fmt: skip


def _made(make: Callable[[pikepdf.Pdf, Page], None]) -> bytes:
    pdf = pikepdf.open(io.BytesIO(samples.pdf(PLAIN)))
    make(pdf, pdf.pages[0].obj)
    out = io.BytesIO()
    pdf.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return out.getvalue()


def _unmapped(pdf: pikepdf.Pdf, page: Page) -> None:
    page["/Resources"]["/Font"]["/F2"] = pdf.make_indirect(NO_MAP)
    page["/Contents"] = pdf.make_stream(b"BT /F2 12 Tf 72 700 Td (\\001\\002\\003\\001\\002) Tj ET")


CASES = [(f"{place}.pdf", _made(make)) for place, make in MAKERS.items()]
REPORTED = {"letters without a map.pdf": _made(_unmapped)}
