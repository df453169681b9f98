"""Exports as they really come out of a school's system after somebody has had them open in a spreadsheet."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from mailguard.model import Roll
from mailguard.roll.entitlement import Entitlements
from mailguard.roll.mapping import parse_mapping, render_mapping
from mailguard.roll.problems import Loaded, Problem, RollError
from mailguard.roll.sources.mapped import load_mapped, preview

Rows = list[list[object]]
HEADS: list[object] = ["Adno", "Surname", "Forename", "DOB", "Contact Name", "PR", "Contact Email", "Contact Telephone"]
ADA: list[object] = ["1001", "Kerr", "Ada", "09/03/2015", "Mrs Una Kerr", "Y", "una@home.example", "07700 900123"]
BEN: list[object] = ["1002", "Wolf", "Ben", "10/03/2015", "Ms Ida Wolf", "Y", "ida@wolf.example", "07700 900124"]


def changed(row: list[object], **cells: object) -> list[object]:
    places = {str(head).replace(" ", "_"): place for place, head in enumerate(HEADS)}
    new = list(row)
    for name, value in cells.items():
        new[places[name]] = value
    return new


def load(folder: Path, rows: Rows, name: str = "export.csv") -> Loaded:
    path = folder / name
    if name.endswith(".xlsx"):
        book = openpyxl.Workbook()
        sheet = book.create_sheet(index=0)
        for row in rows:
            sheet.append(row)
        book.remove(book.worksheets[1])
        book.save(path)
    else:
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        path.write_text(out.getvalue(), encoding="utf-8")
    return load_mapped(path, "OAK")


def rights(roll: Roll) -> dict[str, tuple[str, ...]]:
    """Return the ids of the pupils of every address that may receive, a barred one with "!"."""
    found = Entitlements(roll)
    addresses = sorted({email for contact in roll.contacts for email in contact.emails})
    return {
        address: tuple(sorted(key.pupil for key in found.of(address).pupils))
        + tuple(f"!{key.pupil}" for key in sorted(found.of(address).barred))
        for address in addresses
    }


def faults(folder: Path, rows: Rows) -> tuple[Problem, ...]:
    with pytest.raises(RollError) as refused:
        load(folder, rows)
    return refused.value.problems


PLAIN = {"ida@wolf.example": ("1002",), "una@home.example": ("1001",)}


def test_the_plain_export(tmp_path: Path) -> None:
    loaded = load(tmp_path, [HEADS, ADA, BEN])
    assert rights(loaded.roll) == PLAIN
    assert loaded.warnings == ()


NOTES: dict[str, Sequence[object]] = {
    "total": ["Total", "2"],
    "count": ["Number of pupils: 2"],
    "grand total": ["", "", "Grand total: 2"],
    "records": ["2 records"],
    "printed": ["Printed on 2 November by the office"],
    "headings again": HEADS,
}


@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES)
@pytest.mark.parametrize("name", ["export.csv", "export.xlsx"])
def test_what_stands_under_a_table_is_nobody(tmp_path: Path, note: Sequence[object], name: str) -> None:
    loaded = load(tmp_path, [HEADS, ADA, list(note), BEN], name)
    assert rights(loaded.roll) == PLAIN
    assert [(problem.line, problem.column) for problem in loaded.warnings] == [(3, "")]


def test_a_row_that_may_be_a_pupil_is_no_note(tmp_path: Path) -> None:
    rows: Rows = [HEADS, ADA, ["", "Total", "Ben", "10/03/2015", "", "", "ben@wolf.example"]]
    assert rights(load(tmp_path, rows).roll).keys() == {"una@home.example", "ben@wolf.example"}
    assert faults(tmp_path, [HEADS, ADA, ["1002", "Wolf"]])[0].line == 3


ADDRESSES = {
    "two": ("una@home.example; Bo@work.example", ("Bo@work.example", "una@home.example")),
    "three ways": ("una@home.example,bo@w.example | x@y.example", ("bo@w.example", "una@home.example", "x@y.example")),
    "a line each": ("una@home.example\nbo@work.example", ("bo@work.example", "una@home.example")),
    "with a name": ("Kerr Una <una@home.example>", ("una@home.example",)),
    "two with names": ("Una <una@home.example>; Bo Kerr <bo@work.example>", ("bo@work.example", "una@home.example")),
    "a link": ("mailto:una@home.example", ("una@home.example",)),
    "no-break space": ("una@home.example\u00a0", ("una@home.example",)),
    "nobody sees it": ("\ufeffuna@home\u200b.example", ("una@home.example",)),
    "none": ("n/a", ()),
    "none in words": ("No email", ()),
}  # fmt: skip


@pytest.mark.parametrize(("cell", "expected"), ADDRESSES.values(), ids=ADDRESSES)
def test_addresses_of_one_cell(tmp_path: Path, cell: str, expected: tuple[str, ...]) -> None:
    loaded = load(tmp_path, [HEADS, changed(ADA, Contact_Email=cell), BEN])
    assert rights(loaded.roll) == dict.fromkeys(expected, ("1001",)) | {"ida@wolf.example": ("1002",)}
    assert len(loaded.warnings) == (not expected)


@pytest.mark.parametrize("cell", ["una at home", "una@home@example", "see una@home.example", "una@"])
def test_what_is_no_address_is_refused(tmp_path: Path, cell: str) -> None:
    found = faults(tmp_path, [HEADS, changed(ADA, Contact_Email=cell), BEN])
    assert [(p.line, p.column) for p in found] == [(2, "Contact Email")]


PHONES = {
    "07700 900123; 01632 960001": ("07700 900123", "01632 960001"),
    "07700 900123 / 01632 960001 (work)": ("07700 900123", "01632 960001 (work)"),
    "07700 900123 or 01632 960001": ("07700 900123", "01632 960001"),
    "7700900123": ("7700900123",),
    "7.70E+09": (),
    "none": (),
}


@pytest.mark.parametrize(("cell", "expected"), PHONES.items())
def test_telephones_of_one_cell(tmp_path: Path, cell: str, expected: tuple[str, ...]) -> None:
    loaded = load(tmp_path, [HEADS, changed(ADA, Contact_Telephone=cell), BEN])
    assert loaded.roll.contacts[0].phones == expected
    assert [p.column for p in loaded.warnings] == ["Contact Telephone"] * ("E+" in cell)


def test_a_parent_of_two_rows_of_capitals_is_one(tmp_path: Path) -> None:
    other = changed(BEN, Contact_Name="MRS UNA  KERR", Contact_Email="UNA@Home.example ")
    roll = load(tmp_path, [HEADS, ADA, other]).roll
    assert len(roll.contacts) == 1
    assert Entitlements(roll).of("una@home.example").pupils == {pupil.key for pupil in roll.pupils}


def test_a_couple_is_one_contact_of_two_addresses(tmp_path: Path) -> None:
    couple = changed(ADA, Contact_Name="Mr & Mrs Kerr", Contact_Email="una@home.example; bo@home.example")
    assert rights(load(tmp_path, [HEADS, couple, BEN]).roll) == PLAIN | {"bo@home.example": ("1001",)}


def test_one_address_of_two_families_is_told_and_serves_both(tmp_path: Path) -> None:
    roll = load(tmp_path, [HEADS, ADA, changed(BEN, Contact_Email="una@home.example")]).roll
    assert len(roll.contacts) == 2
    assert rights(roll) == {"una@home.example": ("1001", "1002")}


SIDE = ["Adno", "Surname", "Forename", "Contact 1 Name", "Contact 1 Email", "Contact 2 Name", "Contact 2 Email"]
TWO = ["1001", "Kerr", "Ada", "Una Kerr", "una@home.example", "Bo Kerr", "bo@home.example"]

ORDERS = {
    "Y": ("!1001",),
    "see file": ("!1001",),
    "12/03/2024": ("!1001",),
    "N": ("1001",),
    "": ("1001",),
    "None": ("1001",),
    "no order": ("1001",),
}


@pytest.mark.parametrize(("cell", "expected"), ORDERS.items())
def test_words_in_a_column_of_orders_are_an_order(tmp_path: Path, cell: str, expected: tuple[str, ...]) -> None:
    loaded = load(
        tmp_path,
        [
            [*HEADS, "Court Order"],
            [*ADA, "N"],
            [*changed(ADA, Contact_Name="Bo Kerr", Contact_Email="bo@home.example"), cell],
        ],
    )
    assert rights(loaded.roll) == {"una@home.example": ("1001",), "bo@home.example": expected}
    assert len(loaded.warnings) == (cell in ("see file", "12/03/2024"))


@pytest.mark.parametrize(
    ("heading", "cell", "may"),
    [
        ("No Correspondence", "T", False),
        ("No Correspondence", "F", True),
        ("Receives Correspondence", "No", False),
        ("Receives Correspondence", "Yes", True),
        ("Correspondence", "", False),
        ("Do not contact", "x", False),
        ("Contact No Correspondence", "Y", False),
        ("Injunction", "Y", False),
        ("Contact Court Order In Place", "Y", False),
    ],
)
def test_who_is_not_to_be_written_to_may_not_receive(tmp_path: Path, heading: str, cell: str, may: bool) -> None:
    found = rights(load(tmp_path, [[*HEADS, heading], [*ADA, cell]]).roll)
    assert found["una@home.example"] in ((("1001",),) if may else ((), ("!1001",)))


@pytest.mark.parametrize(
    "heading", ["Court Order Notes", "Injunction 2019?", "Restrictions on contact", "Withheld from", "CO/Court"]
)
def test_a_column_that_may_forbid_and_is_not_understood_refuses(tmp_path: Path, heading: str) -> None:
    found = faults(tmp_path, [[*HEADS, heading], [*ADA, "Y"]])
    assert [(p.line, p.column) for p in found] == [(1, heading)]


def test_an_order_beside_two_contacts_must_say_whose_it_is(tmp_path: Path) -> None:
    heads: list[object] = [*HEADS[:3], "Mother's Email", "Father's Email", "Court Order"]
    found = faults(tmp_path, [heads, ["1001", "Kerr", "Ada", "una@home.example", "bo@home.example", "Y"]])
    assert [(p.line, p.column) for p in found] == [(1, "Court Order")]
    numbered: list[object] = [*SIDE, "Parental Responsibility", "Contact 2 Parental Responsibility"]
    assert faults(tmp_path, [numbered, [*TWO, "Y", "N"]])[0].column == "Parental Responsibility"
    heads[-1] = "Father Court Order"
    rows: Rows = [heads, ["1001", "Kerr", "Ada", "una@home.example", "bo@home.example", "Y"]]
    assert rights(load(tmp_path, rows).roll) == {"una@home.example": ("1001",), "bo@home.example": ("!1001",)}


def test_equal_headings_of_two_contacts_are_refused(tmp_path: Path) -> None:
    """The second contact's address would otherwise become the first one's, who has responsibility."""
    each = ["Relationship", "Parental Responsibility", "Home Email"]
    row = ["Mother", "Y", "una@home.example", "Uncle", "N", "sid@far.example"]
    found = faults(tmp_path, [[*HEADS[:3], *each, *each], [*ADA[:3], *row]])
    assert "Home Email" in {p.column for p in found}


def test_a_saved_guess_reads_what_the_guess_read_and_tells_what_it_leaves_out(tmp_path: Path) -> None:
    each = ["Full name", "PR", "Home Email"]
    rows: Rows = [
        ["", "", "", "Contact 1", "", "", "Contact 2", "", "", "Other"],
        ["Adno", "Surname", "Forename", *each, *each, "Court Order Notes"],
        ["1001", "Kerr", "Ada", "Una Kerr", "Y", "una@home.example", "Sid", "N", "sid@far.example", "see file"],
    ]
    assert [p.column for p in faults(tmp_path, rows)] == ["Court Order Notes"]
    path = tmp_path / "export.csv"
    saved = parse_mapping(render_mapping(preview(path)[1]))
    loaded = load_mapped(path, "OAK", saved)
    assert rights(loaded.roll) == {"una@home.example": ("1001",), "sid@far.example": ()}
    assert [p.column for p in loaded.warnings] == ["Court Order Notes"]


def test_a_mapping_does_not_tell_two_columns_of_one_heading_apart(tmp_path: Path) -> None:
    heads = ["Surname", "Forename", "Mail", "PR", "Mail", "PR"]
    (tmp_path / "export.csv").write_text(",".join(heads) + "\nKerr,Ada,una@home.example,Y,sid@far.example,N\n")
    columns = {
        "Surname": "surname",
        "Forename": "forename",
        "Mail": "contact 1 email",
        "PR": "contact 1 responsibility",
    }
    text = "[columns]\n" + "\n".join(f'"{head}" = "{target}"' for head, target in columns.items())
    with pytest.raises(RollError) as refused:
        load_mapped(tmp_path / "export.csv", "OAK", parse_mapping(text))
    assert {p.column for p in refused.value.problems} == {"Mail", "PR"}


def test_a_row_of_groups_above_the_headings(tmp_path: Path) -> None:
    each = ["Full name", "Relationship", "Parental Responsibility", "Home Email"]
    rows: Rows = [
        ["Contacts of pupils", "", "", "as of 2 November"],
        ["Pupil", "", "", "Contact 1", "", "", "", "Contact 2"],
        ["Adno", "Surname", "Forename", *each, *each],
        ["1001", "Kerr", "Ada", "Una Kerr", "Mother", "Y", "una@home.example", "Sid", "Uncle", "N", "sid@far.example"],
    ]  # fmt: skip
    for name in ("export.csv", "export.xlsx"):
        assert rights(load(tmp_path, rows, name).roll) == {"una@home.example": ("1001",), "sid@far.example": ()}


def test_a_title_with_commas_above_columns_divided_by_tabs(tmp_path: Path) -> None:
    text = "Contacts, Year 6, Oakfield, printed 2 November\n" + "\n".join(
        "\t".join(map(str, row)) for row in (HEADS, ADA, BEN)
    )
    (tmp_path / "export.txt").write_text(text)
    assert rights(load_mapped(tmp_path / "export.txt", "OAK").roll) == PLAIN


def test_cells_that_were_merged_over_two_contacts_are_refused_with_advice(tmp_path: Path) -> None:
    second: list[object] = ["", "", "", "", "Bo Kerr", "N", "bo@home.example", ""]
    found = faults(tmp_path, [HEADS, ADA, second, BEN])
    assert [p.line for p in found] == [3]
    assert "merged" in found[0].remedy


def test_days_as_a_spreadsheet_keeps_them(tmp_path: Path) -> None:
    roll = load(tmp_path, [HEADS, changed(ADA, DOB=date(2015, 3, 9)), BEN], "export.xlsx").roll
    assert roll.pupils[0].date_of_birth == date(2015, 3, 9)
    for cell in ("42072", 42072, "03/25/2015", "9/3/15"):
        assert [p.column for p in faults(tmp_path, [HEADS, changed(ADA, DOB=cell), BEN])] == ["date of birth"]


def test_an_address_nobody_can_see_in_full_is_refused_in_every_source(tmp_path: Path) -> None:
    found = faults(tmp_path, [HEADS, changed(ADA, Contact_Email="una@home\u2062.example"), BEN])
    assert [(p.line, p.column) for p in found] == [(2, "Contact Email")]


@pytest.mark.parametrize(("one", "other"), [("Forename", "Adno"), ("Surname", "DOB")])
def test_headings_of_two_columns_that_were_changed_for_each_other_refuse(tmp_path: Path, one: str, other: str) -> None:
    names = {one: other, other: one}
    heads = [names.get(str(head), head) for head in HEADS]
    assert one.lower() in {p.column for p in faults(tmp_path, [heads, ADA, BEN])}


def test_a_heading_without_a_number_beside_numbered_ones_is_refused(tmp_path: Path) -> None:
    """The third contact's address would otherwise be one of the first's."""
    each = ["Contact {} Name", "Contact {} PR", "Contact {} Email"]
    heads: list[object] = [*HEADS[:3], *(head.format(n) for n in (1, 2, 3) for head in each)]
    row = [*ADA[:3], "Una", "Y", "una@home.example", "Bo", "Y", "bo@home.example", "Sid", "N", "sid@far.example"]
    assert rights(load(tmp_path, [heads, row]).roll)["sid@far.example"] == ()
    lost = [head if head != "Contact 3 Email" else "Contact Email" for head in heads]
    assert [p.column for p in faults(tmp_path, [lost, row])] == ["Contact Email"]


def test_a_contact_without_the_column_that_the_others_have_is_refused(tmp_path: Path) -> None:
    each = ["Guardian {} name", "Guardian {} email", "Guardian {} legal responsibility"]
    heads: list[object] = [*HEADS[:3], *(head.format(n) for n in (1, 2) for head in each)]
    row = [*ADA[:3], "Una", "una@home.example", "Y", "Sid", "sid@far.example", "N"]
    assert rights(load(tmp_path, [heads, row]).roll)["sid@far.example"] == ()
    assert [p.column for p in faults(tmp_path, [heads[:-1], row[:-1]])] == ["Guardian 2 email"]
