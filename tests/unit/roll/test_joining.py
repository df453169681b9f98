from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from mailguard.demo import build
from mailguard.model import Contact, MayReceive, Pupil, PupilKey, Relationship, Roll
from mailguard.roll.entitlement import Entitlements
from mailguard.roll.joining import Part, join, part_of, part_revisions
from mailguard.roll.problems import Loaded, RollError
from mailguard.roll.sources.mapped import load_mapped

BORN = date(2015, 3, 9)
ADA = Pupil("OAK", "A1", "Ada", "Kerr", BORN, upn="B801200005001")
BEN = Pupil("OAK", "A2", "Ben", "Kerr", date(2017, 1, 2))
UNA = Contact("1", "Una", "Kerr", emails=("una@home.example",), phones=("07700 900123",))
GUS = Contact("2", "Gus", "Kerr", emails=("gus@home.example",))
NAN = Contact("3", "Nan", "Fox")
BASE = Roll(
    (ADA, BEN),
    (UNA, GUS, NAN),
    tuple(Relationship(p.key, c.contact_id, may_receive=MayReceive.YES) for p in (ADA, BEN) for c in (UNA, GUS, NAN)),
)
MIS = Part("mis.xml", "OAK", Loaded(BASE))


def orders(tmp_path: Path, rows: str, head: str = "UPN,Pupil,DOB,Contact Name,Contact Email,Court Order") -> Part:
    path = tmp_path / "orders.csv"
    path.write_text(f"{head}\n{rows}\n", encoding="utf-8")
    return Part("orders.csv", "OAK+1", load_mapped(path, "OAK", partial=True), adds_pupils=False)


def rights(roll: Roll, address: str) -> tuple[set[str], set[str]]:
    found = Entitlements(roll).of(address)
    return {key.pupil for key in found.pupils}, {key.pupil for key in found.barred}


FOUND = {
    "by UPN, whatever the name": "B801200005001,Ada Renamed,,,gus@home.example,Y",
    "by UPN alone": "B801200005001,,,,gus@home.example,Y",
    "by name and date of birth": ",ADA  Kerr,09/03/2015,Gus Kerr,Gus@Home.example,Y",
    "by address under another name": "B801200005001,,,Augustus Kerr,gus@home.example,Y",
    "by the contact's name, of that very pupil": "B801200005001,,,gus  kerr,,Y",
}


@pytest.mark.parametrize("row", FOUND.values(), ids=FOUND)
def test_an_order_finds_its_pupil_and_bars_that_pair_only(tmp_path: Path, row: str) -> None:
    joined = join([MIS, orders(tmp_path, row)])
    assert rights(joined.roll, "gus@home.example") == ({"A2"}, {"A1"})
    assert rights(joined.roll, "una@home.example") == ({"A1", "A2"}, set())
    assert [p.key for p in joined.roll.pupils] == [ADA.key, BEN.key]
    assert joined.warnings == ()


LOST = {
    "nobody": ",Zed Poe,01/01/2010,,gus@home.example,Y",
    "name alone": ",Ada Kerr,,,gus@home.example,Y",
    "other date of birth": ",Ada Kerr,10/03/2015,,gus@home.example,Y",
    "other UPN": "A801200005002,Ada Kerr,09/03/2015,,gus@home.example,Y",
    "a contact of that name of another pupil only": ",Ben Kerr,02/01/2017,Tom Day,,Y",
}


@pytest.mark.parametrize("row", LOST.values(), ids=LOST)
def test_an_order_that_finds_nobody_refuses_the_roll_and_says_where(tmp_path: Path, row: str) -> None:
    with pytest.raises(RollError) as refused:
        join([MIS, orders(tmp_path, f"B801200005001,,,,una@home.example,N\n{row}")])
    [problem] = refused.value.problems
    assert (problem.file, problem.line) == ("orders.csv", 3)
    assert problem.remedy
    assert "Kerr" not in str(problem)


def test_equal_twins_without_a_upn_are_nobody(tmp_path: Path) -> None:
    twin = replace(BEN, pupil_id="A3")
    part = replace(MIS, loaded=Loaded(replace(BASE, pupils=(ADA, BEN, twin))))
    with pytest.raises(RollError):
        join([part, orders(tmp_path, ",Ben Kerr,02/01/2017,,gus@home.example,Y")])


def test_who_is_in_no_source_before_and_under_no_order_is_passed_over_and_counted(tmp_path: Path) -> None:
    joined = join([MIS, orders(tmp_path, ",Zed Poe,01/01/2010,,gus@home.example,N")])
    assert [(w.file, w.message[:1]) for w in joined.warnings] == [("orders.csv", "1")]
    assert len(joined.roll.pupils) == 2
    more = replace(orders(tmp_path, ",Zed Poe,01/01/2010,,gus@home.example,Y"), adds_pupils=True)
    assert rights(join([MIS, more]).roll, "gus@home.example")[0] == {"A1", "A2"}
    assert len(join([MIS, more]).roll.pupils) == 3


def test_contacts_are_one_by_name_and_address_never_by_name_alone() -> None:
    """The accident of a vendor's upgrade: an equal name must lend nobody another family's children."""
    cy = Pupil("OAK", "A9", "Cy", "Poe", date(2014, 1, 1))
    stranger = Contact("1", "Una", "Kerr", emails=("una.kerr@else.example",), phones=("07700 900123",))
    same = Contact("5", "UNA", "Kerr", emails=("x@work.example", "Una@home.example"), confidential=True)
    pairs = tuple(Relationship(cy.key, c.contact_id, may_receive=MayReceive.YES) for c in (stranger, same))
    more = Part("more.csv", "OAK+1", Loaded(Roll((cy,), (stranger, same), pairs)))
    roll = join([MIS, more]).roll
    assert rights(roll, "una.kerr@else.example")[0] == {"A9"}
    assert rights(roll, "una@home.example")[0] == {"A1", "A2", "A9"}
    assert rights(roll, "x@work.example")[0] == {"A1", "A2", "A9"}
    una = next(contact for contact in roll.contacts if "x@work.example" in contact.emails)
    assert una.confidential
    assert len({contact.contact_id for contact in roll.contacts}) == len(roll.contacts) == 4


def test_a_shared_mailbox_lends_the_other_parents_own_address_nothing() -> None:
    gus = Contact("7", "Gus", "Kerr", emails=("una@home.example", "gus@work.example"))
    more = Part(
        "more", "OAK+1", Loaded(Roll((ADA,), (gus,), (Relationship(ADA.key, "7", may_receive=MayReceive.YES),)))
    )
    assert rights(join([MIS, more]).roll, "gus@work.example")[0] == {"A1"}


def test_what_the_first_source_says_of_a_pair_stands_and_blanks_are_filled() -> None:
    first = replace(BASE, relationships=tuple(replace(r, may_receive=MayReceive.NO) for r in BASE.relationships))
    second = replace(BASE, pupils=(replace(ADA, registration_group="6B", surname="Other"), BEN))
    roll = join([Part("a", "OAK", Loaded(first)), Part("b", "OAK+1", Loaded(second))]).roll
    assert rights(roll, "una@home.example") == (set(), set())
    assert [(p.surname, p.registration_group) for p in roll.pupils] == [("Kerr", "6B"), ("Kerr", "")]


def test_sources_of_two_schools_with_the_same_ids_stay_apart() -> None:
    elm = Roll(
        (replace(ADA, school="ELM", upn=""),),
        (replace(UNA, forename="Ida", emails=("ida@else.example",)),),
        (Relationship(PupilKey("ELM", "A1"), "1", may_receive=MayReceive.YES),),
    )
    roll = join([MIS, Part("elm", "ELM", Loaded(elm))]).roll
    assert Entitlements(roll).of("una@home.example").pupils == {ADA.key, BEN.key}
    assert Entitlements(roll).of("ida@else.example").pupils == {PupilKey("ELM", "A1")}
    again = join([MIS, Part("elm", "ELM", Loaded(part_of(roll, ["ELM"])))]).roll
    assert again.revision == roll.revision, "a part that is kept keeps its ids"
    assert part_revisions(roll)["ELM"] == part_revisions(again)["ELM"]


def test_one_source_is_left_as_it_is() -> None:
    assert join([MIS]).roll is BASE


@pytest.mark.parametrize("seed", range(3))
def test_a_roll_whose_orders_stand_apart_gives_the_same_entitlements(seed: int) -> None:
    whole = build(seed).roll
    plain = tuple(
        replace(r, may_receive=MayReceive.YES) if r.may_receive is MayReceive.ORDER else r for r in whole.relationships
    )
    apart = tuple(r for r in whole.relationships if r.may_receive is MayReceive.ORDER)
    ids = {r.contact_id for r in apart}
    keys = {r.pupil for r in apart}
    second = Roll(
        tuple(replace(p, pupil_id=f"x{p.pupil_id}") for p in whole.pupils if p.key in keys),
        tuple(replace(c, forename="", surname="") for c in whole.contacts if c.contact_id in ids),
        tuple(replace(r, pupil=PupilKey(r.pupil.school, f"x{r.pupil.pupil}")) for r in apart),
    )
    parts = [
        Part("mis", "", Loaded(replace(whole, relationships=plain))),
        Part("orders", "+1", Loaded(second), adds_pupils=False),
    ]
    joined, expected = Entitlements(join(parts).roll), Entitlements(whole)
    assert apart
    for address in {email for contact in whole.contacts for email in contact.emails}:
        one, other = joined.of(address), expected.of(address)
        assert (one.pupils, one.barred) == (other.pupils, other.barred)
