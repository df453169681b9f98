"""What a part is, by its content. Claims (name, media type) only choose between kinds of text that look alike.

The signature table is ours because guards are passed where a library and a mail reader disagree about a type; libmagic
only gives a name to what the table does not know.
"""

from __future__ import annotations

import io
import re
from enum import StrEnum
from struct import error as StructError

import olefile

from mailguard.extract import charset
from mailguard.extract.parts import Part


class Kind(StrEnum):
    """Every kind of content that is told apart; the table of readers says which of them can be read."""

    EMPTY = "empty"
    TEXT = "text"
    HTML = "html"
    CSV = "csv"
    XML = "xml"
    JSON = "json"
    CALENDAR = "calendar"
    CONTACT = "contact"
    MESSAGE = "message"
    MAILBOX = "mailbox"
    RTF = "rtf"
    SHEET_TEXT = "sheet in text"
    PRINTER = "printer language"
    PDF = "pdf"
    WORD = "docx"
    SHEET = "xlsx"
    SHEET_BINARY = "xlsb"
    SLIDES = "pptx"
    OPENDOCUMENT = "opendocument"
    OOXML = "office package"
    IWORK = "iwork"
    COMPOUND = "compound file"
    WORD97 = "doc"
    SHEET97 = "xls"
    SLIDES97 = "ppt"
    OUTLOOK = "msg"
    LOCKED_OFFICE = "encrypted office file"
    TNEF = "tnef"
    APPLE = "applefile"
    APPLE_LIST = "property list"
    ZIP = "zip"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    TAR = "tar"
    SEVEN_ZIP = "7z"
    RAR = "rar"
    PICTURE = "picture"
    PKCS7 = "pkcs7"
    PGP_MESSAGE = "pgp message"
    PGP_SIGNATURE = "pgp signature"
    PGP_KEY = "pgp key"
    CERTIFICATE = "certificate"
    PROGRAM = "program"
    MEDIA = "sound or video"
    FONT = "font"
    FOLDER_VIEW = "folder view"
    NOTEBOOK = "notebook"
    HELP = "help file"
    MAIL_STORE = "mail store"
    DRAWING = "drawing"
    UNKNOWN = "unknown"


_SIGNATURES: tuple[tuple[bytes, Kind], ...] = (
    (b"{\\rtf", Kind.RTF),
    (b"\x78\x9f\x3e\x22", Kind.TNEF),
    (b"\x00\x00\x00\x01Bud1", Kind.FOLDER_VIEW),
    (b"bplist0", Kind.APPLE_LIST),
    (b"\x00\x05\x16\x00", Kind.APPLE),
    (b"\x00\x05\x16\x07", Kind.APPLE),
    (b"\x1f\x8b", Kind.GZIP),
    (b"\xfd7zXZ\x00", Kind.XZ),
    (b"7z\xbc\xaf\x27\x1c", Kind.SEVEN_ZIP),
    (b"Rar!\x1a\x07", Kind.RAR),
    (b"\x89PNG\r\n\x1a\n", Kind.PICTURE),
    (b"\xff\xd8\xff", Kind.PICTURE),
    (b"GIF87a", Kind.PICTURE),
    (b"GIF89a", Kind.PICTURE),
    (b"II*\x00", Kind.PICTURE),
    (b"MM\x00*", Kind.PICTURE),
    (b"\x00\x00\x01\x00", Kind.PICTURE),
    (b"\xd7\xcd\xc6\x9a", Kind.PICTURE),
    (b"\0\0\0\x0cjP  ", Kind.PICTURE),
    (b"\xff\x4f\xff\x51", Kind.PICTURE),
    (b"-----BEGIN PGP MESSAGE-----", Kind.PGP_MESSAGE),
    (b"-----BEGIN PGP SIGNATURE-----", Kind.PGP_SIGNATURE),
    (b"-----BEGIN PGP PUBLIC KEY BLOCK-----", Kind.PGP_KEY),
    (b"-----BEGIN CERTIFICATE-----", Kind.CERTIFICATE),
    (b"-----BEGIN PKCS7-----", Kind.PKCS7),
    (b"-----BEGIN CMS-----", Kind.PKCS7),
    (b"%!PS", Kind.PRINTER),
    (b"\xc5\xd0\xd3\xc6", Kind.PRINTER),
    (b"\x1bE\x1b", Kind.PRINTER),
    (b"\x1b%-12345X", Kind.PRINTER),
    (b"\x7fELF", Kind.PROGRAM),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", Kind.NOTEBOOK),
    (b"ITSF", Kind.HELP),
    (b"!BDN", Kind.MAIL_STORE),
    (b"AC10", Kind.DRAWING),
    (b"AT&TFORM", Kind.DRAWING),
    (b"OggS", Kind.MEDIA),
    (b"\x1a\x45\xdf\xa3", Kind.MEDIA),
    (b"wOFF", Kind.FONT),
    (b"wOF2", Kind.FONT),
)
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Object identifiers of CMS content: the old ones of PKCS #7 and those of S/MIME.
_CMS = re.compile(
    rb"\x30.{1,9}?\x06(?:\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07|\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01)", re.DOTALL
)
_PORTABLE = re.compile(rb"P[4-6]\s(?:#[^\n]*\n)*\d{1,6}\s(?:#[^\n]*\n)*\d{1,6}\s(?:\d{1,5}\s)?")  # portable pixmaps
_CONTROLS = bytes((*range(9), *range(0x0E, 0x1B), *range(0x1C, 0x20)))
_BINARY_OPEN = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*(?=<!doctype\s+html|<html))?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|title|style|script|table|div|span|"
    r"p|font|center|h[1-6]|ul|ol|a|b|i|br|img|form|iframe|link|base|section|article|header|main|pre)[\s/>]",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(r"\s*<(?:\?xml\s|!DOCTYPE\s|[A-Za-z_][\w.:-]*(?:\s+[\w.:-]+\s*=|\s*/?>))")
_PDF_END = re.compile(rb"startxref\s+\d+\s+%%EOF")
_JSON = re.compile(r"\s*(?:\{\s*(?:\"|\})|\[\s*(?:[\[{\"\]]|-?\d))")
_HEADER_LINE = re.compile(r"[!-9;-~]+[ \t]*:[ \t]*[^\n]*\n")
_LINES_LOOKED_AT = 30
_DIF = re.compile(r"\s*TABLE\s*\n\s*0,1\s*\n")
_MESSAGE_NAMES = (".eml", ".emlx", ".mht", ".mhtml", ".mbox", ".mbx")
_DELIMITED_NAMES = (".csv", ".tsv", ".tab", ".psv")


def kind_of(part: Part) -> Kind:
    """Return the kind of a part by its content; claims decide only between kinds of text."""
    data = part.data
    if not data.strip(b" \t\r\n\0"):
        return Kind.EMPTY
    binary = _binary_kind(data)
    if binary is not None:
        return binary
    text = data.rstrip(b"\0")
    controls = len(text) - len(text.translate(None, _CONTROLS))
    # A stray control letter does not make text unreadable to a person, so it must not do so to the guard.
    allowed = 1 + len(text) // (10 if part.media_type.startswith("text/") else 100)
    if controls > allowed and not _wide_text(data):
        return Kind.UNKNOWN
    kind = _text_kind(part, charset.decode(data[:8192], part.charset))
    return Kind.PDF if kind in (Kind.TEXT, Kind.HTML, Kind.XML) and _is_late_pdf(part) else kind


def _binary_kind(data: bytes) -> Kind | None:
    head = data[:1100].lstrip(b" \t\r\n\xef\xbb\xbf") if data[:1] in b" \t\r\n\xef" else data[:1100]
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK00PK\x03\x04")):
        return _zip_kind(data)
    if data.startswith(_COMPOUND):
        return _compound_kind(data)
    if b"%PDF-" in data[:1024]:
        return Kind.PDF
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if _CMS.match(data):
        return Kind.PKCS7
    if re.match(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", data):
        return Kind.BZIP2
    if _is_pixmap(data) or data[-18:] == b"TRUEVISION-XFILE.\0":
        return Kind.PICTURE
    if data[:2] == b"MZ" and b"\0" in data[:256]:
        return Kind.PROGRAM
    if data[:3] == b"ID3" and data[3:4] < b" ":
        return Kind.MEDIA
    if data[4:8] == b"ftyp":
        return Kind.PICTURE if data[8:11] in (b"hei", b"mif", b"avi", b"hev") else Kind.MEDIA
    if data[:4] == b"RIFF":
        return Kind.PICTURE if data[8:12] == b"WEBP" else Kind.MEDIA
    if (
        data[:2] == b"BM"
        and len(data) > 26
        and int.from_bytes(data[2:6], "little") in range(len(data) - 4, len(data) + 4)
    ):
        return Kind.PICTURE
    if data[:4] == b"\x01\x00\x00\x00" and data[40:44] == b" EMF":
        return Kind.PICTURE
    if data[257:262] == b"ustar" or _is_old_tar(data):
        return Kind.TAR
    return None


def _is_late_pdf(part: Part) -> bool:
    """Return whether a text holds a PDF whose head stands late or nowhere: some programs open it all the same."""
    if b"endobj" not in part.data:
        return False
    claimed = part.media_type.startswith("application/pdf") or part.name.lower().endswith(".pdf")
    return claimed or _PDF_END.search(part.data, max(0, len(part.data) - 2048)) is not None


def _is_pixmap(data: bytes) -> bool:
    """Return whether pixels follow the head of a portable pixmap: a text may begin with the same letters."""
    head = _PORTABLE.match(data)
    pixels = data[head.end() : head.end() + 2000] if head else b""
    return 3 * sum(byte < 9 or 13 < byte < 32 or byte > 127 for byte in pixels) > len(pixels) > 0


def kind_behind(data: bytes) -> Kind | None:
    """Return the kind of the zip container that stands at the end of other content, where programs that look for the
    directory from the end find it; None if there is none."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 66_000))
    if end < 0 or end + 22 + int.from_bytes(data[end + 20 : end + 22], "little") != len(data):
        return None
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    listed = 46 <= size <= end and data[end - size : end - size + 4] == b"PK\x01\x02"
    return _zip_kind(data) if listed else None


def _is_old_tar(data: bytes) -> bool:
    """Return whether a header without the later magic adds up to its own checksum."""
    head = data[:512]
    written = head[148:156].strip(b" \0")
    if len(head) < 512 or not re.fullmatch(rb"[0-7]{1,7}", written) or not head[:1].strip(b"\0"):
        return False
    return sum(head) - sum(head[148:156]) + 8 * 32 == int(written, 8)


def _zip_kind(data: bytes) -> Kind:
    """Tell office packages from archives by the names in the central directory."""
    end = data.rfind(b"PK\x05\x06")
    size = int.from_bytes(data[end + 12 : end + 16], "little") if end >= 0 else 0
    names = data[end - size : end] if 0 < size <= end else data
    if b"mimetype" in names and b"mimetypeapplication/vnd.oasis.opendocument" in data[:200]:
        return Kind.OPENDOCUMENT
    if b"content.xml" in names and b"META-INF/manifest.xml" in names:
        return Kind.OPENDOCUMENT
    if b"Index/Document.iwa" in names or (b"Index.zip" in names and b"Metadata/" in names):
        return Kind.IWORK
    if b"[Content_Types].xml" in names:
        for marker, kind in (
            (b"xl/workbook.bin", Kind.SHEET_BINARY),
            (b"word/document", Kind.WORD),
            (b"xl/workbook", Kind.SHEET),
            (b"ppt/presentation", Kind.SLIDES),
            (b"word/", Kind.WORD),
            (b"xl/", Kind.SHEET),
            (b"ppt/", Kind.SLIDES),
        ):
            if marker in names:
                return kind
        return Kind.OOXML
    return Kind.ZIP


_STREAMS: tuple[tuple[str, Kind], ...] = (
    ("EncryptedPackage", Kind.LOCKED_OFFICE),
    ("__properties_version1.0", Kind.OUTLOOK),
    ("WordDocument", Kind.WORD97),
    ("Workbook", Kind.SHEET97),
    ("Book", Kind.SHEET97),
    ("PowerPoint Document", Kind.SLIDES97),
)


def _compound_kind(data: bytes) -> Kind:
    """Tell compound files apart by the names of their streams, which stand as UTF-16 in the directory. Where the names
    of several formats do, one is inside the other: the outer one's streams are at the top."""
    found = {name: kind for name, kind in _STREAMS if name.encode("utf-16-le") + b"\0\0" in data}
    if len(set(found.values())) > 1:
        top = _top_streams(data)
        found = {name: kind for name, kind in found.items() if name in top} or found
    return next(iter(found.values()), Kind.COMPOUND)


def _top_streams(data: bytes) -> set[str]:
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            return {path[0] for path in file.listdir() if len(path) == 1}
    except (OSError, ValueError, IndexError, StructError, RecursionError):
        return set()


def _wide_text(data: bytes) -> bool:
    """Return whether the zero bytes are those of UTF-16 or UTF-32 text."""
    text = charset.guess(data[:4096])
    return bool(text) and not _BINARY_OPEN.search(text.encode("utf-8", "replace"))


def _text_kind(part: Part, head: str) -> Kind:
    head = head.lstrip("\ufeff")
    media_type = part.media_type.partition(";")[0].strip()
    if _HTML.match(head) or media_type in ("text/html", "application/xhtml+xml", "text/enriched", "text/richtext"):
        return Kind.HTML
    start = head.lstrip()[:40].upper()
    if start.startswith("BEGIN:VCALENDAR"):
        return Kind.CALENDAR
    if start.startswith("BEGIN:VCARD"):
        return Kind.CONTACT
    if _XML.match(head):
        return _xml_kind(part.data, head)
    if (part.name or media_type == "application/json") and _JSON.match(head):
        return Kind.JSON
    if start.startswith("ID;") or _DIF.match(head):
        return Kind.SHEET_TEXT
    if (part.name or part.place) and _is_mailbox(part, head):
        return Kind.MAILBOX
    if _is_message(head, part.name) or media_type == "message/rfc822":
        return Kind.MESSAGE
    if media_type in ("text/csv", "text/tab-separated-values") or part.name.lower().endswith(_DELIMITED_NAMES):
        return Kind.CSV
    return Kind.CSV if part.name and _delimited(head) else Kind.TEXT


def _xml_kind(data: bytes, head: str) -> Kind:
    """Tell office files in one XML file from other XML, by the namespace of their root."""
    if "urn:oasis:names:tc:opendocument:xmlns:office" in head and re.search(r"<[\w-]+:document\s", head):
        return Kind.OPENDOCUMENT
    if "schemas.microsoft.com/office/word/2003/wordml" in head:
        return Kind.WORD
    if "schemas.microsoft.com/office/2006/xmlPackage" in head:
        for marker, kind in ((b"/xl/workbook", Kind.SHEET), (b"/ppt/presentation", Kind.SLIDES)):
            if marker in data:
                return kind
        return Kind.WORD
    return Kind.XML


def _is_message(head: str, name: str = "") -> bool:
    """Return whether text begins with the header of a mail: two fields at least, one of them a mail's own. A name that
    mail programs give makes any field do."""
    head = head.replace("\r\n", "\n")
    if not _HEADER_LINE.match(head) and not head.startswith(("From ", ">From ")):
        return False
    block = head.partition("\n\n")[0] + "\n"
    fields = re.findall(r"^([!-9;-~]+)[ \t]*:", block, re.MULTILINE)
    own = {"received", "return-path", "message-id", "mime-version", "content-type", "dkim-signature"}
    named = name.lower().endswith(_MESSAGE_NAMES)
    return len(fields) >= 2 and (named or any(field.lower() in own for field in fields))


def _is_mailbox(part: Part, head: str) -> bool:
    """Return whether text is several messages with lines "From " between them, or one after its own length."""
    length, _, rest = head.lstrip().partition("\n")
    if length.strip().isdigit() and _is_message(rest, part.name):
        return True
    return head.startswith("From ") and _is_message(head, part.name) and b"\nFrom " in part.data


def _delimited(head: str) -> bool:
    """Return whether the lines of a named text agree on three columns or more."""
    lines = [line for line in head.splitlines() if line.strip()][:_LINES_LOOKED_AT]
    if len(lines) > 2 and not head.endswith(("\n", "\r")):
        # The last line may be cut where the look at the beginning ends.
        lines.pop()
    if len(lines) < 2:
        return False
    for mark in "\t,;|":
        counts = [line.count(mark) for line in lines]
        if min(counts) >= 2 and max(counts) - min(counts) <= max(1, min(counts) // 2):
            return True
    return False


def name_kind(data: bytes) -> str:
    """Return libmagic's media type for content that the table does not know, for the office to read."""
    # pylibmagic puts the bundled library where python-magic looks for it, so it must come first.
    import pylibmagic  # noqa: F401, I001  (order matters; only unknown content pays for it)
    import magic

    try:
        return str(magic.from_buffer(data[:65536], mime=True))
    except magic.MagicException:
        return "application/octet-stream"
