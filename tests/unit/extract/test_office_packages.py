"""What lies in an Office package beside its XML: pictures, fonts, controls, macros, objects."""

import io
import zipfile

import pytest
from PIL import Image

from mailguard.extract import read_file, samples
from mailguard.model import UnreadableReason


def with_member(data, name, content):
    good = zipfile.ZipFile(io.BytesIO(data))
    return samples.package({member: good.read(member) for member in good.namelist()} | {name: content})


def picture(width, height):
    stream = io.BytesIO()
    Image.new("L", (width, height), "grey").save(stream, "PNG")
    return stream.getvalue()


def reasons(reading):
    return [item.reason for item in reading.unreadable]


@pytest.mark.parametrize(
    ("name", "make"),
    [("word", samples.docx), ("xl", samples.xlsx), ("ppt", samples.pptx)],
    ids=["docx", "xlsx", "pptx"],
)
def test_a_logo_passes_and_a_screenshot_is_reported(name, make):
    assert reasons(read_file(with_member(make(), f"{name}/media/image1.png", picture(200, 100)), "a")) == []
    reading = read_file(with_member(make(), f"{name}/media/image1.png", picture(900, 700)), "a")
    assert reasons(reading) == [UnreadableReason.PICTURE]
    assert reading.unreadable[0].place == ("a", "image1.png")


@pytest.mark.parametrize(
    "name", ["word/fonts/font1.odttf", "docProps/thumbnail.jpeg", "xl/printerSettings/printerSettings1.bin"]
)
def test_what_no_person_writes_in_is_passed_over(name):
    assert reasons(read_file(with_member(samples.docx(), name, bytes(range(256)) * 40), "a.docx")) == []


def test_a_control_is_swept():
    data = with_member(
        samples.docx(), "word/activeX/activeX1.bin", bytes(40) + "Ama Osei".encode("utf-16-le") + bytes(9)
    )
    reading = read_file(data, "a.docx")
    assert any("Ama Osei" in segment.text for segment in reading.segments)
    assert reasons(reading) == []


def test_content_that_is_not_known_is_reported():
    reading = read_file(with_member(samples.xlsx(), "xl/model/item.data", b"\x01\x02\x03\x04" * 300), "a.xlsx")
    assert reasons(reading) == [UnreadableReason.UNKNOWN_TYPE]


def test_a_file_dropped_into_a_document_is_read():
    data = with_member(
        samples.docx(), "word/embeddings/oleObject1.bin", b"Surname,Forename,DOB\r\nOsei,Ama,14/03/2014\r\n"
    )
    reading = read_file(data, "a.docx")
    assert any("Osei" in segment.text for segment in reading.segments)


def test_names_of_fonts_and_styles_are_no_text():
    data = with_member(samples.docx(), "word/theme/theme1.xml", b"<t><font>Georgia</font></t>")
    data = with_member(data, "word/styles.xml", b"<s><name>Georgia</name></s>")
    data = with_member(data, "word/fontTable.xml", b"<f><name>Georgia</name></f>")
    assert not any("Georgia" in segment.text for segment in read_file(data, "a.docx").segments)


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A1" t="inlineStr"><is><t>Sam_x0020_Example</t></is></c>',
        '<c r="A1" t="str"><v>_x0053_am_x0020_Example</v></c>',
        '<c r="A1"><v>Sam_x0020_Example</v></c>',
    ],
)
def test_letters_of_a_cell_that_are_stored_by_number_are_read(cell):
    reading = read_file(samples.xlsx(f'<row r="1">{cell}</row>'), "a.xlsx")
    assert "Sam Example" in [segment.text for segment in reading.segments]


def test_halves_of_letters_by_number_stay_as_they_are_stored():
    cell = '<c r="A1" t="str"><v>_xD800_ _x005F_x0041_</v></c>'
    reading = read_file(samples.xlsx(f'<row r="1">{cell}</row>'), "a.xlsx")
    assert "_xD800_ _x0041_" in [segment.text for segment in reading.segments]
