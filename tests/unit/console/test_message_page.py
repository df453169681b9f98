"""What the page of a message says when it is decided on, how its history reads, what of its text is left out."""

import dataclasses
import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from mailguard.console.marks import numbered, shown
from mailguard.console.people import FamilyAddress
from mailguard.console.words import decided, in_words
from mailguard.model import Cell, Finding, PupilKey, Reading, RecipientState, Segment, Sighting, Sightings, Strength
from mailguard.store import holds, users
from mailguard.store.tables import recipient

from .conftest import AMA, form_of


def h1(page):
    return page.partition("<h1>")[2].partition("</h1>")[0]


def decide(browser, action, **fields):
    form = form_of(browser.get("/held/m1").text, action=action, reason="wrong-recipient", **fields)
    return browser.post("/held/m1", data=form)


def test_a_decided_message_does_not_say_what_it_would_do(desk):
    desk.hold()
    browser = desk.browser("office")
    assert h1(browser.get("/held/m1").text).startswith("This email would give Ms Helen Osei another family")
    assert decide(browser, "stop").status_code == 303
    said = h1(browser.get("/held/m1").text)
    assert said.startswith("Stopped: this email was held because it would give Ms Helen Osei another family")


@pytest.mark.parametrize(
    ("states", "redirected", "said"),
    [
        (("sent", "queued"), False, "Sent on"),
        (("refused",), False, "Stopped"),
        (("refused", "refused"), True, "Sent to the right family instead"),
        (("expired",), False, "Stopped: nobody decided in time"),
        (("sent", "refused"), False, "Sent to some, stopped for others"),
    ],
)
def test_every_end_has_its_words(states, redirected, said):
    assert decided([RecipientState(one) for one in states], redirected) == said


def test_looking_at_it_again_and_again_is_one_line(desk):
    desk.hold()
    office, head = desk.browser("office"), desk.browser("head")
    for _ in range(4):
        office.get("/held/m1")
    head.get("/held/m1")
    page = office.get("/held/m1").text.partition('id="history"')[2]
    assert page.count("Looked at") == 2
    assert "Looked at by office, 4 times" in page
    assert "Looked at by head</li>" in page


def test_a_place_inside_a_sentence_is_said_in_words():
    place = ("form.pdf", "page 1")
    assert in_words("form.pdf > page 1 shows a record", place) == "form.pdf, page 1 shows a record"
    assert in_words("The message text shows > a record", ("body",)) == "The message text shows > a record"


def test_delivered_mail_that_was_never_held_has_its_own_page(desk):
    desk.hold(held=0)
    with desk.database.write() as tx:
        tx.connection.execute(update(recipient).values(state="sent", settled_at=tx.stamp))
    assert desk.browser("office").get("/held/m1").headers["location"] == "/delivered/m1"
    assert desk.browser("elm").get("/held/m1").status_code == 404
    page = desk.browser("office").get("/delivered?address=helen@home.example").text
    assert "Zebedee&#39;s form</a>" in page  # by its subject


def test_the_history_names_an_email_by_its_reference(desk):
    from mailguard.store.verdicts import reference

    desk.hold()
    assert f'href="/held/m1">{reference("m1")}</a>' in desk.browser("dpo").get("/history").text


def test_another_roll_between_look_and_order_sends_nothing_to_those_unseen(desk, monkeypatch):
    desk.hold()
    browser = desk.browser("office")
    form = form_of(browser.get("/held/m1").text, action="redirect", reason="wrong-recipient")
    confirm = form_of(browser.post("/held/m1", data=form).text, to="0")
    other = [FamilyAddress("stranger@home.example", "A Stranger", "aunt of Zebedee Quillfeather")]
    monkeypatch.setattr(type(desk.site.people()), "family_of", lambda self, keys: other)
    answer = browser.post("/held/m1/redirect", data=confirm)
    assert answer.status_code == 422
    assert "The roll has changed" in answer.text
    assert "stranger@home.example" in answer.text
    assert 'name="to" id="to-0" value="0" checked' not in answer.text
    assert desk.states() == ["held"]


def test_a_register_is_not_sent_on_one_person_s_word(desk, monkeypatch):
    monkeypatch.setattr("mailguard.hold.second.MANY_PUPILS", 1)
    desk.hold()
    office, head = desk.browser("office"), desk.browser("head")
    page = office.get("/held/m1").text
    assert "It shows records of 1 pupils: sending so many takes two people" in page
    assert "Sending takes two people" in office.get("/held").text
    assert decide(office, "send").status_code == 403
    assert decide(office, "ask").status_code == 303
    assert decide(head, "send").status_code == 303
    assert desk.states() == ["queued"]


def test_where_no_second_is_named_the_page_says_that_it_is_the_only_word(desk, monkeypatch):
    monkeypatch.setattr("mailguard.hold.second.MANY_PUPILS", 1)
    desk.hold()
    with desk.database.write() as tx:
        for name in ("head", "dpo"):
            users.remove(tx, name, "root")
    assert "yours is the only word" in desk.browser("office").get("/held/m1").text


def segment(text, *place, **more):
    return Segment(text, place, **more)


def test_heads_of_columns_and_what_was_said_already_are_not_shown_twice(desk):
    desk.hold(evidence="Ama", place=("m.csv", "row 2"), pupil=AMA)
    with desk.database.read() as tx:
        from mailguard.store import holds

        found = numbered(holds.details(tx, "m1").recipients)
    evidence = dataclasses.replace(found[0].evidence[0], start=0, end=3, text="Ama")
    found = [dataclasses.replace(found[0], evidence=(evidence,))]
    cells = (Cell("A", "Name", 0, 3), Cell("B", "Class", 6, 8))
    reading = Reading(
        (
            segment("Dear all,", "body"),
            segment("Dear  all,", "body"),
            segment("Name | Class", "m.csv", "row 1"),
            segment("Ama | 4B", "m.csv", "row 2", cells=cells),
        )
    )
    file, text = shown(reading, found)
    assert [block.heads for block in file.blocks] == [("Name", "Class")]
    assert (file.skipped, file.blocks[0].skipped) == (0, 0)
    assert [block.runs[0].text for block in text.blocks] == ["Dear all,"]


@pytest.mark.parametrize("said", ["stop", "some", "send", "ask", "redirect", "nonsense"])
def test_no_page_says_that_something_was_done_that_was_not(desk, said):
    desk.hold()
    page = desk.browser("office").get(f"/held/m1?done={said}").text
    assert 'class="done"' not in page
    assert "Your decision" in page


def test_what_is_said_of_a_stop_for_some_is_true(desk):
    desk.hold(to=("helen@home.example", "ada@home.example"), held=2)
    browser = desk.browser("office")
    form = form_of(browser.get("/held/m1").text, action="stop", reason="wrong-recipient", to="0")
    assert browser.post("/held/m1", data=form).status_code == 303
    page = browser.get("/held/m1?done=stop").text
    assert "Those it was stopped for receive nothing." in page
    assert "Nobody it was held for" not in page


def test_letters_that_are_not_seen_or_turn_the_order_round_are_left_out(desk):
    odd = (
        "\u202egpj.exe\u2066\u200b\x1b[2J\ufeff Zoe\u0308 \u05d0\u05d1 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    )
    desk.hold(subject=odd, sentence=odd, place=(odd, "page 1"), sender=f"{odd.replace(' ', '')}@oak.example")
    browser, dpo = desk.browser("office"), desk.browser("dpo")
    form = form_of(browser.get("/held/m1").text, action="stop", reason="other", note=odd)
    pages = [browser.get(path).text for path in ("/held", "/held/m1", "/held?q=%E2%80%AEx%1B")]
    pages += [browser.post("/held/m1", data=form | {"action": "x"}).text]
    assert browser.post("/held/m1", data=form).status_code == 303
    pages += [browser.get("/held/m1").text, dpo.get("/history").text, dpo.get("/users").text]
    for page in pages:
        assert not set("\u202e\u2066\u200b\x1b\ufeff") & set(page)
    # What belongs to a script stays: a joiner, and letters that run to the left by themselves.
    assert "gpj.exe[2J Zoe\u0308 \u05d0\u05d1 \u0645\u06cc\u200c\u062e" in pages[1]


def test_who_could_send_their_own_mail_is_shown(desk):
    page = desk.browser("dpo").get("/users").text
    row = dict(re.findall(r'data-label="Name">(\w+)(.*?)</th>', page))
    assert "could send own mail" in row["head"]
    assert "could send own mail" not in row["office"]  # has an address
    assert "could send own mail" not in row["trust"]  # decides nothing


def test_after_a_decision_the_next_email_is_one_click_away(desk):
    for n, name in enumerate(("m0", "m1", "m2", "m3")):
        desk.hold(name, age=timedelta(hours=9 - n), sender=f"s{n}@oak.example")
    desk.hold("e1", "ELM")
    browser = desk.browser("office")
    page = browser.get(decide(browser, "stop").headers["location"]).text
    assert 'href="/held/m2">Next held email</a> (3 emails still wait)' in page
    for name, rest in (("m2", "m3"), ("m3", "m0"), ("m0", "")):
        form = form_of(browser.get(f"/held/{name}").text, action="stop", reason="wrong-recipient")
        page = browser.get(browser.post(f"/held/{name}", data=form).headers["location"]).text
        assert (f'href="/held/{rest}">Next held' in page) == bool(rest), name
    assert "Nothing else is waiting." in page


def test_an_order_is_listed_however_many_reasons_come_before_it(desk):
    others = tuple(Finding("other-family", ("body",), 1, PupilKey("OAK", f"X{n}")) for n in range(150))
    order = Finding("barred-contact", ("body",), 1, AMA, sentence="The message text names Ama, and an order bars it.")
    desk.hold(also=(*others, order))
    page = desk.browser("office").get("/held/m1").text.partition("Why it was held")[2]
    assert page.index("an order bars it") < page.index("Pupil X0")
    assert 'value="1">' in page[: page.index("an order bars it")]
    assert "and 52 more of the same kinds" in page
    few = (*others[:20], order)
    with desk.database.read() as tx:
        kept = holds.details(tx, "m1").recipients[0]
    assert [one.number for one in numbered([dataclasses.replace(kept, findings=few)])] == list(range(1, 22))
    assert numbered([dataclasses.replace(kept, findings=few)])[-1].rule == "barred-contact"  # as they stand there


def test_pupils_who_are_only_counted_are_told_and_found(desk):
    """A verdict that names some and counts the rest: the page says how many, the list finds each of them."""
    counting = Finding(
        "other-family",
        ("body",),
        1,
        strength=Strength.RECORD,
        sentence="The message text shows records of 1,204 more pupils, none of whom this address may receive data on.",
        more=1204,
    )
    desk.hold(also=(counting,), seen=Sightings((Sighting((AMA,), Strength.RECORD, ("body",)),)))
    browser = desk.browser("office")
    page = browser.get("/held/m1").text
    assert "<strong>1,204 more</strong>" in page
    assert counting.sentence in page
    assert "Zebedee Quillfeather" in page.partition("Holds information about")[2][:300]
    assert "Ama Osei" in page.partition("Holds information about")[2][:300]
    assert "Zebedee" in browser.get("/held", params={"q": "Ama Osei"}).text
    said = browser.get("/api/v1/held/m1").json()["recipients"][0]["findings"]
    assert [one["more"] for one in said] == [0, 1204]


def test_of_several_recipients_a_reason_names_the_one_it_speaks_of(desk):
    said = "The text shows a record of Zebedee Quillfeather (4B), and this address may receive data on {} only."
    desk.hold(to=("helen@home.example", "robin@home.example"), held=2, sentence=said.format("Ama Osei (4B)"))
    page = desk.browser("office").get("/held/m1").text
    assert "and helen@home.example may receive data on Ama Osei (4B) only" in page
    assert "the reason for 2 people" in page
    desk.hold("m2", sentence=said.format("Ama Osei (4B)"))
    assert "and this address may receive data on Ama Osei (4B) only" in desk.browser("office").get("/held/m2").text
