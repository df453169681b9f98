"""One tiny file of each format of mail, text and archives, made in memory, to warm and test their readers with."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

_MESSAGE = b"""From: a@example.org
Subject: =?utf-8?q?S=C3=A9?= =?iso-2022-jp?b?GyRCJCIbKEI=?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Caf=C3=A9
--b
Content-Type: text/plain; charset=windows-1250
Content-Transfer-Encoding: base64

6Wg=
--b--
"""
# The library that reads 7z writes it as well, but need not be installed.
_SEVEN_ZIP = (
    "N3q8ryccAAStHkn9aQAAAAAAAAAUAAAAAAAAAKfUVOgBAApTYW0gRXhhbXBsZQDgAFYAUl0AAIEzB64Pzt0HYQkKkA9ecbngKbVkHbyg6zM5"
    "WweR4h9ukkADqpYWZxUv33yD9qAEDQvgi+bWxgnjd9Vgat2KUxw/X8+rdT9AVtNY09aRXQAAAAAXBg8BCVoABwsBAAEhIQEYDFcAAA=="
)
# CMS signed-data without signers around "Sam Example".
_SIGNED = bytes.fromhex(
    "303406092a864886f70d010702a02730250201013100301c06092a864886f70d010701a00f040d0d0a53616d204578616d706c653100"
)
_HTML = b"<html><body><p>Sam Example</p><table><tr><td>a<td>b</table></body></html>"


def samples() -> tuple[tuple[str, bytes], ...]:
    """Return (file name, content) of each format."""
    return (
        ("sample.txt", b"Dear Sam Example\r\n\r\nName: Sam Example\r\n"),
        ("sample.html", _HTML),
        ("sample.eml", _MESSAGE),
        ("sample.xml", b"<?xml version='1.0'?><pupils><pupil><name>Sam Example</name></pupil></pupils>"),
        ("sample.json", b'{"name": "Sam Example"}'),
        ("sample.ics", b"BEGIN:VCALENDAR\r\nSUMMARY:Sam Example\r\nEND:VCALENDAR\r\n"),
        ("sample.vcf", b"BEGIN:VCARD\r\nFN:Sam Example\r\nEND:VCARD\r\n"),
        ("winmail.dat", b"\x78\x9f\x3e\x22\x01\x00\x01\x04\x80\x01\x00\x0b\0\0\0Sam Example\0\0"),
        ("sample.zip", _zip()),
        ("sample.7z", base64.b64decode(_SEVEN_ZIP)),
        ("sample.p7m", _SIGNED),
        ("sample.tar", _tar()),
        ("sample.gz", gzip.compress(b"Sam Example")),
        ("sample.bz2", bz2.compress(b"Sam Example")),
        ("sample.xz", lzma.compress(b"Sam Example")),
    )


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("note.txt", "Sam Example")
    return out.getvalue()


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("note.txt")
        member.size = 11
        archive.addfile(member, io.BytesIO(b"Sam Example"))
    return out.getvalue()
