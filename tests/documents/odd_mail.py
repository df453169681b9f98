"""Mail and what mail carries with `Zara Quill` in one place each: fields, parts, Outlook's own formats, signatures,
archives, drawings of Windows. A case is (file name, content)."""

from __future__ import annotations

import base64
import binascii
import datetime
import io
import struct
import zipfile

import py7zr
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from documents.compound_file import compound

from mailguard.extract import samples

NAME = "Zara Quill"
TOLD = f"{NAME} 01/02/2014"
SPLIT = "<p>Za<b>ra</b> Quill</p>"
HEAD = "From: a@oak.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
STEADY = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def _mixed(*parts: str, kind: str = "mixed", around: tuple[str, str] = ("", "")) -> str:
    body = "".join(f"--b\r\n{part}\r\n" for part in parts)
    return f"{HEAD}Content-Type: multipart/{kind}; boundary=b\r\n\r\n{around[0]}\r\n{body}--b--\r\n{around[1]}"


PLAIN = "Content-Type: text/plain\r\n\r\nhello"
MAIL: dict[str, str] = {
    "subject in two words": HEAD.replace(": x", ": =?utf-8?Q?Za?= =?utf-8?B?cmEgUXVpbGw=?=") + "\r\nx",
    "field of its own": f"{HEAD}X-Pupil: {NAME}\r\n\r\nx",
    "field of a thread": f"{HEAD}In-Reply-To: {TOLD}\r\n\r\nx",
    "field of a trace": f"{HEAD}X-Ms-Note: {TOLD}\r\n\r\nx",
    "parameter of the type": f'{HEAD}Content-Type: text/plain; x-note="{NAME}"\r\n\r\nx',
    "field of a part": _mixed(f"X-Note: {NAME}\r\n{PLAIN}"),
    "description of a part": _mixed(f"Content-Description: {NAME}\r\n{PLAIN}"),
    "identity of a part": _mixed(f"Content-ID: <{TOLD}>\r\n{PLAIN}"),
    "name of a part in pieces": _mixed("Content-Type: text/plain; name*0*=utf-8''Zara%20; name*1=Quill\r\n\r\nx"),
    "before the parts": _mixed(PLAIN, around=(NAME, "")),
    "behind the parts": _mixed(PLAIN, around=("", NAME)),
    "plain alternative": _mixed(f"{PLAIN} {NAME}", "Content-Type: text/html\r\n\r\n<p>x", kind="alternative"),
    "page alternative": _mixed(PLAIN, f"Content-Type: text/html\r\n\r\n{SPLIT}", kind="alternative"),
    "amp alternative": _mixed(PLAIN, f"Content-Type: text/x-amp-html\r\n\r\n<html>{SPLIT}", kind="alternative"),
    "style sheet beside the page": _mixed(
        "Content-Type: text/html\r\n\r\n<p>x",
        f"Content-Type: text/css\r\n\r\np::after{{content:'{NAME}'}}",
        kind="related",
    ),
    "mail in a digest": _mixed("\r\nSubject: y\r\n\r\nhello", f"\r\nSubject: y\r\n\r\n{NAME}", kind="digest"),
    "mail that came back": _mixed(
        PLAIN, f"Content-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\n{NAME}", kind="report"
    ),
    "header that came back": _mixed(PLAIN, f"Content-Type: text/rfc822-headers\r\n\r\nSubject: {NAME}", kind="report"),
    "what a server said": _mixed(
        PLAIN, f"Content-Type: message/delivery-status\r\n\r\nDiagnostic-Code: smtp; {NAME}", kind="report"
    ),
    "name broken by the encoding": f"{HEAD}Content-Transfer-Encoding: quoted-printable\r\n\r\nZa=\r\nra Qu=69=\r\nll",
    "flowing lines": f"{HEAD}Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nZa \r\nra Qui \r\nll",
    "uuencode": f"{HEAD}\r\nbegin 644 a\r\n{binascii.b2a_uu(NAME.encode()).decode()}`\r\nend\r\n",
    "invitation": _mixed(
        PLAIN, "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nSUMMARY:Zara\r\n  Quill\r\nEND:VCALENDAR"
    ),
}
for _label in ("utf-7", "utf-16", "utf-16be", "utf-32", "iso-2022-jp", "gb18030", "hz", "big5", "cp037", "koi8-r"):
    _codec = {"hz": "hz"}.get(_label, _label)
    MAIL[f"letters of {_label}"] = (
        f"{HEAD}Content-Type: text/plain; charset={_label}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(f"About {NAME} of 7B".encode(_codec)).decode()
    )


def _wide(value: str) -> bytes:
    return value.encode("utf-16-le")


def _outlook(inside: dict[str, object]) -> bytes:
    return compound({"__properties_version1.0": bytes(32), "__substg1.0_0037001F": _wide("x"), **inside})  # type: ignore[dict-item]


ATTACHED = "__attach_version1.0_#00000000"
OUTLOOK = {
    "body": _outlook({"__substg1.0_1000001F": _wide(NAME)}),
    "body of bytes": _outlook({"__substg1.0_1000001E": NAME.encode()}),
    "page": _outlook({"__substg1.0_10130102": SPLIT.encode()}),
    "named property": _outlook({"__substg1.0_8005001F": _wide(NAME)}),
    "one of many values": _outlook({"__substg1.0_8006101F-00000000": _wide(NAME)}),
    "property of bytes": _outlook({"__substg1.0_80070102": f"\1{NAME}\2".encode()}),
    "header it came with": _outlook({"__substg1.0_007D001F": _wide(f"X-Note: {NAME}")}),
    "recipient": _outlook({"__recip_version1.0_#00000000": {"__substg1.0_3001001F": _wide(NAME)}}),
    "attachment": _outlook({ATTACHED: {"__substg1.0_3707001F": _wide("a.txt"), "__substg1.0_37010102": NAME.encode()}}),
    "name of an attachment": _outlook({ATTACHED: {"__substg1.0_3707001F": _wide(NAME), "__substg1.0_37010102": b"x"}}),
    "message inside": _outlook(
        {
            ATTACHED: {
                "__substg1.0_3701000D": {"__properties_version1.0": bytes(24), "__substg1.0_1000001F": _wide(NAME)}
            }
        }
    ),
}


def _winmail(*attributes: tuple[int, int, bytes]) -> bytes:
    data = b"\x78\x9f\x3e\x22\x01\x00"
    for level, identity, value in attributes:
        data += struct.pack("<BIi", level, identity, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)
    return data


def _properties(*values: tuple[int, int, bytes]) -> bytes:
    data = struct.pack("<I", len(values))
    for kind, identity, value in values:
        data += struct.pack("<HHII", kind, identity, 1, len(value)) + value + bytes(-len(value) % 4)
    return data


RICH = b"{\\rtf1 Za{\\b ra} Quill}"
FILE = (2, 0x69002, bytes(14))
WINMAIL = {
    "body": _winmail((1, 0x2800C, NAME.encode())),
    "subject": _winmail((1, 0x18004, NAME.encode())),
    "sender": _winmail((1, 0x8000, struct.pack("<HHHH", 4, 16, 11, 8) + NAME.encode() + b"\0a@b.example\0")),
    "page": _winmail((1, 0x69003, _properties((0x102, 0x1013, SPLIT.encode())))),
    "rich text": _winmail(
        (
            1,
            0x69003,
            _properties((0x102, 0x1009, struct.pack("<II", len(RICH) + 12, len(RICH)) + b"MELA\0\0\0\0" + RICH)),
        )
    ),
    "attachment": _winmail(FILE, (2, 0x18010, b"a.txt\0"), (2, 0x6800F, NAME.encode())),
    "name of an attachment": _winmail(FILE, (2, 0x69005, _properties((0x1F, 0x3707, _wide(NAME))))),
    "attribute that is not known": _winmail((1, 0x28888, NAME.encode())),
}


def _signed(content: bytes, encoding: serialization.Encoding) -> bytes:
    key = ec.derive_private_key(0x1234567, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Office")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, STEADY, STEADY.replace(year=2036))
    certificate = builder.sign(key, hashes.SHA256())
    maker = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())
    return maker.sign(encoding, [pkcs7.PKCS7Options.Binary])


def _seven_zip(name: str, content: bytes, password: str | None = None) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password=password) as archive:
        archive.writef(io.BytesIO(content), name)
    return out.getvalue()


def _folder() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(f"{NAME}/"), b"")
    return out.getvalue()


def _nested(depth: int) -> str:
    message = f"Subject: x\r\n\r\n{NAME}"
    for _ in range(depth):
        message = f"Subject: x\r\nContent-Type: message/rfc822\r\n\r\n{message}"
    return HEAD + message


def _record(kind: int, data: bytes) -> bytes:
    return bytes([kind]) + bytes([len(data)]) + data


def _binary_workbook(state: int) -> bytes:
    sheet = struct.pack("<II", state, 1) + b"".join(struct.pack("<I", len(t)) + _wide(t) for t in ("r1", "Y7"))
    links = "http://schemas.openxmlformats.org/package/2006/relationships"
    cell = struct.pack("<III", 0, 0, len(NAME)) + _wide(NAME)
    return samples.package(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.bin": bytes([0x9C, 1, len(sheet)]) + sheet,
            "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{links}"><Relationship Id="r1" Target="worksheets/'
            'sheet1.bin"/></Relationships>',
            "xl/worksheets/sheet1.bin": _record(0, bytes(17)) + _record(6, cell),
        }
    )


def _drawing(*pieces: tuple[int, str]) -> bytes:
    """An EMF of which each command draws a piece of a word."""
    records = b""
    for x, text in pieces:
        raw = _wide(text) + bytes(len(text) % 2 * 2)
        records += struct.pack("<II28xiiII24x", 84, 76 + len(raw), x, 0, len(text), 76) + raw
    return struct.pack("<II32x4s44x", 1, 88, b" EMF") + records


CASES: list[tuple[str, bytes]] = [
    *((f"{place}.eml", mail.encode("utf-8")) for place, mail in MAIL.items()),
    *((f"{place}.msg", data) for place, data in OUTLOOK.items()),
    *((f"{place}.dat", data) for place, data in WINMAIL.items()),
    ("signed as a whole.p7m", _signed(f"{HEAD}\r\n{NAME}".encode(), serialization.Encoding.DER)),
    ("signed in armour.p7m", _signed(f"{HEAD}\r\n{NAME}".encode(), serialization.Encoding.PEM)),
    ("member.7z", _seven_zip("a.txt", NAME.encode())),
    ("name of a member.7z", _seven_zip(f"{NAME}.txt", b"x")),
    ("empty folder.zip", _folder()),
    ("mails inside each other.eml", _nested(6).encode()),
    ("cell.xlsb", _binary_workbook(0)),
    ("cell of a hidden sheet.xlsb", _binary_workbook(2)),
    ("pieces of a word.emf", _drawing((0, "Za"), (12, "ra"), (30, "Quill"))),
]
REPORTED: dict[str, bytes] = {
    "locked.7z": _seven_zip("a.txt", NAME.encode(), "Puddle"),
    "mails too deep.eml": _nested(20).encode(),
    "one piece of a mail.eml": f"{HEAD}Content-Type: message/partial; id=x; number=1; total=2\r\n\r\nx".encode(),
    "mail kept elsewhere.eml": f"{HEAD}Content-Type: message/external-body; access-type=URL\r\n\r\nx".encode(),
}
