"""The quick looks that spare a PDF the long way miss nothing that the long way finds."""

from __future__ import annotations

import io

import pikepdf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailguard.extract import lines, pdfletters, read_file, read_message
from mailguard.extract.behind import texts
from mailguard.extract.kind import Kind
from mailguard.extract.pdfgarbled import is_garbled
from mailguard.extract.pdfletters import is_set_apart
from mailguard.extract.samples import letter, pdf

_SECRET = "Zara Quill has asthma"


def _with(thing: pikepdf.Object) -> str:
    """What is read of a PDF that holds `thing` as an object that no page uses."""
    document = pikepdf.open(io.BytesIO(pdf()))
    document.Root["/Kept"] = document.make_indirect(thing)
    out = io.BytesIO()
    document.save(out)
    return "\n".join(segment.text for segment in read_file(out.getvalue(), "a.pdf").segments)


@pytest.mark.parametrize(
    "thing",
    [
        pikepdf.Array([1, 2.5, pikepdf.String(_SECRET)]),
        pikepdf.Array([1, pikepdf.Array([pikepdf.Array([2, pikepdf.String(_SECRET)])])]),
        pikepdf.Array([1, pikepdf.Dictionary(Deep=pikepdf.Dictionary(Note=pikepdf.String(_SECRET)))]),
        pikepdf.Dictionary(Widths=pikepdf.Array([500] * 200 + [pikepdf.String(_SECRET)])),
        pikepdf.Dictionary(Note=pikepdf.String(_SECRET.encode("utf-16-be"))),
        pikepdf.Dictionary(Note=pikepdf.String("\ufeff" + _SECRET + " \u2713")),
        pikepdf.Dictionary({"/" + _SECRET: 1}),
        pikepdf.Dictionary(FT=pikepdf.Name.Ch, T=pikepdf.String("x"), V=pikepdf.String(_SECRET)),
    ],
)
def test_strings_are_found_wherever_they_stand(thing: pikepdf.Object) -> None:
    assert "Quill has asthma" in _with(thing).replace("\0", "")


def test_strings_in_the_dictionary_of_a_stream_are_found() -> None:
    document = pikepdf.open(io.BytesIO(pdf()))
    stream = document.make_stream(b"q Q")
    stream["/Note"] = pikepdf.Array([pikepdf.String(_SECRET)])
    document.Root["/Kept"] = stream
    out = io.BytesIO()
    document.save(out)

    assert any(_SECRET in segment.text for segment in read_file(out.getvalue(), "a.pdf").segments)


@pytest.mark.parametrize(
    "data",
    [
        b"%" + _SECRET.encode() + b"\n%PDF-1.4\n%%EOF",
        b"%PDF-1.4\nx\n%" + _SECRET.encode() + b"\r\n1 0 obj\n%%EOF\n",
        b"%PDF-1.4\n%\n%%%\n%" + _SECRET.encode() + b"\n%%EOF\n",
        b"%PDF-1.4\n%%EOF\n%" + _SECRET.encode(),
        b"1\n%" + _SECRET.encode(),
    ],
)
def test_remarks_of_a_pdf_are_found(data: bytes) -> None:
    assert any(_SECRET in text for text in texts(data, Kind.PDF))


@pytest.mark.parametrize("data", [b"", b"%", b"%%", b"\n%", b"abc"])
def test_a_pdf_without_remarks_has_none(data: bytes) -> None:
    assert list(texts(data, Kind.PDF)) == []


@pytest.mark.parametrize("text", ["Z a r a Q", "M a r l o w e", "grades A A A A then Z a r a Q", "A A A B"])
def test_letters_set_apart_are_seen(text: str) -> None:
    assert is_set_apart(text)


@pytest.mark.parametrize("text", ["A A A A", "a A a A a", "English A A A\nFrench B B B B B"])
def test_one_letter_again_and_again_is_no_torn_word(text: str) -> None:
    assert not is_set_apart(text)


@given(st.text("aB1 \n_@,\u00e9", max_size=60))
@example("a b c d")
@example("ab  c  d  e f")
@example("x" * 20 + ",Yzzz")
def test_no_torn_word_is_passed_over(text: str) -> None:
    spaced = any(len(set(match[0].lower().split())) > 1 for match in pdfletters._SPACED_OUT.finditer(text))

    assert is_set_apart(text) == (spaced or pdfletters._RUN_TOGETHER.search(text) is not None)
    assert lines.join_spaced(text) == lines._SPACED.sub(lambda match: match.group().replace(" ", ""), text)


@pytest.mark.parametrize(
    ("text", "garbled"),
    [
        ("line\none\r\n\ttwo", False),
        ("caf\u00e9 \u2713 \U0001f600", False),
        ("\x01\x02abcdefgh", True),
        ("\ue000\uf8ffabc", True),
        ("\ufffd" * 3 + "abc", True),
        ("\x1f" + "a" * 10, False),
        ("\x1b" + "a" * 9, False),
        ("\x0b" + "a" * 8, True),
        ("", False),
        ("(cid:17)", True),
    ],
)
def test_a_text_of_signs_without_meaning_is_garbled(text: str, garbled: bool) -> None:
    assert is_garbled(text) is garbled


def test_the_letter_that_readers_practise_with_is_read_whole() -> None:
    reading = read_message(letter())

    assert reading.canonical
    assert reading.unreadable == ()
    assert any("line 19 of a report" in segment.text for segment in reading.segments)
