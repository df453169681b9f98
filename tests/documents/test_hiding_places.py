"""Every place where text can hide is read: documents written part by part and documents of real programs.

A marker stands in each place. What LibreOffice itself left out of a file when it saved it is listed with the file: no
reader can find it there.
"""

import gzip
import re
from pathlib import Path

import pytest
from documents import (
    handmade_pdf,
    handmade_rtf,
    handmade_sheet,
    handmade_slides,
    handmade_word,
    odd_files,
    odd_iwork,
    odd_mail,
    odd_office,
    odd_packages,
    odd_pdf,
    odd_pictures,
)

from mailguard.extract import read_file
from mailguard.model import SegmentKind

REAL = Path(__file__).parent / "real"
HANDMADE = {
    "marks.docx": (handmade_word.document, handmade_word.PLACES),
    "marks.xlsx": (handmade_sheet.workbook, handmade_sheet.PLACES),
    "marks.pptx": (handmade_slides.presentation, handmade_slides.PLACES),
    "marks.pdf": (handmade_pdf.document, handmade_pdf.PLACES),
    "marks.rtf": (handmade_rtf.document, handmade_rtf.PLACES),
}
ODD = odd_files.CASES + odd_pdf.CASES + odd_mail.CASES + odd_pictures.CASES + odd_packages.CASES + odd_iwork.CASES
REPORTED = odd_files.REPORTED | odd_packages.REPORTED | odd_iwork.REPORTED | odd_pdf.REPORTED | odd_mail.REPORTED
CASES = [(name, place) for name, (_, places) in HANDMADE.items() for place in places]


def markers(names):
    return set(names.split())


LETTER = markers(
    "title subject keyword description author customproperty header footer body split deleted inserted hidden white "
    "footnote endnote comment textbox alttitle altdescription cell link bookmark list hiddensection"
)
CLASS = markers(
    "title subject keyword description author customproperty header footer cell comment hiddenrow formula sheetname "
    "hiddensheet range prompt prompttitle"
)
SHOW = markers(
    "title subject keyword description author customproperty slidename slide alttitle comment notes hiddenslide"
)
NOT_IN_A_BOOK = markers(
    "altdescription alttitle bookmark comment customproperty description footer header keyword subject"
)
NOT_PRINTED = markers("comment customproperty description")
WRITTEN = markers(
    "author axis button chartsheet charttitle comment comments company err header hiddensheet inmsg intitle lista "
    "manager name prop rich series tabhead textbox title url urltext val very"
)
SAVED: dict[str, set[str]] = {
    "letter.odt": LETTER,
    "letter.docx": LETTER - {"alttitle", "altdescription"},
    "letter.doc": LETTER - {"alttitle", "altdescription"},
    "letter.rtf": LETTER - {"alttitle", "altdescription"},
    "letter.fodt": LETTER,
    "letter.docm": LETTER - {"alttitle", "altdescription"},
    "letter.dotx": LETTER - {"alttitle", "altdescription"},
    "letter.html": LETTER - {"alttitle", "altdescription"},
    "letter.epub": LETTER - NOT_IN_A_BOOK,
    "letter.pdf": LETTER - NOT_PRINTED - {"alttitle", "altdescription", "bookmark", "hidden", "hiddensection"},
    "class.ods": CLASS,
    "class.xlsx": CLASS,
    "class.xls": CLASS - {"formula"},
    "class.fods": CLASS - {"comment"},
    "class.xlsm": CLASS,
    "class.html": {"title", "subject", "keyword", "description", "author", "customproperty", "cell", "comment"},
    "class.slk": {"cell", "hiddenrow", "formula"},
    "class.dif": {"cell", "hiddenrow"},
    "class.csv": {"cell", "hiddenrow"},
    "class.pdf": {"title", "subject", "keyword", "author", "cell"},
    "writer.xlsx": WRITTEN | markers("alt cond embalt filter formula pietitle spill tabname tip"),
    "gnumeric.xls": WRITTEN | markers("cond formula spill tip"),
    "chart.fods": WRITTEN | markers("alt cond filter formula pietitle tabname"),
    "class.numbers": markers("cell forename table sheet second other"),
    "show.odp": SHOW,
    "show.pptx": SHOW - {"alttitle", "slidename"},
    "show.ppt": SHOW - {"alttitle", "slidename", "customproperty"},
    "show.fodp": SHOW,
    "show.otp": SHOW,
    "show.ppsx": SHOW - {"alttitle", "slidename"},
    "show.emf": {"slide"},
    "show.wmf": {"slide"},
    "show.pdf": SHOW - NOT_PRINTED - {"alttitle", "notes", "hiddenslide"},
}


@pytest.fixture(scope="module")
def readings():
    return {name: read_file(make(), name) for name, (make, _) in HANDMADE.items()}


@pytest.mark.parametrize(("name", "place"), CASES)
def test_a_marker_in_each_place_is_read(readings, name, place):
    marker = HANDMADE[name][1][place]
    assert any(marker in segment.text for segment in readings[name].segments)


@pytest.mark.parametrize(("form", "place", "parts"), odd_office.CASES, ids=lambda value: str(value)[:40])
def test_text_in_an_odd_place_is_read(form, place, parts):
    reading = read_file(odd_office.document(form, parts), f"plain.{form}")
    assert any(odd_office.NAME in segment.text for segment in reading.segments), place


@pytest.mark.parametrize(("name", "data"), ODD, ids=lambda value: value if isinstance(value, str) else "")
def test_text_in_an_odd_file_is_read(name, data):
    texts = [re.sub(r"[\s|]+", " ", segment.text) for segment in read_file(data, name).segments]
    assert any(odd_files.NAME in text for text in texts)


@pytest.mark.parametrize("name", list(REPORTED))
def test_what_no_reader_reads_is_reported(name):
    assert read_file(REPORTED[name], name).unreadable


@pytest.mark.parametrize("name", list(HANDMADE))
def test_nothing_else_is_in_doubt(readings, name):
    assert readings[name].unreadable == ()


@pytest.mark.parametrize(
    ("name", "marker", "place", "kind", "visible"),
    [
        ("marks.docx", "Qxheader", ("marks.docx", "page header"), SegmentKind.HEADER, True),
        ("marks.docx", "Qxcomment", ("marks.docx", "comments"), SegmentKind.COMMENT, True),
        ("marks.docx", "Qxdeleted", ("marks.docx",), SegmentKind.DELETED, False),
        ("marks.docx", "Qxcell", ("marks.docx", "table 1", "row 2"), SegmentKind.ROW, True),
        ("marks.xlsx", "Qxsplit", ("marks.xlsx", 'sheet "Class"', "row 2"), SegmentKind.ROW, True),
        ("marks.xlsx", "Qxhiddenrow", ("marks.xlsx", 'sheet "Class"', "row 3"), SegmentKind.ROW, False),
        ("marks.xlsx", "Qxhiddensheet", ("marks.xlsx", 'sheet "Y7" (hidden)', "row 1"), SegmentKind.ROW, False),
        ("marks.xlsx", "Qxcomment", ("marks.xlsx", 'sheet "Class"', "comments", "row 2"), SegmentKind.COMMENT, True),
        ("marks.xlsx", "Qxpivotrecord", ("marks.xlsx", "pivot cache", "row 1"), SegmentKind.CACHE, False),
        ("marks.pptx", "Qxsplit", ("marks.pptx", "slide 1"), SegmentKind.BODY, True),
        ("marks.pptx", "Qxnotes", ("marks.pptx", "slide 1", "notes"), SegmentKind.NOTE, True),
        ("marks.pptx", "Qxhiddenslide", ("marks.pptx", "slide 2 (hidden)"), SegmentKind.HIDDEN, False),
        ("marks.pdf", "Qxbody", ("marks.pdf", "page 1"), SegmentKind.BODY, True),
        ("marks.pdf", "Qxvalue", ("marks.pdf", "page 1"), SegmentKind.FORM_FIELD, True),
        ("marks.pdf", "Qxnote", ("marks.pdf", "page 1"), SegmentKind.COMMENT, True),
        ("marks.pdf", "Qxattached", ("marks.pdf", "Qxattachment.csv", "row 2"), SegmentKind.ROW, True),
    ],
)
def test_places_and_kinds(readings, name, marker, place, kind, visible):
    found = [(s.place, s.kind, s.visible) for s in readings[name].segments if marker in s.text]
    assert (place, kind, visible) in found


@pytest.mark.parametrize("name", list(SAVED))
def test_documents_of_a_real_program(name):
    path = REAL / name
    data = path.read_bytes() if path.exists() else gzip.decompress((REAL / f"{name}.gz").read_bytes())
    reading = read_file(data, name)
    found = {marker.lower() for s in reading.segments for marker in re.findall(r"[Qq]x([a-z]+)", s.text)}
    assert SAVED[name] - found == set()
    assert reading.unreadable == ()


def test_a_real_table_gives_rows_with_heads():
    wanted = {"class.ods", "class.xls", "class.xlsx", "letter.doc", "letter.docx", "letter.odt", "letter.rtf"}
    for name in sorted(wanted):
        texts = [s.text for s in read_file((REAL / name).read_bytes(), name).segments if s.kind is SegmentKind.ROW]
        assert any(t.startswith("Surname: Qxcell | Forename: Ama | DOB: 14/03/2014") for t in texts), name
