"""Files and bodies with `Zara Quill` in a place that a plain reader misses. A case is (file name, content)."""

# ruff: noqa: E501  (a table of documents)
from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

from mailguard.extract import samples

NAME = "Zara Quill"
SENTENCE = b"Zara Quill was born on 1 February 2014"
DRAWN = (
    "data:image/svg+xml;base64,"
    + base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg"><text>Zara Quill</text></svg>').decode()
)
WORDML = 'xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"'
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ODF = "urn:oasis:names:tc:opendocument:xmlns:"
ODFS = " ".join(f'xmlns:{name}="{ODF}{name}:1.0"' for name in ("office", "text", "table"))
KEY, CERTIFICATE, SIGNATURE = "PGP PUBLIC KEY BLOCK", "CERTIFICATE", "PGP SIGNATURE"


def _armour(kind: str, inside: str, headers: str = "") -> str:
    return f"-----BEGIN {kind}-----\n{headers}\n{inside}-----END {kind}-----\n"


def _packed(text: bytes) -> str:
    return base64.encodebytes(text).decode()


def _mail(body: str, encoding: str = "quoted-printable") -> str:
    return f"From: a@oak.example\nSubject: x\nContent-Transfer-Encoding: {encoding}\n\n{body}\n"


def _png(chunk: bytes) -> bytes:
    def piece(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", head) + piece(chunk[:4], chunk[4:]) + piece(b"IEND", b"")


def _tar(form: int = tarfile.GNU_FORMAT, headers: dict[str, str] | None = None, owner: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, pax_headers=headers) as archive:
        entry = tarfile.TarInfo("a")
        entry.uname = owner
        archive.addfile(entry)
    return out.getvalue()


def _zip_extra() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("a.txt")
        entry.extra = struct.pack("<HH", 0x7075, 5 + 14) + b"\1\0\0\0\0Zara Quill.txt"
        archive.writestr(entry, "x")
    return out.getvalue()


def outline(x: float, y: float) -> list[tuple[float, float]]:
    """The corners of a shape as high as a letter: a ring that is not round."""
    turns = [(0, 0), (3, 0), (5, 2), (5, 6), (3, 8), (1, 8), (1, 6), (3, 5), (3, 3), (1, 2)]
    return [(x + across, y + up) for across, up in turns]


def svg_of_outlines(letters: int) -> bytes:
    """A drawing of so many shapes like letters, forty to a line."""
    shapes = (outline(7 * (n % 40) + 20, 20 * (n // 40) + 40) for n in range(letters))
    paths = ("".join(f"{'ML'[at > 0]}{x} {y}" for at, (x, y) in enumerate(shape)) + "Z" for shape in shapes)
    drawn = "".join(f'<path d="{path}"/>' for path in paths)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 800">{drawn}</svg>'.encode()


def _between() -> bytes:
    """A package with text between its members, which no directory lists."""
    data = samples.docx()
    at = data.index(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    start = struct.unpack_from("<I", data, end + 16)[0] + len(SENTENCE)
    return data[:at] + SENTENCE + data[at : end + 16] + struct.pack("<I", start) + data[end + 20 :]


HTML = {
    "text turned by an element": '<p><bdo dir="rtl">lliuQ araZ</bdo></p>',
    "text turned by a style": '<p><span style="unicode-bidi:bidi-override;direction:rtl">lliuQ araZ</span></p>',
    "text turned by a rule": "<style>.r{unicode-bidi:bidi-override;direction:rtl}</style><p class=r>lliuQ araZ</p>",
    "name with a hidden middle": '<p>Za<span style="display:none">xx</span>ra Quill</p>',
    "name with a middle hidden by a rule": "<style>p .h{display:none}</style><p>Za<i class=h>xx</i>ra Quill</p>",
    "script that joins strings": '<script>document.write("Za"+"ra Quill")</script>',
    "note in a script": "<script>// Zara Quill\n</script>",
    "text kept in a script element": '<script type="text/x">Zara Quill</script>',
    "page kept in a script element": '<script type="text/template"><p>Za<b>ra</b> Quill</p></script>',
    "note in a style sheet": "<style>/* Zara Quill */</style>",
    "text of a style sheet": '<style>p::after{content:"\\5a ara Quill"}</style>',
    "text of a style": "<p style=\"--x: 'Zara Quill'\">x",
    "drawing in a style": f'<div style="background:url({DRAWN})">x</div>',
    "drawing in a style sheet": f'<style>div{{background:url("{DRAWN}")}}</style>',
    "page to go on to": '<meta http-equiv=refresh content="0;url=data:text/html,Zara%20Quill">',
    "name of the generator": '<meta name=generator content="Zara Quill">',
    "page for one mail program": "<p><!--[if mso]><v:textbox><p>Za<b>ra</b> Quill</p></v:textbox><![endif]-->",
    "query of a link": '<a href="https://x.example/?n=Zara+Quill">x</a>',
    "entity of the document type": '<!DOCTYPE html [<!ENTITY n "Zara Quill">]><html><p>&n;</p></html>',
}
TEXT = {
    "text turned by a character": "x \u202elliuQ araZ\u202c y",
    "letter struck over": "and this is Zx\bara Quill",
    "colours of a terminal": "Za\x1b[1mra\x1b[0m Qui\x1b[31mll",
    "letters parted by joiners": "Za\u034fra Qui\ufe0fll",
    "quoted-printable left in": "=5Aara=20Quill=20born",
    "entities left in": "&#90;ara Quill",
    "percent signs left in": "https://x.example/%5Aara%20Quill",
    "escapes of a program": 'name = "\\u005aara Quill"',
}
FILES: dict[str, str | bytes] = {
    "comment.asc": _armour(KEY, "mQEN\n", "Comment: Zara Quill\n"),
    "behind.asc": _armour(KEY, "mQEN\n") + NAME,
    "behind.crt": _armour(CERTIFICATE, "MIIB\n") + NAME,
    "behind.sig": _armour(SIGNATURE, "abcd\n") + NAME,
    "notakey.asc": _armour(KEY, _packed(SENTENCE)),
    "notacertificate.crt": _armour(CERTIFICATE, _packed(SENTENCE)),
    "two.mbox": f"From a Mon\n{_mail('hi')}\nFrom a Mon\n{_mail('=5Aara=20Qu=69ll')}",
    "one.emlx": f"{len(_mail('=5Aara Quill'))}\n{_mail('=5Aara Quill')}<?xml version='1.0'?><plist/>",
    "sheet.slk": 'ID;PWXL;N;E\nC;Y1;X1;K"Zara"\nC;X2;K"Quill"\nE\n',
    "formula.slk": 'ID;PWXL;N;E\nC;Y1;X1;K0;E="Zara"&" Quill"\nE\n'.replace('"&" ', " "),
    "note.slk": 'ID;PWXL;N;E\nC;Y1;X1;K"x"\nC;Y1;X1;AZara Quill\nE\n',
    "sheet.dif": 'TABLE\n0,1\n"EXCEL"\nDATA\n0,0\n""\n-1,0\nBOT\n1,0\n"Zara"\n1,0\n"Quill"\n-1,0\nEOD\n',
    "drawing.svg": '<svg xmlns="http://www.w3.org/2000/svg"><text><tspan>Za</tspan><tspan>ra Quill</tspan></text></svg>',
    "drawing.svgz": gzip.compress(b'<svg xmlns="http://www.w3.org/2000/svg"><text>Zara Quill</text></svg>'),
    "mixed.xml": '<?xml version="1.0"?><a><p>Za<b>ra</b> Quill</p></a>',
    "instruction.xml": '<?xml version="1.0"?><a><?note Zara Quill?>x</a>',
    "word2003.xml": f"<?xml version='1.0'?><w:wordDocument {WORDML}><w:body><w:p><w:r><w:t>Za</w:t></w:r><w:r><w:t>ra Quill"
    "</w:t></w:r></w:p></w:body></w:wordDocument>",
    "word2003-object.xml": f"<?xml version='1.0'?><w:wordDocument {WORDML}><w:binData w:name='x'>"
    f"{_packed(samples.docx('<w:p><w:r><w:t>Za</w:t></w:r><w:r><w:t>ra Quill</w:t></w:r></w:p>'))}</w:binData></w:wordDocument>",
    "flat.xml": "<?xml version='1.0'?><pkg:package xmlns:pkg='http://schemas.microsoft.com/office/2006/xmlPackage'><pkg:part "
    f"pkg:name='/word/document.xml'><pkg:xmlData><w:document {W}><w:p><w:r><w:t>Za</w:t></w:r><w:r><w:t>ra Quill</w:t>"
    "</w:r></w:p></w:document></pkg:xmlData></pkg:part></pkg:package>",
    "flat.fodt": f"<?xml version='1.0'?><office:document {ODFS}><office:body><office:text><text:p><text:span>Za</text:span>ra"
    "<text:s/>Quill</text:p></office:text></office:body></office:document>",
    "flat.fods": f"<?xml version='1.0'?><office:document {ODFS}><office:body><office:spreadsheet><table:table table:name='S'>"
    "<table:table-row><table:table-cell><text:p>Zara</text:p></table:table-cell><table:table-cell><text:p>Quill</text:p>"
    "</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document>",
    "page.ics": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nX-ALT-DESC;FMTTYPE=text/html:<p>Za<b>ra</b> Quill</p>\nEND:VEVENT\nEND:VCALENDAR\n",
    "exif.png": _png(b"eXIfMM\0*\0\0\0\x08\0\1\x01\x0e\0\2\0\0\0\x0b\0\0\0\x1a\0\0\0\0Zara Quill\0"),
    "behind.gif": b"GIF89a\1\0\1\0\0\0\0;Zara Quill",
    "behind.pdf": samples.pdf() + b"\nZara Quill\n",
    "before.pdf": b"Zara Quill\n" + samples.pdf(),
    "remark.pdf": samples.pdf().replace(b"\n1 0 obj", b"\n% Zara Quill\n1 0 obj", 1),
    "behind.zip": samples.package({"a.txt": "x"}) + b"Zara Quill",
    "behind.docx": samples.docx() + b"Zara Quill",
    "between.docx": _between(),
    "behind.rtf": b"{\\rtf1 x}Zara Quill",
    "behind.bz2": bz2.compress(b"x") + b"Zara Quill",
    "behind.xz": lzma.compress(b"x") + b"Zara Quill",
    "behind.tar": _tar() + b"Zara Quill",
    "headers.tar": _tar(tarfile.PAX_FORMAT, {"comment": NAME}),
    "clipping.applefile": b"\0\5\x16\7\0\2\0\0"
    + bytes(16)
    + struct.pack(">HIII", 1, 2, 38, 20)
    + b"\1\2\3\4\0Zara Quill\0\0\0\0\0",
    "folder.DS_Store": b"\0\0\0\1Bud1" + bytes(20) + "Zara Quill.doc".encode("utf-16-be") + b"Ilocblob" + bytes(20),
    "owner.tar": _tar(owner=NAME),
    "extra.zip": _zip_extra(),
    "rows.csv": "Surname;Forename;Name\nQuill;Zara;Zara Quill\nOsei;Ama;x\n",
    "records.json": '[{"name": "\\u005aara Quill", "class": "7C"}, {"name": "x"}]',
    "card.vcf": "BEGIN:VCARD\nVERSION:2.1\nNOTE;ENCODING=QUOTED-PRINTABLE:=5Aara=\n Quill\nEND:VCARD\n",
    "page.mht": "From: x\nSnapshot-Content-Location: http://x.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: "
    'multipart/related; boundary="b"\n\n--b\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n'
    "<p>=5Aara Quill\n--b--\n",
    "letter.eml": _mail("=5Aara Quill"),
    "book.epub": samples.package(
        {"mimetype": "application/epub+zip", "c.xhtml": "<html><p>Za<b>ra</b> Quill</p></html>"}
    ),
}
CASES: list[tuple[str, bytes]] = [
    *((f"{place}.html", page.encode()) for place, page in HTML.items()),
    *((f"{place}.txt", text.encode()) for place, text in TEXT.items()),
    *((name, data.encode() if isinstance(data, str) else data) for name, data in FILES.items()),
]

REPORTED: dict[str, bytes] = {
    "text of outlines.svg": svg_of_outlines(80),
    "glyphs used again.svg": b'<svg xmlns="http://www.w3.org/2000/svg">' + b'<use href="#g1" x="9"/>' * 80 + b"</svg>",
    "page.ps": b"%!PS-Adobe-3.0\n(Za) show (ra Quill) show showpage\n",
    "figure.eps": b"\xc5\xd0\xd3\xc6" + bytes(28) + b"%!PS",
    "print.pcl": b"\x1bE\x1b&l0OZara Quill\x0c",
    "print.prn": b"\x1b%-12345X@PJL\nZara Quill",
    "notes.one": bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(100),
    "help.chm": b"ITSF\3" + bytes(100),
    "store.pst": b"!BDN" + bytes(100),
    "plan.dwg": b"AC1032" + bytes(100),
    "scan.djvu": b"AT&TFORM\0\0\0\x20DJVUINFO" + bytes(50),
    "pages.pages": samples.package({"Index/Document.iwa": b"\0\1", "Metadata/Properties.plist": b"bplist00"}),
    "diagram.vsd": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "archive.rar": b"Rar!\x1a\x07\0" + SENTENCE,
    "archive.cab": b"MSCF" + bytes(4) + SENTENCE,
    "archive.zst": b"\x28\xb5\x2f\xfd\x04\x58\x51\0\0" + SENTENCE,
    "archive.Z": b"\x1f\x9d\x90" + bytes(range(1, 32)) * 2,
    "archive.lz4": b"\x04\x22\x4d\x18\x64\x40\xa7" + SENTENCE,
    "archive.lzma": lzma.compress(SENTENCE, format=lzma.FORMAT_ALONE),
    "disk.iso": bytes(32769) + b"CD001\1" + bytes(2041) + SENTENCE,
    "data.sqlite": b"SQLite format 3\0\x10\0\1\1\0\x40\x20\x20" + bytes(100) + SENTENCE,
    "data.mdb": b"\0\1\0\0Standard Jet DB\0" + bytes(50),
    "data.dbf": b"\x03\x7a\1\1\1\0\0\0A\0\x15\0"
    + bytes(20)
    + b"NAME\0\0\0\0\0\0\0C\0\0\0\0\x14"
    + bytes(15)
    + b"\r Zara Quill",
    "data.parquet": b"PAR1" + b"\x15\4\x15" * 30 + b"PAR1",
    "sheet.wks": b"\0\0\2\0\4\4\x0f\0\x10\0\xff\0\0\0\0'Zara Quill\0",
    "text.wpd": b"\xffWPC\x10\0\0\0\1\x0a" + bytes(40),
    "text.wri": b"\x31\xbe\0\0\0\xab" + bytes(122) + SENTENCE,
    "film.swf": b"CWS\x08" + b"\1\2\3" * 40,
    "sound.mp3": b"ID3\x03" + bytes(60) + SENTENCE,
    "program.class": b"\xca\xfe\xba\xbe\0\0\0\x34" + SENTENCE,
    "picture.psd": b"8BPS\0\1" + bytes(50),
    "entity.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY n "Zara Quill">]><a>&n;</a>',
    "default.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ATTLIST a b CDATA "Zara Quill">]><a/>',
    "message.pgp": b"-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n",
    "message.txt": b"Dear all\n\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n",
}
"""Kinds that no reader reads: none is delivered in silence."""
