"""The API: what it gives and refuses, that its document is true, and that nothing sent to it makes it fall over."""

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from mailguard.console.api import shapes
from mailguard.console.routes import ROUTES
from mailguard.model import Category
from mailguard.store import audit, tokens, users
from mailguard.store.users import Role, User

from .conftest import URL

API = [route for route in ROUTES if route.api]
WRONG = {"reason": "wrong-recipient"}


class Program:
    """A program that is signed in and knows its token."""

    def __init__(self, desk, user: str = "office") -> None:
        self.browser = desk.browser(user)
        self.token = self.get("me")["form_token"]

    def get(self, path: str, **query: str) -> Any:
        answer = self.browser.get(f"/api/v1/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, **headers: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"x-form-token": self.token, "content-type": "application/json"} | headers
        return self.browser.post(f"/api/v1/{path}", content=content, headers=sent)


def test_a_message_from_the_list_to_the_decision(desk):
    desk.hold(to=("helen@home.example", "robin@home.example"), held=2)
    program = Program(desk)
    [one] = program.get("held")["messages"]
    assert (one["id"], one["to"]) == ("m1", ["helen@home.example", "robin@home.example"])
    assert one["pupils"] == [{"school": "OAK", "pupil": "P1", "name": "Zebedee Quillfeather"}]
    shown = program.get("held/m1")
    assert [each["state"] for each in shown["recipients"]] == ["held", "held"]
    assert "record of Zebedee" in shown["recipients"][0]["findings"][0]["sentence"]
    decision = WRONG | {"to": ["helen@home.example"], "version": shown["version"]}
    done = program.post("held/m1/refuse", decision)
    assert done.json() | {"reference": ""} == {
        "id": "m1",
        "reference": "",
        "moved": ["helen@home.example"],
        "left": ["robin@home.example"],
    }
    stale = program.post("held/m1/release", {"reason": "entitled", "version": shown["version"]})
    assert stale.status_code == 409
    assert stale.headers["content-type"] == "application/problem+json"
    assert program.post("held/m1/release", {"reason": "entitled"}).status_code == 200
    assert desk.states() == ["refused", "queued"]
    with desk.database.read() as tx:
        trail = [(e.entry.action, e.entry.actor) for e in audit.entries(tx, "m1") if e.entry.actor == "office"]
    assert trail == [("viewed", "office"), ("refused", "office"), ("released", "office")]


def test_what_is_sensitive_takes_two_people_here_too(desk):
    desk.hold(categories=(Category.MEDICAL,))
    refused = Program(desk).post("held/m1/release", {"reason": "entitled"})
    assert refused.status_code == 403
    assert "second person" in refused.json()["detail"]
    assert desk.states() == ["held"]


def test_a_group_is_stopped_up_to_what_was_seen(desk):
    desk.hold("g1", subject="Report for Zebedee")
    program = Program(desk)
    [group] = program.get("groups")["groups"]
    desk.hold("g2", subject="Report for Zebedee")
    assert program.post(f"groups/{group['group']}/refuse", WRONG | {"last": group["last"]}).json() == {"stopped": 1}
    assert (desk.states("g1"), desk.states("g2")) == (["refused"], ["held"])


def test_roll_history_and_counts(desk):
    desk.hold()
    dpo = Program(desk, "dpo")
    assert dpo.get("roll/who", address="ada@home.example")["pupils"] == [
        {"school": "OAK", "pupil": "P1", "relationship": "Mother"}
    ]
    assert Program(desk, "elm").get("roll/who", address="ada@home.example")["pupils"] == []
    assert {one["school"] for one in dpo.get("roll")["schools"]} == {"OAK", "ELM"}
    assert dpo.get("history")["entries"][0]["action"] == "signed-in"
    trust = Program(desk, "trust")
    [oak] = trust.get("counts")["schools"]
    assert (oak["school"], oak["waiting"]) == ("OAK", 1)
    assert "home.example" not in json.dumps(trust.get("counts"))


def test_the_list_goes_on_where_it_ended(desk, monkeypatch):
    monkeypatch.setattr("mailguard.console.api.mail.PAGE_SIZE", 2)
    for name in ("a", "b", "c"):
        desk.hold(name)
    program = Program(desk)
    first = program.get("held")
    second = program.get("held", after=first["next"])
    assert [one["id"] for one in first["messages"] + second["messages"]] == ["a", "b", "c"]
    assert second["next"] == ""


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"reason": "\\ud800"}', 400),
        (b"\xff", 400),
        (b"[" * 100_000, 422),
        (b"null", 422),
        (b'{"reason": "because"}', 422),
        (b'{"reason": "other"}', 422),
        (b'{"reason": "entitled", "to": []}', 422),
        (b'{"reason": "entitled", "force": true}', 422),
        (b'{"reason": "entitled", "to": ["nobody@home.example"]}', 403),
        (b'{"reason": "entitled", "note": "' + b"x" * (2 << 20) + b'"}', 413),
    ],
)
def test_a_body_that_does_not_fit_is_refused_in_words(desk, body, status):
    desk.hold()
    answer = Program(desk).post("held/m1/release", body)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert desk.states() == ["held"]


def test_without_this_session_s_token_or_from_elsewhere_nothing_is_done(desk):
    desk.hold()
    program, other = Program(desk), Program(desk)
    for headers in ({"x-form-token": ""}, {"x-form-token": other.token}, {"origin": "https://evil.example"}):
        assert program.post("held/m1/refuse", WRONG, **headers).status_code == 403
    assert desk.states() == ["held"]


def test_what_there_is_not_is_told_in_json(desk):
    browser = desk.browser("office")
    for path in ("/api/v1/held/none", "/api/v1/nothing", "/api/"):
        assert browser.get(path).json()["status"] == 404
    assert browser.get("/api/v1/held/m1/refuse").json()["status"] == 405


# --- second person, redirect, overrides, people -------------------------------------------------------------------


def test_a_second_person_is_asked_and_answers(desk):
    desk.hold(categories=(Category.MEDICAL,))
    office, head = Program(desk), Program(desk, "head")
    asked = office.post("held/m1/ask", {"reason": "entitled", "note": "the hospital school"})
    assert asked.json() | {"reference": ""} == {"id": "m1", "reference": "", "by": "office"}
    assert office.get("held")["messages"][0]["second_asked"]
    assert office.post("held/m1/release", {"reason": "entitled"}).status_code == 403
    assert office.post("held/m1/ask", {"reason": "entitled"}).status_code == 409
    assert head.post("held/m1/release", {"reason": "entitled"}).status_code == 200
    assert desk.states() == ["queued"]


def test_the_right_family_is_named_and_gets_it_instead(desk):
    desk.hold()
    program = Program(desk)
    [family] = program.get("held/m1")["family"]
    assert (family["address"], family["confidential"]) == ("ada@home.example", False)
    body = WRONG | {"to": ["stranger@home.example"]}
    assert program.post("held/m1/redirect", body).status_code == 403
    assert desk.states() == ["held"]
    done = program.post("held/m1/redirect", WRONG | {"to": ["Ada@home.example", "ada@home.example"]})
    assert done.json()["to"] == ["ada@home.example"]
    assert desk.states() == ["refused"]
    assert program.post("held/m1/redirect", WRONG | {"to": ["ada@home.example"]}).status_code == 409
    with desk.database.read() as tx:
        [new] = [one.entry.detail["as"] for one in audit.entries(tx, "m1") if one.entry.action == "redirected"]
    assert desk.states(new) == ["received"]


def test_an_override_counts_at_once_and_is_ended_by_a_second_role(desk):
    office, head, elm = Program(desk), Program(desk, "head"), Program(desk, "elm")
    bar = {"kind": "bar", "address": "ada@home.example", "why": "order of 3 May", "pupil": "OAK/P1"}
    made = office.post("roll/overrides", bar | {"until": "2099-01-31"}).json()
    assert (made["state"], made["until"], made["by"]) == ("active", "2099-01-31", "office")
    assert office.get("roll/who", address="ada@home.example")["pupils"] == []
    assert elm.get("roll/overrides")["overrides"] == []
    path = f"roll/overrides/{made['number']}/end"
    for who in (office, elm):
        assert who.post(path, {"why": "over"}).status_code == 404
    assert head.post(path, {"why": "over"}).json()["state"] == "ended"
    assert office.get("roll/who", address="ada@home.example")["pupils"] != []
    for change, status in (
        ({"kind": "address"}, 422),
        ({"pupil": ""}, 422),
        ({"pupil": "OAK/none"}, 404),
        ({"pupil": "ELM/P1"}, 404),
        ({"address": "nobody"}, 422),
        ({"why": ""}, 422),
        ({"until": "2001-01-01"}, 422),
    ):
        answer = office.post("roll/overrides", bar | change)
        assert (answer.status_code, "traceback" in answer.text) == (status, False), change


def test_people_are_added_signed_out_and_removed(desk):
    dpo = Program(desk, "dpo")
    made = dpo.post("users", {"name": "Ms New", "role": "office", "school": "OAK"}).json()
    assert made["user"]["grants"] == [{"role": "office", "school": "OAK"}]
    new = desk.browser()
    assert new.post("/sign-in", data={"name": "Ms New", "password": made["first_password"]}).status_code == 303
    assert made["first_password"] not in json.dumps(dpo.get("users"))
    assert "Ms New" in {one["name"] for one in dpo.get("users")["users"]}
    assert dpo.post("users/Ms%20New/sign-out", None).json() == {"name": "Ms New", "removed": False}
    assert new.get("/held").status_code == 303
    assert dpo.post("users/Ms%20New/remove", None).json()["removed"]
    assert dpo.post("users/Ms%20New/remove", None).status_code == 404
    assert dpo.post("users/dpo/remove", None).status_code == 409
    for body, status in (
        ({"name": "office", "role": "office"}, 409),
        ({"name": "x", "role": "root"}, 422),
        ({"name": " x", "role": "office"}, 422),
        ({"name": "x", "role": "office", "school": "NONE"}, 422),
    ):
        assert dpo.post("users", body).status_code == status, body


# --- tokens -------------------------------------------------------------------------------------------------------


def token_of(desk, user="office", days=1):
    with desk.database.write() as tx:
        return tokens.make(tx, user, users.key_of(tx, user), timedelta(days=days), "root")


def ask_with(desk, token, path="held", body=None, **headers):
    """Ask as a program does: no cookie, no origin."""
    browser = TestClient(desk.app, base_url=URL, headers={"authorization": f"Bearer {token}"} | headers)
    path = f"/api/v1/{path}"
    return browser.get(path) if body is None else browser.post(path, json=body)


def test_a_token_has_the_rights_of_its_user_and_decides_under_their_name(desk):
    desk.hold()
    token, elm = token_of(desk), token_of(desk, "elm")
    assert ask_with(desk, token, "me").json()["name"] == "office"
    assert ask_with(desk, elm, "held").json()["messages"] == []
    assert ask_with(desk, elm, "held/m1/refuse", WRONG).status_code == 404
    assert ask_with(desk, token, "users").status_code == 404
    assert ask_with(desk, token, "held/m1/refuse", WRONG).status_code == 200
    assert desk.states() == ["refused"]
    with desk.database.read() as tx:
        assert [one.entry.actor for one in audit.entries(tx, "m1")][-2] == "office"
        assert tokens.of(tx, users.key_of(tx, "office"))[0].used_at is not None


@pytest.mark.parametrize("ending", ["revoked", "expired", "removed", "changed", "wrong scheme", "none"])
def test_a_token_that_does_not_count_opens_nothing(desk, ending):
    desk.hold()
    token = token_of(desk, days=-1 if ending == "expired" else 1)
    with desk.database.write() as tx:
        if ending == "revoked":
            assert tokens.revoke(tx, "office", users.key_of(tx, "office"), "root") == 1
        elif ending == "removed":
            users.remove(tx, "office", "root")
            users.add(tx, User("office", (Role.OFFICE,), "OAK"), "root")
    header = {"changed": f"Bearer {token}x", "wrong scheme": f"Basic {token}", "none": ""}.get(ending)
    answer = ask_with(desk, token, "held/m1/refuse", WRONG, **({} if header is None else {"authorization": header}))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert desk.states() == ["held"]


def test_a_cookie_beside_a_token_counts_for_nothing(desk):
    desk.hold()
    browser = desk.browser("office")
    sent = {"authorization": "Bearer x", "origin": "https://evil.example"}
    assert browser.post("/api/v1/held/m1/refuse", json=WRONG, headers=sent).status_code == 401
    # Pages take no token, and no form comes past the check of its origin by naming one.
    page = browser.post("/held/m1", data={"action": "stop"}, headers=sent)
    assert page.status_code == 403
    plain = TestClient(desk.app, base_url=URL, follow_redirects=False)
    answer = plain.get("/held", headers={"authorization": f"Bearer {token_of(desk)}"})
    assert answer.headers["location"].startswith("/sign-in")
    assert desk.states() == ["held"]


def test_a_token_is_kept_as_a_digest_only(desk):
    token = token_of(desk)
    with desk.database.read() as tx:
        row = tx.connection.exec_driver_sql("select * from token").one()
        said = [one.entry for one in audit.entries(tx)]
    assert not any(token[-20:] in str(value) for value in row)
    assert not any(token[-20:] in str(one) for one in said)


# --- the document -----------------------------------------------------------------------------------------------------


def test_the_document_names_every_route_and_every_reference_is_there(desk):
    answer = desk.browser().get("/api/v1/openapi.json")
    said = answer.json()
    assert said["openapi"] == "3.1.0"
    listed = {(method.upper(), path) for path, methods in said["paths"].items() for method in methods}
    assert listed == {(route.method, route.path) for route in API}
    assert {"session": []} in said["paths"]["/api/v1/me"]["get"]["security"]
    assert set(said["components"]["securitySchemes"]) == {"session", "token"}
    for name in re.findall(r'"#/components/schemas/(\w+)"', answer.text):
        assert name in said["components"]["schemas"]
    ids = [one["operationId"] for methods in said["paths"].values() for one in methods.values()]
    assert len(ids) == len(set(ids)) == len(API)


def test_every_answer_is_of_its_shape(desk):
    desk.hold()
    desk.bar("a@home.example")
    program = Program(desk, "dpo")
    for route in API:
        if route.gives is None or route.method != "GET":
            continue
        got = program.get(route.path.removeprefix("/api/v1/").replace("{message}", "m1"), address="ada@home.example")
        made = msgspec.convert(got, route.gives)
        assert set(got) == {field.name for field in msgspec.structs.fields(made)}, route.name


# --- anything at all --------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
NEARLY = st.fixed_dictionaries(
    {"reason": st.sampled_from(["entitled", "other", "harmless"]) | JSON},
    optional={
        "note": TEXTS | JSON,
        "to": st.lists(TEXTS, max_size=2) | JSON,
        "version": TEXTS | JSON,
        "last": TEXTS | JSON,
        "more": JSON,
    },
)
PARAMETERS = sorted({name for route in API for name, _ in route.asks})
ASKED = st.dictionaries(st.sampled_from(PARAMETERS), TEXTS | st.sampled_from(["1", "2026-02-30", "1.n.1", "9" * 20]))
NAMES = st.sampled_from(["m1", "m2"]) | TEXTS.filter(lambda text: text.strip("./"))


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_nothing_makes_it_fall_over(desk, data):
    if not hasattr(desk, "programs"):
        desk.hold("m1")
        desk.hold("m2", "ELM")
        desk.programs = {user: Program(desk, user) for user in ("office", "dpo", "trust")}
    program = desk.programs[data.draw(st.sampled_from(sorted(desk.programs)))]
    route = data.draw(st.sampled_from(API))
    path = re.sub(r"\{\w+\}", lambda _: quote(data.draw(NAMES), safe=""), route.path)
    if route.method == "GET":
        answer = program.browser.get(path, params=data.draw(ASKED))
    else:
        answer = program.post(path.removeprefix("/api/v1/"), data.draw(NEARLY | JSON))
    assert answer.status_code < 500, (path, answer.text)
    documented = {"200", "401", "403", "404", "409", "422"}
    assert str(answer.status_code) in documented, (path, answer.text)
    if answer.status_code == 200 and route.gives is not None:
        msgspec.json.decode(answer.content, type=route.gives)
    elif answer.status_code != 200:
        msgspec.json.decode(answer.content, type=shapes.Problem)
    assert answer.headers["cache-control"] == "no-store"
    assert URL not in answer.text
