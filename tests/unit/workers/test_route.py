"""Which messages are plain: only those that surely hold readable text and nothing else."""

import base64

import pytest

from mailguard.workers.route import is_plain

TEXT = b"From: a@school.example\r\nSubject: Trip\r\n\r\nDear parents,\r\n"


def with_type(value, body=b"Dear parents,\r\n", extra=b""):
    return b"From: a@school.example\r\nMIME-Version: 1.0\r\nContent-Type: " + value + b"\r\n" + extra + b"\r\n" + body


def alternative(*parts, head=b'multipart/alternative; boundary="b 1"', end=b"--b 1--\r\n", before=b""):
    body = before + b"".join(b"--b 1\r\n" + part + b"\r\n" for part in parts) + end
    return with_type(head, body)


PLAIN = {
    "no content type": TEXT,
    "line feeds only": TEXT.replace(b"\r\n", b"\n"),
    "text/plain": with_type(b"text/plain"),
    "text/plain with charset": with_type(b'text/plain; charset="utf-8"; format=flowed; delsp=yes'),
    "folded content type": with_type(b"text/plain;\r\n\tcharset=iso-8859-1"),
    "text/html": with_type(b"text/html; charset=windows-1252", b"<p>Dear parents</p>"),
    "quoted-printable": with_type(b"text/plain", b"caf=C3=A9\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n"),
    "base64": with_type(
        b"text/plain", base64.encodebytes(b"Dear parents, " * 20), b"Content-Transfer-Encoding: base64\r\n"
    ),
    "alternative": alternative(b"Content-Type: text/plain\r\n\r\nhello", b"Content-Type: text/html\r\n\r\n<p>hello"),
    "alternative without a blank": with_type(b"multipart/alternative; boundary=b", b"--b\r\n\r\nhello\r\n--b--\r\n"),
    "mixed of text only": alternative(b"\r\nhello", head=b'multipart/mixed; boundary="b 1"'),
    "empty body": b"Subject: x\r\n\r\n",
}

NOT_PLAIN = {
    "pdf": with_type(b"application/pdf"),
    "calendar": with_type(b"text/calendar"),
    "named text": with_type(b'text/plain; name="marks.csv"'),
    "attached text": with_type(b"text/plain", extra=b"Content-Disposition: attachment\r\n"),
    "two content types": with_type(b"text/plain", extra=b"Content-Type: text/plain\r\n"),
    "two encodings": with_type(
        b"text/plain", extra=b"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n"
    ),
    "odd charset": with_type(b"text/plain; charset=utf-7"),
    "wide charset": with_type(b"text/plain; charset=utf-16"),
    "odd encoding": with_type(b"text/plain", extra=b"Content-Transfer-Encoding: x-uuencode\r\n"),
    "comment in the type": with_type(b"text/plain (really)"),
    "nested multipart": alternative(b"Content-Type: multipart/related; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--"),
    "attachment in mixed": alternative(b"\r\nhello", b"Content-Type: image/png\r\n\r\nx"),
    "two boundaries": with_type(b"multipart/mixed; boundary=a; boundary=b", b"--a\r\n\r\nx\r\n--a--\r\n"),
    "unterminated": alternative(b"\r\nhello", end=b""),
    "text before the first part": alternative(b"\r\nhello", before=b"hidden words\r\n"),
    "text after the last part": alternative(b"\r\nhello", end=b"--b 1--\r\nhidden words\r\n"),
    "boundary inside a line": alternative(b"\r\nhello --b 1 there"),
    "encoded multipart": with_type(
        b"multipart/mixed; boundary=b", b"--b\r\n\r\nx\r\n--b--\r\n", b"Content-Transfer-Encoding: base64\r\n"
    ),
    "uuencode": TEXT + b"begin 644 marks.xlsx\r\nM\r\nend\r\n",
    "yenc": TEXT + b"=ybegin line=128 size=5 name=a.pdf\r\n",
    "binhex": TEXT + b"(This file must be converted with BinHex 4.0)\r\n",
    "pgp": TEXT + b"-----BEGIN PGP MESSAGE-----\r\n",
    "pdf as text": TEXT + b"%PDF-1.7",
    "base64 in text": TEXT + b"JVBERi0xLjcK\r\n",
    "control letters": TEXT + b"\x1f\x8b\x08\x00",
    "uuencode in quoted-printable": with_type(
        b"text/plain", b"=62egin 644 a.pdf\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n"
    ),
    "pdf in base64": with_type(
        b"text/plain", base64.encodebytes(b"%PDF-1.7 x"), b"Content-Transfer-Encoding: base64\r\n"
    ),
    "odd base64": with_type(b"text/plain", b"SGVsbG8=\r\n!!\r\n", b"Content-Transfer-Encoding: base64\r\n"),
    "data address": with_type(b"text/html", b'<img src="data:image/png;base64,xx">'),
    "long": TEXT + b"x" * (300 << 10),
    "a line that is no field": b"From: a@school.example\r\nnonsense\r\n\r\nhello",
    "space before the colon": b"Content-Type : application/pdf\r\n\r\nhello",
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain(name):
    assert is_plain(PLAIN[name])


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_not_plain(name):
    assert not is_plain(NOT_PLAIN[name])
