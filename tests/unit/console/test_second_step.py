"""The second step of signing in: set up by QR code or text, asked for, never taken twice, slowed down, reset."""

import re
import time

import pyotp
import pytest

from mailguard.console import codes, passwords
from mailguard.console.passwords import _FREE_TRIES
from mailguard.store import audit, factors, users

from .conftest import PASSWORD, form_of

NOW = 1_800_000_010.0
step_of = codes.step_of


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch):
    """However long a test takes, the code that a phone shows is the same."""
    monkeypatch.setattr(codes, "step_of", lambda secret, code, at: step_of(secret, code, NOW))


def secret_of(page: str) -> str:
    return re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page)[1].replace(" ", "")


def post(browser, path, **fields):
    token = form_of(browser.get("/account").text.partition("</header>")[0])["token"]
    return browser.post(path, data={"token": token, **fields})


def code(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(NOW + 30 * steps)


def set_up(desk, user="office"):
    """Set up the second step of a user; returns the browser, the secret and the recovery codes. The code used is that
    of the step before, so that the next ones are still good."""
    browser = desk.browser(user)
    page = post(browser, "/account/second-step", password=PASSWORD).text
    secret = secret_of(page)
    done = post(browser, "/account/second-step/confirm", code=code(secret, -1))
    assert done.status_code == 200, done.text
    return browser, secret, re.findall(r"<li><code>([a-z0-9-]+)</code>", done.text)


def first_step(desk, user="office", wanted=""):
    browser = desk.browser()
    answer = browser.post("/sign-in", data={"name": user, "password": PASSWORD, "next": wanted})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    return browser, form_of(answer.text)


def test_signing_in_takes_the_code_as_well(desk):
    _, secret, _ = set_up(desk)
    browser, form = first_step(desk, wanted="/held?q=x")
    assert browser.get("/held").status_code == 303
    wrong = browser.post("/sign-in/code", data=form | {"code": "000000" if code(secret) != "000000" else "111111"})
    assert wrong.status_code == 422
    assert browser.get("/held").status_code == 303
    done = browser.post("/sign-in/code", data=form | {"code": f" {code(secret)[:3]} {code(secret)[3:]} "})
    assert done.headers["location"] == "/held?q=x"
    assert browser.get("/held").status_code == 200
    with desk.database.read() as tx:
        said = [one.entry.action for one in audit.entries(tx) if one.entry.actor == "office"]
    assert said[-3:] == ["second-step-set", "second-step-failed", "signed-in"]


def test_a_code_is_taken_once_and_none_older_after_it(desk):
    _, secret, _ = set_up(desk)
    browser, form = first_step(desk)
    used = code(secret)
    assert browser.post("/sign-in/code", data=form | {"code": used}).status_code == 303
    for again in (used, code(secret, -1)):
        other, form = first_step(desk)
        assert other.post("/sign-in/code", data=form | {"code": again}).status_code == 422
        assert other.get("/held").status_code == 303


def test_the_code_that_set_it_up_does_not_sign_in(desk):
    _, secret, _ = set_up(desk)
    browser, form = first_step(desk)
    assert browser.post("/sign-in/code", data=form | {"code": code(secret, -1)}).status_code == 422


def test_a_recovery_code_signs_in_once(desk):
    browser, _, recovery = set_up(desk)
    assert len(set(recovery)) == codes.RECOVERY_CODES
    for word, status in ((recovery[0].upper(), 303), (recovery[0], 422), (recovery[1].replace("-", " "), 303)):
        other, form = first_step(desk)
        assert other.post("/sign-in/code", data=form | {"code": word}).status_code == status
    assert f"{codes.RECOVERY_CODES - 2} recovery codes left" in browser.get("/account").text
    with desk.database.read() as tx:
        kept = factors.get(tx, users.key_of(tx, "office"))
    assert not any(one.encode() in digest for one in recovery for digest in kept.recovery)


def test_a_user_s_recovery_code_is_no_other_user_s(desk):
    _, _, mine = set_up(desk)
    set_up(desk, "head")
    browser, form = first_step(desk, "head")
    assert browser.post("/sign-in/code", data=form | {"code": mine[0]}).status_code == 422


def test_guessing_codes_is_slowed_down_and_a_right_password_does_not_forgive_it(desk):
    _, secret, _ = set_up(desk)
    for n in range(_FREE_TRIES + 1):
        browser, form = first_step(desk)
        assert browser.post("/sign-in/code", data=form | {"code": "abc"}).status_code == 422, n
    browser, form = first_step(desk)
    late = browser.post("/sign-in/code", data=form | {"code": code(secret)})
    assert late.status_code == 429
    assert "Too many tries" in late.text


@pytest.mark.parametrize("step", ["", "x", "AAAA", "é", "A" * 200])
def test_the_second_step_alone_is_nothing(desk, step):
    _, secret, _ = set_up(desk)
    answer = desk.browser().post("/sign-in/code", data={"step": step, "code": code(secret)})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers


def test_the_first_step_counts_for_a_while_and_for_that_password_only(desk, monkeypatch):
    _, secret, _ = set_up(desk)
    browser, form = first_step(desk)
    now = time.time()
    with monkeypatch.context() as later:
        later.setattr("mailguard.console.screens.signin.time.time", lambda: now + 301)
        assert browser.post("/sign-in/code", data=form | {"code": code(secret)}).status_code == 422
    with desk.database.write() as tx:
        users.set_password_hash(tx, "office", passwords.hash_password(PASSWORD), "root")
    assert browser.post("/sign-in/code", data=form | {"code": code(secret)}).status_code == 422


def test_setting_up_takes_the_password_and_a_first_code(desk):
    browser, copy = desk.browser("office"), desk.browser("office")
    assert post(browser, "/account/second-step", password="x").status_code == 422
    page = post(browser, "/account/second-step", password=PASSWORD).text
    secret = secret_of(page)
    assert "<svg" in page
    assert " style=" not in page
    assert post(browser, "/account/second-step/confirm", code="123").status_code == 422
    # Not confirmed: the password alone still signs in.
    assert desk.browser("office").get("/held").status_code == 200
    assert post(browser, "/account/second-step/confirm", code=code(secret)).status_code == 200
    # Who was signed in elsewhere is signed out; who set it up stays.
    assert (copy.get("/held").status_code, browser.get("/held").status_code) == (303, 200)
    assert post(browser, "/account/second-step", password=PASSWORD).status_code == 409
    assert secret not in browser.get("/account").text


END = "/account/second-step/end"


@pytest.mark.parametrize("by", ["phone", "recovery"])
def test_it_is_taken_away_with_the_password_and_a_code(desk, by):
    browser, secret, recovery = set_up(desk)
    right = code(secret) if by == "phone" else recovery[0]
    assert post(browser, END, password="x", code=right).status_code == 422
    for wrong in ("", "123456", code(secret, -1), code(secret, 9), secret):
        answer = post(browser, END, password=PASSWORD, code=wrong)
        assert answer.status_code == 422
        assert '<p id="code-error" class="govuk-error-message">' in answer.text
        first_step(desk)  # it is still asked for
        with desk.database.read() as tx:
            assert factors.get(tx, users.key_of(tx, "office")).confirmed
    assert post(browser, END, password=PASSWORD, code=right).status_code == 303
    assert desk.browser("office").get("/held").status_code == 200
    with desk.database.read() as tx:
        acts = [one.entry.action for one in audit.entries(tx)]
    assert acts.count("second-step-ended") == 1
    assert acts.count("second-step-failed") == 5


def test_codes_are_not_guessed_by_who_found_an_open_session(desk):
    browser, secret, _ = set_up(desk)
    tried = [post(browser, END, password=PASSWORD, code=f"{n:06}").status_code for n in range(_FREE_TRIES + 2)]
    assert 429 in tried
    assert post(browser, END, password=PASSWORD, code=code(secret)).status_code == 429


def test_the_technician_resets_it(desk):
    set_up(desk)
    with desk.database.write() as tx:
        factors.reset(tx, "office", users.key_of(tx, "office"), "root")
    assert desk.browser("office").get("/held").status_code == 200


def test_a_new_password_ends_every_other_session(desk):
    browser, copy = desk.browser("office"), desk.browser("office")
    for old, new, status in (
        ("x", "a new long password", 422),
        (PASSWORD, "short", 422),
        (PASSWORD, " a new pass ", 303),
    ):
        assert post(browser, "/account/password", old=old, new=new).status_code == status
    assert (copy.get("/held").status_code, browser.get("/held").status_code) == (303, 200)
    other = desk.browser()
    assert other.post("/sign-in", data={"name": "office", "password": PASSWORD}).status_code == 422
    assert other.post("/sign-in", data={"name": "office", "password": " a new pass "}).status_code == 303


def test_codes_are_those_of_the_standard():
    # RFC 6238, appendix B, SHA-1: the last six of eight figures.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for at, said in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
        assert step_of(secret, said, at) == at // 30
        assert step_of(secret, said, at + 30) == at // 30
        assert step_of(secret, said, at + 61) == 0
    for odd in ("", "28708", "2870820", "٢٨٧٠٨٢", "28708x"):
        assert step_of(secret, odd, 59) == 0
