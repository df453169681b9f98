"""Packages and lists of other programs with `Zara Quill` in one place each: Visio, XPS, property lists of Apple."""

from __future__ import annotations

import io
import plistlib

from documents.compound_file import compound
from documents.odd_files import SENTENCE, svg_of_outlines
from PIL import Image

from mailguard.extract import samples

_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_XPS = "http://schemas.microsoft.com/xps/2005/06"
_VISIO = "http://schemas.microsoft.com/office/visio/2012/main"


def _package(members: dict[str, str | bytes]) -> bytes:
    return samples.package({"[Content_Types].xml": _TYPES, **members})


def _page(inner: str, **others: str | bytes) -> bytes:
    page = f'<FixedPage xmlns="{_XPS}" Width="816" Height="1056">{inner}</FixedPage>'
    return _package({"FixedDocumentSequence.fdseq": "<a/>", "Documents/1/Pages/1.fpage": page, **others})


def _glyphs(text: str, x: int, y: int = 90) -> str:
    return f'<Glyphs UnicodeString="{text}" OriginX="{x}" OriginY="{y}" FontRenderingEmSize="14"/>'


def _drawing(shape: str, **others: str | bytes) -> bytes:
    page = f'<PageContents xmlns="{_VISIO}"><Shapes><Shape ID="1">{shape}</Shape></Shapes></PageContents>'
    return _package(
        {"visio/document.xml": f'<VisioDocument xmlns="{_VISIO}"/>', "visio/pages/page1.xml": page, **others}
    )


def _list(value: object) -> bytes:
    return plistlib.dumps(value, fmt=plistlib.FMT_BINARY)


def thumbnails() -> bytes:
    """What Windows keeps of a folder of pictures: small copies behind a head of their own, and a list of names."""
    picture = io.BytesIO()
    Image.new("L", (96, 72), 200).save(picture, "JPEG", comment=b"Zara Quill")
    listed = bytes((16, 0, 1, 0, 1, 0, 0, 0)) + bytes(16) + "Sports day.jpg".encode("utf-16-le") + bytes(8)
    return compound({"Catalog": listed, "256_1": bytes((24, 0, 0, 0)) + bytes(20) + picture.getvalue()})


def publisher() -> bytes:
    """A leaflet of Publisher, as far as its streams go."""
    text = b"CHNKINK " + bytes(24) + "Dear parents, Zara Quill came first.".encode("utf-16-le")
    return compound({"Contents": b"\xe8\xac\x2c\0" + bytes(60), "Quill": {"QuillSub": {"CONTENTS": text}}})


_VISIO_97 = compound({"VisioDocument": b"Visio (TM) Drawing\r\n\0\0" + bytes(300) + "Zara Quill".encode("utf-16-le")})
_WORKS = compound({"MatOST": bytes(64), "CONTENTS": b"CHNKWKS " + bytes(300) + "Zara Quill".encode("utf-16-le")})
_OUTLINES = svg_of_outlines(80).decode().replace(' d="', ' Data="').replace("path", "Path")
CASES: list[tuple[str, bytes]] = [
    ("printed page.xps", _page(_glyphs("Zara", 96) + _glyphs("Quill", 130))),
    ("piece of a word.xps", _page(_glyphs("Za", 96) + _glyphs("ra Quill", 110))),
    ("painted out of order.xps", _page(_glyphs("Quill", 130) + _glyphs("Zara", 96))),
    (
        "within a moved canvas.oxps",
        _page(f'<Canvas RenderTransform="2,0,0,2,9,9">{_glyphs("Quill", 80)}{_glyphs("Zara", 48)}</Canvas>'),
    ),
    ("escaped letters.xps", _page(_glyphs("{}Zara Quill", 96))),
    ("name of a link.xps", _page('<Canvas AutomationProperties.Name="Zara Quill"/>')),
    ("properties.xps", _page("", **{"docProps/core.xml": "<a>Zara Quill</a>"})),
    ("picture.xps", _page("", **{"Resources/1.gif": b"GIF89a\1\0\1\0\0\0\0!\xfe\x0aZara Quill\0;"})),
    ("runs of text.vsdx", _drawing("<Text><cp IX='0'/>Za<cp IX='1'/>ra Quill</Text>")),
    (
        "data of a shape.vsdx",
        _drawing('<Section N="Property"><Row N="a"><Cell N="Value" V="Zara Quill"/></Row></Section>'),
    ),
    ("comment.vsdx", _drawing("", **{"visio/comments.xml": "<Comments><Comment>Zara Quill</Comment></Comments>"})),
    (
        "workbook inside.vsdx",
        _drawing(
            "",
            **{
                "visio/embeddings/a.xlsx": samples.xlsx(
                    '<row r="1"><c r="A1" t="inlineStr"><is><t>Zara Quill</t></is></c></row>'
                )
            },
        ),
    ),
    ("theme.thmx", _package({"theme/theme/theme1.xml": "<a>x</a>", "theme/presentation.xml": "<a>Zara Quill</a>"})),
    ("link.webloc", _list({"URL": "https://x.example/?n=Zara Quill"})),
    (
        "saved page.webarchive",
        _list({"WebMainResource": {"WebResourceData": b"<p>Za<b>ra</b> Quill", "WebResourceMIMEType": "text/html"}}),
    ),
    (
        "saved picture.webarchive",
        _list({"WebSubresources": [{"WebResourceData": b"GIF89a\1\0\1\0\0\0\0!\xfe\x0aZara Quill\0;"}]}),
    ),
    ("Thumbs.db", thumbnails()),
    ("leaflet.pub", publisher()),
    ("drawing.vsd", _VISIO_97),
    ("deep.plist", _list([[{"a": [{"b": "Zara Quill"}]}]])),
]
REPORTED: dict[str, bytes] = {
    "unnamed letters.xps": _page(
        '<Glyphs UnicodeString="" Indices="12;13;14" OriginX="9" OriginY="9" FontRenderingEmSize="9"/>'
    ),
    "text of outlines.xps": _page(_OUTLINES.partition(">")[2].removesuffix("</svg>")),
    "theme.thmx": _package({"theme/theme/theme1.xml": "<a>x</a>"}),
    "leaflet.pub": publisher(),
    "drawing.vsd": _VISIO_97,
    "letter.wps": _WORKS,
    "broken.plist": b"bplist00" + SENTENCE,
}
