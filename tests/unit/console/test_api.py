"""The API: what it gives and refuses, that its document is true, and that nothing sent to it makes it fall over."""

import json
import re
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailguard.console.api import shapes
from mailguard.console.routes import ROUTES
from mailguard.model import Category
from mailguard.store import audit

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


# --- the document -----------------------------------------------------------------------------------------------------


def test_the_document_names_every_route_and_every_reference_is_there(desk):
    answer = desk.browser().get("/api/v1/openapi.json")
    said = answer.json()
    assert said["openapi"] == "3.1.0"
    listed = {(method.upper(), path) for path, methods in said["paths"].items() for method in methods}
    assert listed == {(route.method, route.path) for route in API}
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
