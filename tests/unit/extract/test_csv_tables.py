"""CSV and TSV files as programs and people make them."""

import pytest

from mailguard.extract import csvtable, read_file
from mailguard.extract.budget import Budget, Limits, OverBudget
from mailguard.extract.parts import Part
from mailguard.model import Segment, SegmentKind

ROW = "Surname: Osei | Forename: Ama | DOB: 14/03/2014"


def read(data, charset=""):
    return list(csvtable.read(Part(data, ("a.csv",), "a.csv", charset=charset), Budget()))


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_separators_and_charsets(mark, codec):
    text = (
        "\r\n".join(mark.join(row) for row in (("Surname", "Forename", "DOB"), ("Osei", "Ama", "14/03/2014"))) + "\r\n"
    )
    assert [item.text for item in read(text.encode(codec))][1] == ROW


def test_excels_separator_line():
    rows = read(b"sep=;\r\nSurname;Forename;DOB\r\nOsei;Ama;14/03/2014\r\n")
    assert (rows[1].text, rows[1].place) == (ROW, ("a.csv", "row 3"))


def test_quoted_separators_and_line_ends():
    rows = read(b'Surname,Address,DOB\r\n"Osei, Ama","1 High Street\r\nOakfield",14/03/2014\r\n')
    assert rows[1].text == "Surname: Osei, Ama | Address: 1 High Street\r\nOakfield | DOB: 14/03/2014"


def test_a_quote_that_never_closes_does_not_glue_children_together():
    rows = read(b'Surname,Forename,DOB\r\nOsei,"Ama,14/03/2014\r\nMensah,Kofi,15/03/2014\r\nVane,Idris,16/03/2014\r\n')
    assert any(row.text.startswith("Surname: Mensah | Forename: Kofi") for row in rows)


def test_leading_zeros_kept_by_a_formula():
    assert "Phone: 07700900123" in read(b'Surname,Phone\r\nOsei,="07700900123"\r\n')[1].text


def test_semicolons_of_a_decimal_comma_locale():
    assert (
        read(b"Surname;Score;Mean\r\nOsei;1,5;2,5\r\nVane;3,5;4,5\r\n")[1].text
        == "Surname: Osei | Score: 1,5 | Mean: 2,5"
    )


def test_too_many_cells_are_over_budget():
    with pytest.raises(OverBudget):
        list(csvtable.read(Part(b"a,b,c\n" * 100, ("a.csv",)), Budget(Limits(cells=10))))


def test_by_the_front_door():
    reading = read_file(b"Surname,Forename,DOB\r\nOsei,Ama,14/03/2014\r\n", "a.csv")
    rows = [s for s in reading.segments if isinstance(s, Segment) and s.kind is SegmentKind.ROW]
    assert rows[1].text == ROW


@pytest.mark.parametrize("head", ["Adno", "Adm No.", "MIS ID", "SIMS ID"])
def test_the_labels_of_pupil_numbers_make_a_heading(head):
    assert (
        read(f"{head},Balance\r\n004711,-12.40\r\n004712,3.00\r\n".encode())[1].text
        == f"{head}: 004711 | Balance: -12.40"
    )
