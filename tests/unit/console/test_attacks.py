"""What a hostile or hasty person tries: everything at once, twice, late, very large, or in somebody else's name."""

import threading
import time
from dataclasses import replace
from datetime import date

import pytest
from argon2.exceptions import VerificationError

from mailguard.console import passwords
from mailguard.console.oidc import Provider
from mailguard.console.routes import ROUTES
from mailguard.console.sign_in import Kind, SignIn
from mailguard.model import Contact, MayReceive, Pupil, PupilKey, Relationship
from mailguard.store import audit, sessions, users
from mailguard.store.revisions import save_roll

from .conftest import ROLL, form_of
from .test_decisions import notices


def at_once(acts):
    """Do things in as many threads, begun together; returns what each gave."""
    ready, given = threading.Barrier(len(acts)), [None] * len(acts)

    def run(n, act):
        ready.wait()
        given[n] = act()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return given


@pytest.mark.parametrize("seen", ["what it was", "nothing"])
def test_of_many_deciders_at_once_exactly_one_decides(desk, seen):
    desk.hold()
    acts = []
    for user, action in (("office", "send"), ("head", "stop"), ("dpo", "send"), ("both", "stop")):
        browser = desk.browser(user)
        form = form_of(browser.get("/held/m1").text, action=action, reason="harmless")
        if seen == "nothing":
            form["version"] = ""
        acts.append(lambda browser=browser, form=form: browser.post("/held/m1", data=form).status_code)
    codes = at_once(acts)
    assert sorted(codes) == [303, 409, 409, 409]
    with desk.database.read() as tx:
        done = [one.entry.action for one in audit.entries(tx, "m1") if one.entry.action in ("released", "refused")]
    assert len(done) == 1
    assert desk.states() == ["queued" if done == ["released"] else "refused"]


def test_a_double_click_does_everything_once(desk):
    desk.hold()
    browser = desk.browser("office")
    form = form_of(browser.get("/held/m1").text, action="stop", reason="wrong-recipient", offer="1")
    codes = at_once([lambda: browser.post("/held/m1", data=form).status_code] * 4)
    assert sorted(codes) == [303, 409, 409, 409]
    assert len(notices(desk)) == 1


def test_a_group_stopped_twice_at_once_is_told_once_for_each_email(desk):
    for n in range(60):
        desk.hold(f"g{n}", subject=f"Report {n}")
    with desk.database.read() as tx:
        path = f"/groups/{desk.site.shelf.facts(tx, ['g0'])['g0'].group}"
    browser = desk.browser("office")
    form = form_of(browser.get(path).text, reason="wrong-recipient")
    codes = at_once([lambda: browser.post(path, data=form).status_code] * 3)
    assert set(codes) <= {303, 404}
    assert {state for n in range(60) for state in desk.states(f"g{n}")} == {"refused"}
    told = [int(word) for _, text in notices(desk) for word in text.split() if word.isdecimal() and int(word) <= 60]
    with desk.database.read() as tx:
        refused = [one for one in audit.entries(tx) if one.entry.action == "refused"]
    assert len(refused) == 60
    assert told  # every notice says how many it stopped itself


def test_two_second_people_at_once_send_it_once(desk):
    from mailguard.model import Category

    desk.hold(categories=(Category.MEDICAL,))
    office = desk.browser("office")
    form = form_of(office.get("/held/m1").text, action="ask", reason="entitled")
    assert office.post("/held/m1", data=form).status_code == 303
    acts = []
    for user in ("head", "dpo"):
        browser = desk.browser(user)
        form = form_of(browser.get("/held/m1").text, action="send", reason="entitled")
        acts.append(lambda browser=browser, form=form: browser.post("/held/m1", data=form).status_code)
    assert sorted(at_once(acts)) == [303, 409]


HOSTILE = ('<script>alert("1")</script>', "\"'><img src=x onerror=alert(1)>", "{{7*7919}}{%raw%}", "=cmd|' /C calc'!A0")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_pupil_of_any_name_is_only_a_name(desk, name):
    key = PupilKey("OAK", "X1")
    roll = replace(
        ROLL,
        pupils=(*ROLL.pupils, Pupil("OAK", "X1", name, name, date(2015, 1, 1), registration_group=name)),
        contacts=(*ROLL.contacts, Contact("CX", name, name, name, ("x@home.example",))),
        relationships=(*ROLL.relationships, Relationship(key, "CX", name, may_receive=MayReceive.YES)),
        revision="r2",
    )
    with desk.database.write() as tx:
        save_roll(tx, roll, {}, "test")
    desk.hold(pupil=key, to=("x@home.example", "helen@home.example"), held=2, subject=name, sentence=name)
    desk.hold("m2", pupil=key, subject=name)
    desk.note()
    dpo = desk.browser("dpo")
    with desk.database.read() as tx:
        group = desk.site.shelf.facts(tx, ["m1"])["m1"].group
    token = form_of(dpo.get("/held/m1").text)["token"]
    answers = [
        dpo.get(route.path.replace("{message}", "m2").replace("{group}", group), params={"address": "x@home.example"})
        for route in ROUTES
        if route.method == "GET" and not route.api and "{provider}" not in route.path and "{number}" not in route.path
    ]
    answers += [
        dpo.post("/users", data={"token": token, "name": name, "role": "office", "school": "OAK"}),
        dpo.post("/roll/corrections", data={"token": token, "wrong": "left", "pupil": name, "note": name}),
        dpo.post("/held/m2", data={"token": token, "action": "redirect", "reason": "other", "note": name}),
    ]
    assert any(
        "alert(1)" in one.text or "alert(&#34;1" in one.text or "7*7919" in one.text or "cmd" in one.text
        for one in answers
    )
    for one in answers:
        assert one.status_code < 500
        if one.headers.get("content-type", "").startswith("text/html"):
            assert "<script" not in one.text
            assert "<img src=x" not in one.text
            assert "55433" not in one.text
    table = dpo.post("/history.csv", data={"token": token})
    assert not [line for line in table.text.splitlines() if line.startswith(("=", "+", "-", "@"))]


def test_a_message_to_five_hundred_with_three_hundred_findings_is_shown(desk):
    """Nobody can make a page that never comes or fills the memory by writing to very many."""
    to = tuple(f"p{n}@home.example" for n in range(500))
    desk.hold(to=to, held=500, subject="x" * 5000)
    browser = desk.browser("office")
    page = browser.get("/held/m1")
    assert page.status_code == 200
    assert len(page.text) < 400_000
    assert "and 300 more." in page.text
    assert len(browser.get("/held").text) < 60_000
    form = form_of(page.text, action="stop", reason="wrong-recipient")
    assert browser.post("/held/m1", data=form).status_code == 303
    assert set(desk.states()) == {"refused"}


def token(desk, browser):
    with desk.database.read() as tx:
        return sessions.form_token(tx, browser.cookies.get(desk.site.settings.cookie_name))


@pytest.mark.parametrize("header", ["\r\nBcc: evil@evil.example", "\nX: y", "\x00", "\u2028X: y"])
def test_no_line_can_be_put_into_a_header(desk, header):
    desk.hold()
    browser = desk.browser("office")
    form = form_of(browser.get("/held/m1").text, action="redirect", reason="other", note=f"x{header}")
    confirm = form_of(browser.post("/held/m1", data=form).text, to="0", note=f"x{header}")
    answer = browser.post("/held/m1/redirect", data=confirm)
    assert answer.status_code == 303, answer.text
    for _, text in notices(desk):
        head = text.partition("\r\n\r\n")[0]
        assert "evil" not in head
        assert "X: y" not in head
    bad = browser.get("/held/find", params={"q": f"x{header}"})
    assert "\n" not in bad.headers["location"]


def test_numbers_and_days_that_are_none_are_answered(desk):
    desk.hold()
    dpo = desk.browser("dpo")
    odd = ("9" * 5000, "-1", "\u0663", "1e9", "NaN", "", "\x00", "0x10", "9999-99-99", "0001-01-01", "+275760-09-13")
    names = ("after", "stopped", "sent", "asked", "since", "until", "second", "then", "part", "address", "q", "one")
    for path in ("/held", "/history", "/delivered", "/roll", "/overview", "/held/m1", "/held/review"):
        for value in odd:
            assert dpo.get(path, params=dict.fromkeys(names, value)).status_code < 500, (path, value[:20])
    for path in ("/roll/overrides/{}/end", "/roll/corrections/{}/close", "/roll/corrections/{}/let"):
        for value in ("9" * 5000, "-1", "\u0663", "x"):
            answer = dpo.post(path.format(value), data={"token": token(desk, dpo), "why": "x"})
            assert answer.status_code in (404, 409, 422), (path, value[:20])
    for value in odd:
        form = {"token": token(desk, dpo), "to": value, "why": "x", "aware": value}
        assert dpo.post("/delivered/m1", data=form).status_code in (404, 422)


def test_a_user_removed_and_named_anew_does_not_answer_their_own_request(desk):
    from mailguard.model import Category
    from mailguard.store.users import Role, User

    desk.hold(categories=(Category.MEDICAL,))
    office = desk.browser("office")
    form = form_of(office.get("/held/m1").text, action="ask", reason="entitled")
    assert office.post("/held/m1", data=form).status_code == 303
    with desk.database.write() as tx:
        hashed = users.password_hash(tx, "office")
        users.remove(tx, "office", "root")
        users.add(tx, User("OFFICE", (Role.APPROVER,), "OAK"), "root", hashed)
    again = desk.browser("OFFICE")
    form = form_of(again.get("/held/m1").text, action="send", reason="entitled")
    assert again.post("/held/m1", data=form).status_code == 403
    assert desk.states() == ["held"]


def test_a_flood_of_sign_ins_takes_no_page_from_those_who_are_signed_in(desk, monkeypatch):
    """Each that waits for its password to be looked at holds a thread; only some few may wait."""
    office = desk.browser("office")
    go, begun = threading.Event(), threading.Semaphore(0)

    class Slow:
        def verify(self, *_):
            begun.release()
            go.wait(60)
            raise VerificationError

    monkeypatch.setattr(passwords, "_hasher", Slow())
    answers = []

    def guess(n):
        answers.append(desk.browser().post("/sign-in", data={"name": f"user{n}", "password": "x"}).status_code)

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(30)]
    for one in threads:
        one.start()
    begun.acquire(timeout=60)
    until = time.monotonic() + 60
    while len(answers) < 30 - passwords._MOST_WAITING and time.monotonic() < until:
        time.sleep(0.01)
    assert answers == [503] * (30 - passwords._MOST_WAITING)
    assert office.get("/held").status_code == 200
    go.set()
    for one in threads:
        one.join()
    assert answers.count(422) == passwords._MOST_WAITING


def test_a_provider_that_does_not_answer_takes_few_threads(desk):
    own = SignIn("school", Kind.OIDC, "http://127.0.0.1:1", "console", desk.site._policy_file)
    provider = desk.site.providers["school"] = Provider(own, "secret", "https://check.example/sign-in/from/school")
    for _ in range(8):
        assert provider._turns.acquire(blocking=False)
    answer = desk.browser().get("/sign-in/with/school")
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    provider._turns.release()
    assert desk.browser().get("/sign-in/with/school").status_code == 503  # asked, and not there
    assert provider._turns.acquire(blocking=False)  # and its turn was given back


def test_nothing_of_a_pupil_stays_in_a_browser_s_store(desk):
    """A shared computer: who comes next finds nothing."""
    desk.hold(place=("form.pdf", "page 1"))
    browser = desk.browser("office")
    for path in ("/held/m1/pages/1?part=form.pdf", "/held/m1/download?part=form.pdf", "/held/m1/looks", "/held/m1"):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), path
