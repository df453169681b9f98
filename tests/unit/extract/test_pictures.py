"""Pictures: what may show a record is reported, logos pass, text beside the pixels is read."""

import io
import struct
import zlib

import pytest
from PIL import Image

from mailguard.extract import picture
from mailguard.extract.budget import Budget
from mailguard.extract.parts import Child, NotLookedAt, Part
from mailguard.model import Segment, Unreadable, UnreadableReason


def read(data):
    return [item for item in picture.read(Part(data, ("a",)), Budget()) if not isinstance(item, NotLookedAt)]


def saved(kind, size, **options):
    stream = io.BytesIO()
    Image.new("RGB", size, "white").save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "ICO"])
def test_small_pictures_pass(kind):
    assert read(saved(kind, (240, 120))) == []


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
@pytest.mark.parametrize("size", [(900, 700), (1240, 1754), (600, 200)])
def test_large_pictures_are_reported_with_their_size(kind, size):
    (item,) = read(saved(kind, size))
    assert isinstance(item, Unreadable)
    assert (item.reason, item.detail) == (UnreadableReason.PICTURE, f"a picture of {size[0]} x {size[1]} pixels")


def test_rules_and_tracking_pixels_pass():
    assert read(saved("PNG", (30_000, 6))) == []
    assert read(saved("GIF", (1, 1))) == []


def test_the_largest_page_of_a_tiff_counts():
    stream = io.BytesIO()
    small, large = Image.new("L", (10, 10)), Image.new("L", (1240, 1754))
    small.save(stream, "TIFF", save_all=True, append_images=[large])
    assert [item.reason for item in read(stream.getvalue())] == [UnreadableReason.PICTURE]


def test_a_progressive_jpeg_with_a_thumbnail_tells_its_own_size():
    data = saved("JPEG", (1000, 900), progressive=True, exif=Image.Exif())
    assert read(data)[-1].detail == "a picture of 1000 x 900 pixels"


@pytest.mark.parametrize("cut", [4, 12, 20, 40])
def test_a_cut_header_is_reported(cut):
    for kind in ("PNG", "JPEG", "BMP", "WEBP", "TIFF"):
        items = read(saved(kind, (900, 700))[:cut])
        assert [item.reason for item in items if isinstance(item, Unreadable)] == [UnreadableReason.PICTURE], kind


def _png_with(*chunks):
    body = saved("PNG", (10, 10))
    extra = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return body[:33] + extra + body[33:]


def test_text_of_a_png():
    data = _png_with((b"tEXt", b"Title\0Ama Osei"), (b"zTXt", b"Note\0\0" + zlib.compress(b"Kofi Mensah")))
    assert [item.text for item in read(data) if isinstance(item, Segment)] == ["Title: Ama Osei", "Note: Kofi Mensah"]


def test_text_of_a_jpeg():
    exif = Image.Exif()
    exif[0x010E] = "Ama Osei, class 7B"
    data = saved("JPEG", (10, 10), exif=exif, comment=b"Kofi Mensah")
    texts = "\n".join(item.text for item in read(data) if isinstance(item, Segment))
    assert "Ama Osei, class 7B" in texts
    assert "Kofi Mensah" in texts


def test_a_bomb_of_text_stays_small():
    data = _png_with((b"zTXt", b"Note\0\0" + zlib.compress(b"Osei " * 2_000_000)))
    assert len(read(data)[0].text) <= 200_100


def _emf(*records):
    header = struct.pack("<II", 1, 88) + bytes(32) + b" EMF" + bytes(44)
    return header + b"".join(records)


def test_text_drawn_by_an_emf():
    text = "Ama Osei".encode("utf-16-le")
    record = struct.pack("<II", 84, 76 + len(text)) + bytes(36) + struct.pack("<II", 8, 76) + bytes(24) + text
    items = read(_emf(record))
    assert {item.text for item in items} == {"Ama Osei"}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_text_behind_the_end_of_a_picture(kind):
    items = read(saved(kind, (10, 10)) + b"Ama Osei, class 7B")
    assert [item.text for item in items if isinstance(item, Segment)] == ["Ama Osei, class 7B"]


def _written(x, y, text):
    raw = text.encode("utf-16-le")
    raw += bytes(-len(raw) % 4)
    head = struct.pack("<II", 84, 76 + len(raw)) + bytes(28)
    return head + struct.pack("<iiII", x, y, len(text), 76) + bytes(24) + raw


def test_rows_of_a_drawn_table_keep_their_heads():
    """The looks of an embedded workbook: cells column by column, one too narrow for its date."""
    columns = {0: ["Surname", "Osei", "Lark"], 200: ["Forename", "Ama", "Wren"], 400: ["DOB", "14/03/2014", "02/11/20"]}
    cells = [_written(x, 20 * line, text) for x, texts in columns.items() for line, text in enumerate(texts)]
    texts = [item.text for item in read(_emf(*cells, _written(400, 52, "13")))]
    assert "Surname: Osei | Forename: Ama | DOB: 14/03/2014" in texts
    assert "Surname: Lark | Forename: Wren | DOB: 02/11/2013" in texts


@pytest.mark.parametrize("kind", [76, 81])
def test_a_bitmap_that_a_drawing_paints_is_a_picture_of_its_own(kind):
    header = struct.pack("<IiiHHIIiiII", 40, 900, 240, 1, 24, 0, 0, 0, 0, 0, 0)
    where = {76: 84, 81: 48}[kind]
    bits = bytes(900 * 240 * 3)
    before = bytes(where - 8) + struct.pack("<IIII", where + 16, 40, where + 56, len(bits))
    record = struct.pack("<II", kind, 8 + len(before) + 40 + len(bits)) + before + header + bits
    (child,) = [item for item in read(_emf(record)) if isinstance(item, Child)]
    with Image.open(io.BytesIO(child.data)) as picture:
        assert (picture.format, picture.size) == ("BMP", (900, 240))


def test_a_drawing_that_is_cut_short_is_reported():
    assert [item.reason for item in read(_emf(struct.pack("<II", 84, 76)))] == [UnreadableReason.DAMAGED]
