import csv
import io
import os
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from mailguard.demo import build, write
from mailguard.enrol.sources import load_source
from mailguard.model import MayReceive, Roll
from mailguard.roll.entitlement import Entitlements
from mailguard.roll.problems import RollError


def only_school(roll: Roll, school: str) -> Roll:
    """The part of a trust's roll that one school's own system would export: no orders, which no export holds."""
    pupils = tuple(pupil for pupil in roll.pupils if pupil.school == school)
    pairs = tuple(p for p in roll.relationships if p.pupil.school == school and p.may_receive is not MayReceive.ORDER)
    known = {pair.contact_id for pair in pairs}
    return Roll(pupils, tuple(contact for contact in roll.contacts if contact.contact_id in known), pairs)


def as_ctf(roll: Roll) -> str:
    contacts = {contact.contact_id: contact for contact in roll.contacts}
    pupils = []
    for pupil in roll.pupils:
        inner = ""
        for pair in roll.relationships:
            if pair.pupil == pupil.key:
                contact = contacts[pair.contact_id]
                for email in contact.emails:
                    inner += (
                        f"<Contact><Surname>{escape(contact.surname)}</Surname><Forename>{escape(contact.forename)}"
                        f"</Forename><Responsibility>{'Y' if pair.may_receive is MayReceive.YES else 'N'}"
                        f"</Responsibility><Email>{email}</Email></Contact>"
                    )
        mail = f"<Email>{pupil.email}</Email>" if pupil.email else ""
        pupils.append(
            f"<Pupil><UPN>{pupil.upn}</UPN><Surname>{escape(pupil.surname)}</Surname><Forename>{escape(pupil.forename)}"
            f"</Forename><DOB>{pupil.date_of_birth}</DOB>{mail}<Contacts>{inner}</Contacts></Pupil>"
        )
    return f"<CTfile><Header/><CTFpupilData>{''.join(pupils)}</CTFpupilData></CTfile>"


def as_oneroster(roll: Roll) -> bytes:
    agents: dict[str, list[str]] = {}
    entitled = {pair.contact_id for pair in roll.relationships if pair.may_receive is MayReceive.YES}
    for pair in roll.relationships:
        agents.setdefault(pair.pupil.pupil, []).append(pair.contact_id)
    users = [
        ("sourcedId", "orgSourcedIds", "role", "givenName", "familyName", "identifier", "email", "agentSourcedIds")
    ]
    for p in roll.pupils:
        linked = ",".join(f"{c}-{n}" for c in agents.get(p.pupil_id, []) for n in range(2))
        users.append((p.pupil_id, "o1", "student", p.forename, p.surname, p.upn, p.email, linked))
    for c in roll.contacts:
        role = "parent" if c.contact_id in entitled else "relative"
        for n in range(2):
            email = c.emails[min(n, len(c.emails) - 1)]
            users.append((f"{c.contact_id}-{n}", "o1", role, c.forename, c.surname, "", email, ""))
    births = [("sourcedId", "birthDate"), *((p.pupil_id, str(p.date_of_birth)) for p in roll.pupils)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, rows in (
            ("users", users),
            ("demographics", births),
            ("orgs", [("sourcedId", "type"), ("o1", "school")]),
        ):
            text = io.StringIO()
            csv.writer(text).writerows(rows)
            archive.writestr(f"{name}.csv", text.getvalue())
    return out.getvalue()


def entitlements(roll: Roll, addresses: list[str]) -> dict[str, set[str]]:
    upns = {pupil.key: pupil.upn for pupil in roll.pupils}
    rights = Entitlements(roll)
    others = {email for contact in roll.contacts for email in contact.emails} | {pupil.email for pupil in roll.pupils}
    found = {address: {upns[key] for key in rights.of(address).pupils} for address in {*addresses, *others}}
    return {address: pupils for address, pupils in found.items() if pupils or address in addresses}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("school", ["OAK", "ELM"])
def test_every_format_of_one_school_gives_the_same_entitlements(tmp_path: Path, seed: int, school: str) -> None:
    native = only_school(build(seed).roll, school)
    addresses = [e for c in native.contacts for e in c.emails] + [p.email for p in native.pupils if p.email]
    expected = entitlements(native, addresses)
    assert sum(map(len, expected.values())) > 300
    (tmp_path / "school.xml").write_text(as_ctf(native), encoding="utf-8")
    (tmp_path / "school.zip").write_bytes(as_oneroster(native))
    for name in ("school.xml", "school.zip"):
        roll = load_source(tmp_path / name, school=school).roll
        assert {p.school for p in roll.pupils} == {school}
        assert entitlements(roll, addresses) == expected, name


def test_a_source_is_known_by_sight(tmp_path: Path) -> None:
    demo = write(tmp_path, 1)
    assert load_source(tmp_path / "roll").roll.revision == demo.roll.revision
    unknown = tmp_path / "roll.doc"
    unknown.write_text("?")
    with pytest.raises(RollError) as refused:
        load_source(unknown)
    assert "ctf" in refused.value.problems[0].remedy
    with pytest.raises(RollError):
        load_source(tmp_path / "roll", "ctf")
    os.mkfifo(tmp_path / "pipe.csv")
    for form in ("", "csv", "ctf", "oneroster"):
        with pytest.raises(RollError) as refused:
            load_source(tmp_path / "pipe.csv", form)
        assert "neither a file nor a folder" in refused.value.problems[0].message
