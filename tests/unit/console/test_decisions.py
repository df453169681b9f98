"""The life of a message and of a group through the pages: what each choice does, what is refused, what is told."""

import pytest

from mailguard.model import Category
from mailguard.store import audit, holds, queue

from .conftest import AMA, ZEB, form_of

MEDICAL = (Category.MEDICAL,)


def open_page(browser, name="m1"):
    page = browser.get(f"/held/{name}")
    assert page.status_code == 200
    return page.text


def decide(browser, name="m1", page="", **fields):
    form = form_of(page or open_page(browser, name), **({"reason": "wrong-recipient"} | fields))
    form.setdefault("offer", "1")
    if form.get("choosing") and "to" not in form:
        form["to"] = "0"
    return browser.post(f"/held/{name}", data=form)


def notices(desk):
    """Recipients and texts of the messages that mailguard made itself."""
    with desk.database.read() as tx:
        from sqlalchemy import select

        from mailguard.store.tables import message

        ids = tx.connection.execute(select(message.c.id).where(message.c.own)).scalars().all()
        return [(kept.envelope.recipients, kept.content.decode()) for kept in (queue.load(tx, one) for one in ids)]


def test_stopped_and_the_sender_told_the_right_address(desk):
    desk.hold()
    browser = desk.browser("office")
    page = open_page(browser)
    assert "This email would give Ms Helen Osei another family" in page
    assert "mother of Ama Osei (4B)" in page
    assert "Zebedee Quillfeather (4B)" in page
    assert '<mark id="mark-1">Zebedee Quillfeather<sup>' in page
    answer = decide(browser, page=page, action="stop")
    assert answer.headers["location"] == "/held/m1?done=stop"
    assert desk.states() == ["refused"]
    ((to, text),) = notices(desk)
    assert to == ("t.smith@oak.example",)
    assert "ada@home.example" in text
    assert "Zebedee" not in text
    assert "helen@home.example" not in text
    after = browser.get("/held/m1?done=stop").text
    assert "Stopped." in after
    assert "Your decision" not in after


def test_the_address_is_not_told_where_the_office_does_not_want_it(desk):
    desk.hold()
    decide(desk.browser("office"), action="stop", offer="")
    assert "ada@home.example" not in notices(desk)[0][1]


def test_a_sender_from_elsewhere_is_told_nothing(desk):
    desk.hold(sender="mis@vendor.example")
    decide(desk.browser("office"), action="stop")
    assert notices(desk) == []


def test_sent_anyway_once_and_never_twice(desk):
    desk.hold()
    browser = desk.browser("office")
    form = form_of(open_page(browser), action="send", reason="harmless")
    assert browser.post("/held/m1", data=form).status_code == 303
    assert desk.states() == ["queued"]
    again = browser.post("/held/m1", data=form)
    assert again.status_code == 409
    assert "Somebody else was faster" in again.text
    with desk.database.read() as tx:
        assert [one.entry.action for one in audit.entries(tx, "m1")].count("released") == 1


def test_two_people_at_once_and_one_wins(desk):
    desk.hold()
    office, head = desk.browser("office"), desk.browser("head")
    forms = [form_of(open_page(one), reason="harmless", action=a) for one, a in ((office, "send"), (head, "stop"))]
    assert head.post("/held/m1", data=forms[1]).status_code == 303
    assert office.post("/held/m1", data=forms[0]).status_code == 409
    assert desk.states() == ["refused"]


def test_what_is_sensitive_takes_a_second_person(desk):
    desk.hold(categories=MEDICAL)
    office, head = desk.browser("office"), desk.browser("head")
    page = open_page(office)
    assert "Ask a second person" in page
    assert "Send it anyway" not in page
    forced = decide(office, page=page, action="send")
    assert forced.status_code == 403
    assert desk.states() == ["held"]
    assert decide(office, action="ask", reason="entitled", note="asked by the clinic").status_code == 303
    assert "Sent on" not in open_page(office)
    assert decide(office, action="send").status_code == 403
    second = open_page(head)
    assert "asked by the clinic" in second
    assert decide(head, page=second, action="send").status_code == 303
    assert desk.states() == ["queued"]
    assert "after office had asked" in open_page(head)


def test_the_sender_may_stop_but_not_send(desk):
    desk.hold(sender="office@oak.example")
    browser = desk.browser("office")
    page = open_page(browser)
    assert "Send it anyway" not in page
    assert decide(browser, page=page, action="send").status_code == 403
    assert decide(browser, page=page, action="stop").status_code == 303


def test_sent_to_the_right_family_instead(desk):
    desk.hold()
    browser = desk.browser("office")
    confirm = decide(browser, action="redirect")
    assert confirm.status_code == 200
    assert "ada@home.example" in confirm.text
    assert "mother of Zebedee Quillfeather" in confirm.text
    assert desk.states() == ["held"]
    nobody = browser.post("/held/m1/redirect", data=form_of(confirm.text))
    assert nobody.status_code == 422
    done = browser.post("/held/m1/redirect", data=form_of(confirm.text, to="0"))
    assert done.status_code == 303
    assert desk.states() == ["refused"]
    with desk.database.read() as tx:
        (new,) = queue.unjudged(tx, 10)
        made = queue.load(tx, new)
    assert made.envelope.recipients == ("ada@home.example",)
    assert b"helen@" not in made.content
    assert "New email to" in open_page(browser)
    assert browser.post("/held/m1/redirect", data=form_of(confirm.text, to="0")).status_code == 409


def test_some_of_several_recipients(desk):
    desk.hold(to=("helen@home.example", "robin@home.example"), held=2)
    browser = desk.browser("office")
    form = form_of(open_page(browser), action="send", reason="harmless")
    assert browser.post("/held/m1", data=form).status_code == 422
    assert browser.post("/held/m1", data=form | {"to": "1"}).status_code == 303
    assert desk.states() == ["held", "queued"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": "harmless"}, "Choose what is to happen"),
        ({"action": "stop"}, "Choose a reason"),
        ({"action": "stop", "reason": "other"}, "Say the reason in your own words"),
        ({"action": "explode", "reason": "nonsense"}, "Choose what is to happen"),
    ],
)
def test_what_is_missing_is_said_and_what_was_chosen_is_kept(desk, fields, words):
    desk.hold()
    browser = desk.browser("office")
    answer = browser.post("/held/m1", data=form_of(open_page(browser)) | fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert "<title>Error: " in answer.text
    if fields.get("action") == "stop":
        assert 'value="stop" checked' in answer.text
    assert desk.states() == ["held"]


def test_a_group_is_stopped_as_a_whole_and_what_came_later_stays(desk):
    for n in range(30):
        desk.hold(f"g{n:02}", subject=f"Report for Child Number{n}")
    desk.hold("other", subject="Something else")
    browser = desk.browser("office")
    listed = browser.get("/held").text
    assert "31 emails are waiting" in listed
    assert "30 emails like" in listed
    group = listed.partition('href="/groups/')[2].partition('"')[0]
    form = form_of(browser.get(f"/groups/{group}").text, reason="wrong-recipient")
    desk.hold("late", subject="Report for Child Number99")
    answer = browser.post(f"/groups/{group}", data=form)
    assert answer.headers["location"] == "/held?stopped=30"
    assert desk.states("g29") == ["refused"]
    assert desk.states("late") == desk.states("other") == ["held"]
    assert len(notices(desk)) == 1
    assert "30 of your emails were stopped" in notices(desk)[0][1]
    # Who presses twice, or comes late, is told; so is, in the same words, who asks for what never was.
    again = browser.post(f"/groups/{group}", data=form)
    assert again.status_code == 404
    assert "None of these emails waits any more" in again.text
    assert desk.states("late") == ["held"]
    assert "None of these emails waits any more" in browser.get("/groups/none").text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"rule": "barred-contact", "categories": MEDICAL},
            "An order keeps it from them: sending it takes two",
        ),
        ({"categories": MEDICAL}, "It is sensitive: sending it takes two"),
    ],
)
def test_why_it_takes_two_people_is_said_by_the_gravest(desk, options, words):
    desk.hold(**options)
    assert words in desk.browser("office").get("/held/m1").text


def test_the_list_is_filtered_by_text_reason_sender_and_need(desk):
    desk.hold("m1")
    desk.hold(
        "m2", rule="unknown-recipient", to=("who@else.example",), subject="Trip", pupil=AMA, sender="b@oak.example"
    )
    desk.hold("m3", categories=MEDICAL, subject="Plan")
    browser = desk.browser("office")

    def found(**query):
        text = browser.get("/held", params=query).text
        return {name for name in ("m1", "m2", "m3") if f'"/held/{name}"' in text}

    assert found() == {"m1", "m2", "m3"}
    assert found(q="osei trip") == {"m2"}
    assert found(q="zebedee plan") == {"m3"}
    assert found(reason="unknown-recipient") == {"m2"}
    assert found(sender="b@oak.example") == {"m2"}
    assert found(second="1") == {"m3"}
    assert found(q="nothing like it") == set()


def test_pages_of_the_list_miss_nothing_and_repeat_nothing(desk, monkeypatch):
    monkeypatch.setattr("mailguard.console.screens.held.PAGE_SIZE", 4)
    import re

    for n in range(10):
        desk.hold(f"p{n}", subject="letter " + "abcdefghij"[n] * 3)
    browser = desk.browser("office")
    seen, path = [], "/held"
    while path:
        text = browser.get(path).text
        seen += re.findall(r'href="/held/(p\d)"', text)
        following = re.search(r'href="(/held\?[^"]*after=[^"]*)"', text)
        path = following[1].replace("&amp;", "&") if following else ""
    assert seen == [f"p{n}" for n in range(10)]


def test_the_message_is_judged_again_where_the_roll_has_changed(desk):
    desk.hold()
    asked = []
    desk.site.judge = lambda content, envelope: asked.append(envelope) or desk.judged(envelope)
    desk.judged = lambda envelope: __import__("mailguard.model", fromlist=["Verdict"]).Verdict((), (), "OAK")
    browser = desk.browser("office")
    decide(browser, action="send")
    assert asked == []
    desk.hold("m2")
    with desk.database.write() as tx:
        from dataclasses import replace

        from mailguard.store.revisions import save_roll

        from .conftest import ROLL

        save_roll(tx, replace(ROLL, revision="r2"), {}, "test")
    decide(browser, "m2", action="send")
    assert len(asked) == 1
    with desk.database.read() as tx:
        assert [e.entry for e in audit.entries(tx, "m2")][-1].detail["judged_again"] is True


def test_the_history_shows_both_phases(desk):
    desk.hold()
    browser = desk.browser("office")
    decide(browser, action="send")
    assert "On its way" in open_page(browser)
    from datetime import timedelta

    from mailguard.model import RecipientState
    from mailguard.store.rows import Settled

    with desk.database.write() as tx:
        queue.claim(tx, tx.now, 10, tx.now + timedelta(minutes=1))
        outcome = queue.outcome_row(Settled("m1.0", RecipientState.SENT, 250, "2.0.0 kept"), tx.vault, tx.now)
        queue.settle(tx, [queue.Outcomes([outcome], [])])
    page = open_page(browser)
    assert "Accepted by the mail server" in page
    assert "250 2.0.0 kept" in page
    with desk.database.read() as tx:
        assert holds.details(tx, "m1").recipients[0].code == 250


@pytest.mark.parametrize("pupil", [ZEB, AMA])
def test_the_right_family_is_that_of_the_pupil(desk, pupil):
    desk.hold(pupil=pupil, to=("robin@home.example",))
    page = open_page(desk.browser("dpo"))
    right, wrong = ("ada@", "helen@") if pupil == ZEB else ("helen@", "ada@")
    assert right in page
    assert wrong not in page
