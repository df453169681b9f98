"""Formulas without values: what a person sees who opens the workbook is read, what cannot be told is reported."""

import io
import zipfile
from xml.sax.saxutils import escape

import pytest

from mailguard.extract import read_file, samples
from mailguard.extract.formula import Sheets, is_of_no_use, worth
from mailguard.extract.formulafunctions import Blank, Fault, Unknown
from mailguard.model import SegmentKind, UnreadableReason

CELLS = {
    ("Class", 1, 1): "Osei",
    ("Class", 1, 2): "Ama",
    ("Class", 1, 3): 41712.0,
    ("Class", 2, 1): "A714034244150",
    ("The Roll", 1, 1): "A714034244150",
    ("The Roll", 1, 2): "Ama Osei",
    ("The Roll", 2, 1): "X",
    ("The Roll", 2, 2): "Kofi Boateng",
}


def value(formula):
    def cell(at, depth):
        if at[0] not in ("Class", "The Roll"):
            raise Unknown
        return CELLS.get(at, Blank)

    return worth(formula, ("Class", 5, 1), Sheets(cell, lambda name: (2, 3)))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ('B1&" "&A1', "Ama Osei"),
        ('CONCATENATE($B$1," ",A1)', "Ama Osei"),
        ('_xlfn.TEXTJOIN(", ",TRUE,A1:B1)', "Osei, Ama"),
        ('TEXT(C1,"dd/mm/yyyy")', "14/03/2014"),
        ('B1&" born "&TEXT(DATE(2014,2+1,14),"d mmmm yyyy")', "Ama born 14 March 2014"),
        ("VLOOKUP(A2,'The Roll'!A:B,2,FALSE)", "Ama Osei"),
        ("INDEX('The Roll'!$B$1:$B$2,MATCH(A2,'The Roll'!$A$1:$A$2,0))", "Ama Osei"),
        ("_xlfn.XLOOKUP(A2,'The Roll'!A1:A2,'The Roll'!B1:B2)", "Ama Osei"),
        ('IFERROR(VLOOKUP("none",\'The Roll\'!A:B,2,0),"nobody")', "nobody"),
        ('PROPER(LOWER("AMA"))&" "&UPPER(LEFT(A1,1))&MID(A1,2,9)', "Ama Osei"),
        ('CHAR(65)&CHAR(109)&"a"', "Ama"),
        ('IF(C1>40000,B1,"old")', "Ama"),
        ('IF(COUNTIF(A1:A9,"x")>2,"many","few")', "many / few"),
        ('"Week "&WEEKNUM(TODAY())', "Week ?"),
        ('TEXT(TODAY(),"dd")&A1', "?Osei"),
        ('INDIRECT("B"&1)', "Ama"),
        ("INDIRECT(\"'The Roll'!B1\")", "Ama Osei"),
        ('SUBSTITUTE("Ama*Osei","*"," ")', "Ama Osei"),
        ("1+2*3^2-50%", 18.5),
        ("-(2+3)*2", -10.0),
        ('"a""b"', 'a"b'),
        ('A1="osei"', True),
        ("SUM(C1:C2)", 41712.0),
    ],
)
def test_what_a_formula_is_worth(formula, expected):
    assert value(formula) == expected


@pytest.mark.parametrize("formula", ["VLOOKUP(1,A1:B2,2,0)", "1/0", 'DATEVALUE("never")', "A1+1"])
def test_a_fault_is_a_fault(formula):
    with pytest.raises(Fault):
        value(formula)


@pytest.mark.parametrize(
    "formula",
    ["[1]Roll!A1", "Table1[Name]", "OFFSET(A1,1,1)", 'INDIRECT("1+1")', "{1,2}", "A1 B1", "", "(" * 3000, "Names!A1"],
)
def test_what_cannot_be_told_is_unknown(formula):
    with pytest.raises(Unknown) as raised:
        value(formula)
    assert not isinstance(raised.value, Fault)


def test_sums_and_counts_need_not_be_told():
    assert is_of_no_use('SUMIF(A:A,"x & y",B:B)/COUNTIF(A:A,"x")')
    assert is_of_no_use("Table1[[#This Row],[Score]]*2")
    assert not is_of_no_use("[1]Marks!A1*2")
    assert not is_of_no_use('A1&COUNTIF(A:A,"x")')
    assert not is_of_no_use("OFFSET(A1,1,1)")


def replaced(data, changes, added):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            content = old.read(entry).decode()
            new.writestr(entry.filename, changes.get(entry.filename, str)(content))
        for name, content in added.items():
            new.writestr(name, content)
    return out.getvalue()


def workbook(rows, hidden="", recalculated=False):
    data = samples.xlsx(rows)
    if not hidden and not recalculated:
        return data
    members = {"xl/worksheets/sheet2.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{hidden}</sheetData></worksheet>'}
    sheet = '<sheet name="Roll" sheetId="2" state="hidden" r:id="r2"/></sheets>'
    calc = '<calcPr fullCalcOnLoad="1"/></workbook>' if recalculated else "</workbook>"
    link = '<Relationship Id="r2" Type="x" Target="worksheets/sheet2.xml"/></Relationships>'
    return replaced(
        data,
        {
            "xl/workbook.xml": lambda xml: xml.replace("</sheets>", sheet).replace("</workbook>", calc),
            "xl/_rels/workbook.xml.rels": lambda xml: xml.replace("</Relationships>", link),
        },
        members,
    )


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def row(number, *cells):
    return f'<row r="{number}">{"".join(cells)}</row>'


def words(at, text):
    return f'<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>'


def formula(at, text, value="", **attributes):
    extra = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<c r="{at}"><f{extra}>{escape(text)}</f>{f"<v>{value}</v>" if value else ""}</c>'


HEADS = row(1, words("A1", "Surname"), words("B1", "UPN"), words("C1", "Name"))
ROLL = row(1, words("A1", "A714034244150"), words("B1", "Ama Osei"))
LOOKED_UP = "VLOOKUP(B2,Roll!A:B,2,FALSE)"


@pytest.mark.parametrize(("stored", "recalculated"), [("", False), ("0", True)])
def test_a_name_looked_up_on_a_hidden_sheet_stands_in_its_row(stored, recalculated):
    rows = HEADS + row(2, words("A2", "Osei"), words("B2", "A714034244150"), formula("C2", LOOKED_UP, stored))
    reading = read_file(workbook(rows, ROLL, recalculated), "a.xlsx")
    (found,) = [s for s in reading.segments if s.kind is SegmentKind.ALTERNATE]
    assert found.text == "Surname: Osei | UPN: A714034244150 | Name: Ama Osei"
    assert found.place == ("a.xlsx", 'sheet "Sheet1"', "row 2")
    assert reading.unreadable == ()


def test_a_stored_value_stands():
    rows = HEADS + row(2, words("A2", "Osei"), formula("B2", 'A2&"x"', "0"))
    reading = read_file(workbook(rows), "a.xlsx")
    assert any(s.text == "Surname: Osei | UPN: 0" for s in reading.segments)
    assert not any(s.kind is SegmentKind.ALTERNATE for s in reading.segments)


def test_a_shared_formula_moves_with_its_cell():
    rows = row(1, words("A1", "Osei"), words("B1", "Ama"), formula("C1", 'B1&" "&A1', t="shared", si="0", ref="C1:C2"))
    rows += row(2, words("A2", "Boateng"), words("B2", "Kofi"), formula("C2", "", t="shared", si="0"))
    texts = [s.text for s in read_file(workbook(rows), "a.xlsx").segments if s.kind is SegmentKind.ALTERNATE]
    assert "Boateng | Kofi | Kofi Boateng" in texts


def test_what_cannot_be_worked_out_is_reported_with_its_row():
    rows = row(4, words("A4", "x"), formula("B4", "OFFSET(A4,1,1)"))
    (fact,) = read_file(workbook(rows), "a.xlsx").unreadable
    assert (fact.place, fact.reason) == (("a.xlsx", 'sheet "Sheet1"', "row 4"), UnreadableReason.UNSUPPORTED)


@pytest.mark.parametrize("text", ["A1", "B1", "SUMIF(C:C,1,D:D)", "VLOOKUP(1,C1:D4,2,0)", "TODAY()", "1/0"])
def test_sums_circles_and_faults_are_not_reported(text):
    assert read_file(workbook(row(1, formula("A1", text), formula("B1", "A1"))), "a.xlsx").unreadable == ()


def test_a_long_chain_of_formulas_is_worked_out_or_reported():
    rows = "".join(row(n, formula(f"A{n}", f'A{n + 1}&"x"')) for n in range(1, 400))
    assert read_file(workbook(rows), "a.xlsx").unreadable
