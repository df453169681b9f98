"""What a part is, by content, whatever it is called."""

import bz2
import gzip
import io
import lzma

import pytest
from PIL import Image

from mailguard.extract import mailsamples, read_file, samples
from mailguard.extract.kind import Kind, kind_of, name_kind
from mailguard.extract.parts import Part

KINDS = {
    "sample.txt": Kind.TEXT,
    "sample.html": Kind.HTML,
    "sample.eml": Kind.MESSAGE,
    "sample.xml": Kind.XML,
    "sample.json": Kind.JSON,
    "sample.ics": Kind.CALENDAR,
    "sample.vcf": Kind.CONTACT,
    "winmail.dat": Kind.TNEF,
    "sample.zip": Kind.ZIP,
    "sample.tar": Kind.TAR,
    "sample.gz": Kind.GZIP,
    "sample.bz2": Kind.BZIP2,
    "sample.xz": Kind.XZ,
    "sample.docx": Kind.WORD,
    "sample.xlsx": Kind.SHEET,
    "sample.pdf": Kind.PDF,
}
SAMPLES = dict((*mailsamples.samples(), *samples.samples()))


def kind(data: bytes, name: str = "", media_type: str = "", charset: str = "") -> Kind:
    return kind_of(Part(data, ("x",), name, media_type, charset))


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(("alias", "claim"), [("x.doc", "application/msword"), ("x.png", "image/png"), ("", "")])
def test_content_decides(name, alias, claim):
    if KINDS[name] is Kind.JSON and not alias:
        claim = "application/json"
    assert kind(SAMPLES[name], alias, claim) is KINDS[name]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", Kind.EMPTY),
        (b" \r\n\0", Kind.EMPTY),
        (b"\x00\x01\x02\x03\x04", Kind.UNKNOWN),
        (b"junk before\n%PDF-1.7\n", Kind.PDF),
        (b"{\\rtf1 Sam}", Kind.RTF),
        (b"Surname,Forename,DOB\nA,B,C\nD,E,F\n", Kind.CSV),
        (b"Surname\tForename\tDOB\nA\tB\tC\n", Kind.CSV),
        ("Surname;Forename;DOB\nA;B;C\nD;E;F\n".encode("utf-16"), Kind.CSV),
        (b"<table><tr><td>x</td></tr></table>", Kind.HTML),
        (b"\xef\xbb\xbf<html>", Kind.HTML),
        (b"Name: Sam\nClass: 7B\n\nHello", Kind.TEXT),
        (b"Received: x\nSubject: y\n\nHello", Kind.MESSAGE),
        (b"Dear \x01 Sam " * 20, Kind.UNKNOWN),
        (b"One stray \x01 letter in a text that is long enough to be nothing but a text.", Kind.TEXT),
        (b"MZ is how Max Zeller signs his letters.", Kind.TEXT),
        (b"BZh is short for something.", Kind.TEXT),
        (b"ID3 is the form's name.", Kind.TEXT),
        (b"Rar!\x1a\x07\x01\x00", Kind.RAR),
        (b"7z\xbc\xaf\x27\x1c", Kind.SEVEN_ZIP),
        (b"\x00\x05\x16\x07\x00\x02\x00\x00", Kind.APPLE),
        (b"-----BEGIN PGP MESSAGE-----\n", Kind.PGP_MESSAGE),
        (b"-----BEGIN PGP SIGNATURE-----\n", Kind.PGP_SIGNATURE),
    ],
)
def test_signatures(data, expected):
    assert kind(data, "export.xls") is expected


def test_compressed_data_is_not_taken_for_text():
    for pack in (gzip.compress, bz2.compress, lzma.compress):
        assert kind(pack(b"a,b,c\n" * 100), "a.csv", "text/csv") in (Kind.GZIP, Kind.BZIP2, Kind.XZ)


@pytest.mark.parametrize("name", ["a.pdf", "a.txt"])
@pytest.mark.parametrize("before", [b"Dear families, " * 100, b"<html><p>Dear families</p>" + b" " * 2000])
def test_a_pdf_whose_head_stands_late_or_nowhere_is_no_text(name, before):
    body = b"1 0 obj\n<< /Length 5 >>\nstream\nhello\nendstream\nendobj\ntrailer\nstartxref\n0\n%%EOF\n"
    assert kind(before + b"%PDF-1.7\n" + body, name) is Kind.PDF
    assert kind(body, name) is Kind.PDF
    assert read_file(before + body, name).unreadable


def test_a_text_on_the_insides_of_pdf_is_a_text():
    assert kind(b"A PDF ends with startxref and %%EOF; each obj has its endobj.", "a.txt") is Kind.TEXT
    assert kind(b"Dear families, a form that was named wrongly.", "a.pdf", "application/pdf") is Kind.TEXT


def test_text_in_letters_of_another_charset_is_text():
    assert kind("Sam Example".encode("cp037"), "", "text/plain", "cp037") is Kind.TEXT
    assert kind("Sam Example, Zoë".encode("utf-16-le")) is Kind.TEXT


def test_the_library_names_what_the_table_does_not_know():
    assert name_kind(b"\x00\x01\x02\x03") == "application/octet-stream"


@pytest.mark.parametrize(
    "words", ["P5 12 30 Zara Quill", "P6 3 4 255 Zara Quill was born", "P4\n8 9\n" + "Zara Quill. " * 200]
)
def test_a_text_that_begins_like_a_pixmap_is_a_text(words):
    assert kind_of(Part(words.encode(), ("a.txt",), "a.txt")) is Kind.TEXT


@pytest.mark.parametrize("kind", ["PPM", "JPEG2000", "TGA"])
def test_pictures_of_scanners_and_old_programs_are_pictures(kind):
    stream = io.BytesIO()
    Image.new("RGB", (640, 480), (250, 250, 250)).save(stream, kind)
    data = stream.getvalue()
    assert kind_of(Part(data, ("a",), "a")) is Kind.PICTURE
    assert [fact.detail for fact in read_file(data, "a").unreadable] == ["a picture of 640 x 480 pixels"]
