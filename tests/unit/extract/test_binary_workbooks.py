"""Binary workbooks, record by record."""

import struct

from mailguard.extract import read_file, samples
from mailguard.model import SegmentKind


def record(kind, data=b""):
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(data)
    return head + (bytes([size]) if size < 0x80 else bytes([size & 0x7F | 0x80, size >> 7])) + data


def wide(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def row(number, hidden=False):
    return record(0, struct.pack("<IIHBB", number - 1, 0, 300, 0, 0x10 if hidden else 0) + bytes(5))


def cell(kind, column, data, style=0):
    return record(kind, struct.pack("<II", column, style) + data)


def workbook():
    sheets = record(156, struct.pack("<II", 0, 1) + wide("r1") + wide("Class"))
    sheets += record(156, struct.pack("<II", 2, 2) + wide("r2") + wide("Y7"))
    first = (
        row(1)
        + b"".join(
            cell(6, column, wide(text)) for column, text in enumerate(("Surname", "DOB", "Phone", "Score", "Good"))
        )
        + row(2, hidden=True)
        + cell(7, 0, struct.pack("<I", 0))
        + cell(5, 1, struct.pack("<d", 41712.0), style=1)
        + cell(5, 2, struct.pack("<d", 7700900123.0), style=2)
        + cell(2, 3, struct.pack("<i", 93 << 2 | 2))
        + cell(4, 4, b"\1")
    )
    styles = record(44, struct.pack("<H", 164) + wide("00000000000"))
    styles += record(617) + b"".join(record(47, struct.pack("<HH", 0, mask) + bytes(12)) for mask in (0, 14, 164))
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">' + "".join(
        f'<Relationship Id="r{n}" Target="worksheets/sheet{n}.bin"/>' for n in (1, 2)
    )
    return samples.package(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.bin": record(153, bytes(8)) + sheets,
            "xl/_rels/workbook.bin.rels": relations + "</Relationships>",
            "xl/sharedStrings.bin": record(19, b"\0" + wide("Osei")),
            "xl/styles.bin": styles + record(618),
            "xl/worksheets/sheet1.bin": first,
            "xl/worksheets/sheet2.bin": row(1) + cell(6, 0, wide("Kofi Mensah")),
            "xl/comments1.bin": record(637, b"\0" + wide("Ama is away")),
        }
    )


def test_cells_are_read_as_shown():
    reading = read_file(workbook(), "a.xlsb")
    places = {segment.text: (segment.place, segment.kind, segment.visible) for segment in reading.segments}
    wanted = "Surname: Osei | DOB: 14/03/2014 (2014-03-14) | Phone: 07700900123 (7700900123) | Score: 93 | Good: TRUE"
    assert places[wanted] == (("a.xlsb", 'sheet "Class"', "row 2"), SegmentKind.ROW, False)
    assert places["Kofi Mensah"][0] == ("a.xlsb", 'sheet "Y7" (hidden)', "row 1")
    assert not reading.unreadable


def test_parts_without_cells_are_swept():
    reading = read_file(workbook(), "a.xlsb")
    assert any("Ama is away" in s.text and s.kind is SegmentKind.COMMENT for s in reading.segments)


def test_a_cut_part_is_reported():
    import io
    import zipfile

    good = zipfile.ZipFile(io.BytesIO(workbook()))
    members = {name: good.read(name) for name in good.namelist()}
    members["xl/worksheets/sheet1.bin"] = members["xl/worksheets/sheet1.bin"][:-9]
    reading = read_file(samples.package(members), "a.xlsb")
    assert reading.unreadable
    assert any("Kofi Mensah" in segment.text for segment in reading.segments)
