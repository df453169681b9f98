import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from mailguard.model import MayReceive, PupilKey
from mailguard.roll.entitlement import Entitlements
from mailguard.roll.mapping import guess, parse_mapping, render_mapping
from mailguard.roll.problems import Problem, RollError
from mailguard.roll.sources.mapped import load_mapped, preview, read_date, split_name

# One pupil and contact a row, as contact reports give it.
ROWS = (
    "Adno,UPN,Legal Surname,Legal Forename,Preferred Forename,DOB,Year Group,Reg Group,Contact Priority,Contact Title,"
    "Contact Surname,Contact Forename,Contact Relationship,Parental Responsibility,Primary Email,Mobile Number,"
    "Court Order,Lives with Pupil\n"
    "1001,B801200005001,Kerr,Ada,Addy,09/03/2015,6,6B,1,Ms,Kerr,Una,Mother,T,una@home.example,07700 900123,F,T\n"
    "1001,B801200005001,Kerr,Ada,Addy,09/03/2015,6,6B,2,Mr,Kerr,Bo,Father,T,bo@home.example,07700 900124,T,F\n"
    "1002,,Kerr,Ben,,1 Jan 2018,3,3A,1,Ms,Kerr,Una,Mother,T,UNA@home.example,,F,T\n"
    "1002,,Kerr,Ben,,1 Jan 2018,3,3A,2,Mrs,Fox,Nan,Grandmother,F,nan@home.example,,F,F\n"
)
# One pupil a row, contacts side by side, as guardian reports give it.
SIDE_BY_SIDE = (
    "Student;Student ID;Date of birth;Form;Parent 1 Name;Parent 1 Email;Parent 1 Mobile;Parent 2 Name;Parent 2 Email\n"
    '"Kerr, Ada";1001;2015-03-09;6B;Una Kerr;una@home.example;07700 900123;Bo Kerr;bo@home.example\n'
    '"Kerr, Ben";1002;2018-01-01;3A;Una Kerr;una@home.example;07700 900123;;\n'
)


def write(folder: Path, text: str | bytes, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults(path: Path, school: str = "OAK", mapping=None) -> tuple[Problem, ...]:
    with pytest.raises(RollError) as refused:
        load_mapped(path, school, mapping)
    return refused.value.problems


def test_a_row_for_each_pupil_and_contact(tmp_path: Path) -> None:
    roll = load_mapped(write(tmp_path, ROWS), "OAK").roll
    ada, ben = roll.pupils
    assert (ada.key, ada.upn, ada.preferred_forename) == (PupilKey("OAK", "1001"), "B801200005001", "Addy")
    assert (ada.date_of_birth, ben.date_of_birth) == (date(2015, 3, 9), date(2018, 1, 1))
    assert (ada.year_group, ada.registration_group) == ("6", "6B")
    assert [(p.may_receive, p.relationship, p.priority) for p in roll.relationships] == [
        (MayReceive.YES, "Mother", 1),
        (MayReceive.ORDER, "Father", 2),
        (MayReceive.YES, "Mother", 1),
        (MayReceive.NO, "Grandmother", 2),
    ]
    rights = Entitlements(roll)
    assert rights.of("una@home.example").pupils == {ada.key, ben.key}
    assert rights.of("bo@home.example").barred == {ada.key}
    assert len(roll.contacts) == 3


def test_contacts_side_by_side(tmp_path: Path) -> None:
    roll = load_mapped(write(tmp_path, SIDE_BY_SIDE), "OAK").roll
    assert [(p.forename, p.surname, p.registration_group) for p in roll.pupils] == [
        ("Ada", "Kerr", "6B"),
        ("Ben", "Kerr", "3A"),
    ]
    rights = Entitlements(roll)
    assert {key.pupil for key in rights.of("una@home.example").pupils} == {"1001", "1002"}
    assert {key.pupil for key in rights.of("bo@home.example").pupils} == {"1001"}
    assert roll.contacts[0].phones == ("07700 900123",)


def workbook(rows: list[list[object]], hidden: bool = False) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if hidden:
        book.create_sheet("hidden").sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_with_a_title_above_its_headings(tmp_path: Path) -> None:
    rows = [
        ["Contact report of 2 November"],
        [],
        ["Forename", "Surname", "Date of Birth", "Admission Number", "Mother's Email", "Father email address"],
        ["Ada", "Kerr", date(2015, 3, 9), 1001, "una@home.example", None],
    ]
    roll = load_mapped(write(tmp_path, workbook(rows, hidden=True), "export.xlsx"), "OAK").roll
    assert (roll.pupils[0].pupil_id, roll.pupils[0].date_of_birth) == ("1001", date(2015, 3, 9))
    assert [(p.relationship, p.may_receive) for p in roll.relationships] == [("mother", MayReceive.YES)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("divider", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_every_common_encoding_and_divider(tmp_path: Path, encoding: str, divider: str, ends: str) -> None:
    text = ROWS.replace("Ada", "Zoë").replace(",", divider).replace("\n", ends)
    loaded = load_mapped(write(tmp_path, text.encode(encoding)), "OAK")
    assert loaded.roll.pupils[0].forename == "Zoë"
    assert [w.line for w in loaded.warnings] == ([2] if encoding == "cp1252" else [])


HEADINGS = {
    "Legal Surname": "surname",
    "legal_surname": "surname",
    "LegalSurname": "surname",
    "First name": "forename",
    "Date of Birth": "date_of_birth",
    "D.O.B.": "date_of_birth",
    "Unique Pupil Number": "upn",
    "Admission No.": "pupil_id",
    "NC Year": "year_group",
    "Tutor Group": "registration_group",
    "Student Email Address": "email",
    "Priority Contact 1 Surname": "contact 1 surname",
    "Contact 1 Surname": "contact 1 surname",
    "Contact1 E-mail": "contact 1 email",
    "Primary Guardian 2 Email Address": "contact 2 email",
    "Guardian 1 : Email": "contact 1 email",
    "Mother's mobile": "contact mother phone",
    "Parent/Carer 2 Home Telephone": "contact 2 phone",
    "Contact Parental Responsibility": "contact 1 responsibility",
    "Parental responsibility": "contact 1 responsibility",
    "Home Email": "contact 1 email",
    "Relationship to pupil": "contact 1 relationship",
    "Court Order Restricted Access": "contact 1 order",
    "Lives with Pupil": None,
    "Gender": None,
    "Favourite colour": None,
}


@pytest.mark.parametrize(("heading", "target"), HEADINGS.items())
def test_headings_are_understood(heading: str, target: str | None) -> None:
    found = guess([heading]).columns.get(heading)
    assert (str(found) if found else None) == target


def test_plain_headings_beside_the_pupils_own_are_the_contacts() -> None:
    found = guess(["Pupil Forename", "Pupil Surname", "Forename", "Surname", "Home Email", "Parental responsibility"])
    assert str(found.columns["Surname"]) == "contact 1 surname"
    assert str(found.columns["Pupil Surname"]) == "surname"


def test_a_mapping_is_saved_corrected_and_used(tmp_path: Path) -> None:
    path = write(tmp_path, "Nachname,Vorname,Mutter\nKerr,Ada,una@home.example\n")
    assert [p.line for p in faults(path)] == [1]
    text = 'school = "OAK"\n[columns]\n"Nachname" = "surname"\n"Vorname" = "forename"\n"Mutter" = "parent 1 email"\n'
    mapping = parse_mapping(text)
    roll = load_mapped(path, "", mapping).roll
    assert Entitlements(roll).of("una@home.example").pupils == {roll.pupils[0].key}
    assert parse_mapping(render_mapping(mapping)) == mapping
    shown, used = preview(write(tmp_path, ROWS))
    assert {seen.heading: seen.taken_for for seen in shown}["Primary Email"] == "contact 1 email"
    assert parse_mapping(render_mapping(used)) == used


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("[columns", ""),
        ('shool = "OAK"\n[columns]\n"a" = "surname"', "shool"),
        ('[columns]\n"a" = "surnam"', "a"),
        ('[columns]\n"a" = "contact 1 shoe"', "a"),
        ("", "columns"),
        ('may_receive = "y"\n[columns]\n"a" = "surname"', "may_receive"),
    ],
)
def test_a_bad_mapping_is_refused(text: str, column: str) -> None:
    with pytest.raises(RollError) as refused:
        parse_mapping(text)
    assert refused.value.problems[0].column == column


BAD = {
    "empty": ("", 0, ""),
    "no headings": ("1001,Ada,Kerr\n1002,Ben,Kerr\n", 1, ""),
    "no names": (ROWS.replace("Legal Surname", "X"), 1, ""),
    "no addresses": (ROWS.replace("Primary Email", "X"), 1, ""),
    "nothing on who may receive": (ROWS.replace("Parental Responsibility", "X"), 1, "Primary Email"),
    "blank name": (ROWS.replace("Kerr,Ben", ",Ben"), 4, ""),
    "bad date": (ROWS.replace("1 Jan 2018", "31/02/2018", 1), 4, "date of birth"),
    "bad e-mail": (ROWS.replace("bo@home.example", "bo at home"), 3, "Primary Email"),
    "bad truth": (ROWS.replace("Grandmother,F", "Grandmother,perhaps"), 5, "responsibility"),
    "duplicate upn": (ROWS.replace("1002,,", "1002,B801200005001,"), 4, "UPN"),
    "one id, two pupils": (ROWS.replace("1002,,Kerr,Ben", "1001,,Kerr,Ben"), 4, ""),
    "too many cells": (ROWS.replace(",6B,2,", ",6B,2,x,"), 3, ""),
    "formula": (ROWS.replace("07700 900124", "=A1"), 3, "Mobile Number"),
    "broken quote": (ROWS.replace("Bo,", '"Bo,'), 3, ""),
    "mixed encodings": (ROWS.replace("Ada", "Zoë").encode() + "1,,Zoë\n".encode("cp1252"), 6, ""),
    "nul": (ROWS.replace("Bo", "B\0o"), 3, ""),
    "damaged workbook": (workbook([["Forename", "Surname"]]).replace(b"sheet1.xml", b"sheet9.xml", 1), 0, ""),
    "not a workbook": (b"PK\x03\x04nothing", 0, ""),
    "no pupils": (ROWS.partition("\n")[0], 0, ""),
}


@pytest.mark.parametrize(("text", "line", "column"), BAD.values(), ids=BAD)
def test_a_bad_export_is_refused_with_its_place(tmp_path: Path, text: str | bytes, line: int, column: str) -> None:
    found = faults(write(tmp_path, text))
    assert (found[0].line, found[0].column) == (line, column), [str(p) for p in found]


def test_the_school_must_be_known(tmp_path: Path) -> None:
    assert [p.line for p in faults(write(tmp_path, ROWS), school="")] == [0]
    told = ROWS.replace("Adno", "School,Adno").replace("\n1", "\nELM,1")
    assert {p.school for p in load_mapped(write(tmp_path, told)).roll.pupils} == {"ELM"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015-03-09", date(2015, 3, 9)),
        ("09/03/2015", date(2015, 3, 9)),
        ("9.3.2015", date(2015, 3, 9)),
        ("9 March 2015", date(2015, 3, 9)),
        ("09-Mar-2015", date(2015, 3, 9)),
        ("2015-03-09 00:00:00", date(2015, 3, 9)),
        ("03/09/15", None),
        ("31/02/2015", None),
        ("13/13/2015", None),
        ("9 Foo 2015", None),
        ("0209", None),
    ],
)
def test_dates(text: str, expected: date | None) -> None:
    assert read_date(text) == expected


def test_month_first_only_where_a_mapping_says_so() -> None:
    assert read_date("03/09/2015", month_first=True) == date(2015, 3, 9)
    assert read_date("25/12/2015", month_first=True) is None


def test_names_are_split() -> None:
    assert split_name("Kerr, Ada Zoë") == ("Ada Zoë", "Kerr")
    assert split_name("Ada Zoë Kerr") == ("Ada Zoë", "Kerr")
    assert split_name("Ada") == ("", "Ada")
