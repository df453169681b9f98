"""One school in every form it may come in: hand-made files that follow the published formats, not our own writers'
habits, and exports under the headings of four school systems. Each gives the native roll's entitlements, pupil for
pupil."""

import csv
import io
import zipfile
from collections import defaultdict
from pathlib import Path

import pytest

from mailguard.enrol.sources import load_source
from mailguard.model import Contact, MayReceive, Pupil, Relationship, Roll
from mailguard.roll.entitlement import Entitlements
from mailguard.roll.mapping import parse_mapping, render_mapping
from mailguard.roll.sources.mapped import load_mapped, preview

SAMPLES = Path(__file__).parent / "samples"
NATIVE = load_source(SAMPLES / "native").roll
ADDRESSES = sorted({email.casefold() for contact in NATIVE.contacts for email in contact.emails})
DETAILS = ("forename", "surname", "date_of_birth", "middle_names")


def entitlements(roll: Roll) -> dict[str, set[str]]:
    """Return the UPNs of whom each address may receive: of the native roll's, and of any other that may."""
    upns = {pupil.key: pupil.upn for pupil in roll.pupils}
    rights = Entitlements(roll)
    others = {email for contact in roll.contacts for email in contact.emails} | {pupil.email for pupil in roll.pupils}
    found = {
        address: {upns[key] for key in rights.of(address).pupils}
        for address in {*ADDRESSES, *map(str.casefold, others)}
    }
    return {address: pupils for address, pupils in found.items() if pupils or address in ADDRESSES}


EXPECTED = entitlements(NATIVE)


def test_the_sample_is_not_a_simple_one() -> None:
    assert EXPECTED["adaeze@okonkwo.example"] == {"U998200026001", "H998200026002"}, "siblings"
    assert EXPECTED["s.bell@bell-family.example"] == {"H998200026002"}, "a father of one, a stepfather of the other"
    assert EXPECTED["sarah.ahmed@longlane.example"] == {"X998200026003"}, "two mothers of one name"
    assert EXPECTED["s.ahmed@kilncourt.example"] == {"L998200026004"}
    assert EXPECTED["nasreen@longlane.example"] == set()


def zipped(folder: Path, place: Path) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"OneRoster/{path.name}")
    return place


@pytest.mark.parametrize("name", ["9982000_CTF_9983001_004.xml", "oneroster-1.1", "oneroster-1.2"])
def test_a_hand_made_file_gives_the_same_entitlements(tmp_path: Path, name: str) -> None:
    source = SAMPLES / name
    for place in [source] if source.is_file() else [source, zipped(source, tmp_path / "export.zip")]:
        loaded = load_source(place)
        assert entitlements(loaded.roll) == EXPECTED
        assert loaded.warnings == ()
        by_upn = {pupil.upn: pupil for pupil in loaded.roll.pupils}
        for pupil in NATIVE.pupils:
            for detail in DETAILS:
                assert getattr(by_upn[pupil.upn], detail) == getattr(pupil, detail), detail


def test_what_only_the_transfer_file_tells_is_read() -> None:
    roll = load_source(SAMPLES / "9982000_CTF_9983001_004.xml", school="OAK").roll
    imani, toby, *_ = roll.pupils
    assert (imani.address, imani.postcode) == ("Flat 2, 14 Tannery Row, Netherby", "ZZ4 7QQ")
    assert (toby.preferred_forename, toby.year_group, toby.address) == ("Toby", "5", imani.address)
    simon = next(contact for contact in roll.contacts if contact.forename == "Simon")
    assert (simon.phones, simon.postcode) == (("07700 900302",), "ZZ4 5TT")
    assert [contact.phones for contact in roll.contacts if contact.forename == "Megan"] == [("07700 900309",)]


Family = list[tuple[Relationship, Contact]]


def families() -> list[tuple[Pupil, Family]]:
    contacts = {contact.contact_id: contact for contact in NATIVE.contacts}
    found: dict[object, Family] = defaultdict(list)
    for pair in NATIVE.relationships:
        found[pair.pupil].append((pair, contacts[pair.contact_id]))
    return [(pupil, found[pupil.key]) for pupil in NATIVE.pupils]


def table(head: str, rows: list[list[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head.split("|"))
    writer.writerows(rows)
    return out.getvalue()


def uk(pupil: Pupil) -> str:
    assert pupil.date_of_birth is not None
    return pupil.date_of_birth.strftime("%d/%m/%Y")


def row_each(head: str, yes: str = "T", no: str = "F") -> str:
    """One row a pupil and contact."""
    rows = [
        [p.surname, p.forename, p.upn, p.pupil_id, uk(p), p.registration_group, str(r.priority), c.title, c.surname,
         c.forename, r.relationship, yes if r.parental_responsibility else no, ";".join(c.emails), *c.phones[:1]]
        for p, family in families()
        for r, c in family
    ]  # fmt: skip
    return table(head, [row + [""] * (14 - len(row)) for row in rows])


def side_by_side(own: str, each: str, numbers: tuple[str, ...]) -> str:
    """One row a pupil, contacts in columns 1 to 3."""
    rows = []
    for pupil, family in families():
        row = [pupil.pupil_id, pupil.upn, f"{pupil.surname}, {pupil.forename}", uk(pupil), pupil.year_group]
        for r, c in family:
            row += [
                f"{c.forename} {c.surname}",
                r.relationship,
                "Yes" if r.parental_responsibility else "No",
                *c.emails[:1],
            ]
            row += [""] * (not c.emails)
        rows.append(row + [""] * (5 + 4 * len(numbers) - len(row)))
    return table("|".join((own, *(each.replace("#", number) for number in numbers))), rows)


EXPORTS = {
    "SIMS": row_each(
        "Legal Surname|Legal Forename|UPN|Adno|DOB|Reg|Contact Priority|Contact Title|Contact Surname|Contact Forename|"
        "Contact Relationship|Parental Responsibility|Primary Email|Main Telephone"
    ),
    "Arbor": side_by_side(
        "Student ID|UPN|Student|Date of birth|Year group",
        "Guardian # full name|Guardian # relationship|Guardian # legal responsibility|Guardian # email address",
        ("1", "2", "3"),
    ),
    "Bromcom": row_each(
        "Last Name|First Name|Unique Pupil Number|Admission Number|Date of Birth|Tutor Group|Contact Order|"
        "Contact Title|"
        "Contact Last Name|Contact First Name|Relationship|Has Parental Responsibility|Contact Email|"
        "Contact Mobile",
        "Yes", "No",
    ),
    "ScholarPack": side_by_side(
        "Pupil ID|UPN|Pupil Name|DOB|Year",
        "Contact # Name|Contact # Relationship|Contact # PR|Contact # Email",
        ("1", "2", "3"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("system", EXPORTS)
def test_an_export_under_a_systems_headings_gives_the_same_entitlements(tmp_path: Path, system: str) -> None:
    path = tmp_path / "export.csv"
    path.write_text(EXPORTS[system], encoding="utf-8")
    seen, mapping = preview(path)
    assert [one.heading for one in seen if not one.taken_for] == []
    roll = load_source(path, school="OAK").roll
    assert entitlements(roll) == EXPECTED
    assert {p.key for p in roll.pupils} == {p.key for p in NATIVE.pupils}
    saved = parse_mapping(render_mapping(mapping))
    assert load_mapped(path, "OAK", saved).roll == roll
    assert {r.may_receive for r in roll.relationships} == {MayReceive.YES, MayReceive.NO}
