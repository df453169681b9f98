"""Whatever a mail reader could show is read; where readers differ the message is ambiguous, and only there."""

import base64

import pytest
from hostile import mail_cases

from mailguard import extract
from mailguard.model import UnreadableReason

LINE_ENDS = [pytest.param("\n", id="lf"), pytest.param("\r\n", id="crlf")]


def read(text: str, line_end: str = "\n"):
    return extract.read_message(text.replace("\n", line_end).encode())


def shows_record(reading) -> bool:
    flat = " ".join(" ".join(segment.text.split()) for segment in reading.segments)
    return "Zara Quill was born on 1 February 2014 and has asthma".lower() in flat.lower()


@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("name", mail_cases.AMBIGUOUS)
def test_ambiguous_mail_is_read_whole_and_reported(name, line_end):
    reading = read(mail_cases.AMBIGUOUS[name], line_end)
    assert shows_record(reading)
    assert UnreadableReason.AMBIGUOUS in {unreadable.reason for unreadable in reading.unreadable}
    assert not reading.canonical


@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("name", mail_cases.BENIGN)
def test_odd_but_harmless_mail_is_read_and_not_held(name, line_end):
    reading = read(mail_cases.BENIGN[name], line_end)
    assert shows_record(reading)
    assert reading.unreadable == ()


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("utf-7", "utf-7"), ("utf-16le", "utf-16-le"), ("utf-32be", "utf-32-be"), ("ibm037", "cp037"), ("cp500", "cp500")],
)
def test_odd_charsets_are_read(charset, codec):
    body = base64.encodebytes(mail_cases.RECORD.encode(codec)).decode()
    head = f"{mail_cases.HEAD}Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: base64\n\n"
    assert shows_record(read(head + body))


@pytest.mark.parametrize("charset", ["utf-16", "utf-16be", "ibm037", "utf-32"])
def test_a_charset_that_lies_does_not_hide_the_text(charset):
    reading = read(f"{mail_cases.HEAD}Content-Type: text/plain; charset={charset}\n\n{mail_cases.RECORD}")
    assert shows_record(reading)
    assert [unreadable.reason for unreadable in reading.unreadable] == [UnreadableReason.AMBIGUOUS]


def test_latin_letters_in_a_wrong_western_charset_are_no_doubt():
    for body in ("Zoë Müller".encode(), "Zoë Müller".encode("latin-1")):
        for label in (b"us-ascii", b"utf-8", b"iso-8859-1", b"windows-1252"):
            head = mail_cases.HEAD.encode() + b"Content-Type: text/plain; charset=" + label + b"\n\n"
            reading = extract.read_message(head + body)
            assert any("Zoë Müller" in segment.text for segment in reading.segments)
            assert reading.unreadable == ()


def test_japanese_mail_is_no_doubt():
    head = mail_cases.HEAD.encode() + b"Content-Type: text/plain; charset=iso-2022-jp\n\n"
    reading = extract.read_message(head + "健康診断のお知らせ".encode("iso-2022-jp"))
    assert reading.unreadable == ()
    assert any("健康" in segment.text for segment in reading.segments)


@pytest.mark.parametrize("kind", ["message/partial; id=x; number=1; total=2", "message/external-body; access-type=URL"])
def test_content_that_is_elsewhere_is_reported(kind):
    reading = read(f"{mail_cases.HEAD}Content-Type: {kind}\n\nContent-Type: text/plain\n\n{mail_cases.RECORD}")
    assert UnreadableReason.UNSUPPORTED in {unreadable.reason for unreadable in reading.unreadable}
    assert shows_record(reading)


def test_nesting_without_end_is_too_deep_and_quick():
    text = mail_cases.HEAD + "Content-Type: multipart/mixed; boundary=b0\n\n"
    text += "".join(f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(2000))
    reading = read(text + mail_cases.RECORD)
    assert UnreadableReason.TOO_DEEP in {unreadable.reason for unreadable in reading.unreadable}


def test_parts_without_number_are_too_many():
    reading = read(mail_cases.multipart(*["\nx"] * 50_000))
    assert UnreadableReason.TOO_LARGE in {unreadable.reason for unreadable in reading.unreadable}


def test_contradictions_at_every_level_do_not_explode():
    text = (
        mail_cases.HEAD + "Content-Type: multipart/mixed; boundary=a0\nContent-Type: multipart/mixed; boundary=b0\n\n"
    )
    for n in range(30):
        inner = (
            f"Content-Type: multipart/mixed; boundary=a{n + 1}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n"
        )
        text += f"--a{n}\n{inner}--b{n}\n{inner}"
    reading = read(text + mail_cases.RECORD)
    assert reading.unreadable


def test_header_fields_without_number_are_too_many():
    reading = read("X: y\n" * 100_000 + f"\n{mail_cases.RECORD}")
    assert UnreadableReason.TOO_LARGE in {unreadable.reason for unreadable in reading.unreadable}


@pytest.mark.parametrize(
    "field",
    [
        'Content-Disposition: attachment; filename="Zara Quill.bin"',
        "Content-Disposition: attachment; filename*=utf-8''Zara%20Quill.bin",
        'Content-Disposition: attachment; filename*0="Zara "; filename*1="Quill.bin"',
        "Content-Disposition: attachment; filename*0*=utf-8''Zara%20; filename*1*=Quill.bin",
        'Content-Disposition: attachment; filename="=?utf-8?B?WmFyYSBRdWlsbC5iaW4=?="',
        "Content-Disposition: attachment; filename=Zara Quill.bin",
        'Content-Disposition: attachment; filename="a.bin"; filename="Zara Quill.bin"',
        'Content-Type: application/octet-stream; name="Zara Quill.bin"',
        "Content-Description: Zara Quill",
        'Content-Type: application/octet-stream;\n\tname="=?iso-8859-1?Q?Zara_?=\n =?iso-8859-1?Q?Quill=2Ebin?="',
    ],
)
def test_names_of_attachments_are_text(field):
    reading = read(mail_cases.multipart(CLEAN, f"{field}\n\nhello"))
    assert any("Zara Quill" in segment.text for segment in reading.segments)
    assert reading.unreadable == ()


CLEAN = mail_cases.CLEAN
