from dataclasses import replace
from datetime import date

from mailguard.demo import build
from mailguard.enrol.weaknesses import SENTENCES, Weakness, WeaknessKind, weaknesses
from mailguard.model import Contact, MayReceive, Pupil, PupilStatus, Relationship, Roll, StaffMember

BORN = date(2015, 3, 9)
ADA = Pupil("OAK", "1", "Ada", "Kerr", BORN, upn="B801200005001", address="1 Elm Road")
BEN = Pupil("OAK", "2", "Ben", "Day", BORN, address="2 Oak Way")
YES, ORDER = MayReceive.YES, MayReceive.ORDER


def roll(*pairs: tuple[Pupil, str, MayReceive], pupils: tuple[Pupil, ...] = (ADA, BEN), **more) -> Roll:
    contacts = more.pop("contacts", (Contact("U", emails=("una@home.test",)), Contact("B", emails=("bo@home.test",))))
    relationships = tuple(Relationship(pupil.key, contact, may_receive=may) for pupil, contact, may in pairs)
    return Roll(pupils, contacts, relationships, **more)


GOOD = ((ADA, "U", YES), (BEN, "B", YES))


def test_a_sound_roll_has_none() -> None:
    assert weaknesses(roll(*GOOD)) == ()


def test_pupils_nobody_can_be_mailed_about() -> None:
    found = weaknesses(roll((ADA, "U", YES), (BEN, "B", MayReceive.NO)))
    assert found == (Weakness(WeaknessKind.NOBODY_TO_MAIL, (BEN.key,)),)
    gone = replace(BEN, status=PupilStatus.LEAVER)
    assert weaknesses(roll((ADA, "U", YES), pupils=(ADA, gone))) == ()


def test_one_address_in_several_families() -> None:
    found = weaknesses(roll((ADA, "U", YES), (BEN, "U", YES)))
    assert found == (Weakness(WeaknessKind.SHARED_BY_FAMILIES, (ADA.key, BEN.key), "una@home.test"),)
    at_home = replace(BEN, address=ADA.address)
    assert weaknesses(roll((ADA, "U", YES), (BEN, "U", YES), pupils=(ADA, at_home))) == ()


def test_an_order_against_an_address_that_may_receive() -> None:
    contacts = (Contact("U", emails=("u.na@gmail.com",)), Contact("B", emails=("bo@home.test", "una@gmail.com")))
    found = weaknesses(roll(*GOOD, (ADA, "B", ORDER), contacts=contacts))
    assert Weakness(WeaknessKind.CONTRADICTORY_ORDER, (ADA.key,), "una@gmail.com") in found


def test_staff_who_are_contacts_under_a_work_address() -> None:
    found = weaknesses(roll(*GOOD, staff=(StaffMember("OAK", "Una@home.test"),)))
    assert found == (Weakness(WeaknessKind.STAFF_AND_CONTACT, (ADA.key,), "una@home.test"),)


def test_numbers_and_dates() -> None:
    wrong, same = replace(ADA, upn="A801200005001"), replace(BEN, upn=ADA.upn, date_of_birth=None)
    assert weaknesses(roll(*GOOD, pupils=(wrong, BEN))) == (Weakness(WeaknessKind.INVALID_UPN, (ADA.key,)),)
    assert [w.kind for w in weaknesses(roll(*GOOD, pupils=(ADA, same)))] == [
        WeaknessKind.DUPLICATE_UPN,
        WeaknessKind.NO_BIRTH_DATE,
    ]


def test_every_kind_has_its_sentence_and_the_demo_has_its_awkward_families() -> None:
    assert set(SENTENCES) == set(WeaknessKind)
    assert all(weakness.sentence for weakness in weaknesses(build(1).roll))
    kinds = {weakness.kind for weakness in weaknesses(build(1).roll)}
    assert WeaknessKind.STAFF_AND_CONTACT in kinds
