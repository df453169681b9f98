"""Tables that are typed, not drawn: with tabs, gaps or commas, in a text or in a Word document; and what stands above a
table in a document: the header of its page, the words of the cell that holds it."""

import io
import zipfile

import pytest
from bench.quality import documents as d

from mailguard.extract import read_file
from mailguard.model import SegmentKind

ROWS = (
    ("Name", "Class", "SEN", "Reading"),
    ("Ama Osei", "4B", "K", "98"),
    ("Kwabena Osei-Tutu", "3A", "E", "104"),
    ("Bo Xu", "5C", "N", "88"),
)
READ = [
    "Name: Ama Osei | Class: 4B | SEN: K | Reading: 98",
    "Name: Kwabena Osei-Tutu | Class: 3A | SEN: E | Reading: 104",
    "Name: Bo Xu | Class: 5C | SEN: N | Reading: 88",
]


def _rows(data: bytes, name: str = "letter") -> list[str]:
    return [s.text for s in read_file(data, name).segments if s.kind is SegmentKind.ROW and s.cells[-1].head]


def _word(*lines: str, gap: str) -> bytes:
    return d.docx([d.paragraph(*_runs(line.split("|"), gap)) for line in lines])


def _runs(cells: list[str], gap: str) -> list[str]:
    if gap != "\t":
        return [d.run(gap.join(cells))]
    return [piece for cell in cells for piece in ("<w:r><w:tab/></w:r>", d.run(cell))][1:]


@pytest.mark.parametrize("gap", ["  ", "    ", ", "])
def test_a_table_in_text_needs_no_columns_below_each_other(gap: str) -> None:
    assert _rows("\n".join(gap.join(row) for row in ROWS).encode()) == READ


def test_commas_with_blanks_part_cells_under_heads_of_which_some_are_unknown() -> None:
    text = "Forename, Surname, Base, Number\nAma, Osei, 1st, 2\nKit, Marlowe, 2nd, 5"
    assert _rows(text.encode())[0] == "Forename: Ama | Surname: Osei | Base: 1st | Number: 2"


@pytest.mark.parametrize("gap", ["\t", "   "])
def test_a_table_of_paragraphs_in_word_is_one(gap: str) -> None:
    assert _rows(_word("Reading this term", *("|".join(row) for row in ROWS), "See you soon.", gap=gap)) == READ


@pytest.mark.parametrize(
    "lines",
    [
        ("We read, we write, we sing", "Ama, Bo, Kit", "The end, or nearly, of term"),
        ("He came.  She went.  They met.", "It had rained.  It shone.  It blew.", "Off we ran.  Up we sat.  We ate."),
    ],
)
def test_prose_is_no_table(lines: tuple[str, ...]) -> None:
    assert not [s for s in read_file("\n".join(lines).encode(), "").segments if s.cells]


def test_lines_with_tabs_that_are_no_table_stay_lines_of_their_block() -> None:
    lines = ("Name:|Ama Osei||Class:|4B", "Signed|||Date", "Seen by nobody else|at all")
    texts = [s.text for s in read_file(_word(*lines, gap="\t"), "letter").segments if s.kind is SegmentKind.BODY]
    assert "Ama Osei" in "\n".join(texts)


def test_a_cell_that_holds_a_table_lays_out_the_page() -> None:
    inner = d.word_table(ROWS)
    title, after = (d.paragraph(d.run(text)) for text in ("Reading this term", "See you soon."))
    page = f"<w:tbl><w:tr><w:tc>{title}{inner}{after}</w:tc></w:tr></w:tbl>"
    found = [s for s in read_file(d.docx([page]), "letter").segments if s.kind is not SegmentKind.FILE_NAME]
    assert [s.text for s in found] == ["Reading this term", "Name | Class | SEN | Reading", *READ, "See you soon."]


def test_a_table_in_a_row_of_data_leaves_the_data_a_table() -> None:
    cells = "".join(
        "<w:tr>" + "".join(f"<w:tc>{d.paragraph(d.run(cell))}</w:tc>" for cell in row) + "</w:tr>" for row in ROWS
    )
    last = f"<w:tr><w:tc>{d.paragraph(d.run('Kit Marlowe'))}{d.word_table([['a', 'b']])}</w:tc></w:tr>"
    assert _rows(d.docx([f"<w:tbl>{cells}{last}</w:tbl>"]))[:3] == READ


def test_the_header_of_a_page_comes_before_the_page() -> None:
    plain = zipfile.ZipFile(io.BytesIO(d.docx([d.word_table(ROWS)])))
    files = {name: plain.read(name) for name in plain.namelist()}
    header = f'<w:hdr xmlns:w="{d._WORD}">{d.paragraph(d.run("Reading this term"))}</w:hdr>'
    found = read_file(d.zipped({**files, "word/header1.xml": header.encode()}), "letter").segments
    texts = [segment.text for segment in found]
    assert texts.index("Reading this term") < texts.index(READ[0])
