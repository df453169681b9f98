"""XML exports, calendars and contacts."""

import base64

from mailguard import extract
from mailguard.model import SegmentKind, UnreadableReason


def texts(data: bytes) -> list[str]:
    return [segment.text for segment in extract.read_file(data, "").segments]


def test_records_of_an_export_stay_together_and_apart():
    xml = b"""<?xml version="1.0" encoding="iso-8859-1"?><CTFile><Header><Doc>Common Transfer</Doc></Header><Pupils>
    <Pupil><UPN>Z1</UPN><Surname>Qu\xe9ll</Surname><Address><Line>1 High St</Line></Address></Pupil>
    <Pupil><UPN>Z2</UPN><Surname>Okoro</Surname></Pupil><Pupil><UPN>Z3</UPN></Pupil></Pupils></CTFile>"""
    assert texts(xml) == [
        "UPN: Z1\nSurname: Quéll\nLine: 1 High St",
        "UPN: Z2\nSurname: Okoro",
        "UPN: Z3",
        "Doc: Common Transfer",
    ]


def test_a_2003_workbook_named_anything_has_rows_with_heads():
    rows = (
        b"<Row><Cell><Data>Surname</Data></Cell><Cell><Data>Forename</Data></Cell><Cell><Data>DOB</Data></Cell></Row>"
    )
    rows += b'<Row><Cell><Data>Quill</Data></Cell><Cell s:Index="3"><Data>01/02/2014</Data></Cell></Row>'
    xml = b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    xml += (
        b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:s="urn:s"><Worksheet s:Name="Y7"><Table>'
    )
    xml += rows + b"</Table></Worksheet></Workbook>"
    *_, row = [s for s in extract.read_file(xml, "marks.xls").segments if s.kind is SegmentKind.ROW]
    assert (row.text, row.place) == ("Surname: Quill | DOB: 01/02/2014", ("marks.xls", 'sheet "Y7"', "row 2"))


def test_entities_are_refused_and_the_text_is_swept():
    reading = extract.read_file(b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "Zara">]><a>&x;</a>', "")
    assert [u.reason for u in reading.unreadable] == [UnreadableReason.DAMAGED]
    assert any("Zara" in s.text for s in reading.segments)


def test_broken_xml_is_read_to_its_end():
    assert any("Zara" in text for text in texts(b'<?xml version="1.0"?><a><b>open <c>text</a><d>Zara'))


def test_an_event_is_one_segment_with_its_people():
    data = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:About Za\r\n ra Quill\\, 7B\r\n"
    data += b'ATTENDEE;CN="Mrs Quill":mailto:q@family.test\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
    assert texts(data) == ["Summary: About Zara Quill, 7B\nAttendee: mailto:q@family.test\nMrs Quill"]


def test_an_old_card_with_quoted_printable_and_a_photo():
    data = b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Qu=C3=A9ll;Za=\r\nra\r\n"
    data += b"TEL;CELL:07700 900123\r\nNOTE;ENCODING=BASE64:WmFyYSBub3Rl\r\nEND:VCARD\r\n"
    found = texts(data)
    assert "N: Quéll, Zara\nTel: 07700 900123" in found
    assert "Zara note" in found


def test_comments_of_xml_are_not_shown():
    found = extract.read_file(b'<?xml version="1.0"?><a><!-- Zara --><b>x</b></a>', "").segments
    assert [(s.text, s.kind) for s in found if not s.visible] == [("Zara", SegmentKind.COMMENT)]


def test_files_inside_xml_are_read():
    page = base64.b64encode(b"%PDF-1.4 that is cut short, so it is reported and not silently left unread" * 3)
    picture = b"<image xlink:href='data:image/png;base64," + page + b"'/>"
    for data in (
        b"<?xml version='1.0'?><a><File>" + page + b"</File></a>",
        b"<svg><text>Zara</text>" + picture + b"</svg>",
    ):
        assert extract.read_file(data, "").unreadable


def test_lines_of_a_drawing_are_not_text():
    assert texts(b"<svg viewBox='0 0 10 10'><path d='M 10 10 L 20 20'/><text>Zara</text></svg>") == ["text: Zara"]
