import codecs
import os
from datetime import date
from pathlib import Path

import pytest

from mailguard.model import MayReceive, PupilKey, PupilStatus
from mailguard.roll.problems import Problem, RollError
from mailguard.roll.sources.native import load_native

PUPILS = (
    "school,pupil_id,upn,uln,forename,middle_names,surname,preferred_forename,preferred_surname,date_of_birth,"
    "year_group,registration_group,address,postcode,email,status"
)
CONTACTS = "contact_id,title,forename,surname,emails,phones,address,postcode,confidential"
RELATIONSHIPS = "pupil_id,contact_id,relationship,parental_responsibility,may_receive,priority"
STAFF = "school,title,forename,surname,email"
GOOD = {
    "pupils.csv": f"{PUPILS}\nOAK,1,B801200005001,,Ada,,Kerr,,,2015-03-09,6,6B,1 Elm Road,ZZ1 1AB,,current\n",
    "contacts.csv": f"{CONTACTS}\nC1,Ms,Una,Kerr,una@example.org;una@work.example,07700 900123,,,n\n",
    "relationships.csv": f"{RELATIONSHIPS}\n1,C1,mother,y,y,1\n",
}


def write(folder: Path, **changed: str | bytes | None) -> Path:
    for name, text in (GOOD | {f"{stem}.csv": text for stem, text in changed.items()}).items():
        if isinstance(text, str):
            (folder / name).write_text(text, encoding="utf-8", newline="")
        elif text is not None:
            (folder / name).write_bytes(text)
    return folder


def faults(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(RollError) as refused:
        load_native(folder)
    return refused.value.problems


def only(folder: Path) -> tuple[str, int, str]:
    problems = faults(folder)
    assert len(problems) == 1, refused_text(problems)
    assert problems[0].remedy
    return problems[0].file, problems[0].line, problems[0].column


def refused_text(problems: tuple[Problem, ...]) -> str:
    return "\n".join(map(str, problems))


def pupil(row: str) -> str:
    return f"{GOOD['pupils.csv']}{row}\n"


def test_a_good_roll_is_read_in_full(tmp_path: Path) -> None:
    loaded = load_native(write(tmp_path))
    assert loaded.warnings == ()
    [ada] = loaded.roll.pupils
    assert (ada.key, ada.date_of_birth, ada.status) == (PupilKey("OAK", "1"), date(2015, 3, 9), PupilStatus.CURRENT)
    assert loaded.roll.contacts[0].emails == ("una@example.org", "una@work.example")
    [pair] = loaded.roll.relationships
    assert (pair.pupil, pair.may_receive, pair.parental_responsibility) == (ada.key, MayReceive.YES, True)
    assert len(loaded.roll.revision) == 16


@pytest.mark.parametrize(
    "spelt",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.replace("\n", "\n\n").rstrip().encode(),
        lambda text: (
            ",".join(reversed(text.splitlines()[0].split(","))).encode()
            + b"\n"
            + ",".join(reversed(text.splitlines()[1].split(","))).encode()
        ),
        lambda text: text.replace("\n", ",,\n").encode(),
        lambda text: text.replace(",", " , ").upper().replace("2015", "2015").encode(),
    ],
    ids=["bom", "crlf", "cr", "blank-lines", "other-order", "empty-columns", "spaces-and-capitals"],
)
def test_spellings_of_one_file_are_one_roll(tmp_path: Path, spelt) -> None:
    plain, other = tmp_path / "plain", tmp_path / "other"
    plain.mkdir()
    other.mkdir()
    text = f"{RELATIONSHIPS}\n1,C1,MOTHER,Y,Y,1\n"
    expected = load_native(write(plain, relationships=text)).roll
    loaded = load_native(write(other, relationships=spelt(text)))
    assert loaded.roll == expected
    assert loaded.warnings == ()


def test_a_quoted_value_may_hold_commas_quotes_and_line_breaks_and_lines_stay_physical(tmp_path: Path) -> None:
    rows = (
        'OAK,2,,,"Jo ""Joey""",,"Day, Lee",,,2015-03-09,6,6B,"Flat 1\n2 Elm Road",ZZ1 1AB,,current\n'
        "OAK,3,,,,,X,,,2015-03-09,,,,,,current"
    )
    assert only(write(tmp_path, pupils=pupil(rows))) == ("pupils.csv", 5, "forename")


def test_line_of_a_bad_value_inside_a_record_that_spans_lines_is_its_first(tmp_path: Path) -> None:
    row = 'OAK,2,,,Jo,,Day,,,09/03/2015,6,6B,"Flat 1\r\n2 Elm Road",ZZ1 1AB,,current'
    [problem] = faults(write(tmp_path, pupils=pupil(row)))
    assert (problem.line, problem.column) == (3, "date_of_birth")
    assert "2015-03-09" in problem.remedy
    assert "09/03/2015" not in str(problem)


BAD_PUPILS = {
    "blank school": (",2,,,Jo,,Day,,,2015-03-09,,,,,,current", "school"),
    "blank id": ("OAK,,,,Jo,,Day,,,2015-03-09,,,,,,current", "pupil_id"),
    "blank forename": ("OAK,2,,, ,,Day,,,2015-03-09,,,,,,current", "forename"),
    "blank surname": ("OAK,2,,,Jo,,,,,2015-03-09,,,,,,current", "surname"),
    "date that does not exist": ("OAK,2,,,Jo,,Day,,,2015-02-29,,,,,,current", "date_of_birth"),
    "date of a far year": ("OAK,2,,,Jo,,Day,,,0015-02-20,,,,,,current", "date_of_birth"),
    "date without hyphens": ("OAK,2,,,Jo,,Day,,,20150309,,,,,,current", "date_of_birth"),
    "bad status": ("OAK,2,,,Jo,,Day,,,2015-03-09,,,,,,gone", "status"),
    "duplicate id": ("OAK,1,,,Jo,,Day,,,2015-03-09,,,,,,current", "pupil_id"),
    "duplicate upn": ("OAK,2,b801200005001,,Jo,,Day,,,2015-03-09,,,,,,current", "upn"),
    "bad e-mail": ("OAK,2,,,Jo,,Day,,,2015-03-09,,,,,jo at home,current", "email"),
    "formula": ('OAK,2,,,Jo,,Day,,,2015-03-09,,,"=B2&"" Road""",,,current', "address"),
    "spreadsheet error": ("OAK,2,,,Jo,,#REF!,,,2015-03-09,,,,,,current", "surname"),
    "too few cells": ("OAK,2,,,Jo,,Day,,,2015-03-09", ""),
    "too many cells": ("OAK,2,,,Jo,,Day,,,2015-03-09,,,Flat 1, 2 Elm Road,,,current", ""),
    "open quote": ('OAK,2,,,Jo,,"Day,,,2015-03-09,,,,,,current', ""),
    "quote in the middle": ('OAK,2,,,"Jo"y,,Day,,,2015-03-09,,,,,,current', ""),
}


@pytest.mark.parametrize(("row", "column"), BAD_PUPILS.values(), ids=BAD_PUPILS)
def test_a_bad_pupil_refuses_the_roll(tmp_path: Path, row: str, column: str) -> None:
    assert only(write(tmp_path, pupils=pupil(row))) == ("pupils.csv", 3, column)


BAD_CONTACTS = {
    "blank id": (",,,,,,,,n", "contact_id"),
    "duplicate id": ("C1,,,,,,,,n", "contact_id"),
    "blank confidential": ("C2,,,,,,,,", "confidential"),
    "bad confidential": ("C2,,,,,,,,maybe", "confidential"),
    "addresses divided by a comma": ('C2,,,,"a@example.org,b@example.org",,,,n', "emails"),
    "address with a display name": ("C2,,,,Una <una@example.org>,,,,n", "emails"),
}


@pytest.mark.parametrize(("row", "column"), BAD_CONTACTS.values(), ids=BAD_CONTACTS)
def test_a_bad_contact_refuses_the_roll(tmp_path: Path, row: str, column: str) -> None:
    assert only(write(tmp_path, contacts=f"{GOOD['contacts.csv']}{row}\n")) == ("contacts.csv", 3, column)


BAD_RELATIONSHIPS = {
    "blank pupil": (",C1,,,y,", "pupil_id"),
    "blank contact": ("1,,,,y,", "contact_id"),
    "blank may_receive": ("1,C1,,,,", "may_receive"),
    "bad may_receive": ("1,C1,,,yes please,", "may_receive"),
    "bad responsibility": ("1,C1,,1,y,", "parental_responsibility"),
    "bad priority": ("1,C1,,,y,first", "priority"),
    "unknown pupil": ("9,C1,,,y,", "pupil_id"),
    "unknown contact": ("1,C9,,,y,", "contact_id"),
    "contradiction": ("1,C1,,,order,", "may_receive"),
}


@pytest.mark.parametrize(("row", "column"), BAD_RELATIONSHIPS.values(), ids=BAD_RELATIONSHIPS)
def test_a_bad_relationship_refuses_the_roll(tmp_path: Path, row: str, column: str) -> None:
    folder = write(tmp_path, relationships=f"{GOOD['relationships.csv']}{row}\n")
    assert only(folder) == ("relationships.csv", 3, column)


def test_an_id_of_two_schools_needs_the_school_column(tmp_path: Path) -> None:
    pupils = pupil("ELM,1,,,Jo,,Day,,,2010-03-09,,,,,,current")
    assert only(write(tmp_path, pupils=pupils)) == ("relationships.csv", 2, "school")
    told = f"school,{RELATIONSHIPS}\nELM,1,C1,mother,y,y,1\n"
    roll = load_native(write(tmp_path, pupils=pupils, relationships=told)).roll
    assert [pair.pupil for pair in roll.relationships] == [PupilKey("ELM", "1")]
    wrong = f"school,{RELATIONSHIPS}\nASH,1,C1,mother,y,y,1\n"
    assert only(write(tmp_path, pupils=pupils, relationships=wrong)) == ("relationships.csv", 2, "pupil_id")


BAD_FILES = {
    "missing": (None, 0, ""),
    "empty": ("", 0, ""),
    "blank": ("\n\n", 0, ""),
    "no pupils": (PUPILS, 0, ""),
    "missing column": (GOOD["pupils.csv"].replace(",date_of_birth", ",born"), 1, "date_of_birth"),
    "duplicate column": (GOOD["pupils.csv"].replace(",uln", ",upn"), 1, "upn"),
    "utf-16": (GOOD["pupils.csv"].encode("utf-16"), 1, ""),
    "utf-16 without mark": (GOOD["pupils.csv"].encode("utf-16-le"), 1, ""),
    "cp1252": (pupil("OAK,2,,,Zoë,,Day,,,2015-03-09,,,,,,current").encode("cp1252"), 3, ""),
    "nul": (pupil("OAK,2,,,Zo\0,,Day,,,2015-03-09,,,,,,current"), 3, ""),
}


@pytest.mark.parametrize(("text", "line", "column"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_refuses_the_roll(tmp_path: Path, text: str | bytes | None, line: int, column: str) -> None:
    folder = write(tmp_path, pupils=text)
    found = [p for p in faults(folder) if p.file == "pupils.csv"]
    assert (line, column) in [(p.line, p.column) for p in found], refused_text(tuple(found))
    assert all(p.file == "pupils.csv" for p in faults(folder)), "a file that is not read makes no further faults"


def test_columns_divided_by_semicolons_are_explained(tmp_path: Path) -> None:
    found = faults(write(tmp_path, pupils=GOOD["pupils.csv"].replace(",", ";")))
    assert len(found) == 16
    assert all("semicolons" in problem.remedy for problem in found)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = write(tmp_path, contacts=None)
    (folder / "contacts.csv").unlink(missing_ok=True)
    os.mkfifo(folder / "contacts.csv")
    assert "not a regular file" in str(faults(folder)[0])


def test_a_missing_folder_is_a_fault(tmp_path: Path) -> None:
    assert only(tmp_path / "nowhere") == ("nowhere", 0, "")


def test_every_fault_is_reported_in_one_go(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        pupils=pupil("OAK,2,,,Jo,,Day,,,soon,,,,,,gone"),
        contacts=f"{GOOD['contacts.csv']}C1,,,,,,,,\n",
        relationships=f"{GOOD['relationships.csv']}9,C9,,,,\n8,C1,,,n,\n",
    )
    assert [(p.file, p.line, p.column) for p in faults(folder)] == [
        ("pupils.csv", 3, "date_of_birth"),
        ("pupils.csv", 3, "status"),
        ("contacts.csv", 3, "confidential"),
        ("contacts.csv", 3, "contact_id"),
        ("relationships.csv", 3, "may_receive"),
        ("relationships.csv", 4, "pupil_id"),
    ]


def test_weaknesses_warn(tmp_path: Path) -> None:
    rows = (
        "OAK,2,A801200005001,,Jo,,Day,,,,,,,,,current\nOAK,3,B80120,,Al,,Day,,,2015-03-09,,,,,,leaver\n"
        "OAK,4,M80120000500A,,Al,,Day,,,,,,,,,applicant"
    )
    folder = write(
        tmp_path,
        pupils=pupil(rows),
        contacts=GOOD["contacts.csv"]
        .replace(",confidential\n", ",confidential,shoe size\n")
        .replace(",n\n", ",n,38\n"),
        relationships=f"{GOOD['relationships.csv']}1,C1,mother,y,y,1\n",
        staff=f"{STAFF}\nOAK,Mr,Bo,Ng,bo@oak.example\nASH,,,,x@oak.example\n,,,,y@oak.example\n",
    )
    loaded = load_native(folder)
    assert [(w.file, w.line, w.column) for w in loaded.warnings] == [
        ("pupils.csv", 3, "date_of_birth"),
        ("pupils.csv", 3, "upn"),
        ("pupils.csv", 4, "upn"),
        ("contacts.csv", 1, "shoe size"),
        ("relationships.csv", 3, ""),
        ("staff.csv", 3, "school"),
    ]
    assert len(loaded.roll.relationships) == 1
    assert [member.school for member in loaded.roll.staff] == ["OAK", "ASH", ""]


def test_a_staff_file_is_checked_too(tmp_path: Path) -> None:
    assert only(write(tmp_path, staff=f"{STAFF}\nOAK,Mr,Bo,Ng,\n")) == ("staff.csv", 2, "email")


def test_problems_never_show_the_value(tmp_path: Path) -> None:
    secret = "Xyzzy"
    for rows in ([value for value, _ in BAD_PUPILS.values()], ["OAK,2,,,Jo,,Day,,,Xyzzy,,,,,Xyzzy,Xyzzy"]):
        for row in rows:
            text = refused_text(faults(write(tmp_path, pupils=pupil(row.replace("Jo", secret).replace("Day", secret)))))
            assert secret not in text


def test_the_revision_follows_content_not_order(tmp_path: Path) -> None:
    first, second = "OAK,2,,,Jo,,Day,,,2015-03-09,,,,,,current", "OAK,3,,,Al,,Day,,,2015-03-09,,,,,,current"
    one = load_native(write(tmp_path, pupils=pupil(f"{first}\n{second}"))).roll.revision
    assert load_native(write(tmp_path, pupils=pupil(f"{second}\n{first}"))).roll.revision == one
    changed = second.replace("Al", "Ali")
    assert load_native(write(tmp_path, pupils=pupil(f"{first}\n{changed}"))).roll.revision != one
