from datetime import date
from pathlib import Path

import pytest

from mailguard.model import MayReceive, PupilKey, PupilStatus
from mailguard.roll.entitlement import Entitlements
from mailguard.roll.problems import Problem, RollError
from mailguard.roll.sources.ctf import load_ctf

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<CTfile>
  <Header>
    <DocumentName>Common Transfer File</DocumentName><CTFversion>24.0</CTFversion>
    <DateTime>2026-11-02T09:00:00</DateTime><DocumentQualifier>full</DocumentQualifier>
    <SourceSchool><LEA>998</LEA><Estab>2000</Estab><SchoolName>Oakfield</SchoolName></SourceSchool>
    <DestSchool><LEA>998</LEA><Estab>LLLL</Estab></DestSchool>
  </Header>
  <CTFpupilData>
"""
ADA = """    <Pupil>
      <UPN>B801200005001</UPN><UniqueLearnerNumber>1234567890</UniqueLearnerNumber>
      <Surname>Kerr</Surname><Forename>Ada</Forename><DOB>2015-03-09</DOB><Sex>F</Sex>
      <BasicDetails>
        <PreferredSurname>Day</PreferredSurname><MiddleNames>Zoë Mae</MiddleNames><NCyearActual>6</NCyearActual>
        <FormerSurname>Fox</FormerSurname><Languages><Type><Language>ENG</Language></Type></Languages>
      </BasicDetails>
      <Address><BS7666Address><PAON>1</PAON><Street>Elm Road</Street><Town>Netherby</Town></BS7666Address>
        <PostCode>ZZ1 1AB</PostCode></Address>
      <Email>ada@pupils.oak.example</Email>
      <Contacts>
        <Contact><Order>1</Order><Title>Ms</Title><Surname>Kerr</Surname><Forename>Una</Forename>
          <Relationship>MOT</Relationship><Responsibility>Y</Responsibility><AddressAsPupil>Y</AddressAsPupil>
          <Phones><Phone><TelephoneType>M</TelephoneType><PhoneNo>07700 900123</PhoneNo></Phone>
          <Phone><TelephoneType>H</TelephoneType><PhoneNo>01632 960111</PhoneNo></Phone></Phones>
          <Email>una@home.example</Email></Contact>
        <Contact><Order>2</Order><Surname>Fox</Surname><Forename>Nan</Forename><Relationship>GRP</Relationship>
          <Responsibility>N</Responsibility><Address><AddressLines><AddressLine1>9 Oak Way</AddressLine1>
          <AddressLine2>Netherby</AddressLine2></AddressLines><PostCode>ZZ2 2AB</PostCode></Address>
          <Email>nan@home.example</Email></Contact>
      </Contacts>
      <SchoolHistory><School><LEA>998</LEA></School></SchoolHistory>
    </Pupil>
"""
BEN = """    <Pupil><Surname>Kerr</Surname><Forename>Ben</Forename><DOB>2018-01-02</DOB>
      <Contacts><Contact><Surname>KERR</Surname><Forename>Una</Forename><Responsibility>true</Responsibility>
        <Email>UNA@home.example</Email></Contact>
        <Contact><Surname>Kerr</Surname><Forename>Una</Forename><Responsibility>Y</Responsibility></Contact></Contacts>
    </Pupil>
"""
TAIL = "  </CTFpupilData>\n</CTfile>\n"


def write(folder: Path, text: str | bytes, name: str = "9982000_CTF_998LLLL_001.xml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(RollError) as refused:
        load_ctf(path)
    assert all(problem.file == path.name for problem in refused.value.problems)
    return refused.value.problems


def test_a_file_is_read_in_full(tmp_path: Path) -> None:
    loaded = load_ctf(write(tmp_path, HEAD + ADA + BEN + TAIL))
    ada, ben = loaded.roll.pupils
    assert (ada.key, ada.upn, ada.uln) == (PupilKey("9982000", "B801200005001"), "B801200005001", "1234567890")
    assert (ada.forename, ada.surname, ada.preferred_surname, ada.former_surname) == ("Ada", "Kerr", "Day", "Fox")
    assert (ada.middle_names, ada.date_of_birth, ada.year_group) == ("Zoë Mae", date(2015, 3, 9), "6")
    assert (ada.address, ada.postcode, ada.email) == ("1 Elm Road, Netherby", "ZZ1 1AB", "ada@pupils.oak.example")
    assert ben.upn == ""
    una, nan, other = loaded.roll.contacts
    assert (una.title, una.phones, una.address) == ("Ms", ("07700 900123", "01632 960111"), "1 Elm Road, Netherby")
    assert (nan.address, nan.postcode) == ("9 Oak Way, Netherby", "ZZ2 2AB")
    assert other.emails == ()
    assert [pair.may_receive for pair in loaded.roll.relationships] == [
        *(MayReceive.YES, MayReceive.NO, MayReceive.YES, MayReceive.YES)
    ]


def test_entitlement_follows_parental_responsibility_and_siblings_share_their_mother(tmp_path: Path) -> None:
    rights = Entitlements(load_ctf(write(tmp_path, HEAD + ADA + BEN + TAIL), "OAK").roll)
    assert {key.school for key in rights.of("una@home.example").pupils} == {"OAK"}
    assert len(rights.of("una@home.example").pupils) == 2
    assert rights.of("nan@home.example").pupils == frozenset()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        *(("PAM", "mother"), ("paf", "father"), ("STP", "step-parent"), ("FAM", "other family member")),
        *(("XYZ", "XYZ"), ("Mother", "Mother"), ("", "")),
    ],
)
def test_relationships_are_words(tmp_path: Path, said: str, shown: str) -> None:
    text = (HEAD + ADA + TAIL).replace("<Relationship>MOT<", f"<Relationship>{said}<")
    assert load_ctf(write(tmp_path, text)).roll.relationships[0].relationship == shown


@pytest.mark.parametrize("said", ["", "<Responsibility></Responsibility>", "<Responsibility>N</Responsibility>"])
def test_who_is_not_said_to_be_responsible_may_not_receive(tmp_path: Path, said: str) -> None:
    text = (HEAD + ADA + TAIL).replace("<Responsibility>Y</Responsibility>", said)
    roll = load_ctf(write(tmp_path, text)).roll
    assert Entitlements(roll).of("una@home.example").pupils == frozenset()


def test_equal_names_without_a_common_address_stay_two_people(tmp_path: Path) -> None:
    stranger = BEN.replace("UNA@home.example", "una.kerr@elsewhere.example")
    roll = load_ctf(write(tmp_path, HEAD + ADA + stranger + TAIL)).roll
    assert len(Entitlements(roll).of("una@home.example").pupils) == 1


def test_the_same_file_gives_the_same_roll(tmp_path: Path) -> None:
    one = load_ctf(write(tmp_path, HEAD + ADA + BEN + TAIL)).roll
    again = load_ctf(write(tmp_path, HEAD + BEN + ADA + TAIL)).roll
    assert {p.pupil_id for p in one.pupils} == {p.pupil_id for p in again.pupils}
    assert {c.contact_id for c in one.contacts} == {c.contact_id for c in again.contacts}


def test_other_spellings_of_the_format(tmp_path: Path) -> None:
    plain = load_ctf(write(tmp_path, HEAD + ADA + TAIL)).roll
    spaced = (HEAD + ADA + TAIL).replace("<CTfile>", '<CTfile xmlns="urn:ctf">').replace("Sex>", "Gender>")
    assert load_ctf(write(tmp_path, spaced)).roll == plain
    utf16 = (HEAD + ADA + TAIL).replace('encoding="utf-8"', 'encoding="utf-16"').encode("utf-16")
    assert load_ctf(write(tmp_path, utf16)).roll == plain
    one_line = (HEAD + ADA + TAIL).replace("\n", "")
    assert load_ctf(write(tmp_path, one_line)).roll == plain
    new = (HEAD + ADA + TAIL).replace("<DOB>", "<NewOf2031>x</NewOf2031><DOB>")
    assert load_ctf(write(tmp_path, new)).roll == plain


def test_an_admissions_file_holds_applicants(tmp_path: Path) -> None:
    text = (HEAD + ADA + TAIL).replace("CTfile", "ATfile").replace("CTFpupilData", "ATFpupilData")
    assert {p.status for p in load_ctf(write(tmp_path, text)).roll.pupils} == {PupilStatus.APPLICANT}


BOMB = '<?xml version="1.0"?><!DOCTYPE CTfile [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
BAD = {
    "empty": ("", 0, ""),
    "not xml": ("pupil_id,surname\n1,Kerr\n", 1, ""),
    "truncated": ((HEAD + ADA + BEN + TAIL)[:-30], 37, ""),
    "other xml": ("<html><body/></html>", 1, ""),
    "entity bomb": (BOMB + (HEAD + ADA + TAIL).partition("?>")[2].replace("Kerr", "&b;"), 1, ""),
    "external entity": (
        '<!DOCTYPE CTfile SYSTEM "file:///etc/passwd">' + (HEAD + ADA + TAIL).partition("?>")[2],
        1,
        "",
    ),
    "no pupils": (HEAD + TAIL, 0, ""),
    "no school": (HEAD.replace("SourceSchool", "DestSchool") + ADA + TAIL, 10, "SourceSchool"),
    "blank surname": (
        HEAD + ADA.replace("<Surname>Kerr</Surname><Forename>Ada", "<Forename>Ada") + TAIL,
        10,
        "Surname",
    ),
    "bad date": (HEAD + ADA.replace("2015-03-09", "09/03/2015") + TAIL, 10, "DOB"),
    "bad e-mail": (HEAD + ADA.replace("una@home.example", "una at home") + TAIL, 21, "Email"),
    "bad responsibility": (
        HEAD + ADA.replace("<Responsibility>Y", "<Responsibility>maybe") + TAIL,
        21,
        "Responsibility",
    ),
    "duplicate upn": (HEAD + ADA + ADA + TAIL, 33, "UPN"),
    "duplicate pupil without upn": (HEAD + BEN + BEN + TAIL, 15, "Pupil"),
}


@pytest.mark.parametrize(("text", "line", "column"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_with_its_place(tmp_path: Path, text: str, line: int, column: str) -> None:
    found = [(p.line, p.column) for p in faults(write(tmp_path, text))]
    assert found[0] == (line, column), [str(p) for p in faults(write(tmp_path, text))]
    assert len(found) == 1


def test_duplicates_are_found_in_a_file_of_one_line(tmp_path: Path) -> None:
    assert [p.column for p in faults(write(tmp_path, (HEAD + ADA + ADA + TAIL).replace("\n", "")))] == ["UPN"]


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    assert [p.line for p in faults(tmp_path / "nothing.xml")] == [0]


def test_weaknesses_warn(tmp_path: Path) -> None:
    text = HEAD + ADA.replace("B801200005001", "A801200005001").replace("<DOB>2015-03-09</DOB>", "") + TAIL
    assert sorted(w.column for w in load_ctf(write(tmp_path, text)).warnings) == ["DOB", "UPN"]
