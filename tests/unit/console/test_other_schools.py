"""Whoever belongs to one school learns nothing of another one's families: not by looking an address up, not from an
email to one of them, not from what is offered or weak in the roll."""

from dataclasses import replace

import pytest

from mailguard.model import Contact, MayReceive, PupilKey, Relationship
from mailguard.store.revisions import save_roll

from .conftest import ROLL, ZEB, form_of

WREN = PupilKey("ELM", "P1")
SECRETS = ("Wren", "Marchbanks", "9A")


@pytest.fixture
def trust(desk):
    """A parent with children at both schools, and one of both at one address."""
    roll = replace(
        ROLL,
        contacts=(*ROLL.contacts, Contact("C4", "Noor", "Both", "Ms", ("noor@home.example",))),
        relationships=(
            *ROLL.relationships,
            Relationship(ZEB, "C4", "Aunt", may_receive=MayReceive.YES),
            Relationship(WREN, "C4", "Aunt", may_receive=MayReceive.YES),
        ),
        revision="r2",
    )
    with desk.database.write() as tx:
        save_roll(tx, roll, {}, "test")
    return desk


def nothing_of(page, secrets=SECRETS):
    main = page.partition("<main")[2] or page
    return not [one for one in secrets if one in main]


def test_an_address_of_another_school_s_family_is_looked_up_in_vain(trust):
    office, dpo = trust.browser("office"), trust.browser("dpo")
    page = office.get("/roll?address=robin@home.example").text
    assert "known at another school" in page
    assert nothing_of(page, (*SECRETS, "Robin M"))
    assert "Wren Marchbanks (9A)" in dpo.get("/roll?address=robin@home.example").text


def test_of_a_parent_at_both_schools_each_sees_its_own_part(trust):
    page = trust.browser("office").get("/roll?address=noor@home.example").text
    assert "Zebedee Quillfeather (4B), as aunt" in page
    assert nothing_of(page)
    page = trust.browser("elm").get("/roll?address=noor@home.example").text
    assert "Wren Marchbanks (9A), as aunt" in page
    assert nothing_of(page, ("Zebedee", "Quillfeather", "4B"))


def test_an_email_to_another_school_s_family_names_nobody_there(trust):
    said = "The message text shows a record of Zebedee Quillfeather (4B), and this address may receive data on "
    trust.hold(to=("robin@home.example",), sentence=f"{said}Wren Marchbanks (9A) only.")
    office, dpo = trust.browser("office"), trust.browser("dpo")
    for page in (office.get("/held").text, office.get("/held/m1").text, office.get("/api/v1/held/m1").text):
        assert nothing_of(page, (*SECRETS, "Robin M"))
    assert "may receive data on a pupil of another school only" in office.get("/held/m1").text
    assert f"{said}Wren Marchbanks (9A) only" in dpo.get("/held/m1").text
    assert nothing_of(office.get("/held?q=Robin").text.partition("<table")[2])


def test_what_the_email_itself_shows_is_named(trust):
    said = "The message text shows a record of Wren Marchbanks (9A)."
    trust.hold(to=("robin@home.example",), pupil=WREN, sentence=said, rule="other-school")
    assert said in trust.browser("office").get("/held/m1").text


def test_another_school_s_family_is_not_offered_its_addresses_not_given(trust):
    trust.hold(pupil=WREN, rule="other-school")
    office, dpo = trust.browser("office"), trust.browser("dpo")
    page = office.get("/held/m1").text
    assert "robin@home.example" not in page
    assert "noor@home.example" not in page
    assert 'value="redirect"' not in page
    assert 'value="redirect"' in dpo.get("/held/m1").text
    form = form_of(page, action="redirect", reason="wrong-recipient")
    assert office.post("/held/m1", data=form).status_code == 409
    token = form["token"]
    body = {"reason": "wrong-recipient", "to": ["robin@home.example"]}
    answer = office.post("/api/v1/held/m1/redirect", json=body, headers={"x-form-token": token})
    assert answer.status_code in (403, 409)
    assert trust.states() == ["held"]


def test_the_sender_is_given_no_address_of_another_school(trust):
    from .test_decisions import notices

    trust.hold(pupil=WREN, rule="other-school")
    office = trust.browser("office")
    form = form_of(office.get("/held/m1").text, action="stop", reason="wrong-recipient", offer="1")
    assert office.post("/held/m1", data=form).status_code == 303
    assert "robin@home.example" not in notices(trust)[0][1]


def test_what_is_weak_in_the_roll_names_one_s_own_pupils_only(trust):
    page = trust.browser("office").get("/roll").text
    assert nothing_of(page.partition("Problems in the roll")[2])


def test_a_slip_away_from_another_school_s_family_its_address_is_not_told(trust):
    said = "This address is not known; a slip of the pen away is robin@home.example."
    trust.hold(to=("robni@home.example",), rule="similar-address", sentence=said)
    office, elm = trust.browser("office"), trust.browser("elm")
    pages = [office.get(path).text for path in ("/roll?address=robni@home.example", "/held", "/held/m1")]
    for page in (*pages, office.get("/api/v1/held/m1").text):
        assert "robin@home.example" not in page
    assert "very like an address known at another school" in pages[0]
    assert "very like robin@home.example" in elm.get("/roll?address=robni@home.example").text


def test_an_order_for_another_school_s_pupil_is_answered_like_one_for_nobody(trust):
    trust.hold()
    office = trust.browser("office")
    token = form_of(office.get("/held/m1").text)["token"]
    answers = []
    for pupil in ("ELM/P1", "ELM/P999"):
        body = {"kind": "bar", "address": "x@home.example", "pupil": pupil, "why": "an order"}
        answer = office.post("/api/v1/roll/overrides", json=body, headers={"x-form-token": token})
        answers.append((answer.status_code, answer.text))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
