"""Plain text: forms, paragraphs, tables, quotes, format=flowed, files written out in the text."""

import base64
import binascii

import pytest

from mailguard import extract
from mailguard.model import SegmentKind, UnreadableReason


def read(text: str | bytes, name: str = ""):
    return extract.read_file(text.encode() if isinstance(text, str) else text, name)


def texts(reading):
    return [segment.text for segment in reading.segments]


def test_paragraphs_are_apart_and_forms_stay_together():
    reading = read(
        "Dear all,\n\nWe set off\nFriday.\n\nName: Zara Quill\n\nDOB: 01/02/2014\nUPN: Z1\n\nName: Bo\nDOB: x"
    )
    assert texts(reading) == [
        "Dear all,",
        "We set off\nFriday.",
        "Name: Zara Quill\nDOB: 01/02/2014\nUPN: Z1",
        "Name: Bo\nDOB: x",
    ]


def test_quoted_forms_read_like_forms():
    assert texts(read("> > Name: Zara\n> > DOB: 01/02/2014")) == ["Name: Zara\nDOB: 01/02/2014"]


@pytest.mark.parametrize(
    "table",
    [
        "Surname\tForename\tDOB\nQuill\tZara\t01/02/2014\nOkoro\tBo\t03/04/2013",
        "| Surname | Forename | DOB |\n|---|---|---|\n| Quill | Zara | 01/02/2014 |\n| Okoro | Bo | 03/04/2013 |",
        "Surname     Forename    DOB\n-------     --------    ---\n"
        "Quill       Zara        01/02/2014\nOkoro       Bo          03/04/2013",
        "Surname,Forename,DOB\nQuill,Zara,01/02/2014\nOkoro,Bo,03/04/2013",
    ],
    ids=["tabs", "pipes", "blanks", "commas"],
)
def test_tables_become_rows_with_heads(table):
    rows = [s for s in read("See below.\n\n" + table + "\n\nRegards").segments if s.kind is SegmentKind.ROW]
    assert [s.text for s in rows[1:]] == [
        "Surname: Quill | Forename: Zara | DOB: 01/02/2014",
        "Surname: Okoro | Forename: Bo | DOB: 03/04/2013",
    ]


def test_a_missing_cell_does_not_shift_the_columns():
    lines = ["Surname     Forename    Class   DOB", "Quill       Zara        7B      01/02/2014"]
    lines.append("Okoro                   8C      03/04/2013")
    row = read("\n".join(lines)).segments[-1]
    assert row.text == "Surname: Okoro | Class: 8C | DOB: 03/04/2013"


def test_prose_with_commas_and_double_blanks_is_no_table():
    prose = "We met, as planned, on Monday.  It went well.\nBo, Zara, and Kim came.  Thanks, all.\nSee you, then.  Bye."
    assert [s.kind for s in read(prose).segments] == [SegmentKind.BODY]


def test_soft_hyphens_and_zero_width_letters_are_taken_out():
    assert texts(read("Za\u00adra Qu\u200bill")) == ["Zara Quill"]


def test_flowed_text_with_delsp_joins_broken_words():
    body = b"Content-Type: text/plain; format=flowed; delsp=yes\r\nSubject: x\r\n\r\nZara Qui \r\nll is here\r\n"
    assert "Zara Quill is here" in texts(extract.read_message(body))


def uuencoded(data: bytes, name: str) -> bytes:
    lines = [binascii.b2a_uu(data[i : i + 45]) for i in range(0, len(data), 45)]
    return b"begin 644 " + name.encode() + b"\n" + b"".join(lines) + b"`\nend\n"


def yencoded(data: bytes, name: str) -> bytes:
    out = b"".join(
        b"=" + bytes([(c + 106) % 256]) if (c + 42) % 256 in b"\0\n\r=" else bytes([(c + 42) % 256]) for c in data
    )
    return b"=ybegin line=128 size=%d name=%s\r\n%s\r\n=yend size=%d\r\n" % (len(data), name.encode(), out, len(data))


def binhexed(data: bytes, name: str) -> bytes:
    letters = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
    raw = bytes([len(name)]) + name.encode() + b"\0TEXTttxt\0\0" + len(data).to_bytes(4, "big") + bytes(4) + b"\0\0"
    raw = (raw + data + b"\0\0\0\0").replace(b"\x90", b"\x90\x00")
    bits = "".join(f"{c:08b}" for c in raw)
    bits += "0" * (-len(bits) % 6)
    packed = bytes(letters[int(bits[i : i + 6], 2)] for i in range(0, len(bits), 6))
    return b"(This file must be converted with BinHex 4.0)\n\n:" + packed + b":\n"


SECRET = b"Zara Quill has asthma; her date of birth is 1 February 2014 and she is in class 7B.\n" * 3


@pytest.mark.parametrize("write", [uuencoded, yencoded, binhexed])
def test_files_written_out_in_text_are_read(write):
    reading = read(b"Please see below.\n\n" + write(SECRET, "zara.txt") + b"\nRegards\n")
    found = [s for s in reading.segments if "asthma" in s.text]
    assert found
    assert found[0].place == ("file", "zara.txt")
    assert {"Please see below.", "Regards", "zara.txt"} <= set(texts(reading))
    assert not reading.unreadable


def test_an_unfinished_uuencoded_file_is_read():
    assert "asthma" in "".join(texts(read(uuencoded(SECRET, "z.txt")[:-12])))


def test_bare_base64_in_text_is_read_and_long_words_are_left_alone():
    blob = base64.b64encode(SECRET).decode()
    reading = read(f"Hello\n\n{blob}\n\nLlanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch is far.")
    assert "asthma" in "".join(texts(reading))
    assert "Llanfair" in texts(reading)[-2] + texts(reading)[-1]


def test_a_pgp_message_in_the_text_is_encrypted():
    text = "See:\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\nRegards"
    reading = read(text)
    assert [u.reason for u in reading.unreadable] == [UnreadableReason.ENCRYPTED]
    assert texts(reading) == ["See:", "Regards"]


def test_signed_text_is_text():
    text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nDear Zara\n-----BEGIN PGP SIGNATURE-----\n\niQE\n=ab\n"
    text += "-----END PGP SIGNATURE-----\n"
    reading = read(text)
    assert not reading.unreadable
    assert "Dear Zara" in "".join(texts(reading))
