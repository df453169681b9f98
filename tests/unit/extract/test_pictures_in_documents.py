"""A picture inside a document is read as the file it is, or reported: in every format that can hold one."""

import gzip
import io
import struct
import zipfile
import zlib
from pathlib import Path

import pikepdf
import pytest
from documents.compound_file import compound
from unit.extract.test_binary_workbooks import workbook as workbook_of_records

from mailguard.extract import read_file, samples
from mailguard.model import UnreadableReason

REAL = Path(__file__).parents[2] / "documents" / "real"
WIDTH, HEIGHT = 900, 700


def png(text=b""):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 1, 0, 0, 0, 0)
    said = chunk(b"tEXt", b"Comment\0" + text) if text else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + said
        + chunk(b"IDAT", zlib.compress(bytes(113 * HEIGHT)))
        + chunk(b"IEND", b"")
    )


def dib():
    return struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 1, 0, 0, 0, 0, 0, 0) + bytes(8) + bytes(116 * HEIGHT)


def emf(text):
    said = text.encode("utf-16-le")
    drawn = struct.pack("<II", 84, 76 + len(said)) + bytes(36) + struct.pack("<II", len(text), 76) + bytes(24) + said
    head = struct.pack("<II", 1, 88) + bytes(32) + b" EMF" + bytes(44)
    return head + drawn + struct.pack("<5I", 14, 20, 0, 0, 20)


def wmf(text):
    said = text.encode() + b"\0" * (len(text) % 2)
    drawn = struct.pack("<IHH", 5 + len(said) // 2, 0x0521, len(text)) + said + bytes(4)
    return struct.pack("<HHHIHIH", 1, 9, 0x300, 50, 0, 20, 0) + drawn + struct.pack("<IH", 3, 0)


def blip(kind, instance, body, digests=1):
    body = bytes(16 * digests) + body
    return struct.pack("<HHI", instance << 4, kind, len(body)) + body


def drawing(kind, instance, content, packing=0):
    packed = zlib.compress(content) if packing == 0 else content
    head = struct.pack("<I16xQIBB", len(content), 0, len(packed), packing, 0xFE)
    return blip(kind, instance, head + packed)


PNG = blip(0xF01E, 0x6E0, b"\xff" + png())
BLIPS = {
    "PNG": PNG,
    "PNG with two digests": blip(0xF01E, 0x6E1, b"\xff" + png(), 2),
    "DIB": blip(0xF01F, 0x7A8, b"\xff" + dib()),
}
DRAWN = {
    "EMF": drawing(0xF01A, 0x3D4, emf("Zara Quill")),
    "EMF not packed": drawing(0xF01A, 0x3D4, emf("Zara Quill"), 0xFE),
    "WMF": drawing(0xF01B, 0x216, wmf("Zara Quill")),
}
LOST = {
    "PICT": drawing(0xF01C, 0x542, b"x" * 600),
    "damaged EMF": blip(0xF01A, 0x3D4, struct.pack("<I16xQIBB", 9, 0, 9, 0, 0xFE) + b"no deflate"),
    "cut PNG": PNG[:60],
}


def word(art):
    return compound({"WordDocument": b"\xec\xa5\xc1\0" + bytes(900), "1Table": bytes(64), "Data": bytes(68) + art})


def floating(art):
    return compound({"WordDocument": b"\xec\xa5\xc1\0" + bytes(900) + art, "1Table": bytes(64)})


def record(kind, data):
    return struct.pack("<HH", kind, len(data)) + data


def workbook(art, kind=0xEB):
    pieces = [art[at : at + 2000] for at in range(0, len(art), 2000)]
    records = record(kind, pieces[0]) + b"".join(record(0x3C, piece) for piece in pieces[1:])
    return compound({"Workbook": record(0x809, struct.pack("<HHII", 0x600, 5, 0, 0) + bytes(4)) + records})


def slides(art):
    return compound({"PowerPoint Document": bytes(8), "Current User": bytes(20), "Pictures": art})


OLD = {"a.doc": word, "b.doc": floating, "a.xls": workbook, "a.ppt": slides}


def pictures(reading):
    return [item for item in reading.unreadable if item.reason is UnreadableReason.PICTURE]


def text(reading):
    return "\n".join(segment.text for segment in reading.segments)


@pytest.mark.parametrize("blip", BLIPS)
@pytest.mark.parametrize("name", OLD)
def test_a_large_picture_in_an_old_file_is_reported_with_its_size(name, blip):
    found = pictures(read_file(OLD[name](BLIPS[blip]), name))
    assert [item.detail for item in found] == ["a picture of 900 x 700 pixels"]
    assert found[0].place == (name, "picture")


@pytest.mark.parametrize("blip", DRAWN)
@pytest.mark.parametrize("name", OLD)
def test_text_drawn_in_an_old_file_is_read(name, blip):
    assert "Zara Quill" in text(read_file(OLD[name](DRAWN[blip]), name))


@pytest.mark.parametrize("blip", LOST)
@pytest.mark.parametrize("name", OLD)
def test_a_picture_that_cannot_be_unpacked_is_reported(name, blip):
    assert pictures(read_file(OLD[name](LOST[blip]), name))


@pytest.mark.parametrize("kind", [0x7F, 0xE9])
def test_a_bitmap_in_a_record_of_its_own_is_reported(kind):
    art = struct.pack("<HHI", 9, 1, len(dib())) + dib()
    assert pictures(read_file(workbook(art, kind), "a.xls"))
    assert pictures(read_file(workbook(b"\x02\0" + art[2:], kind), "a.xls"))


def test_a_picture_that_swells_is_stopped():
    art = drawing(0xF01A, 0x3D4, bytes(70 << 20))
    reasons = {item.reason for item in read_file(slides(art), "a.ppt").unreadable}
    assert UnreadableReason.TOO_LARGE in reasons


def presented(content, clipboard=3):
    head = struct.pack("<iIIIiII", -1, clipboard, 4, 1, -1, 2, 0)
    return head + struct.pack("<III", 900, 700, len(content)) + content


def test_the_picture_of_an_object_is_read():
    inside = {"\x02OlePres000": presented(wmf("Zara Quill")), "\x01Ole": bytes(20)}
    assert "Zara Quill" in text(
        read_file(compound({"WordDocument": bytes(900), "ObjectPool": {"_1": inside}}), "a.doc")
    )


@pytest.mark.parametrize("name", ["picture.doc", "picture.xls", "picture.ppt", "picture.rtf", "picture.odt"])
def test_a_picture_in_a_document_of_a_real_program_is_reported(name):
    reading = read_file(gzip.decompress((REAL / f"{name}.gz").read_bytes()), name)
    assert {item.detail for item in reading.unreadable} == {"a picture of 900 x 700 pixels"}
    assert "Qx" in text(reading)


def with_member(data, name, content):
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a") as package:
        package.writestr(name, content)
    return stream.getvalue()


SAMPLES = dict(samples.samples())
PACKAGES = {
    "docx": "word/media/image1",
    "xlsx": "xl/media/image1",
    "pptx": "ppt/media/image1",
    "xlsb": "xl/media/image1",
    "odt": "Pictures/1",
}


def sample(extension):
    if extension == "xlsb":
        return workbook_of_records()
    return next(data for name, data in SAMPLES.items() if name.endswith("." + extension))


@pytest.mark.parametrize("extension", PACKAGES)
def test_pictures_in_packages_are_read_or_reported(extension):
    data, stem, name = sample(extension), PACKAGES[extension], f"a.{extension}"
    assert pictures(read_file(with_member(data, stem + ".png", png()), name))
    assert "Zara Quill" in text(read_file(with_member(data, stem + ".png", png(b"Zara Quill")), name))
    for kind, content in (("emf", emf("Zara Quill")), ("wmf", wmf("Zara Quill"))):
        assert "Zara Quill" in text(read_file(with_member(data, f"{stem}.{kind}", content), name)), kind
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><text>Zara Quill</text></svg>'
    assert "Zara Quill" in text(read_file(with_member(data, stem + ".svg", svg), name))


def test_an_old_drawing_of_an_office_suite_is_reported():
    found = read_file(with_member(sample("odt"), "Pictures/1.svm", b"VCLMTF" + bytes(90)), "a.odt")
    assert pictures(found)


@pytest.mark.parametrize(
    ("word", "content"),
    [(b"pngblip", png()), (b"dibitmap0", dib()), (b"wmetafile8", wmf("Zara Quill")), (b"emfblip", emf("Zara Quill"))],
)
@pytest.mark.parametrize("raw", [False, True])
def test_pictures_in_rich_text(word, content, raw):
    data = b"\\bin%d %s" % (len(content), content) if raw else content.hex().encode()
    props = b"{\\*\\picprop{\\sp{\\sn wzDescription}{\\sv Facade}}}"
    reading = read_file(b"{\\rtf1 Text{\\pict" + props + b"\\" + word + b" " + data + b"}}", "a.rtf")
    assert "Facade" in text(reading)
    assert "Zara Quill" in text(reading) or [item.detail for item in reading.unreadable] == [
        "a picture of 900 x 700 pixels"
    ]


def test_what_rich_text_keeps_of_an_object_is_read():
    def named(name):
        return struct.pack("<I", len(name) + 1) + name + b"\0"

    content = samples.docx("<w:p><w:r><w:t>Zara Quill</w:t></w:r></w:p>")
    head = struct.pack("<II", 0x501, 2) + named(b"Word.Document.12") + bytes(8)
    data = head + struct.pack("<I", len(content)) + content
    reading = read_file(b"{\\rtf1{\\object{\\*\\objdata " + data.hex().encode() + b"}}}", "a.rtf")
    assert "Zara Quill" in text(reading)
    assert not reading.unreadable


def pdf(content, size=(600, 800), **resources):
    document = pikepdf.new()
    page = document.add_blank_page(page_size=size)
    page.obj.Contents = document.make_stream(content)
    page.obj.Resources = pikepdf.Dictionary(resources)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


INLINE = b"BI /W 900 /H 700 /BPC 1 /CS /G ID " + bytes(113 * HEIGHT) + b" EI"


@pytest.mark.parametrize("side", [500, 150])
def test_a_picture_written_into_the_page_is_reported(side):
    assert pictures(read_file(pdf(b"q %d 0 0 %d 50 50 cm %s Q" % (side, side, INLINE)), "a.pdf"))


def test_a_picture_in_an_annotation_is_reported():
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(600, 800))
    image = document.make_stream(bytes(113 * HEIGHT), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
    image.Width, image.Height, image.BitsPerComponent = WIDTH, HEIGHT, 1
    image.ColorSpace = pikepdf.Name.DeviceGray
    form = document.make_stream(b"q 200 0 0 200 0 0 cm /I Do Q", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
    form.BBox = [0, 0, 200, 200]
    form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
    stamp = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Stamp, Rect=[50, 50, 250, 250], AP=pikepdf.Dictionary(N=form)
    )
    page.obj.Annots = document.make_indirect([document.make_indirect(stamp)])
    stream = io.BytesIO()
    document.save(stream)
    assert pictures(read_file(stream.getvalue(), "a.pdf"))


def test_a_page_of_more_things_than_are_looked_at_is_reported():
    many = b"0 0 m 1 1 l S\n" * 30_500
    assert pictures(read_file(pdf(b"q 500 0 0 500 50 50 cm " + INLINE + b" Q " + many), "a.pdf"))
    assert pictures(read_file(pdf(many + b"q 500 0 0 500 50 50 cm " + INLINE + b" Q "), "a.pdf"))
