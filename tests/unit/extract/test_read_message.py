"""A whole message through the reader: text, HTML, archives, attached messages, names, addresses."""

import io
import zipfile
from email.message import EmailMessage

from mailguard import extract
from mailguard.model import HeaderAddress, SegmentKind, UnreadableReason


def message() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = '"Smith, Mrs" <office@oak.example>'
    mail["To"] = "Dad <dad@family.test>, mum@family.test"
    mail["Subject"] = "Réport for Zara"
    mail.set_content("Dear parent,\n\nName: Zara Quill\nDOB: 01/02/2014\n\nRegards\nThe office")
    return mail


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


def found(reading, text):
    return [segment for segment in reading.segments if text in segment.text]


def test_plain_text_header_and_addresses():
    reading = extract.read_message(message().as_bytes())
    assert not reading.unreadable
    assert reading.canonical
    assert reading.addresses == (
        HeaderAddress("From", "Smith, Mrs", "office@oak.example"),
        HeaderAddress("To", "Dad", "dad@family.test"),
        HeaderAddress("To", "", "mum@family.test"),
    )
    (subject,) = found(reading, "Réport")
    assert (subject.place, subject.kind) == (("subject",), SegmentKind.HEADER)
    (form,) = found(reading, "Zara Quill")
    assert "DOB: 01/02/2014" in form.text
    assert form.place == ("body",)


def test_html_rows_have_their_heads_and_inline_tags_do_not_split_words():
    mail = message()
    mail.add_alternative(
        "<p>Hi <b>Za</b>ra</p><table><tr><th>Surname</th><th>Forename</th><th>DOB</th></tr>"
        "<tr><td>Quill</td><td>Zara</td><td>01/02/2014</td></tr></table>",
        subtype="html",
    )
    reading = extract.read_message(mail.as_bytes())
    assert found(reading, "Hi Zara")
    (row,) = found(reading, "Surname: Quill")
    assert row.kind is SegmentKind.ROW
    assert [(c.head, row.text[c.start : c.end]) for c in row.cells] == [
        ("Surname", "Quill"),
        ("Forename", "Zara"),
        ("DOB", "01/02/2014"),
    ]


def test_a_file_in_an_archive_has_its_place_and_its_name_is_text():
    mail = message()
    data = zipped(Zara__txt=b"Medical: asthma", x__bin=b"\0\1\2\3")
    mail.add_attachment(data, maintype="image", subtype="png", filename="förms.dat")
    reading = extract.read_message(mail.as_bytes())
    (inside,) = found(reading, "asthma")
    assert inside.place == ("förms.dat", "Zara.txt")
    assert inside.leaf == 2
    assert {s.text for s in reading.segments if s.kind is SegmentKind.FILE_NAME} == {"förms.dat", "Zara.txt", "x.bin"}
    (unread,) = reading.unreadable
    assert (unread.place, unread.reason) == (("förms.dat", "x.bin"), UnreadableReason.UNKNOWN_TYPE)


def test_an_attached_message_is_read_and_its_addresses_are_not_recipients():
    mail = message()
    inner = EmailMessage()
    inner["To"] = "other@family.test"
    inner["Subject"] = "Inner"
    inner.set_content("inner text")
    mail.add_attachment(inner)
    reading = extract.read_message(mail.as_bytes())
    (text,) = found(reading, "inner text")
    assert text.place == ("attached message", "body")
    assert found(reading, "other@family.test")
    assert all(a.address != "other@family.test" for a in reading.addresses)


def test_a_message_is_read_as_one_whatever_its_file_name():
    reading = extract.read_file(message().as_bytes(), "letter.pdf")
    assert found(reading, "Zara Quill")[0].place == ("body",)


def test_too_deep_and_too_large_are_reported_and_what_was_read_stands():
    data = b"secret text"
    for _ in range(12):
        data = zipped(inner__zip=data)
    mail = message()
    mail.add_attachment(data, maintype="application", subtype="zip", filename="deep.zip")
    reading = extract.read_message(mail.as_bytes())
    assert UnreadableReason.TOO_DEEP in {u.reason for u in reading.unreadable}
    assert found(reading, "Zara Quill")
    limits = extract.Limits(part_bytes=1000)
    reading = extract.read_message(zipped_mail(b"a" * 5000), limits=limits)
    assert UnreadableReason.TOO_LARGE in {u.reason for u in reading.unreadable}
    assert found(reading, "Zara Quill")


def zipped_mail(content: bytes) -> bytes:
    mail = message()
    mail.add_attachment(zipped(a__txt=content), maintype="application", subtype="zip", filename="a.zip")
    return mail.as_bytes()


def test_an_encrypted_member_is_reported():
    data = bytearray(zipped(a__txt=b"secret"))
    data[6] |= 1  # general purpose flag of the local header ...
    data[data.index(b"PK\x01\x02") + 8] |= 1  # ... and of the central directory
    mail = message()
    mail.add_attachment(bytes(data), maintype="application", subtype="zip", filename="a.zip")
    reading = extract.read_message(mail.as_bytes())
    assert [u.reason for u in reading.unreadable] == [UnreadableReason.ENCRYPTED]


def test_no_content_raises():
    for data in (
        b"",
        b"\0",
        b"\r\n\r\n",
        b"\xff" * 100,
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n--a--",
    ):
        extract.read_message(data)
        extract.read_file(data, "")


def test_warm_reads_a_sample_of_every_format():
    extract.warm()


def test_what_is_said_of_a_whole_message_has_a_place():
    parts = "--b\n\nx\n" * 30
    data = f"From: a@b.test\nContent-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n".encode()
    reading = extract.read_message(data, extract.Limits(parts=5))
    assert {(item.place, item.leaf) for item in reading.unreadable} == {(("message",), 1)}
