"""Every page of the console in every state that it has: a literal table. What a page looks like when it is full, when
there is nothing to show, and when something is wrong with what was asked."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
from sqlalchemy import delete, update
from starlette.testclient import TestClient
from unit.console.conftest import PASSWORD, ROLL, Desk, form_of
from unit.console.promserver import Prometheus

from mailguard.console.oidc import Provider
from mailguard.console.prometheus import Patience
from mailguard.console.prometheus import Prometheus as Client
from mailguard.console.sign_in import Kind, SignIn
from mailguard.model import Category, Cell, Reading, Segment
from mailguard.store import StoreError
from mailguard.store.retention import erase_content
from mailguard.store.tables import recipient, roll_revision

State = Callable[[Desk], Any]
ODD = '<script>alert("1")</script> \u202egpj.exe \u200bZoë ' + "very long " * 9 + "x" * 150


def get(user: str, path: str, before: Callable[[Desk], object] | None = None, **query: str) -> State:
    """The page at `path` as `user` sees it ("": nobody), after `before` was done to the store."""

    def answer(desk: Desk) -> Any:
        if before is not None:
            before(desk)
        return desk.browser(user).get(path, params=query or None)

    return answer


def post(
    user: str, shown: str, path: str, fields: dict[str, Any], before: Callable[[Desk], object] | None = None
) -> State:
    """What `user` is answered who opened the page `shown` and sends a form of it to `path`."""

    def answer(desk: Desk) -> Any:
        if before is not None:
            before(desk)
        browser = desk.browser(user)
        page = browser.get(shown).text
        token = re.search(r'name="token" value="([^"]*)"', page)
        own = form_of(page) if shown == path or path.startswith(shown) else {}
        return browser.post(path, data=own | ({"token": token[1]} if token else {}) | fields)

    return answer


# --- what is done to the store ----------------------------------------------------------------------------------------


def held(desk: Desk) -> None:
    """Mail of every kind that waits."""
    desk.hold()
    desk.hold("odd", subject=ODD, sender="x" * 60 + "@oak.example", sentence=ODD, place=(ODD + ".pdf", "page 1"))
    desk.hold("many", to=tuple(f"p{n}@home.example" for n in range(3)), held=2, rule="unknown-recipient")
    desk.hold("medical", categories=(Category.MEDICAL,), age=timedelta(days=3))
    desk.hold("barred", rule="barred-contact", pupil=None)
    grouped(desk)


def grouped(desk: Desk) -> None:
    for n in range(3):
        desk.hold(f"g{n}", subject=f"Report {n}", sender="head@oak.example")


def wide_sheet(desk: Desk) -> None:
    """A sheet of many columns, one of them with a very long word."""
    desk.hold(place=("all.csv", "row 2"), evidence="Zebedee")
    words = ["Zebedee", "x" * 300, *(f"value {n}" for n in range(40))]
    starts = [sum(len(word) + 3 for word in words[:n]) for n in range(len(words))]
    cells = tuple(
        Cell(f"C{n}", f"Column {n}", at, at + len(word)) for n, (at, word) in enumerate(zip(starts, words, strict=True))
    )
    row = Segment(" | ".join(words), ("all.csv", "row 2"), cells=cells)
    desk.site.reading = lambda message: Reading((row,))  # type: ignore[method-assign]


def asked(desk: Desk) -> None:
    desk.hold(categories=(Category.MEDICAL,))
    post("office", "/held/m1", "/held/m1", {"action": "ask", "reason": "entitled"})(desk)


def decided(desk: Desk) -> None:
    desk.hold()
    post("office", "/held/m1", "/held/m1", {"action": "stop", "reason": "wrong-recipient", "offer": "1"})(desk)


def delivered(desk: Desk) -> None:
    desk.hold()
    with desk.database.write() as tx:
        tx.connection.execute(update(recipient).values(state="sent", settled_at=tx.stamp))


def reported(desk: Desk) -> None:
    delivered(desk)
    post("office", "/delivered/m1", "/delivered/m1", {"to": "0", "why": ODD, "aware": ""})(desk)


def erased(desk: Desk) -> None:
    decided(desk)
    with desk.database.write() as tx:
        assert erase_content(tx, tx.now + timedelta(days=1), 10) == 1


def worked(desk: Desk) -> None:
    """A roll about which people have noted and laid over things."""
    desk.note()
    desk.note("head", "aunt@home.example")
    desk.bar("ada@home.example")


def no_roll(desk: Desk) -> None:
    empty = replace(ROLL, pupils=(), contacts=(), relationships=(), revision="r0")
    with desk.database.write() as tx:
        tx.connection.execute(delete(roll_revision))
    desk.site.roll = lambda: empty  # type: ignore[method-assign]


def group_path(desk: Desk, name: str = "g0") -> str:
    with desk.database.read() as tx:
        return f"/groups/{desk.site.shelf.facts(tx, [name])[name].group}"


def of_group(user: str, tail: str, fields: dict[str, str] | None = None, **options: Any) -> State:
    """A page of a group, or what is answered to a form of it."""

    def answer(desk: Desk) -> Any:
        for n in range(3):
            desk.hold(f"g{n}", subject=f"Report {n} {ODD}", sender="head@oak.example", **options)
        path = group_path(desk) + tail
        return (get(user, path) if fields is None else post(user, path, path, fields))(desk)

    return answer


def gone_group(desk: Desk) -> Any:
    grouped(desk)
    path = group_path(desk)
    browser = desk.browser("office")
    browser.post(path, data=form_of(browser.get(path).text, reason="wrong-recipient"))
    return browser.get(path)


def with_provider(desk: Desk, folder: Path = Path("/nonexistent")) -> None:
    """The school's own accounts, whose provider is not there."""
    own = SignIn("school", Kind.OIDC, "http://127.0.0.1:1", "console", folder / "secret", "the trust's own account")
    desk.site.settings = replace(desk.site.settings, sign_in=(own,))
    desk.site.providers = {"school": Provider(own, "secret", "https://check.example/sign-in/from/school")}


def wrong_password(desk: Desk, provider: bool = False) -> Any:
    if provider:
        with_provider(desk)
    return desk.browser().post("/sign-in", data={"name": "office", "password": "wrong"})


def set_up(desk: Desk) -> tuple[TestClient, str, Any]:
    """Somebody whose sign-in has a second step: the browser, the secret, the page with the recovery codes."""
    page = post("office", "/account", "/account/second-step", {"password": PASSWORD})(desk).text
    secret = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page)[1].replace(" ", "")  # type: ignore[index]
    browser = desk.browser("office")
    token = form_of(browser.get("/account").text.partition("</header>")[0])["token"]
    code = pyotp.TOTP(secret).at(time.time())
    return browser, secret, browser.post("/account/second-step/confirm", data={"token": token, "code": code})


def wrong_confirmation(desk: Desk) -> Any:
    post("office", "/account", "/account/second-step", {"password": PASSWORD})(desk)
    return post("office", "/account", "/account/second-step/confirm", {"code": "abc"})(desk)


def account_with_second_step(desk: Desk) -> Any:
    return set_up(desk)[0].get("/account")


def ended_wrongly(desk: Desk) -> Any:
    browser = set_up(desk)[0]
    token = form_of(browser.get("/account").text.partition("</header>")[0])["token"]
    return browser.post("/account/second-step/end", data={"token": token, "password": PASSWORD, "code": "x"})


def first_step(desk: Desk) -> Any:
    set_up(desk)
    return desk.browser().post("/sign-in", data={"name": "office", "password": PASSWORD})


def wrong_code(desk: Desk) -> Any:
    form = form_of(first_step(desk).text, code="abc")
    return desk.browser().post("/sign-in/code", data=form)


def conflict(desk: Desk) -> Any:
    desk.hold()
    browser = desk.browser("office")
    form = form_of(browser.get("/held/m1").text, action="send", reason="harmless")
    browser.post("/held/m1", data=form)
    return browser.post("/held/m1", data=form)


def confirm(desk: Desk) -> Any:
    desk.hold()
    return post("office", "/held/m1", "/held/m1", {"action": "redirect", "reason": "wrong-recipient"})(desk)


def nobody_ticked(desk: Desk) -> Any:
    desk.hold()
    browser = desk.browser("office")
    form = form_of(browser.get("/held/m1").text, action="redirect", reason="wrong-recipient")
    return browser.post("/held/m1/redirect", data=form_of(browser.post("/held/m1", data=form).text))


def redirected(desk: Desk) -> Any:
    desk.hold()
    browser = desk.browser("office")
    form = form_of(browser.get("/held/m1").text, action="redirect", reason="wrong-recipient")
    sent = browser.post("/held/m1/redirect", data=form_of(browser.post("/held/m1", data=form).text, to="0"))
    return browser.get(sent.headers["location"])


def asked_by_me(desk: Desk) -> Any:
    asked(desk)
    return desk.browser("office").get("/held/m1?done=ask")


def stopped_one_of_two(desk: Desk) -> Any:
    desk.hold()
    desk.hold("next")
    decided_by = post("office", "/held/m1", "/held/m1", {"action": "stop", "reason": "wrong-recipient", "offer": "1"})
    return desk.browser("office").get(decided_by(desk).headers["location"])


def fails(error: Exception) -> State:
    """A page while something is broken."""

    def answer(desk: Desk) -> Any:
        desk.hold()
        browser = desk.browser("office")

        def broken() -> Any:
            raise error

        desk.site.people = broken  # type: ignore[method-assign]
        return browser.get("/held")

    return answer


def newcomer(desk: Desk) -> Any:
    return post("dpo", "/users", "/users", {"name": "Ann <b>", "role": "office", "school": "OAK"})(desk)


def refused_account(desk: Desk) -> Any:
    with_provider(desk)
    return desk.browser().get("/sign-in/from/school?state=x&code=y")


def unreachable(desk: Desk) -> Any:
    with_provider(desk)
    return desk.browser().get("/sign-in/with/school")


def sign_in_with_provider(desk: Desk) -> Any:
    with_provider(desk)
    return desk.browser().get("/sign-in")


def dashboard(path: str, mood: str = "fine") -> State:
    """A dashboard drawn with the figures of a Prometheus."""

    def answer(desk: Desk) -> Any:
        with Prometheus(["ELM", "OAK", "unknown"]) as it:
            it.mood = mood
            desk.site.prometheus = Client(it.url, Patience(kept=0, alone=0))
            try:
                return desk.browser("dpo").get(path)
            finally:
                desk.site.prometheus.close()

    return answer


ELSEWHERE = "it leads to another page"
NEVER_EMPTY = "it always shows something"
CANNOT_FAIL = "nothing is asked for that could be wrong"
FORM_ONLY = "a right form leads to another page"
WHY_NOT = {ELSEWHERE, NEVER_EMPTY, CANNOT_FAIL, FORM_ONLY}

OVERRIDE = {"kind": "bar", "override-address": "a@b.example", "override-pupil": "Wren Marchbanks", "why": "x"}
NEW_USER = {"name": "", "role": "", "school": "none"}
NOTE = {"reason": "entitled", "note": "they moved", "count": "9"}

# Of each page: full, empty, error, and further ones; or in words why it has no such state.
STATES: dict[str, dict[str, State | str]] = {
    "signin.show": {
        "full": sign_in_with_provider,
        "empty": get("", "/sign-in"),
        "error": lambda desk: wrong_password(desk, provider=True),
        "ended": get("", "/sign-in?ended=page"),
        "too-late": get("", "/sign-in?ended=form"),
    },
    "guide.show": {"full": get("office", "/help"), "empty": get("trust", "/help"), "error": CANNOT_FAIL},
    "signin.enter": {"full": first_step, "empty": NEVER_EMPTY, "error": wrong_password},
    "signin.second": {
        "full": FORM_ONLY,
        "empty": NEVER_EMPTY,
        "error": wrong_code,
        "late": post("", "/sign-in", "/sign-in/code", {"step": "x", "code": "1"}),
    },
    "accounts.leave_for": {
        "full": ELSEWHERE,
        "empty": NEVER_EMPTY,
        "error": get("", "/sign-in/with/none"),
        "unreachable": unreachable,
    },
    "accounts.come_back": {"full": ELSEWHERE, "empty": NEVER_EMPTY, "error": refused_account},
    "account.show": {"full": account_with_second_step, "empty": get("office", "/account"), "error": CANNOT_FAIL},
    "account.change": {
        "full": FORM_ONLY,
        "empty": NEVER_EMPTY,
        "error": post("office", "/account", "/account/password", {"old": "x", "new": "y"}),
        "short": post("office", "/account", "/account/password", {"old": PASSWORD, "new": "y"}),
    },
    "account.begin": {
        "full": post("office", "/account", "/account/second-step", {"password": PASSWORD}),
        "empty": NEVER_EMPTY,
        "error": post("office", "/account", "/account/second-step", {"password": "x"}),
    },
    "account.confirm": {
        "full": lambda desk: set_up(desk)[2],
        "empty": post("office", "/account", "/account/second-step/confirm", {"code": "1"}),
        "error": wrong_confirmation,
    },
    "account.end": {"full": FORM_ONLY, "empty": NEVER_EMPTY, "error": ended_wrongly},
    "held.show": {
        "full": get("dpo", "/held", held),
        "empty": get("office", "/held"),
        "error": get("office", "/held", held, missing="ticks"),
        "nothing-fits": get("office", "/held", held, q="nobody"),
        "broken": fails(RuntimeError("x")),
        "no-store": fails(StoreError("x")),
        "not-mine": get("trust", "/held"),
        "stopped": get("office", "/held", held, stopped="3"),
    },
    "message.show": {
        "full": get("head", "/held/m1", asked),
        "empty": get("office", "/held/m1", erased),
        "error": get("office", "/held/none"),
        "odd": get("office", "/held/odd", held),
        "sheet": get("office", "/held/m1", wide_sheet),
        "several": get("office", "/held/many", held),
        "decided": get("office", "/held/m1?done=stop", decided),
        "redirected": redirected,
        "asked-by-me": asked_by_me,
        "next": stopped_one_of_two,
    },
    "decide.decide": {
        "full": confirm,
        "empty": NEVER_EMPTY,
        "error": post("office", "/held/m1", "/held/m1", {"action": "x"}, lambda desk: desk.hold()),
        "too-late": conflict,
    },
    "redirect.send": {"full": FORM_ONLY, "empty": NEVER_EMPTY, "error": nobody_ticked},
    "groups.show": {"full": of_group("office", ""), "empty": gone_group, "error": CANNOT_FAIL},
    "groups.stop": {"full": FORM_ONLY, "empty": NEVER_EMPTY, "error": of_group("office", "", {"reason": ""})},
    "together.show": {
        "full": of_group("office", "/send", categories=(Category.MEDICAL,)),
        "empty": get("office", "/groups/none/send"),
        "error": CANNOT_FAIL,
    },
    "together.send": {"full": FORM_ONLY, "empty": NEVER_EMPTY, "error": of_group("office", "/send", NOTE)},
    "delivered.find": {
        "full": get("dpo", "/delivered?address=helen@home.example", reported),
        "empty": get("office", "/delivered"),
        "error": get("office", "/delivered?address=nobody@home.example"),
    },
    "delivered.show": {
        "full": get("office", "/delivered/m1?done=report", reported),
        "empty": NEVER_EMPTY,
        "error": get("office", "/delivered/none"),
    },
    "delivered.report": {
        "full": FORM_ONLY,
        "empty": NEVER_EMPTY,
        "error": post("office", "/delivered/m1", "/delivered/m1", {"why": "", "aware": "2999-01-01T00:00"}, delivered),
    },
    "overview.show": {
        "full": get("dpo", "/overview", decided),
        "empty": get("office", "/overview"),
        "error": CANNOT_FAIL,
    },
    "roll.show": {
        "full": get("dpo", "/roll?address=ada@home.example", worked),
        "empty": get("office", "/roll", no_roll),
        "error": get("office", "/roll?address=" + ODD),
        "technician": get("technician", "/roll", worked),
    },
    "roll.override": {
        "full": FORM_ONLY,
        "empty": NEVER_EMPTY,
        "error": post("office", "/roll", "/roll/overrides", OVERRIDE),
    },
    "roll.end": {
        "full": FORM_ONLY,
        "empty": NEVER_EMPTY,
        "error": post("dpo", "/roll", "/roll/overrides/1/end", {"why": ""}, worked),
    },
    "roll.note": {
        "full": FORM_ONLY,
        "empty": NEVER_EMPTY,
        "error": post("office", "/roll", "/roll/corrections", {"wrong": "left", "pupil": "P9"}),
    },
    "roll.close": {
        "full": FORM_ONLY,
        "empty": NEVER_EMPTY,
        "error": post("office", "/roll", "/roll/corrections/99/close", {}),
    },
    "roll.let": {
        "full": FORM_ONLY,
        "empty": NEVER_EMPTY,
        "error": post("head", "/roll", "/roll/corrections/2/let", {}, worked),
    },
    "history.show": {
        "full": get("dpo", "/history", reported),
        "empty": get("auditor", "/history", until="2000-01-01"),
        "error": get("auditor", "/history", since="2999-01-01"),
    },
    "users.show": {"full": get("dpo", "/users"), "empty": NEVER_EMPTY, "error": get("office", "/users")},
    "users.add": {"full": newcomer, "empty": NEVER_EMPTY, "error": post("dpo", "/users", "/users", NEW_USER)},
    "users.sign_out": {
        "full": FORM_ONLY,
        "empty": NEVER_EMPTY,
        "error": post("dpo", "/users", "/users/dpo/sign-out", {}),
    },
    "users.remove": {"full": FORM_ONLY, "empty": NEVER_EMPTY, "error": post("dpo", "/users", "/users/dpo/remove", {})},
    "trust.show": {
        "full": get("trust", "/schools", held),
        "empty": get("trust", "/schools"),
        "error": CANNOT_FAIL,
    },
    "dashboards.show": {
        "full": dashboard("/dashboards/trust?range=7d"),
        "school": dashboard("/dashboards/school?school=OAK&range=30d"),
        "relay": dashboard("/dashboards/relay"),
        "no-figures": dashboard("/dashboards/trust", "empty"),
        "refused": dashboard("/dashboards/trust", "refuse"),
        "empty": get("dpo", "/dashboards/trust"),
        "technician": get("technician", "/dashboards/trust"),
        "error": get("trust", "/dashboards/none"),
    },
}

NO_PAGE = {
    "signin.leave": ELSEWHERE,
    "start.show": ELSEWHERE,
    "dashboards.first": ELSEWHERE,
    "held.find": ELSEWHERE,
    "held.review": ELSEWHERE,
    "parts.picture": "a picture",
    "parts.download": "a file",
    "parts.looks": "somebody else's mail, in a frame without any right",
    "roll.export": "a table",
    "history.export": "a table",
}
"""Routes that show no page of ours, and what they give instead."""
