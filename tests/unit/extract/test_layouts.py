"""What belongs together stays together: class lists, cards and forms as programs of schools lay them out."""

import gzip
import io
from pathlib import Path

import openpyxl
import pytest
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from mailguard.extract import read_file
from mailguard.extract.texttable import stacked
from mailguard.model import SegmentKind

REAL = Path(__file__).parents[2] / "documents" / "real"
HEADS = ["Surname", "Forename", "DOB", "UPN", "Reg", "Address", "Contact Tel", "Medical notes"]
NOTE = "Asthma; carries an inhaler at all times and must be reminded of it before sport"
PUPILS = [
    ["Osei", "Ama", "16/07/2014", "A812845946937", "7A", "12 Alder Close, Oakfield, ZZ1 1AB", "07700 900367", NOTE],
    ["Boateng", "Kofi", "27/04/2014", "A714034244150", "7B", "7 Old Mill Lane, Upper Oakfield, ZZ2 1AB", "", ""],
    ["Quill", "Zara", "28/10/2013", "A516992915839", "7C", "Flat 3, 118 Station Road, ZZ3 1AB", "07700 900889", ""],
    ["Featherstone-Hargreaves", "Oliver", "14/03/2014", "A114004584808", "7A", "1 The Green", "07700 900587", NOTE],
    ["Kowalczyk", "Tomasz", "03/12/2013", "A957418413089", "7C", "7 Old Mill Lane, Upper Oakfield", "", "Nut allergy"],
]
WIDTHS = [105, 60, 60, 90, 30, 120, 80, 130]


def page(data, *style, wrapped=True):
    text = getSampleStyleSheet()["BodyText"]
    text.fontSize = 8
    rows = [HEADS] + [[Paragraph(cell, text) if wrapped else cell for cell in row] for row in data]
    out = io.BytesIO()
    table = Table(rows, colWidths=WIDTHS if wrapped else None, style=[("FONTSIZE", (0, 0), (-1, -1), 7), *style])
    SimpleDocTemplate(out, pagesize=landscape(A4)).build([Paragraph("Class list 7A", text), table])
    return out.getvalue()


def rows_of(data, name):
    return [s.text for s in read_file(data, name).segments if s.kind is SegmentKind.ROW and s.cells]


def row(pupil):
    return " | ".join(f"{head}: {cell}" for head, cell in zip(HEADS, pupil, strict=True) if cell)


LINES = ("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.grey)
TABLES = {
    "no rulings, cells at the top": page(PUPILS, ("VALIGN", (0, 0), (-1, -1), "TOP")),
    "no rulings, cells in the middle": page(PUPILS, ("VALIGN", (0, 0), (-1, -1), "MIDDLE")),
    "lines between rows only": page(PUPILS, ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), LINES),
    "ruled": page(PUPILS, ("GRID", (0, 0), (-1, -1), 0.5, colors.black)),
}


@pytest.mark.parametrize("name", list(TABLES))
def test_each_row_of_a_table_on_a_page_stands_alone_and_whole(name):
    assert [text for text in rows_of(TABLES[name], "list.pdf") if ": " in text] == [row(pupil) for pupil in PUPILS]


def test_a_table_goes_on_where_the_next_page_has_no_heads():
    many = [[f"{row[0]}{n}", *row[1:5], "1 The Green", "07700 900001", ""] for n in range(12) for row in PUPILS]
    text = getSampleStyleSheet()["BodyText"]
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=landscape(A4)).build([Paragraph("Class list", text), Table([HEADS, *many])])
    assert [line for line in rows_of(out.getvalue(), "list.pdf") if ": " in line] == [row(pupil) for pupil in many]


@pytest.mark.parametrize("name", ["list.doc", "list.ppt", "browser.pdf", "converter.pdf"])
def test_lists_of_real_programs(name):
    found = rows_of(gzip.decompress((REAL / f"{name}.gz").read_bytes()), name)
    start = "Surname: Boateng | Forename: Kofi | DOB: 27/04/2014 | "
    (line,) = [text for text in found if text.startswith(start)]
    assert "A714034244150" in line
    assert name == "list.ppt" or "7 Old Mill Lane, Upper Oakfield, ZZ2 1AB | Contact Tel: 07700 900053" in line
    assert "Quill" not in line


def blocks(html):
    return [s.text for s in read_file(f"<html><body>{html}</body></html>".encode(), "a.html").segments[1:]]


def test_a_form_whose_labels_stand_above_their_values_is_one_block():
    form = (
        "<table><tr><td>Surname<br>Quill</td><td>Forename<br>Zara</td></tr><tr><td>UPN<br>A516992915839</td>"
        "<td>Address<br>1 The Green</td></tr></table>"
    )
    assert blocks(form)[0] == "Surname: Quill\nForename: Zara\nUPN: A516992915839\nAddress: 1 The Green"


def test_heads_of_two_lines_stay_heads():
    table = (
        "<tr><th>Name</th><th>Date of<br>birth</th></tr><tr><td>Zara Quill</td><td>1/2/2014</td></tr>"
        "<tr><td>Ama Osei</td><td>3/4/2014</td></tr>"
    )
    assert blocks(f"<table>{table}</table>")[1] == "Name: Zara Quill | Date of birth: 1/2/2014"


def test_a_card_begins_with_its_heading():
    card = "<div><h2>{}</h2><dl><dt>Date of birth</dt><dd>{}</dd><dt>UPN</dt><dd>{}</dd></dl></div>"
    cards = [(f"{pupil[1]} {pupil[0]}", pupil[2], pupil[3]) for pupil in PUPILS]
    html = "".join(card.format(*each) for each in cards)
    assert blocks(html) == ["{}\nDate of birth\n{}\nUPN\n{}".format(*each) for each in cards]


def test_cards_in_plain_text_are_parted_at_their_headings():
    text = "Ama Osei\nDOB: 16/07/2014\nUPN: A812845946937\nKofi Boateng\nDOB: 27/04/2014\nUPN: A714034244150\n"
    found = [s.text for s in read_file(text.encode(), "cards.txt").segments[1:]]
    assert found == [
        "Ama Osei\nDOB: 16/07/2014\nUPN: A812845946937",
        "Kofi Boateng\nDOB: 27/04/2014\nUPN: A714034244150",
    ]


def test_forms_beside_each_other_on_a_sheet_are_forms_of_their_own():
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (["Name", "Ama Osei", None, "Name", "Kofi Boateng"], ["DOB", "16/07/2014", None, "DOB", "27/04/2014"]):
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    found = [s.text for s in read_file(out.getvalue(), "cards.xlsx").segments]
    assert "Name: Ama Osei\nDOB: 16/07/2014" in found
    assert "Name: Kofi Boateng\nDOB: 27/04/2014" in found


def test_a_table_of_one_cell_a_line():
    lines = ["Dear all", *HEADS[:4], *(cell for pupil in PUPILS for cell in pupil[:4])]
    at, rows = stacked(lines)
    assert at == 1
    assert [text for _, text, _ in rows[2].values] == PUPILS[1][:4]
    assert stacked(["Name", "Date", "Form", "some", "lines", "of", "a", "letter", "here"]) is None


@pytest.mark.parametrize("lines", [["Kind regards", "Name", "Tel 12"], ["Name", "Form", "Mark", "12"]])
def test_lines_that_might_each_begin_a_table_are_looked_through_a_bounded_number_of_times(lines):
    looked = 0

    class Looked(str):
        def __iter__(self):
            nonlocal looked
            looked += 1
            return super().__iter__()

    class Many(list):
        def __getitem__(self, key):
            nonlocal looked
            looked += len(range(*key.indices(len(self)))) if isinstance(key, slice) else 1
            return super().__getitem__(key)

    assert stacked(Many(Looked(line) for line in lines * 300)) is None
    assert looked < 10 * 300 * len(lines)
