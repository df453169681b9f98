from dataclasses import replace
from datetime import date

import pytest

from mailguard.model import Contact, MayReceive, Pupil, Relationship, Roll
from mailguard.roll.entitlement import Entitlements
from mailguard.roll.overrides import Override, OverrideKind, lay_over, subject_of
from mailguard.roll.revision import with_revision

BORN = date(2015, 3, 9)
ADA = Pupil("OAK", "1", "Ada", "Kerr", BORN, upn="B801200005001")
BEN = Pupil("OAK", "2", "Ben", "Kerr", date(2017, 1, 2))
UNA = Contact("C1", "Una", "Kerr", emails=("una@home.example", "kerrs@home.example"))
GUS = Contact("C2", "Gus", "Kerr", emails=("Kerrs+school@home.example",))
PAIRS = tuple(
    Relationship(pupil.key, contact.contact_id, may_receive=MayReceive.YES)
    for pupil in (ADA, BEN)
    for contact in (UNA, GUS)
)
ROLL = with_revision(Roll((ADA, BEN), (UNA, GUS), PAIRS))
BAR = Override(1, OverrideKind.BAR, "kerrs@home.example", subject_of(ADA), until=date(2026, 12, 31))
LET = Override(2, OverrideKind.ADDRESS, "nan@else.example", subject_of(ADA), "grandmother")
HIDE = Override(3, OverrideKind.CONFIDENTIAL, "una@home.example")


def rights(roll: Roll, address: str) -> tuple[set[str], set[str]]:
    found = Entitlements(roll).of(address)
    return {key.pupil for key in found.pupils}, {key.pupil for key in found.barred}


def test_without_overrides_a_roll_stays_the_same_object() -> None:
    assert lay_over(ROLL, ()).roll is ROLL


def test_a_bar_holds_for_everybody_who_shares_the_address_and_for_that_pupil_only() -> None:
    laid = lay_over(ROLL, (BAR,)).roll
    for address in ("kerrs@home.example", "KERRS+x@home.example", "una@home.example"):
        assert rights(laid, address) == ({"2"}, {"1"}), address
    assert laid.revision not in ("", ROLL.revision)
    assert laid.pupils == ROLL.pupils


def test_a_bar_holds_for_an_address_that_nobody_has() -> None:
    laid = lay_over(ROLL, (replace(BAR, address="x@else.example"),)).roll
    assert rights(laid, "x@else.example") == (set(), {"1"})
    assert rights(laid, "una@home.example") == ({"1", "2"}, set())


def test_a_further_address_may_receive_on_its_pupil_only_and_lends_nothing_to_whoever_has_it() -> None:
    laid = lay_over(ROLL, (LET, replace(LET, number=4, address="gus.kerr@work.example"))).roll
    assert rights(laid, "nan@else.example") == ({"1"}, set())
    assert rights(laid, "gus.kerr@work.example") == ({"1"}, set())
    assert rights(laid, "una@home.example") == ({"1", "2"}, set())


def test_a_bar_beats_a_further_address() -> None:
    barred = replace(BAR, address=LET.address)
    for order in ((barred, LET), (LET, barred)):
        assert rights(lay_over(ROLL, order).roll, LET.address) == (set(), {"1"})


def test_a_confidential_address_marks_its_contacts_or_a_new_one() -> None:
    laid = lay_over(ROLL, (HIDE,)).roll
    assert [contact.confidential for contact in laid.contacts] == [True, False]
    other = lay_over(ROLL, (replace(HIDE, address="safe@else.example"),)).roll
    assert [c.emails for c in other.contacts if c.confidential] == [("safe@else.example",)]
    assert other.relationships == ROLL.relationships


OTHER_IDS = {
    "same id": (ADA, True),
    "other id, same UPN": (replace(ADA, pupil_id="900"), True),
    "other id, no UPN, same name and date of birth": (replace(ADA, pupil_id="900", upn="", forename="ADA"), True),
    "id given to another child": (Pupil("OAK", "1", "Zed", "Poe", date(2010, 1, 1), upn="A801200005002"), False),
    "id given to another child, no UPN": (Pupil("OAK", "1", "Zed", "Poe", date(2010, 1, 1)), False),
    "id given to another child, UPN kept": (replace(ADA, pupil_id="7"), True),
    "renamed": (replace(ADA, surname="Day"), True),
    "namesake with another UPN": (replace(ADA, pupil_id="7", upn="A801200005002"), False),
    "another school": (replace(ADA, school="ELM"), False),
    "gone": (replace(BEN, pupil_id="5"), False),
}


@pytest.mark.parametrize(("pupil", "found"), OTHER_IDS.values(), ids=OTHER_IDS)
def test_the_pupil_is_found_again_under_other_ids_and_never_taken_for_another(pupil: Pupil, found: bool) -> None:
    laid = lay_over(Roll((pupil, BEN), (UNA,), ()), (BAR, LET))
    assert laid.unmatched == (() if found else (1, 2))
    assert rights(laid.roll, LET.address)[0] == ({pupil.pupil_id} if found else set())


def test_two_who_fit_are_none() -> None:
    twins = (replace(ADA, pupil_id="7", upn=""), replace(ADA, pupil_id="8", upn=""))
    assert lay_over(Roll(twins), (BAR,)).unmatched == (1,)


def test_the_last_day_counts() -> None:
    assert BAR.active(date(2026, 12, 31))
    assert not BAR.active(date(2027, 1, 1))
    assert LET.active(date(2099, 1, 1))


def test_laying_is_the_same_every_time() -> None:
    one = lay_over(ROLL, (BAR, LET, HIDE)).roll
    assert lay_over(ROLL, (BAR, LET, HIDE)).roll == one
    assert lay_over(replace(ROLL, contacts=ROLL.contacts[::-1]), (BAR, LET, HIDE)).roll.revision == one.revision
