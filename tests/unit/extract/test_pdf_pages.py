"""Pages of PDFs: order, tables, pictures, passwords, damage, revisions."""

import io

import pikepdf
import pytest
from PIL import Image
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table, TableStyle

from mailguard.extract import pdf, samples
from mailguard.extract.budget import Budget, Limits, OverBudget
from mailguard.extract.parts import Part
from mailguard.model import Segment, SegmentKind, Unreadable, UnreadableReason

CLASS = [("Surname", "Forename", "DOB"), ("Osei", "Ama", "14/03/2014"), ("Mensah", "Kofi", "15/03/2014")]
ROWS = ["Surname: Osei | Forename: Ama | DOB: 14/03/2014", "Surname: Mensah | Forename: Kofi | DOB: 15/03/2014"]


def read(data, passwords=()):
    return list(pdf.read(Part(data, ("a.pdf",), passwords=passwords), Budget()))


def texts(items, kind):
    return [item.text for item in items if isinstance(item, Segment) and item.kind is kind]


def reasons(items):
    return [item.reason for item in items if isinstance(item, Unreadable)]


def drawn(draw, **options):
    stream = io.BytesIO()
    page = canvas.Canvas(stream, invariant=1, **options)
    draw(page)
    page.save()
    return stream.getvalue()


def table(rows, ruled, widths=None):
    style = getSampleStyleSheet()["BodyText"]
    stream = io.BytesIO()
    cells = [[Paragraph(cell, style) for cell in row] for row in rows]
    grid = Table(cells, colWidths=widths)
    if ruled:
        grid.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black")]))
    SimpleDocTemplate(stream).build([grid, PageBreak()])
    return stream.getvalue()


@pytest.mark.parametrize("ruled", [True, False])
def test_tables_are_rows_with_heads(ruled):
    items = read(table(CLASS, ruled))
    assert texts(items, SegmentKind.ROW)[1:3] == ROWS
    assert {s.place[1] for s in items if isinstance(s, Segment) and s.kind is SegmentKind.ROW} == {"page 1"}


def test_wrapped_cells_of_a_ruled_table_stay_whole():
    rows = [("Surname", "Address", "DOB"), ("Osei", "14 Long Meadow Street, Oakfield, Exampleshire", "14/03/2014")]
    items = read(table(rows, True, widths=[80, 90, 80]))
    assert texts(items, SegmentKind.ROW)[1] == (
        "Surname: Osei | Address: 14 Long Meadow Street, Oakfield, Exampleshire | DOB: 14/03/2014"
    )


def test_ruled_cells_painted_line_by_line_stay_whole():
    def draw(page):
        for x in (72, 172, 272, 372):
            page.line(x, 640, x, 740)
        for y in (640, 690, 715, 740):
            page.line(72, y, 372, y)
        for y, line in (
            (722, CLASS[0]),
            (697, CLASS[1]),
            (672, ("Mensah-", "Kofi", "15/03/2014")),
            (655, ("Vane", "James", "")),
        ):
            for x, text in zip((76, 176, 276), line, strict=True):
                page.drawString(x, y, text)

    assert (
        texts(read(drawn(draw)), SegmentKind.ROW)[2] == "Surname: Mensah- Vane | Forename: Kofi James | DOB: 15/03/2014"
    )


def test_a_table_painted_by_columns_is_read_by_rows_too():
    def draw(page):
        for column, x in enumerate((72, 200, 330)):
            for number, row in enumerate(CLASS):
                page.drawString(x, 700 - 15 * number, row[column])

    items = read(drawn(draw))
    assert texts(items, SegmentKind.ROW)[1:] == ROWS
    assert any("Osei  Ama  14/03/2014" in text for text in texts(items, SegmentKind.ALTERNATE))


def test_heads_go_on_over_pages():
    rows = [CLASS[0]] + [(f"Osei{n}", "Ama", "14/03/2014") for n in range(80)]
    items = read(table(rows, True))
    places = {s.text: s.place for s in items if isinstance(s, Segment)}
    assert places["Surname: Osei70 | Forename: Ama | DOB: 14/03/2014"][1] != "page 1"


def test_a_form_stays_in_one_block():
    def draw(page):
        for number, line in enumerate(("Name: Ama Osei", "", "DOB: 14/03/2014", "", "UPN: A123456789012")):
            page.drawString(72, 700 - 20 * number, line)

    (body,) = texts(read(drawn(draw)), SegmentKind.BODY)
    assert "Name: Ama Osei" in body
    assert "UPN: A123456789012" in body


def _picture(width, height):
    return ImageReader(Image.new("L", (width, height), "grey"))


@pytest.mark.parametrize(
    ("pixels", "size", "words", "wanted"),
    [
        ((1240, 1754), (595, 842), 0, [UnreadableReason.PICTURE]),  # a scan
        ((1240, 1754), (595, 842), 8, []),  # a scan with its text, or a letterhead
        ((1240, 1754), (595, 842), 1, [UnreadableReason.PICTURE]),  # a stamp on a scan
        ((900, 600), (300, 200), -8, [UnreadableReason.PICTURE]),  # a screenshot in a letter
        ((400, 400), (80, 80), -8, []),  # a crest
    ],
)
def test_pictures_on_pages(pixels, size, words, wanted):
    def draw(page):
        page.drawImage(_picture(*pixels), 0, 0, *size)
        for number in range(abs(words)):
            page.drawString(300 if words > 0 else 350, 300 + 40 * number, f"Some words of line {number}")

    assert reasons(read(drawn(draw))) == wanted


def test_an_empty_page_is_not_in_doubt():
    assert reasons(read(drawn(lambda page: page.showPage()))) == []


def _locked(user, owner):
    stream = io.BytesIO()
    with pikepdf.open(io.BytesIO(samples.pdf())) as document:
        document.save(stream, encryption=pikepdf.Encryption(user=user, owner=owner))
    return stream.getvalue()


def test_an_owner_password_hides_nothing():
    items = read(_locked("", "secret"))
    assert (texts(items, SegmentKind.BODY), reasons(items)) == (["Sam Example"], [])


def test_a_password_that_is_known_opens():
    items = read(_locked("letmein", "secret"), passwords=("wrong", "letmein"))
    assert (texts(items, SegmentKind.BODY), reasons(items)) == (["Sam Example"], [])


def test_a_password_that_is_not_known_is_reported():
    assert reasons(read(_locked("letmein", "secret"), passwords=("wrong",))) == [UnreadableReason.ENCRYPTED]


def test_a_lost_cross_reference_is_no_obstacle():
    data = samples.pdf()
    items = read(data[: data.rindex(b"startxref")])
    assert texts(items, SegmentKind.BODY) == ["Sam Example"]


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"%PDF-1.7\n" + bytes(5000), samples.pdf()[:200]])
def test_what_is_too_damaged_is_reported(data):
    assert UnreadableReason.DAMAGED in reasons(read(data))


def test_an_earlier_revision_is_read():
    old = samples.pdf(b"BT /F1 12 Tf 72 720 Td (Ama Osei was here) Tj ET")
    update = b"\n4 0 obj\n<</Length 0>>\nstream\n\nendstream\nendobj\n"
    for number in range(1, 9):
        # The content stream is one of the first objects, whichever the writer made it.
        if f"\n{number} 0 obj".encode() in old and b"stream" in old.split(f"\n{number} 0 obj".encode())[1][:120]:
            update = update.replace(b"\n4 0", f"\n{number} 0".encode())
            break
    start = len(old) + update.index(b"\n") + 1
    end = len(old) + len(update)
    reference = b"xref\n0 1\n0000000000 65535 f \n%d 1\n%010d 00000 n \n" % (number, start)
    prior = int(old.rsplit(b"startxref", 1)[1].split()[0])
    trailer = b"trailer\n<</Size 20/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (prior, end)
    items = read(old + update + reference + trailer)
    found = [s for s in items if isinstance(s, Segment) and "Ama Osei was here" in s.text]
    assert found
    assert found[0].kind is SegmentKind.DELETED
    assert found[0].place[1:3] == ("earlier revision 1", "page 1")


def test_too_many_pages_are_over_budget():
    def draw(page):
        for _ in range(5):
            page.showPage()

    with pytest.raises(OverBudget):
        list(pdf.read(Part(drawn(draw), ("a.pdf",)), Budget(Limits(pages=3))))
