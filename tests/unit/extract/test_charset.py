"""Bytes to text: what is declared, what is there, and when they disagree."""

import pytest

from mailguard import extract
from mailguard.extract import charset
from mailguard.model import SegmentKind


@pytest.mark.parametrize(
    ("data", "label", "text"),
    [
        ("Zoë".encode(), "utf-8", "Zoë"),
        ("Zoë".encode("cp1252"), "iso-8859-1", "Zoë"),
        (b"\x93quoted\x94 \x80", "us-ascii", "“quoted” €"),
        ("Łukasz".encode("iso8859-2"), "iso-8859-2", "Łukasz"),
        ("Łukasz".encode("cp1250"), "windows-1250", "Łukasz"),
        ("Zoë".encode("utf-16"), "", "Zoë"),
        ("Zoë Example".encode("utf-16-be"), "", "Zoë Example"),
        ("Zoë Example".encode("utf-32-le"), "", "Zoë Example"),
        ("Zoë".encode("utf-8-sig"), "utf-8", "Zoë"),
        ("李小龙".encode("gb18030"), "gb2312", "李小龙"),
        ("山田".encode("cp932"), "shift_jis", "山田"),
        ("Zoë".encode("utf-7"), "utf-7", "Zoë"),
        (b"a\x81b", "", "a\x81b"),
    ],
)
def test_the_text_comes_out(data, label, text):
    assert text in charset.readings(data, label).texts


@pytest.mark.parametrize(
    "label", ["unicode_escape", "idna", "zlib", "undefined", "rot13", "base64", "x-nothing", "mbcs"]
)
def test_codecs_that_are_no_charsets_are_not_used(label):
    assert charset.codec_of(label) is None
    assert charset.readings(b"\\x5aara", label).texts == ("\\x5aara",)


def test_every_listed_codec_exists():
    charset.warm()


def test_two_readings_give_the_shared_text_once():
    head = b"Subject: x\nContent-Type: text/plain; charset=us-ascii\n\n"
    reading = extract.read_message(head + "First part.\n\nZoë Müller.\n\nLast part.".encode())
    texts = [(segment.text, segment.kind) for segment in reading.segments if segment.place == ("body",)]
    assert [text for text, kind in texts if kind is SegmentKind.BODY] == ["First part.", "Zoë Müller.", "Last part."]
    assert [text for text, kind in texts if kind is SegmentKind.ALTERNATE] == ["ZoÃ« MÃ¼ller."]


@pytest.mark.parametrize("label", ["utf-16", "utf-32", "ibm037"])
def test_plain_letters_under_a_charset_of_other_letters_are_ambiguous(label):
    assert charset.readings(b"Sam Example is here.", label).ambiguous


@pytest.mark.parametrize("label", ["utf-8", "us-ascii", "iso-8859-15", "windows-1251", "gb2312", "euc-kr", "big5"])
def test_plain_letters_under_a_charset_that_shares_them_have_one_reading(label):
    assert charset.readings(b"Sam Example is here.", label) == charset.Decoded(("Sam Example is here.",))


@pytest.mark.parametrize("label", ["", "cp1026", "x-unknown", "us-ascii", "iso-8859-1"])
def test_a_text_that_its_label_makes_noise_of_is_ambiguous(label: str) -> None:
    ebcdic = "Maeve Ashgrove, date of birth 12 February 2013".encode("cp1026")
    assert charset.readings(ebcdic, label).ambiguous
    assert not charset.readings("Zoë's café, naïve façade".encode("cp1252"), label).ambiguous
    assert not charset.readings("Привет, Зоя".encode(), label).ambiguous
