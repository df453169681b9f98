"""Who may open what: every route with every role, the other school's objects, forms from elsewhere, sessions."""

import re

import pytest

from mailguard.console.app import HEADERS
from mailguard.console.page import ANYBODY
from mailguard.console.routes import DECIDERS, ROUTES
from mailguard.store import audit, sessions, users
from mailguard.store.users import Role, User

from .conftest import PASSWORD, URL, form_of

# What a user may do at all: the roles of every route stand here a second time, so that a new route is thought about.
READ_CONTENT = {"office", "head", "dpo", "both"}
EXPECTED = {
    "held.show": READ_CONTENT,
    "held.find": READ_CONTENT,
    "held.review": READ_CONTENT,
    "message.show": READ_CONTENT,
    "decide.decide": READ_CONTENT,
    "redirect.send": READ_CONTENT,
    "parts.picture": READ_CONTENT,
    "parts.download": READ_CONTENT,
    "parts.looks": READ_CONTENT,
    "groups.show": READ_CONTENT,
    "groups.stop": READ_CONTENT,
    "delivered.find": READ_CONTENT,
    "delivered.show": READ_CONTENT,
    "delivered.report": READ_CONTENT,
    "together.show": READ_CONTENT,
    "together.send": READ_CONTENT,
}
MANAGE = {"dpo"}
SECOND = {"head", "dpo"}
EXPECTED |= {
    "overview.show": READ_CONTENT | {"auditor"},
    "roll.show": READ_CONTENT | {"technician"},
    "roll.export": {"dpo"},
    "roll.override": READ_CONTENT,
    "roll.end": SECOND,
    "roll.note": READ_CONTENT,
    "roll.close": READ_CONTENT,
    "roll.let": SECOND,
    "history.show": {"auditor", "dpo", "both"},
    "history.export": {"auditor", "dpo", "both"},
    "users.show": MANAGE,
    "users.add": MANAGE,
    "users.remove": MANAGE,
    "users.sign_out": MANAGE,
    "trust.show": {"trust", "dpo"},
    "dashboards.first": {"trust", "technician", "dpo"},
    "dashboards.show": {"trust", "technician", "dpo"},
}
EXPECTED |= {
    "mail.waiting": READ_CONTENT,
    "mail.one": READ_CONTENT,
    "mail.send": READ_CONTENT,
    "mail.stop": READ_CONTENT,
    "mail.seek_second": READ_CONTENT,
    "mail.send_elsewhere": READ_CONTENT,
    "overrides.listed": READ_CONTENT,
    "overrides.add": READ_CONTENT,
    "overrides.end": SECOND,
    "people.listed": MANAGE,
    "people.add": MANAGE,
    "people.sign_out": MANAGE,
    "people.remove": MANAGE,
    "mail.runs": READ_CONTENT,
    "mail.stop_run": READ_CONTENT,
    "facts.roll": READ_CONTENT | {"technician"},
    "facts.who": READ_CONTENT,
    "facts.past": {"auditor", "dpo", "both"},
    "facts.counts": READ_CONTENT | {"auditor", "trust"},
}
EVERYBODY = {"signin.leave", "start.show", "guide.show", "facts.me"}
EVERYBODY |= {"account.show", "account.change", "account.begin", "account.confirm", "account.end"}
PEOPLE = ("office", "head", "dpo", "elm", "technician", "trust", "auditor", "both")


def path_of(desk, route, name="m1"):
    with desk.database.read() as tx:
        group = desk.site.shelf.facts(tx, [name])[name].group
    if "{user}" in route.path:
        with desk.database.write() as tx:
            if users.get(tx, "elm") is None:
                users.add(tx, User("elm", (Role.OFFICE,), "ELM"), "root")
    number = desk.note() if "corrections" in route.path else "1"
    path = route.path.replace("{message}", name).replace("{group}", group).replace("{number}", number)
    return path.replace("{user}", "elm").replace("{board}", "relay")


def ask(desk, browser, route, name="m1"):
    """Use a route on a message as somebody who has a valid form token would."""
    session_id = browser.cookies.get(desk.site.settings.cookie_name)
    token = ""
    if session_id:
        with desk.database.read() as tx:
            token = sessions.form_token(tx, session_id)
    path = path_of(desk, route, name)
    if route.method == "GET":
        asked = {"parts": {"part": "form.pdf"}, "facts": {"address": "ada@home.example"}}
        return browser.get(path, params=asked.get(route.name.partition(".")[0], {}))
    if route.api:
        body = {"reason": "wrong-recipient"} | ({"last": "9999"} if "group" in path else {})
        body |= {"to": ["ada@home.example"]} if route.name == "mail.send_elsewhere" else {}
        body = {"why": "it is over"} if route.name == "overrides.end" else body
        return browser.post(path, json=body, headers={"x-form-token": token})
    form = {"token": token, "action": "stop", "reason": "wrong-recipient", "last": "9999", "to": "0"}
    return browser.post(path, data=form)


@pytest.mark.parametrize("user", PEOPLE)
def test_every_route_with_every_role(desk, user):
    browser = desk.browser(user)
    leaving = [route for route in ROUTES if route.name == "signin.leave"]
    for n, route in enumerate([one for one in ROUTES if one not in leaving] + leaving):
        if route.roles is ANYBODY:
            continue
        name = desk.hold(f"m{n}", place=("form.pdf", "page 1"))
        desk.bar(f"a{n}@home.example")
        answer = ask(desk, browser, route, name)
        if route.name in EVERYBODY or user in EXPECTED[route.name]:
            if route.path == "/delivered/{message}":
                assert answer.status_code == 404  # held, so nobody has received it: tested apart
                continue
            # 422: the form is not filled in, which somebody with the right is told
            known = (200, 303, 409, 422) if route.name == "account.confirm" else (200, 303, 422)
            assert answer.status_code in known, (user, route.name)
            continue
        # Who has the role at another school gets that school's list; an object of this one is not there.
        own = user in ("elm", "both") and "{" not in route.path and route.name != "roll.export"
        own = own and (user == "elm" or route.name in HISTORY) and route.roles & {Role.OFFICE}
        assert answer.status_code in ((200, 303, 422) if own else (404,)), (user, route.name)
        assert "Zebedee" not in answer.text
        assert desk.states(name) == ["held"]


def test_every_route_is_in_the_matrix():
    known = {route.name for route in ROUTES if route.roles is not ANYBODY}
    assert known == set(EXPECTED) | EVERYBODY
    assert {route.name for route in ROUTES if route.roles is ANYBODY} == OPEN
    assert all(route.roles <= DECIDERS for route in ROUTES if route.name.partition(".")[0] in CONTENT)


OPEN = {"signin.show", "signin.enter", "signin.second", "accounts.leave_for", "accounts.come_back", "document.show"}
HISTORY = ("history.show", "history.export", "facts.past")
CONTENT = ("held", "message", "decide", "groups", "delivered", "together", "parts", "redirect", "mail")


def test_without_a_session_every_page_leads_to_the_sign_in(desk):
    desk.hold()
    for route in ROUTES:
        if route.roles is ANYBODY:
            continue
        answer = ask(desk, desk.browser(), route)
        if route.api:
            assert (answer.status_code, answer.json()["status"]) == (401, 401)
            continue
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")
    assert desk.states() == ["held"]


def test_another_school_s_message_is_not_there_by_id_reference_or_count(desk):
    desk.hold()
    elm = desk.browser("elm")
    assert elm.get("/held/m1").text == elm.get("/held/none").text
    from mailguard.store.verdicts import reference

    assert elm.get("/held/find", params={"q": reference("m1")}).headers["location"].startswith("/held?q=MG")
    assert "Nothing is waiting" in elm.get("/held").text
    assert elm.get("/held/m1").status_code == 404


def test_mail_of_no_known_school_is_seen_by_those_of_every_school_only(desk):
    desk.hold(school="unknown")
    assert desk.browser("office").get("/held/m1").status_code == 404
    assert desk.browser("dpo").get("/held/m1").status_code == 200


def test_a_role_at_one_school_gives_nothing_at_another(desk):
    desk.hold("e1", "ELM")
    desk.hold("o1", "OAK")
    both = desk.browser("both")
    assert both.get("/held/o1").status_code == 200
    assert both.get("/held/e1").status_code == 404


# --- forms from elsewhere ---------------------------------------------------------------------------------------------


def stop_form(browser):
    return form_of(browser.get("/held/m1").text, action="stop", reason="wrong-recipient")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": URL, "sec-fetch-site": "cross-site"},
        {"origin": URL, "sec-fetch-site": "same-site"},
        {"origin": URL, "sec-fetch-site": "none"},
    ],
)
def test_a_form_from_another_site_is_refused(desk, headers):
    desk.hold()
    browser = desk.browser("office")
    form = stop_form(browser)
    assert browser.post("/held/m1", data=form, headers=headers).status_code == 403
    assert desk.states() == ["held"]


@pytest.mark.parametrize("wrong", ["", "0" * 32, "another session's"])
def test_a_form_without_this_session_s_token_is_refused(desk, wrong):
    desk.hold()
    browser, other = desk.browser("office"), desk.browser("office")
    form = stop_form(browser)
    form["token"] = form_of(other.get("/held/m1").text)["token"] if wrong.startswith("another") else wrong
    assert browser.post("/held/m1", data=form).status_code == 403
    assert desk.states() == ["held"]


def test_a_get_changes_nothing(desk):
    desk.hold()
    browser = desk.browser("office")
    form = stop_form(browser)
    for route in ROUTES:
        if route.method == "GET":
            browser.get(path_of(desk, route), params=form)
    assert desk.states() == ["held"]
    assert browser.put("/held/m1", data=form).status_code == 405


@pytest.mark.parametrize("host", ["evil.example", "check.example.evil.example", "", "check.example:81"])
def test_another_host_is_refused(desk, host):
    answer = desk.browser().get("/sign-in", headers={"host": host})
    assert answer.status_code == 421
    assert "public_url" in answer.text


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_signing_in_gives_a_new_session_and_ends_the_old_one(desk):
    browser = desk.browser("office")
    name = desk.site.settings.cookie_name
    first = browser.cookies[name]
    answer = browser.post("/sign-in", data={"name": "office", "password": PASSWORD})
    assert browser.cookies[name] != first
    cookie = answer.headers["set-cookie"]
    assert name == "__Host-mailguard"
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))
    browser.cookies.set(name, first, domain="check.example", path="/")
    old = desk.browser()
    old.cookies.set(name, first)
    assert old.get("/held").status_code == 303


def test_a_session_id_from_outside_is_worth_nothing(desk):
    browser = desk.browser()
    browser.cookies.set(desk.site.settings.cookie_name, "chosen-by-somebody-else")
    assert browser.get("/held").status_code == 303
    browser.post("/sign-in", data={"name": "office", "password": PASSWORD})
    values = [c.value for c in browser.cookies.jar]
    assert any(len(value) > 40 for value in values)


@pytest.mark.parametrize("ending", ["sign-out", "removed", "password"])
def test_a_session_ends_at_once_on_the_server(desk, ending):
    browser, copy = desk.browser("head"), desk.browser()
    name = desk.site.settings.cookie_name
    copy.cookies.set(name, browser.cookies[name])
    assert copy.get("/held").status_code == 200
    if ending == "sign-out":
        browser.post("/sign-out", data=form_of(browser.get("/held").text.partition("</header>")[0]))
    with desk.database.write() as tx:
        if ending == "removed":
            users.remove(tx, "head", "root")
        elif ending == "password":
            users.set_password_hash(tx, "head", None, "root")
    assert copy.get("/held").status_code == 303


def test_a_role_taken_away_is_gone_at_the_next_page(desk):
    browser = desk.browser("technician")
    assert browser.get("/held").status_code == 404
    with desk.database.write() as tx:
        users.grant(tx, "technician", [users.Grant(Role.OFFICE, "OAK")], "root")
    assert browser.get("/held").status_code == 200


def test_an_idle_and_an_old_session_are_over(desk, monkeypatch):
    from datetime import timedelta

    with desk.database.write() as tx:
        made = sessions.begin(tx, users.key_of(tx, "office"))
    with desk.database.read() as tx:
        assert sessions.find(tx, made, timedelta(minutes=30), timedelta(hours=12)) is not None
        assert sessions.find(tx, made, timedelta(microseconds=-1), timedelta(hours=12)) is None
        assert sessions.find(tx, made, timedelta(minutes=30), timedelta(microseconds=-1)) is None


def test_whose_session_is_over_is_told_and_that_a_form_did_nothing(desk):
    name = desk.hold()
    browser = desk.browser("office")
    form = form_of(browser.get(f"/held/{name}").text, action="stop", reason="wrong-recipient")
    with desk.database.write() as tx:
        sessions.end_all(tx, users.key_of(tx, "office"))
    answer = browser.post(f"/held/{name}", data=form)
    assert answer.headers["location"] == "/sign-in?next=%2Fheld%2Fm1&ended=form"
    assert "Nothing was done" in browser.get(answer.headers["location"]).text
    assert desk.states(name) == ["held"]
    shown = browser.get("/held?second=1").headers["location"]
    assert shown == "/sign-in?next=%2Fheld%3Fsecond%3D1&ended=page"
    assert "sign-in has ended" in browser.get(shown).text
    # What has no page of its own leads to the start; who only signs out, or was never here, is told nothing.
    assert browser.post("/held/m1/redirect", data=form).headers["location"] == "/sign-in?ended=form"
    assert browser.post("/sign-out").headers["location"] == "/sign-in"
    assert desk.browser().get("/").headers["location"] == "/sign-in"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer_and_then_a_pause(desk):
    browser = desk.browser()
    wrong = browser.post("/sign-in", data={"name": "office", "password": "x"})
    nobody = browser.post("/sign-in", data={"name": "nobody", "password": "x"})
    assert wrong.status_code == nobody.status_code == 422
    assert wrong.text.replace('value="office"', "") == nobody.text.replace('value="nobody"', "")
    codes = [browser.post("/sign-in", data={"name": "office", "password": "x"}).status_code for _ in range(12)]
    assert 429 in codes
    assert browser.post("/sign-in", data={"name": "office", "password": PASSWORD}).status_code == 429


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/", "/\\evil.example", "held", "/\thttps:x"])
def test_signing_in_leads_nowhere_else(desk, wanted):
    answer = desk.browser().post("/sign-in", data={"name": "office", "password": PASSWORD, "next": wanted})
    assert answer.headers["location"] == "/"
    fine = desk.browser().post("/sign-in", data={"name": "office", "password": PASSWORD, "next": "/held/m1?x=1"})
    assert fine.headers["location"] == "/held/m1?x=1"


# --- what every answer carries ----------------------------------------------------------------------------------------


def test_every_answer_carries_the_headers_and_nothing_inline(desk):
    desk.hold()
    browser = desk.browser("office")
    for path in ("/sign-in", "/held", "/held/m1", "/held/none", "/nowhere", "/static/console.css"):
        answer = browser.get(path)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (path, name)
        assert answer.headers["strict-transport-security"]
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", answer.text, re.IGNORECASE), path
        assert "unsafe" not in answer.headers["content-security-policy"]
        if not path.startswith("/static"):
            assert answer.headers["cache-control"] == "no-store"


def test_a_fault_is_told_without_what_it_was(desk, monkeypatch):
    desk.hold()
    browser = desk.browser("office")

    def fail():
        raise RuntimeError("Zebedee Quillfeather, /etc/mailguard/key")

    monkeypatch.setattr(desk.site, "people", fail)
    answer = browser.get("/held/m1")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "Zebedee" not in answer.text
    assert "RuntimeError" not in answer.text


def test_looking_is_written_down(desk):
    desk.hold()
    desk.browser("office").get("/held/m1")
    with desk.database.read() as tx:
        seen = [one.entry for one in audit.entries(tx, "m1") if one.entry.action == "viewed"]
    assert [one.actor for one in seen] == ["office"]


def test_a_form_too_large_is_refused(desk):
    desk.hold()
    browser = desk.browser("office")
    assert browser.post("/held/m1", data=stop_form(browser) | {"note": "x" * (2 << 20)}).status_code == 413
