"""Every class of dirty input by name: refused with its message, its file and line; the roll in force stays.

The messages never hold a value. What only looks dirty (a byte order mark, other line ends) is read.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest

from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.guard import Guard
from mailguard.enrol.imports import bring_in
from mailguard.enrol.intake import Intake
from mailguard.enrol.settings import RollSource
from mailguard.model import Roll
from mailguard.roll.problems import RollError
from mailguard.store import Database, StoreSettings, write_key_file
from mailguard.store.revisions import current_roll

Files = dict[str, bytes]
SECRET = "Quillfeather"

PUPILS = (
    "school,pupil_id,upn,uln,forename,middle_names,surname,preferred_forename,preferred_surname,date_of_birth,"
    "year_group,registration_group,address,postcode,email,status\n"
    f"OAK,P1,B801200005001,,Zebedee,,{SECRET},,,2015-03-09,6,6B,1 Elm Road,ZZ1 1AB,,current\n"
    "OAK,P2,,,Ann,,Okoro,,,2016-07-01,5,5A,,,,current\n"
)
CONTACTS = (
    "contact_id,title,forename,surname,emails,phones,address,postcode,confidential\n"
    f"C1,Ms,Una,{SECRET},una.q@home.example,07700 900123,1 Elm Road,ZZ1 1AB,n\n"
    "C2,Mr,Efe,Okoro,efe@home.example,,,,n\n"
)
PAIRS = (
    "pupil_id,contact_id,relationship,parental_responsibility,may_receive,priority\n"
    "P1,C1,mother,y,y,1\nP2,C2,father,y,y,1\n"
)
NATIVE = {"pupils.csv": PUPILS.encode(), "contacts.csv": CONTACTS.encode(), "relationships.csv": PAIRS.encode()}
CTF = (
    '<?xml version="1.0" encoding="utf-8"?>\n<CTfile><Header><SourceSchool><LEA>998</LEA><Estab>2000</Estab>'
    "</SourceSchool></Header>\n<CTFpupilData>\n"
    f"<Pupil><UPN>B801200005001</UPN><Surname>{SECRET}</Surname><Forename>Zebedee</Forename><DOB>2015-03-09</DOB>\n"
    f"<Contacts><Contact><Surname>{SECRET}</Surname><Forename>Una</Forename><Responsibility>Y</Responsibility>"
    "<Email>una.q@home.example</Email></Contact></Contacts></Pupil>\n</CTFpupilData></CTfile>\n"
)
EXPORT = (
    "Adno,UPN,Forename,Surname,DOB,Parent 1 Name,Parent 1 Email\n"
    f"1,B801200005001,Zebedee,{SECRET},09/03/2015,Una {SECRET},una.q@home.example\n"
    "2,,Ann,Okoro,01/07/2016,Efe Okoro,efe@home.example\n"
)
USERS = (
    "sourcedId,orgSourcedIds,role,givenName,familyName,identifier,email,agentSourcedIds\n"
    f"p1,o1,student,Zebedee,{SECRET},B801200005001,,c1\nc1,o1,parent,Una,{SECRET},,una.q@home.example,\n"
)
ROSTER = {
    "users.csv": USERS.encode(),
    "orgs.csv": b"sourcedId,type,identifier\no1,school,OAK\n",
    "demographics.csv": b"sourcedId,birthDate\np1,2015-03-09\n",
}
BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE CTfile [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
    + "]>\n"
    + CTF.partition("?>\n")[2].replace("Zebedee", "&i;")
)


def native(name: str, old: str = "", new: str = "", encoding: str = "utf-8", data: bytes | None = None) -> Files:
    """The native roll with one file changed, encoded otherwise, or replaced."""
    text = NATIVE[name].decode()
    assert old in text, old
    return NATIVE | {name: data if data is not None else text.replace(old, new, 1).encode(encoding)}


def zipped(files: Files) -> Files:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return {"roster.zip": out.getvalue()}


def workbook(*rows: list[object]) -> Files:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return {"export.xlsx": out.getvalue()}


def swapped(text: str, one: str, other: str) -> str:
    """The headings of two columns exchanged: each column now holds what the other should."""
    head, _, rest = text.partition("\n")
    names = [{one: other, other: one}.get(name, name) for name in head.split(",")]
    return ",".join(names) + "\n" + rest


HEADS = ["Adno", "Forename", "Surname", "DOB", "Parent 1 Email"]
CASES: dict[str, tuple[Files, str, int, str]] = {
    # name: (files, file, line, words of the message)
    "native: wrong columns": (native("pupils.csv", "date_of_birth", "born"), "pupils.csv", 1, "column is missing"),
    "native: column there twice": (native("pupils.csv", ",uln,", ",upn,"), "pupils.csv", 1, "there twice"),
    "native: a file is missing": ({k: v for k, v in NATIVE.items() if "cont" not in k}, "contacts.csv", 0, "missing"),
    "native: headings of another table": (native("contacts.csv", data=PAIRS.encode()), "contacts.csv", 1, "missing"),
    "native: semicolons": (native("pupils.csv", data=PUPILS.replace(",", ";").encode()), "pupils.csv", 1, "semicolons"),
    "native: cp1252": (native("pupils.csv", "Ann", "Zoë", "cp1252"), "pupils.csv", 3, "not UTF-8"),
    "native: mixed encodings": (
        native("pupils.csv", data=PUPILS.replace("Ann", "Zoë").encode() + "OAK,P3,,,Zoë,,X".encode("cp1252")),
        *("pupils.csv", 4, "not UTF-8"),
    ),
    "native: UTF-16": (native("contacts.csv", encoding="utf-16"), "contacts.csv", 1, "UTF-16"),
    "native: UTF-16 without a mark": (native("contacts.csv", encoding="utf-16-le"), "contacts.csv", 1, "UTF-16"),
    "native: NUL": (native("pupils.csv", "Ann", "An\0"), "pupils.csv", 3, "NUL"),
    "native: quote never closed": (native("pupils.csv", "Ann", '"Ann'), "pupils.csv", 3, "quotes"),
    "native: quote inside a value": (native("pupils.csv", "Ann", '"An"n'), "pupils.csv", 3, "quotes"),
    "native: formula": (native("contacts.csv", "1 Elm Road", "=A1&B1"), "contacts.csv", 2, "formula"),
    "native: spreadsheet error": (native("contacts.csv", "07700 900123", "#REF!"), "contacts.csv", 2, "formula"),
    "native: date dd/mm/yyyy": (native("pupils.csv", "2016-07-01", "01/07/2016"), "pupils.csv", 3, "year-month-day"),
    "native: date that is not": (native("pupils.csv", "2016-07-01", "2016-02-30"), "pupils.csv", 3, "exists"),
    "native: Excel serial": (native("pupils.csv", "2016-07-01", "42552"), "pupils.csv", 3, "day number"),
    "native: duplicate pupil id": (native("pupils.csv", "P2", "P1"), "pupils.csv", 3, "already"),
    "native: duplicate UPN": (native("pupils.csv", "P2,", "P2,B801200005001"), "pupils.csv", 3, "already"),
    "native: duplicate contact id": (native("contacts.csv", "C2", "C1"), "contacts.csv", 3, "already"),
    "native: unknown pupil": (native("relationships.csv", "P2", "P9"), "relationships.csv", 3, "no pupil"),
    "native: unknown contact": (native("relationships.csv", "C2", "C9"), "relationships.csv", 3, "no contact"),
    "native: blank required value": (native("pupils.csv", "Ann", ""), "pupils.csv", 3, "blank"),
    "native: bad may_receive": (
        native("relationships.csv", "y,y,1", "y,yes,1"),
        *("relationships.csv", 2, "y, n or order"),
    ),
    "native: swapped columns of dates": (
        native("pupils.csv", data=swapped(PUPILS, "date_of_birth", "postcode").encode()), "pupils.csv", 2, "not a date",
    ),
    "native: swapped columns of ids": (
        native("relationships.csv", data=swapped(PAIRS, "pupil_id", "contact_id").encode()),
        *("relationships.csv", 2, "no contact"),
    ),
    "native: swapped columns of addresses": (
        native("contacts.csv", data=swapped(CONTACTS, "emails", "phones").encode()), "contacts.csv", 2, "e-mail",
    ),
    "native: empty": (native("pupils.csv", data=b""), "pupils.csv", 0, "empty"),
    "native: headings only": (
        native("pupils.csv", data=PUPILS.partition("\n")[0].encode()),
        *("pupils.csv", 0, "no pupils"),
    ),
    "native: cut short": (native("pupils.csv", data=PUPILS[:-30].encode()), "pupils.csv", 3, "cells"),
    "native: more cells than headings": (
        native("contacts.csv", "1 Elm Road", "1, Elm Road"),
        *("contacts.csv", 2, "cells"),
    ),
    "native: huge cell": (native("pupils.csv", "Ann", '"' + "x" * 200_000 + '"'), "pupils.csv", 3, "quotes"),
    "native: folder of something else": ({"notes.txt": b"hello"}, "pupils.csv", 0, "missing"),
    "ctf: empty": ({"a.xml": b""}, "a.xml", 0, "empty"),
    "ctf: truncated": ({"a.xml": CTF[:-40].encode()}, "a.xml", 5, "not whole"),
    "ctf: entity bomb": ({"a.xml": BOMB.encode()}, "a.xml", 1, "document type"),
    "ctf: external entity": (
        {"a.xml": b'<!DOCTYPE CTfile SYSTEM "file:///etc/passwd">' + CTF.partition("?>\n")[2].encode()},
        *("a.xml", 1, "document type"),
    ),
    "ctf: other XML": ({"a.xml": b"<html/>"}, "a.xml", 1, "not a Common Transfer File"),
    "ctf: bytes of another encoding": ({"a.xml": CTF.replace("Una", "Zoë").encode("cp1252")}, "a.xml", 5, "not whole"),
    "ctf: NUL": ({"a.xml": CTF.replace("Una", "U\0a").encode()}, "a.xml", 5, "not whole"),
    "ctf: date dd/mm/yyyy": ({"a.xml": CTF.replace("2015-03-09", "09/03/2015").encode()}, "a.xml", 4, "year-month-day"),
    "ctf: duplicate UPN": (
        {"a.xml": CTF.replace("</CTFpupilData>", CTF[CTF.index("<Pupil>") : CTF.index("</CTFpupilData>")]
         + "</CTFpupilData>").encode()},
        *("a.xml", 6, "already"),
    ),
    "ctf: no pupils": ({"a.xml": b"<CTfile><CTFpupilData/></CTfile>"}, "a.xml", 0, "no pupils"),
    "oneroster: not a zip": ({"a.zip": b"PK\3\4nothing"}, "a.zip", 0, "not a whole ZIP"),
    "oneroster: cut short": ({"a.zip": zipped(ROSTER)["roster.zip"][:-60]}, "a.zip", 0, "not a whole ZIP"),
    "oneroster: a file is missing": (zipped({"orgs.csv": ROSTER["orgs.csv"]}), "users.csv", 0, "missing"),
    "oneroster: wrong columns": (
        zipped(ROSTER | {"users.csv": USERS.replace("familyName", "last").encode()}), "users.csv", 1, "missing",
    ),
    "oneroster: UTF-16": (zipped(ROSTER | {"users.csv": USERS.encode("utf-16")}), "users.csv", 1, "UTF-16"),
    "oneroster: duplicate id": (
        zipped(ROSTER | {"users.csv": USERS.replace("c1,o1", "p1,o1").encode()}),
        *("users.csv", 3, "already"),
    ),
    "oneroster: unknown agent": (
        zipped(ROSTER | {"users.csv": USERS.replace(",c1\n", ",c9\n").encode()}),
        *("users.csv", 2, "no user"),
    ),
    "oneroster: bad date": (
        zipped(ROSTER | {"demographics.csv": b"sourcedId,birthDate\np1,9.3.15\n"}), "demographics.csv", 2,
        "year-month-day",
    ),
    "export: headings not understood": ({"e.csv": b"a,b,c\n1,2,3\n"}, "e.csv", 1, "headings"),
    "export: no headings": ({"e.csv": EXPORT.partition("\n")[2].encode()}, "e.csv", 1, "headings"),
    "export: mixed encodings": (
        {"e.csv": EXPORT.replace("Ann", "Zoë").encode() + "3,,Zoë,Poe,,,".encode("cp1252")}, "e.csv", 4, "mixes",
    ),
    "export: NUL": ({"e.csv": EXPORT.replace("Ann", "A\0n").encode()}, "e.csv", 3, "no text"),
    "export: quote never closed": ({"e.csv": EXPORT.replace("Ann", '"Ann').encode()}, "e.csv", 3, "quotes"),
    "export: formula": (
        {"e.csv": EXPORT.replace("efe@home.example", "=HYPERLINK(A1)").encode()},
        *("e.csv", 3, "formula"),
    ),
    "export: date that is not": ({"e.csv": EXPORT.replace("01/07/2016", "31/06/2016").encode()}, "e.csv", 3, "date"),
    "export: Excel serial": ({"e.csv": EXPORT.replace("01/07/2016", "42552").encode()}, "e.csv", 3, "day number"),
    "export: two-figure year": ({"e.csv": EXPORT.replace("01/07/2016", "01/07/16").encode()}, "e.csv", 3, "date"),
    "export: one id of two pupils": ({"e.csv": EXPORT.replace("\n2,", "\n1,").encode()}, "e.csv", 3, "another name"),
    "export: swapped columns": (
        {"e.csv": swapped(EXPORT, "DOB", "Parent 1 Email").encode()}, "e.csv", 2, "date",
    ),
    "export: empty": ({"e.csv": b""}, "e.csv", 0, "empty"),
    "export: empty workbook": (workbook([]), "export.xlsx", 1, "headings"),
    "export: damaged workbook": ({"export.xlsx": b"PK\3\4" + b"x" * 500}, "export.xlsx", 0, "workbook"),
    "export: day number in a workbook": (
        workbook(HEADS, [1, "Zebedee", SECRET, 42072, "una.q@home.example"]), "export.xlsx", 2, "day number",
    ),
    "export: old workbook": ({"export.xls": b"\xd0\xcf\x11\xe0"}, "export.xls", 0, "known by sight"),
}  # fmt: skip


class Site:
    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.door = DatabaseDoor(database)

    def intake(self, files: Files) -> Intake:
        """Put files where the source is: a folder of several, else the one file."""
        place = self.folder / "source"
        place.mkdir(exist_ok=True)
        for old in place.iterdir():
            old.unlink()
        for name, data in files.items():
            (place / name).write_bytes(data)
        [first, *more] = files
        alone = not more and first != "notes.txt" and not first.endswith((".txt",))
        form, school = ("", "OAK") if alone else ("native", "")
        if alone:
            return Intake((RollSource(first, place / first, form=form, school=school),))
        return Intake((RollSource("roll", place, form=form, school=school),))

    def bring_in(self, files: Files) -> None:
        gathered = self.intake(files).read(None, Guard())
        bring_in(self.door, gathered.loaded, "mailguard", Guard())

    @property
    def roll(self) -> Roll | None:
        return self.door.read(current_roll)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("dirty")
    write_key_file(folder / "key")
    with Database.open(StoreSettings(f"sqlite:///{folder}/mailguard.db", folder / "key")) as opened:
        found = Site(folder, opened)
        found.bring_in(NATIVE)
        yield found


@pytest.mark.parametrize(("files", "file", "line", "words"), CASES.values(), ids=CASES)
def test_dirty_input_is_refused_with_its_message_and_the_old_roll_stays(
    site: Site, files: Files, file: str, line: int, words: str
) -> None:
    before = site.roll
    assert before is not None
    with pytest.raises(RollError) as refused:
        site.bring_in(files)
    problems = refused.value.problems
    places = [(one.file.rpartition(" ")[2], one.line) for one in problems]
    told = "\n".join(map(str, problems))
    assert (file, line) in places, told
    assert any(words in str(one) for one in problems if (one.file.rpartition(" ")[2], one.line) == (file, line)), told
    assert all(one.remedy for one in problems), told
    for value in (SECRET, "Zebedee", "una.q", "efe@", "900123", "42552", "B8012"):
        assert value not in told
    assert site.roll == before


READ: dict[str, Callable[[bytes], bytes]] = {
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "CR": lambda data: data.replace(b"\n", b"\r"),
    "no end of line at the end": lambda data: data.rstrip(b"\n"),
    "blank lines": lambda data: data.replace(b"\n", b"\n\n"),
    "empty cells at the end": lambda data: data.replace(b"\n", b",,\n"),
    "blanks around cells": lambda data: data.replace(b",", b" , "),
    "everything in quotes": lambda data: b"\n".join(
        b",".join(b'"' + cell + b'"' for cell in line.split(b",")) for line in data.splitlines()
    ),
}


@pytest.mark.parametrize("spelt", READ.values(), ids=READ)
def test_what_only_looks_dirty_is_read_as_the_same_roll(site: Site, spelt: Callable[[bytes], bytes]) -> None:
    expected = site.intake(NATIVE).read().loaded.roll
    assert site.intake({name: spelt(data) for name, data in NATIVE.items()}).read().loaded.roll == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_an_export_may_be_in_any_common_encoding(site: Site, encoding: str) -> None:
    text = EXPORT.replace("Ann", "Zoë")
    expected = site.intake({"e.csv": text.encode()}).read().loaded.roll
    loaded = site.intake({"e.csv": text.encode(encoding)}).read().loaded
    assert loaded.roll == expected
    assert bool(loaded.warnings) is (encoding == "cp1252")


def test_a_flood_of_faults_is_cut_off_and_counted(site: Site) -> None:
    rows = "".join(f"P9,C{n},x,y,y,1\n" for n in range(5000))
    with pytest.raises(RollError) as refused:
        site.bring_in(NATIVE | {"relationships.csv": (PAIRS + rows).encode()})
    problems = refused.value.problems
    assert len(problems) < 1100
    assert "8998 more" in problems[-1].message


@pytest.mark.long
def test_a_million_rows_that_are_no_roll_are_refused_in_the_end(site: Site) -> None:
    before = site.roll
    for name, head, row in (("relationships.csv", PAIRS, "P{n},C1,x,y,y,1\n"), ("pupils.csv", PUPILS, "OAK,P1,x{n}\n")):
        rows = "".join(row.format(n=n) for n in range(10, 1_000_000))
        with pytest.raises(RollError) as refused:
            site.bring_in(NATIVE | {name: (head + rows).encode()})
        assert len(refused.value.problems) < 1100
    assert site.roll == before
