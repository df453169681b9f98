"""Overview, roll, history, people, schools: what they show, to whom, and what they change."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailguard.console.charts import Bar, bars
from mailguard.enrol.overriding import list_overrides
from mailguard.hold.decisions import By, Reason, refuse, release
from mailguard.model import PupilKey
from mailguard.roll.keys import address_key
from mailguard.store import audit, corrections, figures, users
from mailguard.store.holds import count_decision
from mailguard.store.users import Reach, Role, User
from mailguard.store.verdicts import reference

from .conftest import PASSWORD, ROLL, form_of


def token_of(browser, path="/roll"):
    return form_of(browser.get(path).text)["token"]


# --- overview ---------------------------------------------------------------------------------------------------------


def test_the_overview_counts_what_was_held_and_decided(desk):
    for n in range(3):
        desk.hold(f"m{n}")
    desk.hold("other", "ELM")
    with desk.database.write() as tx:
        refuse(tx, "m0", By("office", "clear", Reason.WRONG_RECIPIENT))
        release(tx, "m1", By("office", "fine", Reason.HARMLESS))
        count_decision(tx, "ELM", "refuse", Reason.ENTITLED)
    page = desk.browser("head").get("/overview").text
    reasons = dict(re.findall(r'>([^<]*)</th><td data-label="Decisions">(\d+)<', page))
    assert {words: count for words, count in reasons.items() if count != "0"} == {
        "It was going to the wrong person": "1",
        "It is a harmless mention": "1",
    }
    assert "<strong>3</strong> held for somebody" in page
    assert "50 %" in page
    assert 'class="plot-part"' in page
    assert "Zebedee" not in page


def test_an_empty_overview_says_so(desk):
    page = desk.browser("head").get("/overview").text
    assert "No email was checked" in page
    assert "Nothing was decided" in page


def test_a_plot_is_drawn_of_numbers_and_escaped_labels_only():
    drawn = bars([Bar("<script>", 10, 3), Bar("b", 0, 0)], '"><script>alert(1)</script>')
    assert "<script" not in drawn
    assert drawn.count("<rect") == 2


def test_no_query_for_counts_touches_what_is_sealed():
    for statement in figures.statements():
        assert "sealed" not in str(statement)


# --- roll -------------------------------------------------------------------------------------------------------------


def test_the_office_tries_an_address_and_sees_why(desk):
    page = desk.browser("office").get("/roll", params={"address": "Ada@home.example"}).text
    assert "Mrs Ada Quillfeather" in page
    assert "Zebedee Quillfeather (4B), as mother" in page
    assert "May receive no pupil" in desk.browser("office").get("/roll", params={"address": "x@y.example"}).text


def test_an_address_of_another_school_tells_nothing_of_its_pupils(desk):
    page = desk.browser("office").get("/roll", params={"address": "robin@home.example"}).text
    assert "May receive no pupil" in page
    assert "(9A), as" not in page


def test_a_technician_sees_ages_and_counts_but_no_name(desk):
    desk.note()
    page = desk.browser("technician").get("/roll", params={"address": "ada@home.example"}).text
    assert "Oakfield Primary School" in page
    for word in ("Zebedee", "Quillfeather", "ada@home.example", "granny", "Wren"):
        assert word not in page


def test_an_order_counts_at_once_and_is_ended_by_a_second_role(desk):
    office, head = desk.browser("office"), desk.browser("head")
    form = {"token": token_of(office), "kind": "bar", "override-address": "ada@home.example"}
    answer = office.post("/roll/overrides", data=form | {"override-pupil": "OAK/P1", "why": "order of 3 May"})
    assert answer.status_code == 303, answer.text
    assert "An order keeps from this address" in office.get("/roll", params={"address": "ada@home.example"}).text
    assert "order of 3 May" in office.get("/roll").text
    with desk.database.read() as tx:
        (number,) = [one["number"] for one in list_overrides(tx)]
    assert office.post(f"/roll/overrides/{number}/end", data={"token": token_of(office), "why": "x"}).status_code == 404
    without = head.post(f"/roll/overrides/{number}/end", data={"token": token_of(head)})
    assert without.status_code == 422
    assert head.post(f"/roll/overrides/{number}/end", data={"token": token_of(head), "why": "over"}).status_code == 303
    assert "An order keeps" not in office.get("/roll", params={"address": "ada@home.example"}).text


def test_a_name_is_found_without_its_accents(desk):
    mai = replace(ROLL.pupils[0], pupil_id="P3", forename="Mai", surname="Phạm")
    siobhan = replace(mai, pupil_id="P4", forename="Siobhán", surname="O’Brien")
    roll = replace(ROLL, pupils=(*ROLL.pupils, mai, siobhan, replace(siobhan, pupil_id="P5", forename="Siobhan")))
    desk.site.roll = lambda: roll
    people, reach = desk.site.people(), Reach(codes=frozenset({"OAK"}))
    for typed, meant in (
        ("mai pham", "P3"),
        ("MAI PHẠM (4B)", "P3"),
        ("siobhan obrien", "P4 P5"),
        ("Siobhan O’Brien", "P5"),
        ("Mai", ""),
        ("", ""),
    ):
        assert [key.pupil for key in people.called(typed, reach)] == meant.split(), typed
    desk.hold(pupil=PupilKey("OAK", "P3"), subject="Zoë's café")
    office = desk.browser("office")
    for typed in ("pham", "Phạm", "zoes cafe", "zoë’s"):
        assert "/held/m1" in office.get("/held", params={"q": typed}).text, typed
    assert "/held/m1" not in office.get("/held", params={"q": "phum"}).text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"kind": ""}, "Choose what is to happen"),
        ({"kind": "address", "override-address": "a@b.example", "why": "x"}, "Choose what is to happen"),
        ({"kind": "bar", "override-address": "nobody", "why": "x"}, "not one e-mail address"),
        ({"kind": "bar", "override-address": "a@b.example", "why": ""}, "Say why: an order"),
        (
            {"kind": "bar", "override-address": "a@b.example", "override-pupil": "OAK/none", "why": "x"},
            "No pupil of the roll",
        ),
    ],
)
def test_an_order_that_lacks_something_is_told(desk, form, words):
    office = desk.browser("office")
    answer = office.post("/roll/overrides", data={"token": token_of(office), **form})
    assert answer.status_code in (409, 422)
    assert words in answer.text


@pytest.mark.parametrize("pupil", ["ELM/P1", "Wren Marchbanks", "Wren Marchbanks (9A)"])
def test_another_school_s_pupil_is_answered_like_one_who_is_not_there(desk, pupil):
    office = desk.browser("office")
    form = {"token": token_of(office), "kind": "bar", "override-address": "a@b.example", "why": "x"}
    answers = [office.post("/roll/overrides", data=form | {"override-pupil": one}) for one in (pupil, "No Body")]
    assert answers[0].status_code == answers[1].status_code == 422
    assert answers[0].text.replace(pupil, "No Body") == answers[1].text
    form = {"token": token_of(office), "wrong": "left", "note": "x"}
    answers = [office.post("/roll/corrections", data=form | {"pupil": one}) for one in (pupil, "No Body")]
    assert answers[0].status_code == answers[1].status_code == 422
    assert answers[0].text.replace(pupil, "No Body") == answers[1].text
    with desk.database.read() as tx:
        assert list_overrides(tx) == []


@pytest.mark.parametrize("typed", ["Zebedee Quillfeather", "zebedee  quillfeather (4b)", "OAK/P1", "oak/p1"])
def test_a_pupil_is_named_as_people_name_them(desk, typed):
    office = desk.browser("office")
    form = {"token": token_of(office), "kind": "bar", "override-address": "a@b.example", "why": "x"}
    assert office.post("/roll/overrides", data=form | {"override-pupil": typed}).status_code == 303
    with desk.database.read() as tx:
        [one] = list_overrides(tx)
    assert (one["school"], one["pupil"]) == ("OAK", "P1")


def test_of_namesakes_the_number_is_asked_for(desk):
    dpo = desk.browser("dpo")  # P1 is a number of both schools
    form = {"token": token_of(dpo), "wrong": "left", "note": "x", "pupil": "P1"}
    answer = dpo.post("/roll/corrections", data=form)
    assert answer.status_code == 422
    assert "2 pupils are called that" in answer.text
    assert "Zebedee Quillfeather (4B): OAK/P1 or Wren Marchbanks (9A): ELM/P1" in answer.text


def rights(desk, address):
    from mailguard.enrol.lookup import who

    return who(desk.site.roll(), desk.site.policy(), address)["pupils"]


def test_an_exception_needs_a_second_person_and_ends_by_itself(desk):
    head, dpo = desk.browser("head"), desk.browser("dpo")
    form = {"token": token_of(head), "wrong": "address-missing", "pupil": "OAK/P1", "note": "his carer"}
    assert head.post("/roll/corrections", data=form | {"correction-address": "gran@home.example"}).status_code == 303
    with desk.database.read() as tx:
        (one,) = corrections.open_ones(tx)
    mine = head.post(f"/roll/corrections/{one.number}/let", data={"token": token_of(head)})
    assert mine.status_code == 403
    assert rights(desk, "gran@home.example") == []
    assert dpo.post(f"/roll/corrections/{one.number}/let", data={"token": token_of(dpo)}).status_code == 303
    assert [found["pupil"] for found in rights(desk, "gran@home.example")] == ["P1"]
    with desk.database.read() as tx:
        (kept,) = list_overrides(tx)
    assert kept["until"] == (desk.site.now().date() + timedelta(days=30)).isoformat()
    assert kept["by"] == "dpo"
    assert "noted by head" in kept["why"]
    # A second press makes no second one, which would stay when the first is ended; it is not offered either.
    page = dpo.get("/roll").text
    assert "It may receive for now" in page
    assert "/let" not in page
    assert f"until {desk.site.now().date() + timedelta(days=30):%-d %B %Y}" in page
    again = dpo.post(f"/roll/corrections/{one.number}/let", data={"token": token_of(dpo)})
    assert again.status_code == 409
    assert "may receive already" in again.text
    with desk.database.read() as tx:
        assert len(list_overrides(tx)) == 1
    head.post(f"/roll/overrides/{kept['number']}/end", data={"token": token_of(head), "why": "mended"})
    assert rights(desk, "gran@home.example") == []
    assert "/let" in dpo.get("/roll").text


def test_what_was_done_to_the_roll_is_said_as_it_is(desk):
    office = desk.browser("office")
    form = {"token": token_of(office), "wrong": "address-missing", "pupil": "OAK/P1", "note": "moved"}
    noted = office.post("/roll/corrections", data=form | {"correction-address": "gran@home.example"})
    page = office.get(noted.headers["location"]).text
    assert "Nothing else has changed" in page
    assert "counts from now on" not in page
    assert 'class="done"' not in office.get("/roll?done=x").text


def test_a_correction_of_another_kind_lets_nobody_receive(desk):
    office, dpo = desk.browser("office"), desk.browser("dpo")
    form = {"token": token_of(office), "wrong": "address-wrong", "pupil": "OAK/P1"}
    assert office.post("/roll/corrections", data=form | {"correction-address": "ada@home.example"}).status_code == 303
    assert dpo.post("/roll/corrections/1/let", data={"token": token_of(dpo)}).status_code == 404
    assert office.post("/roll/corrections/1/close", data={"token": token_of(office)}).status_code == 303
    assert "Nothing is noted" in office.get("/roll").text


def test_another_school_s_corrections_are_not_there(desk):
    number = desk.note()
    elm = desk.browser("elm")
    assert "granny" not in elm.get("/roll").text
    assert elm.post(f"/roll/corrections/{number}/close", data={"token": token_of(elm)}).status_code == 404


# --- history ----------------------------------------------------------------------------------------------------------


def test_history_is_paged_newest_first_without_gap_or_repeat(desk, monkeypatch):
    monkeypatch.setattr("mailguard.console.screens.history.PAGE_SIZE", 4)
    with desk.database.write() as tx:
        audit.append(tx, [audit.Entry("viewed", f"user-{n:02}", school="OAK") for n in range(9)])
    browser, path, seen = desk.browser("dpo"), "/history?action=viewed", []
    while path:
        text = browser.get(path).text
        seen += [part[:7] for part in text.split('data-label="By">')[1:]]
        path = text.partition('role="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert seen == [f"user-{n:02}" for n in reversed(range(9))]


def test_history_shows_nothing_of_another_school(desk):
    with desk.database.write() as tx:
        audit.append(
            tx, [audit.Entry("viewed", "oakling", school="OAK"), audit.Entry("viewed", "elmling", school="ELM")]
        )
        users.add(tx, User("elm-auditor", (Role.AUDITOR,), "ELM"), "root", users.password_hash(tx, "auditor"))
    page = desk.browser("elm-auditor").get("/history").text
    assert "elmling" in page
    assert "oakling" not in page
    assert ">test<" not in page  # who read the roll in belongs to no school


def test_history_filters_by_day(desk):
    desk.hold()
    dpo = desk.browser("dpo")
    dpo.get("/held/m1")
    today = datetime.now(UTC).date()
    assert "Looked at" in dpo.get("/history", params={"since": (today - timedelta(days=1)).isoformat()}).text
    assert (
        "Nothing in the history fits"
        in dpo.get("/history", params={"until": (today - timedelta(days=2)).isoformat()}).text
    )
    for odd in ("x", "0001-01-01", "9999-12-31", "2026-13-40"):
        assert dpo.get("/history", params={"since": odd, "until": odd, "after": odd}).status_code == 200


def test_history_as_a_table_runs_no_formula_and_is_written_down(desk):
    with desk.database.write() as tx:
        audit.append(tx, [audit.Entry("viewed", "x", "m1", "OAK", '=HYPERLINK("http://evil.example")')])
    dpo = desk.browser("dpo")
    answer = dpo.post("/history.csv", data={"token": token_of(dpo, "/history")})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "'=HYPERLINK" in answer.text
    assert f",{reference('m1')}\r\n" in answer.text  # what the pages and the notices call it
    with desk.database.read() as tx:
        assert [one.entry.actor for one in audit.entries(tx) if one.entry.action == "history-exported"] == ["dpo"]


# --- people -----------------------------------------------------------------------------------------------------------


def test_somebody_is_added_signs_in_and_is_removed(desk):
    dpo = desk.browser("dpo")
    form = {
        "token": token_of(dpo, "/users"),
        "name": "Ms New",
        "role": "office",
        "school": "OAK",
        "email": "n@oak.example",
    }
    page = dpo.post("/users", data=form).text
    first = page.partition("<code>")[2].partition("</code>")[0]
    assert len(first) == 23
    assert first not in dpo.get("/users").text
    new = desk.browser()
    assert new.post("/sign-in", data={"name": "Ms New", "password": first}).status_code == 303
    assert new.get("/held").status_code == 200
    assert dpo.post("/users/Ms%20New/sign-out", data={"token": token_of(dpo, "/users")}).status_code == 303
    assert new.get("/held").status_code == 303
    assert dpo.post("/users/Ms%20New/remove", data={"token": token_of(dpo, "/users")}).status_code == 303
    assert new.post("/sign-in", data={"name": "Ms New", "password": first}).status_code == 422


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "Give a name"),
        ({"role": "root"}, "Choose a role"),
        ({"school": "NONE"}, "Choose a school"),
        ({"name": "office"}, "There is a user of that name"),
    ],
)
def test_somebody_who_cannot_be_added_is_told_why(desk, change, words):
    dpo = desk.browser("dpo")
    form = {"token": token_of(dpo, "/users"), "name": "new", "role": "office", "school": "OAK", **change}
    answer = dpo.post("/users", data=form)
    assert answer.status_code in (409, 422)
    assert words in answer.text


def test_a_role_is_given_at_every_school_only_if_that_was_chosen(desk):
    dpo = desk.browser("dpo")
    page = dpo.get("/users").text
    choice = page.partition('<select class="govuk-select" id="school"')[2].partition("</select>")[0]
    assert choice.partition("</option>")[0].endswith("Choose a school")
    assert "selected" not in choice
    form = {"token": token_of(dpo, "/users"), "name": "new", "role": "office"}
    answer = dpo.post("/users", data=form | {"school": "?"})
    assert answer.status_code == 422
    assert "Choose a school" in answer.text
    again = dpo.post("/users", data=form | {"school": "", "name": ""}).text
    assert '<option value="" selected>Every school' in again
    assert dpo.post("/users", data=form | {"school": ""}).status_code == 200


def test_a_school_s_own_officer_gives_no_role_beyond_the_school(desk):
    with desk.database.write() as tx:
        users.add(tx, User("oak-dpo", (Role.DPO,), "OAK"), "root", users.password_hash(tx, "dpo"))
    own = desk.browser("oak-dpo")
    assert "technician" not in own.get("/users").text.partition("<tbody>")[2].partition("</tbody>")[0]
    form = {"token": token_of(own, "/users"), "name": "new", "role": "dpo", "school": ""}
    assert own.post("/users", data=form).status_code == 422
    for name in ("dpo", "elm", "both", "nobody"):
        assert own.post(f"/users/{name}/remove", data={"token": token_of(own, "/users")}).status_code == 404
    assert own.post("/users/oak-dpo/remove", data={"token": token_of(own, "/users")}).status_code == 409
    assert desk.browser().post("/sign-in", data={"name": "dpo", "password": PASSWORD}).status_code == 303


# --- schools ----------------------------------------------------------------------------------------------------------


def test_the_trust_sees_counts_and_nothing_else(desk):
    desk.hold("m1")
    desk.hold("e1", "ELM")
    page = desk.browser("trust").get("/schools").text
    assert "Oakfield Primary School" in page
    assert "Elm Tree Academy" in page
    for word in ("Zebedee", "home.example", "form&", "t.smith"):
        assert word not in page.partition("<main")[2]


def test_a_trust_role_for_one_school_shows_that_one(desk):
    with desk.database.write() as tx:
        users.add(tx, User("elm-trust", (Role.TRUST,), "ELM"), "root", users.password_hash(tx, "trust"))
    page = desk.browser("elm-trust").get("/schools").text
    assert "Elm Tree Academy" in page
    assert "Oakfield" not in page


def test_names_that_would_be_markup_are_text_on_every_screen(desk):
    evil = "<img src=x onerror=alert(1)>"
    with desk.database.write() as tx:
        users.add(tx, User(evil, (Role.OFFICE,), "OAK", evil), "root")
        audit.append(tx, [audit.Entry("viewed", evil, school="OAK", reason=evil)])
    desk.note()
    dpo = desk.browser("dpo")
    for path in ("/users", "/history", "/overview", "/schools", f"/roll?address={evil}"):
        answer = dpo.get(path)
        assert answer.status_code == 200
        assert "<img" not in answer.text, path
    assert address_key("ada@home.example").normal
    assert PupilKey("OAK", "P1") in {pupil.key for pupil in desk.site.roll().pupils}


# --- help -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["office", "head", "dpo", "technician", "trust", "auditor"])
def test_help_is_on_every_page_and_leads_only_where_the_user_may_go(desk, user):
    browser = desk.browser(user)
    assert '<a href="/help">Help</a>' in browser.get("/account").text
    page = browser.get("/help").text.partition("<main")[2].partition("</main>")[0]
    assert "technician" in page
    assert ("When nobody is there" in page) == (user in ("office", "head", "dpo"))
    for path in re.findall(r'href="(/[^"]*)"', page):
        assert browser.get(path).status_code == 200, path


# --- several, one after the other -------------------------------------------------------------------------------------


def test_ticked_messages_are_reviewed_one_after_the_other(desk):
    for name in ("r1", "r2", "r3"):
        desk.hold(name, subject=f"Letter {'abc'[int(name[1]) - 1]}", sender=f"{name}@oak.example")
    desk.hold("e1", "ELM")
    browser = desk.browser("office")
    page = browser.get("/held").text
    assert page.count('name="one"') == 3
    at = browser.get("/held/review", params={"one": ["r3", "r1", "e1", "none"]}).headers["location"]
    assert at == "/held/r1?then=r3"
    page = browser.get(at).text
    assert "1 email more selected" in page
    assert 'href="/held/r3"' in page
    action = re.search(r'<form method="post" action="(/held/r1[^"]*)"', page)[1]
    wrong = browser.post(action, data=form_of(page, action="stop"))
    assert wrong.status_code == 422
    assert 'action="/held/r1?then=r3"' in wrong.text
    done = browser.post(action, data=form_of(page, action="stop", reason="wrong-recipient")).headers["location"]
    page = browser.get(done).text
    assert "Next selected email" in page
    last = re.search(r'role="button" href="(/held/r3[^"]*)"', page)[1]
    assert "selected" not in browser.get(last).text
    assert desk.states("r2") == ["held"]


def test_reviewing_nothing_says_what_to_do(desk):
    desk.hold()
    browser = desk.browser("office")
    at = browser.get("/held/review", params={"one": "none"}).headers["location"]
    page = browser.get(at).text
    assert "Tick at least one email" in page
    assert 'href="#pick"' in page
