"""PDFs that would swell in memory or paint for ever are told by their objects, before any page is loaded."""

import io
import zlib

import pikepdf
import pytest

from mailguard.extract import Limits, read_file
from mailguard.extract.budget import Budget
from mailguard.extract.pdfswell import swells
from mailguard.model import UnreadableReason

NAME = pikepdf.Name


def form(document, content, **resources):
    stream = document.make_stream(content, Type=NAME.XObject, Subtype=NAME.Form)
    stream.BBox = [0, 0, 600, 800]
    stream.Resources = pikepdf.Dictionary(**{key: pikepdf.Dictionary(value) for key, value in resources.items()})
    return stream


def saved(document):
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def nested(levels, times=2, loop=False):
    """A form painted `times` by another, and so on: `times` to the power of `levels` in all."""
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(600, 800))
    font = pikepdf.Dictionary(Type=NAME.Font, Subtype=NAME.Type1, BaseFont=NAME.Helvetica)
    first = inner = document.make_indirect(form(document, b"BT /F 9 Tf 50 50 Td (Zara Quill) Tj ET", Font={"/F": font}))
    for _ in range(levels):
        inner = document.make_indirect(form(document, b"/A Do " * times, XObject={"/A": inner}))
    if loop:
        first.Resources.XObject = pikepdf.Dictionary({"/A": inner})
    page.obj.Contents = document.make_stream(b"/A Do")
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=inner))
    return saved(document)


def swelling(size, filters=1):
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(600, 800))
    data = b" " * size
    for _ in range(filters):
        data = zlib.compress(data, 9)
    names = pikepdf.Array([NAME.FlateDecode] * filters)
    page.obj.Contents = pikepdf.Stream(document, data, Filter=names)
    stream = io.BytesIO()
    document.save(stream, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return stream.getvalue()


@pytest.mark.parametrize("levels", [20, 28, 200])
def test_forms_in_forms_are_counted_before_they_are_painted(levels):
    found = read_file(nested(levels), "a.pdf").unreadable
    assert [(item.reason, item.place) for item in found] == [(UnreadableReason.TOO_LARGE, ("a.pdf",))]


def test_some_forms_in_forms_are_ordinary():
    reading = read_file(nested(3), "a.pdf")
    assert any("Zara Quill" in segment.text for segment in reading.segments)
    assert not reading.unreadable


def test_a_form_that_paints_itself_ends():
    read_file(nested(3, loop=True), "a.pdf")


@pytest.mark.parametrize("filters", [1, 2])
def test_a_stream_that_swells_is_told_by_its_size(filters):
    data = swelling(9_000_000, filters)
    assert len(data) < 30_000
    reading = read_file(data, "a.pdf", Limits(part_bytes=8_000_000))
    assert [item.reason for item in reading.unreadable] == [UnreadableReason.TOO_LARGE]


def test_a_stream_below_the_limit_is_read():
    assert swells(swelling(9_000_000), "", Budget(Limits(part_bytes=10_000_000))) == ""
