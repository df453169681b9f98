import io
import zipfile
from datetime import date
from pathlib import Path

import pytest

from mailguard.model import MayReceive, PupilKey
from mailguard.roll.entitlement import Entitlements
from mailguard.roll.problems import Problem, RollError
from mailguard.roll.sources.oneroster import load_oneroster

V11 = {
    "manifest.csv": "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.users,bulk\n",
    "orgs.csv": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
    "o0,,,Trust,district,,\no1,,,Oakfield,school,OAK,o0\no2,,,Elmbrook,school,,o0\n",
    "users.csv": "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,"
    "familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n"
    'p1,,,true,o1,student,ada,{UPN:B801200005001},Ada,Kerr,Zoë,,ada@pupils.oak.example,,,"c1,c2",06,\n'
    "p2,,,true,o2,student,ben,,Ben,Kerr,,,,,,c1,10,\n"
    "p3,tobedeleted,,true,o1,student,cal,,Cal,Fox,,,,,,c2,06,\n"
    "c1,,,true,o1,parent,una,,Una,Kerr,,,una@home.example,07700 900123,01632 960111,,,\n"
    "c2,,,true,o1,relative,nan,,Nan,Fox,,,nan@home.example,,,,,\n"
    "c3,,,true,o1,guardian,gus,,Gus,Day,,,gus@home.example,,,p2,,\n"
    "t1,,,true,o1,teacher,tia,,Tia,Long,,,t.long@oak.example,,,,,\n"
    "t2,,,true,o0,administrator,dan,,Dan,Holm,,,d.holm@trust.example,,,,,\n",
    "demographics.csv": "sourcedId,status,dateLastModified,birthDate,sex\n"
    "p1,,,2015-03-09,female\np2,,,2011-01-02,male\n",
    "classes.csv": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType\n"
    "k1,,,6B,06,,,homeroom\nk2,,,Maths,06,,,scheduled\n",
    "enrollments.csv": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role\n"
    "e1,,,k2,o1,p1,student\ne2,,,k1,o1,p1,student\n",
}
V12 = V11 | {
    "users.csv": "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,"
    "identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredFamilyName,"
    "primaryOrgSourcedId,pronouns\n"
    'p1,active,,true,ada,,Ada,Kerr,Zoë,B801200005001,ada@pupils.oak.example,,,"c1,c2",06,,,,,o1,\n'
    "p2,active,,true,ben,,Ben,Kerr,,,,,,c1,10,,,,,o2,\n"
    "c1,active,,true,una,,Una,Kerr,,,una@home.example,07700 900123,01632 960111,,,,,,,o1,\n"
    "c2,active,,true,nan,,Nan,Fox,,,nan@home.example,,,,,,,,,o1,\n"
    "c3,active,,true,gus,,Gus,Day,,,gus@home.example,,,p2,,,,,,o1,\n"
    "t1,active,,true,tia,,Tia,Long,,,t.long@oak.example,,,,,,,,,o1,\n"
    "t2,active,,true,dan,,Dan,Holm,,,d.holm@trust.example,,,,,,,,,o0,\n",
    "roles.csv": "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId\n"
    "r1,,,p1,primary,student,,,o1\nr2,,,p2,primary,student,,,o2\nr3,,,c1,primary,parent,,,o1\n"
    "r4,,,c2,primary,relative,,,o1\nr5,,,c3,primary,guardian,,,o2\nr6,,,t1,primary,teacher,,,o1\n"
    "r7,,,t2,primary,districtAdministrator,,,o0\n",
}


def folder(tmp_path: Path, files: dict[str, str], **changed: str | None) -> Path:
    for name, text in (files | {f"{stem}.csv": text for stem, text in changed.items()}).items():
        if text is not None:
            (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def zipped(tmp_path: Path, files: dict[str, str], inside: str = "") -> Path:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(inside + name, text)
    path = tmp_path / "export.zip"
    path.write_bytes(out.getvalue())
    return path


def faults(source: Path, school: str = "") -> tuple[Problem, ...]:
    with pytest.raises(RollError) as refused:
        load_oneroster(source, school)
    return refused.value.problems


@pytest.mark.parametrize("files", [V11, V12], ids=["1.1", "1.2"])
def test_a_folder_is_read_in_full(tmp_path: Path, files: dict[str, str]) -> None:
    loaded = load_oneroster(folder(tmp_path, files))
    assert loaded.warnings == ()
    ada, ben = loaded.roll.pupils
    assert (ada.key, ben.key) == (PupilKey("OAK", "p1"), PupilKey("o2", "p2"))
    assert (ada.forename, ada.surname, ada.middle_names, ada.upn) == ("Ada", "Kerr", "Zoë", "B801200005001")
    assert (ada.date_of_birth, ada.year_group, ada.registration_group) == (date(2015, 3, 9), "6", "6B")
    una = next(contact for contact in loaded.roll.contacts if contact.forename == "Una")
    assert una.phones == ("01632 960111", "07700 900123")
    assert [(m.school, m.email) for m in loaded.roll.staff] == [("OAK", "t.long@oak.example")]


@pytest.mark.parametrize("files", [V11, V12], ids=["1.1", "1.2"])
def test_parents_and_guardians_are_entitled_relatives_are_not(tmp_path: Path, files: dict[str, str]) -> None:
    roll = load_oneroster(folder(tmp_path, files)).roll
    rights = Entitlements(roll)
    assert rights.of("una@home.example").pupils == {PupilKey("OAK", "p1"), PupilKey("o2", "p2")}
    assert rights.of("gus@home.example").pupils == {PupilKey("o2", "p2")}
    assert rights.of("nan@home.example").pupils == frozenset()
    assert {pair.may_receive for pair in roll.relationships} == {MayReceive.YES, MayReceive.NO}


@pytest.mark.parametrize("inside", ["", "Export/"])
def test_a_zip_is_the_same_as_its_folder(tmp_path: Path, inside: str) -> None:
    (tmp_path / "f").mkdir()
    assert load_oneroster(zipped(tmp_path, V12, inside)).roll == load_oneroster(folder(tmp_path / "f", V12)).roll


def test_a_parent_who_teaches_is_both(tmp_path: Path) -> None:
    roles = V12["roles.csv"] + "r8,,,c1,secondary,teacher,,,o1\n"
    assert Entitlements(load_oneroster(folder(tmp_path, V12, roles=roles)).roll).of("una@home.example").kinds == {
        "contact",
        "staff",
    }


def test_one_school_may_be_given_its_code(tmp_path: Path) -> None:
    users = "\n".join(line for line in V11["users.csv"].splitlines() if not line.startswith(("p2", "c3"))) + "\n"
    assert {p.school for p in load_oneroster(folder(tmp_path, V11, users=users), "ASH").roll.pupils} == {"ASH"}
    assert [p.file for p in faults(folder(tmp_path, V11), "ASH")] == ["orgs.csv"]


USERS = V11["users.csv"]
BAD = {
    "missing users": ({"users": None}, "users.csv", 0),
    "missing orgs": ({"orgs": None}, "orgs.csv", 0),
    "missing column": ({"users": USERS.replace("familyName", "lastName")}, "users.csv", 1),
    "changes only": ({"manifest": V11["manifest.csv"].replace("bulk", "delta")}, "manifest.csv", 0),
    "no pupils": ({"users": USERS.replace("student", "pupil")}, "users.csv", 0),
    "blank surname": ({"users": USERS.replace("Ben,Kerr", "Ben,")}, "users.csv", 3),
    "duplicate id": ({"users": USERS.replace("p2,", "p1,", 1)}, "users.csv", 3),
    "unknown agent": ({"users": USERS.replace('"c1,c2"', '"c1,c9"')}, "users.csv", 2),
    "unknown school": ({"users": USERS.replace("true,o2", "true,o9")}, "users.csv", 3),
    "bad e-mail": ({"users": USERS.replace("gus@home.example", "gus at home")}, "users.csv", 7),
    "bad date": ({"demographics": V11["demographics.csv"].replace("2011-01-02", "02/01/2011")}, "demographics.csv", 3),
    "cp1252": ({"users": USERS.encode("cp1252").decode("latin-1").replace("ë", "\udceb")}, "users.csv", 2),
}


@pytest.mark.parametrize(("changed", "file", "line"), BAD.values(), ids=BAD)
def test_a_bad_export_is_refused_with_its_place(tmp_path: Path, changed: dict, file: str, line: int) -> None:
    for name, text in V11.items():
        changed_text = changed.get(name.removesuffix(".csv"), text)
        if changed_text is not None:
            (tmp_path / name).write_bytes(changed_text.encode("utf-8", "surrogateescape"))
    found = faults(tmp_path)
    assert (found[0].file, found[0].line) == (file, line), [str(p) for p in found]


def test_a_broken_zip_is_a_fault(tmp_path: Path) -> None:
    path = zipped(tmp_path, V11)
    path.write_bytes(path.read_bytes()[:200])
    assert [p.file for p in faults(path)] == ["export.zip"]
    assert [p.file for p in faults(tmp_path / "nowhere")] == ["nowhere"]


def test_a_missing_birth_date_warns(tmp_path: Path) -> None:
    loaded = load_oneroster(folder(tmp_path, V11, demographics=None))
    assert [w.line for w in loaded.warnings] == [2, 3]
