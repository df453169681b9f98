"""What was delivered is found by its address; "this should not have been" keeps who, what and when."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from mailguard.store import audit
from mailguard.store.tables import recipient

from .conftest import form_of

FULL = {"to": "0", "why": "Helen is not his mother", "aware": "2026-01-31T09:05"}


def deliver(desk, name="m1", **options):
    """A message that was released and taken by the next server."""
    desk.hold(name, **options)
    with desk.database.write() as tx:
        mine = update(recipient).where(recipient.c.message_id == name)
        tx.connection.execute(mine.values(state="sent", settled_at=tx.stamp))
    return name


def reports(desk):
    with desk.database.read() as tx:
        return [one.entry for one in audit.entries(tx) if one.entry.action == "delivered-wrongly"]


def say(browser, **fields):
    return browser.post("/delivered/m1", data=form_of(browser.get("/delivered/m1").text) | FULL | fields)


def test_who_what_and_when_are_kept(desk):
    deliver(desk)
    browser = desk.browser("office")
    found = browser.get("/delivered", params={"address": "Helen@home.example"}).text
    assert 'href="/delivered/m1"' in found
    page = browser.get("/delivered/m1").text
    assert "Ms Helen Osei" in page
    assert "Zebedee Quillfeather" in page
    answer = say(browser)
    assert answer.headers["location"] == "/delivered/m1?done=report"
    [entry] = reports(desk)
    assert (entry.actor, entry.school, entry.message_id) == ("office", "OAK", "m1")
    assert entry.reason == "Helen is not his mother"
    assert entry.detail["addresses"] == ["helen@home.example"]
    assert entry.detail["pupils"] == ["OAK/P1"]
    assert entry.detail["sender"] == "t.smith@oak.example"
    assert entry.detail["aware"] == "2026-01-31T09:05:00+00:00"
    after = browser.get(answer.headers["location"]).text
    assert "72 hours" in after
    assert "Helen is not his mother" in after
    assert "Helen is not his mother" in browser.get("/delivered").text
    assert "Reported: it should not have been delivered" in desk.browser("dpo").get("/history").text
    assert desk.states() == ["sent"]


def test_an_empty_time_means_now(desk):
    deliver(desk)
    before = datetime.now(UTC).replace(microsecond=0)
    assert say(desk.browser("head"), aware="").status_code == 303
    [entry] = reports(desk)
    assert before <= datetime.fromisoformat(str(entry.detail["aware"])) <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"to": ""}, "Tick at least one person"),
        ({"to": "7"}, "Tick at least one person who received it"),
        ({"to": "9" * 30}, "Tick at least one person who received it"),
        ({"why": ""}, "what was wrong"),
        ({"aware": "yesterday"}, "Give day and time"),
        ({"aware": "2099-01-01T00:00"}, "still to come"),
        ({"aware": "0001-01-01T00:00"}, "Give day and time"),
        ({"aware": "2026-01-01T00:00+01:00"}, "Give day and time"),
    ],
)
def test_what_is_missing_is_told_and_nothing_kept(desk, change, words):
    deliver(desk)
    answer = say(desk.browser("office"), **change)
    assert answer.status_code == 422
    assert words in answer.text
    assert reports(desk) == []


def test_only_what_was_delivered_and_only_of_one_s_school(desk):
    desk.hold("m1")
    browser = desk.browser("office")
    assert browser.get("/delivered/m1").status_code == 404
    deliver(desk, "e1", school="ELM", to=("robin@home.example",))
    assert browser.get("/delivered/e1").status_code == 404
    assert "was found. Check the spelling" in browser.get("/delivered", params={"address": "robin@home.example"}).text
    assert "/delivered/e1" in desk.browser("elm").get("/delivered", params={"address": "robin@home.example"}).text
    assert "was found. Check the spelling" in browser.get("/delivered", params={"address": "helen@home.example"}).text
    for odd in ("x", "@", "'", "a@b" * 200):
        assert browser.get("/delivered", params={"address": odd}).status_code == 200


def test_searching_and_looking_are_written_down(desk):
    deliver(desk)
    browser = desk.browser("office")
    browser.get("/delivered", params={"address": "helen@home.example"})
    browser.get("/delivered/m1")
    with desk.database.read() as tx:
        said = [one.entry.action for one in audit.entries(tx) if one.entry.actor == "office"]
    assert said[-2:] == ["delivered-searched", "viewed"]


def test_another_school_s_reports_are_not_shown(desk):
    deliver(desk)
    say(desk.browser("office"))
    assert "not his mother" not in desk.browser("elm").get("/delivered").text
