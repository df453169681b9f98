"""Locked Office files, damaged and hostile packages, and compound files of no known format."""

import gzip
import io
import random
import zipfile
from pathlib import Path

import msoffcrypto
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from mailguard.extract import Limits, read_file, samples
from mailguard.model import UnreadableReason

REAL = Path(__file__).parents[2] / "documents" / "real"


def locked(data, password):
    stream = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, stream)
    return stream.getvalue()


def reasons(reading):
    return {item.reason for item in reading.unreadable}


def text(reading):
    return "\n".join(segment.text for segment in reading.segments)


def test_msoffcrypto_is_the_one_that_opens():
    assert msoffcrypto.OfficeFile(io.BytesIO(locked(samples.docx(), "x"))).is_encrypted()


@pytest.mark.parametrize("password", ["VelvetSweatshop", "letmein"])
def test_a_password_that_is_known_opens(password):
    chance = random.Random(1)
    rows = '<row r="1"><c t="inlineStr"><is><t>Sam Example</t></is></c></row>' + "".join(
        f'<row><c t="str"><v>{chance.getrandbits(128):x}</v></c></row>' for _ in range(400)
    )
    reading = read_file(locked(samples.xlsx(rows), password), "a.xlsx", passwords=("wrong", "letmein"))
    assert "Sam Example" in text(reading)
    assert not reading.unreadable


def test_a_password_that_is_not_known_is_reported():
    assert reasons(read_file(locked(samples.docx(), "other"), "a.docx")) == {UnreadableReason.ENCRYPTED}


def test_a_document_type_in_office_xml_is_damage():
    body = '<!DOCTYPE w [<!ENTITY a "b">]>'
    good = zipfile.ZipFile(io.BytesIO(samples.docx()))
    members = {name: good.read(name) for name in good.namelist()}
    members["word/document.xml"] = members["word/document.xml"].replace(b"?>\n", b"?>\n" + body.encode(), 1)
    assert UnreadableReason.DAMAGED in reasons(read_file(samples.package(members), "a.docx"))


@pytest.mark.parametrize(
    ("declaration", "damaged"),
    [
        ('<!DOCTYPE manifest:manifest PUBLIC "-//OpenOffice.org//DTD Manifest 1.0//EN" "Manifest.dtd">', False),
        ("<!DOCTYPE manifest>", False),
        ('<!-- <!DOCTYPE a> --><!DOCTYPE manifest [<!ENTITY a "b">]>', True),
        ('<!DOCTYPE manifest [<!ATTLIST a b CDATA "c">]>', True),
    ],
)
def test_a_document_type_that_declares_nothing_is_no_damage(declaration, damaged):
    """AbiWord and older suites name one in the list of a package's parts."""
    odt = samples.opendocument("text", "<text:p>Zara Quill</text:p>")
    good = zipfile.ZipFile(io.BytesIO(odt))
    members = {name: good.read(name) for name in good.namelist()}
    members["META-INF/manifest.xml"] = members["META-INF/manifest.xml"].replace(
        b"?>\n", b"?>\n" + declaration.encode(), 1
    )
    reading = read_file(samples.package(members), "a.odt")
    assert (UnreadableReason.DAMAGED in reasons(reading)) == damaged
    assert any("Zara Quill" in segment.text for segment in reading.segments)


def test_broken_xml_is_reported_and_what_stood_before_it_is_read():
    data = samples.docx("<w:p><w:r><w:t>Ama Osei</w:t></w:r></w:p><w:p><oops></w:p>")
    reading = read_file(data, "a.docx")
    assert "Ama Osei" in text(reading)
    assert UnreadableReason.DAMAGED in reasons(reading)


def test_a_broken_sheet_leaves_the_others_readable():
    good = zipfile.ZipFile(io.BytesIO(samples.xlsx()))
    members = {name: good.read(name) for name in good.namelist()}
    members["xl/worksheets/sheet2.xml"] = b"<worksheet><sheetData><row"
    reading = read_file(samples.package(members), "a.xlsx")
    assert "Sam Example" in text(reading)
    assert UnreadableReason.DAMAGED in reasons(reading)


def test_two_members_of_one_name_are_both_read():
    stream = io.BytesIO(samples.docx("<w:p><w:r><w:t>Ama Osei</w:t></w:r></w:p>"))
    other = zipfile.ZipFile(io.BytesIO(samples.docx("<w:p><w:r><w:t>Kofi Mensah</w:t></w:r></w:p>")))
    with zipfile.ZipFile(stream, "a") as container, pytest.warns(UserWarning, match="Duplicate name"):
        container.writestr("word/document.xml", other.read("word/document.xml"))
    found = text(read_file(stream.getvalue(), "a.docx"))
    assert "Ama Osei" in found
    assert "Kofi Mensah" in found


def test_a_member_that_unpacks_too_far_is_reported():
    data = samples.docx("<w:p><w:r><w:t>" + "x" * 3_000_000 + "</w:t></w:r></w:p>")
    assert len(data) < 20_000
    reading = read_file(data, "a.docx", Limits(part_bytes=1_000_000))
    assert UnreadableReason.TOO_LARGE in reasons(reading)


def test_the_far_corner_of_a_sheet_costs_nothing():
    rows = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>Ama Osei</t></is></c></row>'
    reading = read_file(samples.xlsx(rows), "a.xlsx", Limits(cells=10))
    assert ("a.xlsx", 'sheet "Sheet1"', "row 1048576") in {segment.place for segment in reading.segments}


def test_deep_nesting_is_read():
    depth = 5000
    reading = read_file(samples.docx("<w:p>" * depth + "<w:r><w:t>Ama Osei</w:t></w:r>" + "</w:p>" * depth), "a.docx")
    assert "Ama Osei" in text(reading)


@pytest.mark.parametrize("name", ["letter.doc", "class.xls", "show.ppt.gz", "letter.rtf"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.8, 0.95])
def test_a_cut_old_file_is_read_or_reported(name, part):
    data = (REAL / name).read_bytes()
    data = gzip.decompress(data) if name.endswith(".gz") else data
    whole = text(read_file(data, name.removesuffix(".gz")))
    reading = read_file(data[: int(len(data) * part)], name.removesuffix(".gz"))
    assert reading.unreadable or text(reading) == whole


def test_a_compound_file_of_no_known_format_is_swept_and_reported():
    data = (
        (REAL / "letter.doc")
        .read_bytes()
        .replace("WordDocument".encode("utf-16-le"), "QuarkDocumen".encode("utf-16-le"))
    )
    reading = read_file(data, "a.pub")
    assert UnreadableReason.UNSUPPORTED in reasons(reading)
    assert "Qxbody" in text(reading)
