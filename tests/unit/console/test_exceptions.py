"""Exceptions and orders of one pair: made once, whoever presses at the same time; the order comes first, and the page
says so; what an address may receive is said once, and why."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from mailguard.console.screens import roll
from mailguard.enrol.actors import Actor
from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.overriding import Wanted, add_override, list_overrides
from mailguard.model import MayReceive, Relationship
from mailguard.roll.overrides import OverrideKind
from mailguard.store import Conflict
from mailguard.store.revisions import save_roll

from .conftest import ROLL, ZEB, form_of

GRAN = "granny@home.example"


def press(browser, number):
    token = form_of(browser.get("/roll").text.partition("</header>")[0])["token"]
    return browser.post(f"/roll/corrections/{number}/let", data={"token": token})


def exception(desk, address=GRAN, pupil="OAK/P1", days=30):
    until = desk.site.now().date() + timedelta(days=days)
    wanted = Wanted(OverrideKind.ADDRESS, address, "she collects him", pupil, until=until)
    return add_override(DatabaseDoor(desk.database), Actor("dpo"), wanted).override.number


def listed(desk):
    with desk.database.read() as tx:
        return list_overrides(tx, desk.site.people().is_barred)


def test_of_two_people_who_allow_the_same_in_one_instant_one_does(desk, monkeypatch):
    number = desk.note()
    # Both have looked, and neither saw an exception.
    monkeypatch.setattr(roll, "_let", lambda kept, corrections: set())
    answers = [press(desk.browser(user), number) for user in ("head", "dpo")]
    assert [one.status_code for one in answers] == [303, 409]
    assert "Somebody else has just allowed this" in answers[1].text
    assert len(listed(desk)) == 1


def test_two_threads_make_one_exception(desk):
    ready = Barrier(2)

    def allow(_: int) -> str:
        ready.wait(60)
        try:
            exception(desk)
        except Conflict:
            return "told"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(allow, range(2))) == ["done", "told"]
    assert len(listed(desk)) == 1


def test_an_exception_may_be_made_again_after_it_ended_and_for_another_pair(desk):
    first = exception(desk)
    exception(desk, pupil="OAK/P2")
    exception(desk, "aunt@home.example")
    with pytest.raises(Conflict):
        exception(desk, f" {GRAN.upper()}")
    dpo = desk.browser("dpo")
    token = form_of(dpo.get("/roll").text.partition("</header>")[0])["token"]
    dpo.post(f"/roll/overrides/{first}/end", data={"token": token, "why": "it was a mistake"})
    exception(desk)
    assert [one["state"] for one in listed(desk)] == ["active", "active", "active", "ended"]


@pytest.mark.parametrize("order_first", [True, False])
def test_of_an_order_and_an_exception_of_one_pair_the_page_says_that_the_order_counts(desk, order_first):
    steps = [lambda: desk.bar(GRAN), lambda: exception(desk)]
    for step in steps if order_first else reversed(steps):
        step()
    states = {one["kind"]: one["state"] for one in listed(desk)}
    assert states == {"bar": "active", "address": "barred"}
    page = desk.browser("dpo").get("/roll", params={"address": GRAN}).text
    assert page.count("In force") == 1
    assert "Without effect: an order comes first" in page
    assert "May receive no pupil" in page
    assert "by an exception" not in page
    # It can still be ended, and with the order gone the exception counts.
    dpo = desk.browser("dpo")
    order = next(one["number"] for one in listed(desk) if one["kind"] == "bar")
    token = form_of(dpo.get("/roll").text.partition("</header>")[0])["token"]
    dpo.post(f"/roll/overrides/{order}/end", data={"token": token, "why": "the court lifted it"})
    assert {one["kind"]: one["state"] for one in listed(desk)}["address"] == "active"


def test_an_order_of_the_roll_itself_comes_first_too(desk):
    aunt = Relationship(ZEB, "C2", "Aunt", may_receive=MayReceive.ORDER)
    with desk.database.write() as tx:
        save_roll(tx, replace(ROLL, relationships=(*ROLL.relationships, aunt), revision="r2"), {}, "test")
    exception(desk, "helen@home.example")
    assert [one["state"] for one in listed(desk)] == ["barred"]
    page = desk.browser("dpo").get("/roll", params={"address": "helen@home.example"}).text
    assert "Without effect: an order comes first" in page
    assert "by an exception" not in page


def test_where_an_order_keeps_the_pupil_from_an_address_nobody_is_offered_to_let_it_receive(desk):
    number = desk.note()
    desk.bar(GRAN)
    head = desk.browser("head")
    page = head.get("/roll").text
    assert "/let" not in page
    assert "An order keeps the pupil from it" in page
    refused = press(head, number)
    assert refused.status_code == 409
    assert "An order comes first" in refused.text
    assert [one["kind"] for one in listed(desk)] == ["bar"]


def test_what_an_address_may_receive_is_said_once_and_why(desk):
    exception(desk, "ada@home.example")  # she may anyway, as his mother
    exception(desk)
    office = desk.browser("office")
    mother = office.get("/roll", params={"address": "ada@home.example"}).text.partition('role="status"')[2]
    mother = mother.partition("</div>")[0]
    assert "Mrs Ada Quillfeather" in mother
    assert "Unnamed" not in mother
    assert mother.count("Zebedee") == 1
    assert "as mother, by an exception of the school until" in mother
    assert "contact" not in mother
    gran = office.get("/roll", params={"address": GRAN}).text.partition('role="status"')[2].partition("</div>")[0]
    assert gran.count("Zebedee") == 1
    assert "by an exception of the school until" in gran


def test_on_an_email_an_exception_repeats_no_relation(desk):
    exception(desk, "helen@home.example", "OAK/P2")
    desk.hold()
    page = desk.browser("office").get("/held/m1").text
    assert "mother of Ama Osei (4B)" in page
    assert "contact of Ama Osei" not in page
    assert "Unnamed" not in page
