import random
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from mailguard.demo import build
from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.guard import Guard, ImportRefused, addresses_of, households_of
from mailguard.enrol.imports import bring_in
from mailguard.model import Contact, MayReceive, Pupil, PupilKey, Relationship, Roll
from mailguard.roll.problems import Loaded
from mailguard.roll.revision import with_revision
from mailguard.store import Database, StoreSettings, write_key_file
from mailguard.store.revisions import current_roll

ROLL = build(5).roll
BARE = replace(ROLL, revision="")


def refusal(new: Roll, old: Roll = BARE) -> str:
    with pytest.raises(ImportRefused) as refused:
        Guard().check(old, new)
    assert all("confirm" in problem.remedy for problem in refused.value.problems)
    return " ".join(problem.message for problem in refused.value.problems)


def contact_names_merged(roll: Roll, share: float, seed: int = 1) -> Roll:
    """The accident of a vendor's upgrade: contacts of one surname become one contact of all their children."""
    rng = random.Random(seed)
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for contact in roll.contacts:
        by_name[contact.surname].append(contact.contact_id)
    merged: dict[str, str] = {}
    for ids in by_name.values():
        for contact_id in ids[1:]:
            if rng.random() < share:
                merged[contact_id] = ids[0]
    pairs = {}
    for pair in roll.relationships:
        moved = replace(pair, contact_id=merged.get(pair.contact_id, pair.contact_id))
        pairs[moved.pupil, moved.contact_id] = moved
    return replace(roll, relationships=tuple(pairs.values()))


def test_a_first_roll_and_the_same_roll_pass() -> None:
    Guard().check(Roll(), ROLL)
    Guard().check(ROLL, ROLL)
    Guard().check(BARE, ROLL)


def test_a_school_year_passes() -> None:
    """Leavers go, an intake comes with younger siblings of those who stay, a few families move and split."""
    rng = random.Random(2)
    stay = [
        replace(p, year_group=f"{p.year_group}+", registration_group="") for p in ROLL.pupils if rng.random() > 0.08
    ]
    pairs = [pair for pair in ROLL.relationships if any(pair.pupil == p.key for p in stay)]
    for number, pair in enumerate(rng.sample(pairs, 30)):
        new = Pupil("OAK", f"new{number}", f"New{number}", "Child")
        stay.append(new)
        pairs.append(replace(pair, pupil=new.key, may_receive=MayReceive.YES))
    contacts = list(ROLL.contacts)
    for place in rng.sample(range(len(contacts)), 8):
        contacts[place] = replace(contacts[place], emails=(f"new{place}@home.test",), address=f"{place} New Road")
    Guard().check(BARE, Roll(tuple(stay), tuple(contacts), tuple(pairs), ROLL.staff))


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_the_merged_contacts_accident_is_refused_with_counts(share: float) -> None:
    merged = contact_names_merged(ROLL, share)
    text = refusal(merged)
    before, after = addresses_of(BARE), addresses_of(merged)
    for school in ("OAK", "ELM"):
        mine = [who for who in before if who[0] == school]
        changed = sum(len(before[who] ^ after.get(who, frozenset())) for who in mine)
        serves = re.search(rf"(\d+) addresses of school {school} may now receive on children of unrelated", text)
        assert serves
        assert 0 < int(serves[1]) <= sum(len(after.get(who, frozenset())) for who in mine)
        if share > 0.1:
            assert f"{changed} pairs of pupil and address of school {school} come or go" in text


def test_half_an_export_is_refused() -> None:
    pupils = tuple(pupil for pupil in ROLL.pupils if pupil.school == "OAK")
    half = replace(BARE, pupils=pupils, relationships=tuple(r for r in ROLL.relationships if r.pupil.school == "OAK"))
    assert "pupils of school ELM are gone" in refusal(half)


def test_a_lost_column_of_addresses_is_refused() -> None:
    assert "come or go" in refusal(replace(ROLL, contacts=tuple(replace(c, emails=()) for c in ROLL.contacts)))


def test_addresses_shifted_by_a_row_are_refused() -> None:
    contacts = ROLL.contacts
    shifted = tuple(replace(c, emails=n.emails) for c, n in zip(contacts, contacts[1:] + contacts[:1], strict=True))
    assert "moved to another family" in refusal(replace(ROLL, contacts=shifted))


def test_one_placeholder_address_for_many_families_is_refused() -> None:
    contacts = tuple(
        replace(c, emails=(*c.emails, "noemail@home.test")) if n < 12 else c for n, c in enumerate(ROLL.contacts)
    )
    assert "many families" in refusal(replace(ROLL, contacts=contacts))


def test_columns_that_were_read_for_each_other_are_refused() -> None:
    turned = tuple(replace(p, forename=p.surname, surname=p.forename) for p in ROLL.pupils)
    assert "another forename and surname" in refusal(replace(ROLL, pupils=turned))
    undated = tuple(replace(p, date_of_birth=None) for p in ROLL.pupils)
    assert "another date of birth or none" in refusal(replace(ROLL, pupils=undated))
    pupils = ROLL.pupils
    anew = tuple(
        replace(p, pupil_id=q.pupil_id, school=q.school) for p, q in zip(pupils, pupils[5:] + pupils[:5], strict=True)
    )
    assert "another forename and surname" in refusal(replace(ROLL, pupils=anew))


def test_one_school_of_a_large_trust_is_weighed_by_itself() -> None:
    """What spoils one school of eighty is a small share of the whole."""
    copies = [chr(65 + n) for n in range(12)]
    pupils = tuple(replace(p, school=f"{p.school}{copy}") for copy in copies for p in ROLL.pupils)
    contacts = tuple(
        replace(c, contact_id=f"{copy}{c.contact_id}", emails=tuple(f"{copy}.{email}" for email in c.emails))
        for copy in copies
        for c in ROLL.contacts
    )
    pairs = tuple(
        replace(r, pupil=PupilKey(f"{r.pupil.school}{copy}", r.pupil.pupil), contact_id=f"{copy}{r.contact_id}")
        for copy in copies
        for r in ROLL.relationships
    )
    trust = Roll(pupils, contacts, pairs)
    lost = {r.contact_id for r in pairs if r.pupil.school == "ELMC"}
    bare = replace(trust, contacts=tuple(replace(c, emails=()) if c.contact_id in lost else c for c in contacts))
    text = refusal(bare, trust)
    assert "school ELMC come or go" in text
    assert "ELMA" not in text


def numbered_anew(roll: Roll) -> Roll:
    ids = {p.key: f"T{n}" for n, p in enumerate(roll.pupils)}
    pupils = tuple(replace(p, pupil_id=ids[p.key]) for p in roll.pupils)
    pairs = tuple(replace(r, pupil=PupilKey(r.pupil.school, ids[r.pupil])) for r in roll.relationships)
    return replace(roll, pupils=pupils, relationships=pairs)


def test_another_system_that_numbers_all_anew_hides_nothing() -> None:
    """Ids of another system, the UPNs as before: that is said, and a merge that comes with it as well."""
    known = sum(1 for p in ROLL.pupils if p.school == "OAK" and p.upn)
    text = refusal(numbered_anew(BARE))
    assert f"{known} of {len([p for p in ROLL.pupils if p.school == 'OAK'])} pupils of school OAK have another" in text
    assert "come or go" not in text
    text = refusal(numbered_anew(contact_names_merged(BARE, 0.5)))
    assert "have another pupil id" in text
    assert "come or go" in text
    assert "unrelated households" in text


def test_a_fifth_of_a_small_school_does_not_go_unseen() -> None:
    school = Roll(tuple(Pupil("OAK", str(n), f"A{n}", f"B{n}") for n in range(40)))
    assert "8 of 40 pupils of school OAK are gone" in refusal(replace(school, pupils=school.pupils[8:]), school)
    Guard().check(school, replace(school, pupils=school.pupils[4:]))


def test_a_small_roll_may_change_as_it_likes() -> None:
    small = Roll(
        tuple(Pupil("OAK", str(n), "A", "B") for n in range(6)),
        tuple(Contact(f"C{n}", emails=(f"c{n}@home.test",)) for n in range(6)),
        tuple(Relationship(Pupil("OAK", str(n), "A", "B").key, f"C{n}", may_receive=MayReceive.YES) for n in range(4)),
    )
    Guard().check(small, replace(small, pupils=small.pupils[:1], relationships=()))
    turned = tuple(replace(pair, contact_id=f"C{n + 1}") for n, pair in enumerate(small.relationships))
    Guard().check(small, replace(small, relationships=turned))


def test_households() -> None:
    pupils = tuple(Pupil("OAK", str(n), "A", "B", address="1 Elm Road" if n < 2 else f"{n} Oak Way") for n in range(4))
    contacts = (Contact("M", emails=("m@home.test",)), Contact("F", emails=("f@home.test",)))
    pairs = [Relationship(p.key, "M", may_receive=MayReceive.YES) for p in pupils]
    pairs.append(Relationship(pupils[1].key, "F", may_receive=MayReceive.YES))
    pairs.append(Relationship(pupils[2].key, "F", may_receive=MayReceive.YES))
    roll = Roll(pupils, contacts, tuple(pairs))
    # To the mother 0 and 1 are one by their home, 1 and 2 by their father; the father's two share their mother.
    assert households_of(roll, addresses_of(roll)) == {"m@home.test": 2, "f@home.test": 1}
    assert households_of(roll, addresses_of(roll), among=frozenset({("OAK", "0")})) == {}


def test_a_refused_import_leaves_the_old_roll_and_a_confirmed_one_does_not(tmp_path: Path) -> None:
    write_key_file(tmp_path / "key")
    bad = with_revision(contact_names_merged(ROLL, 1.0))
    with Database.open(StoreSettings(f"sqlite:///{tmp_path}/mailguard.db", tmp_path / "key")) as database:
        bring_in(DatabaseDoor(database), Loaded(ROLL), "clerk", Guard())
        with pytest.raises(ImportRefused):
            bring_in(DatabaseDoor(database), Loaded(bad), "clerk", Guard())
        with database.read() as tx:
            assert current_roll(tx) == ROLL
        bring_in(DatabaseDoor(database), Loaded(bad), "clerk")
        with database.read() as tx:
            assert current_roll(tx) == bad
