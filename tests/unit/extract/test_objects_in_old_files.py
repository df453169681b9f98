"""Documents inside old Office files: each is read as the file it is, and its place begins with the file's own."""

import gzip
import struct
import zlib
from pathlib import Path

import olefile
import pytest
from documents import odd_packages
from documents.compound_file import compound

from mailguard.extract import read_file, samples, storage
from mailguard.model import SegmentKind, UnreadableReason

REAL = Path(__file__).parents[2] / "documents" / "real"


def streams(name):
    data = (REAL / name).read_bytes() if (REAL / name).exists() else gzip.decompress((REAL / f"{name}.gz").read_bytes())
    with olefile.OleFileIO(data) as file:
        return {path[0]: file.openstream(path).read() for path in file.listdir() if len(path) == 1}


def holding(inside, storage_name="_1"):
    return compound({"WordDocument": bytes(900), "ObjectPool": {storage_name: inside}})


def text(reading):
    return "\n".join(segment.text for segment in reading.segments)


@pytest.mark.parametrize(
    ("name", "marker"), [("class.xls", "Qxcell"), ("letter.doc", "Qxbody"), ("show.ppt", "Qxslide")]
)
def test_a_document_inside_is_read_as_the_file_it_is(name, marker):
    reading = read_file(holding(streams(name)), "host.doc")
    found = [s for s in reading.segments if marker.lower() in s.text.lower() and s.kind is not SegmentKind.SWEEP]
    assert found
    assert all(s.place[:2] == ("host.doc", "embedded object") for s in found)


def test_a_sheet_inside_keeps_its_rows():
    rows = [s for s in read_file(holding(streams("class.xls")), "host.doc").segments if s.kind is SegmentKind.ROW]
    assert any("DOB: 14/03/2014" in row.text for row in rows)


def test_every_place_begins_with_the_file():
    inside = streams("class.xls") | {"\x01Ole": bytes(20)}
    reading = read_file(holding(inside), "host.doc")
    assert all(item.place[0] == "host.doc" for item in (*reading.segments, *reading.unreadable))


def test_a_locked_document_inside_is_reported():
    main = bytearray(streams("letter.doc")["WordDocument"])
    main[0x0B] |= 1
    reading = read_file(holding(streams("letter.doc") | {"WordDocument": bytes(main)}), "host.doc")
    assert UnreadableReason.ENCRYPTED in {item.reason for item in reading.unreadable}


def test_an_object_of_an_unknown_program_is_swept_and_reported():
    reading = read_file(holding({"VisioDocument": "Zara Quill, 7 Elm Road".encode("utf-16-le")}), "host.doc")
    assert ("host.doc", "embedded object") in {s.place for s in reading.segments if "Zara Quill" in s.text}
    assert UnreadableReason.UNSUPPORTED in {item.reason for item in reading.unreadable}


@pytest.mark.parametrize("packed", [True, False])
def test_an_object_inside_a_presentation_is_read(packed):
    content = storage.as_file(streams("class.xls"))
    body = struct.pack("<I", len(content)) + zlib.compress(content) if packed else content
    record = struct.pack("<HHI", 0x10 if packed else 0, 0x1011, len(body)) + body
    show = compound({"PowerPoint Document": record, "Current User": bytes(20)})
    reading = read_file(show, "host.ppt")
    assert "DOB: 14/03/2014" in text(reading)
    assert not reading.unreadable


def test_an_object_of_a_presentation_that_cannot_be_unpacked_is_reported():
    record = struct.pack("<HHI", 0x10, 0x1011, 12) + b"\x09\0\0\0damaged!"
    reading = read_file(compound({"PowerPoint Document": record, "Current User": bytes(20)}), "host.ppt")
    assert UnreadableReason.DAMAGED in {item.reason for item in reading.unreadable}


@pytest.mark.parametrize("size", [0, 1, 4096, 9_000_000])
def test_a_storage_becomes_a_file_that_others_open(size):
    data = storage.as_file({"WordDocument": b"\7" * size, "1Table": b"\5" * 5000})
    with olefile.OleFileIO(data) as file:
        assert file.openstream("WordDocument").read()[:size] == b"\7" * size
        assert file.openstream("1Table").read()[:5000] == b"\5" * 5000


def test_small_pictures_that_windows_keeps_of_a_folder_are_looked_at_and_pass():
    archive = samples.package({"Sports day/Thumbs.db": odd_packages.thumbnails(), "Sports day/desktop.ini": "[x]\r\n"})
    reading = read_file(archive, "photos.zip")
    assert reading.unreadable == ()
    assert any("Sports day.jpg" in segment.text for segment in reading.segments)
    assert any("Zara Quill" in segment.text for segment in reading.segments)


def test_a_stream_of_another_kind_beside_them_is_reported():
    tree = {"Catalog": bytes(64), "256_1": bytes(24) + b"\xff\xd8\xff\xd9", "Other": bytes(range(256)) * 4}
    assert [fact.reason for fact in read_file(compound(tree), "Thumbs.db").unreadable if fact.place == ("Thumbs.db",)]


def test_what_a_field_of_an_old_form_offers_is_read():
    def text_of(value):
        return struct.pack("<H", len(value)) + value.encode("utf-16-le") + b"\0\0"

    choices = struct.pack("<HHH", 0xFFFF, 2, 0) + b"".join(
        struct.pack("<H", len(name)) + name.encode("utf-16-le") for name in ("Zara Quill", "Jo")
    )
    field = b"\xff\xff\xff\xff\x82\x81\0\0\0\0" + text_of("Pupil") + bytes(2) + text_of("") + text_of("Ask Ms Osei")
    field += text_of("") * 3 + choices
    made = streams("letter.doc")
    made["Data"] = made.get("Data", b"") + struct.pack("<IH", 68 + len(field), 68) + bytes(62) + field + b"Not a field"
    reading = read_file(storage.as_file(made), "letter.doc")
    said = [segment.text for segment in reading.segments if segment.kind is SegmentKind.FORM_FIELD]
    assert said == ["Pupil\nAsk Ms Osei\nZara Quill\nJo"]
    assert reading.unreadable == ()
