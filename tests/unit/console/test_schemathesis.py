"""The API against its own document: Schemathesis sends what the document allows and what it forbids, as a program with
a token. Nothing makes it fall over, and every answer is one the document names, of the shape it gives."""

from datetime import timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mailguard.console.routes import ROUTES
from mailguard.store import tokens, users

API = [route for route in ROUTES if route.api]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
FEW, MANY = 12, 400


def sent(desk, route, examples):
    """Send so many requests of one route, as the document describes them and not."""
    desk.hold("m1")
    desk.bar("a@home.example")
    with desk.database.write() as tx:
        token = tokens.make(tx, "dpo", users.key_of(tx, "dpo"), timedelta(hours=1), "root")
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", desk.app, headers={"host": "check.example"})
    operation = schema[route.path][route.method]
    statuses = []

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def check(case):
        for name in ("message", "group", "user", "number"):
            if name in case.path_parameters and len(statuses) % 2:
                case.path_parameters[name] = {"message": "m1", "user": "elm", "number": "1"}.get(name, "none")
        answer = case.call(headers={"authorization": f"Bearer {token}", "host": "check.example"})
        statuses.append(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    check()
    return statuses


@pytest.mark.parametrize("route", API, ids=[route.name for route in API])
def test_the_api_is_what_its_document_says(desk, route):
    statuses = sent(desk, route, FEW)
    assert 401 not in statuses  # the token opens every door, so what is tested lies behind it
    assert 200 in statuses or route.takes or "{" in route.path


@pytest.mark.long
@pytest.mark.parametrize("route", API, ids=[route.name for route in API])
def test_the_api_is_what_its_document_says_at_length(desk, route):
    sent(desk, route, MANY)


def test_an_answer_that_the_document_does_not_name_is_found(desk, monkeypatch):
    route = next(route for route in API if route.name == "facts.roll")
    monkeypatch.setattr("mailguard.console.api.facts.lookup.roll_status", lambda *_: 1 / 0)
    with pytest.raises(BaseExceptionGroup) as raised:
        sent(desk, route, 1)
    assert any("Server error" in str(one) for one in raised.value.exceptions)
