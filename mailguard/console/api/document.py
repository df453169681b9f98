"""The OpenAPI 3.1 document of the API, made of the route table and the shapes, so that it cannot say something else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from mailguard import __version__
from mailguard.console.api.answers import answer
from mailguard.console.api.shapes import Problem
from mailguard.console.page import ANYBODY, Page, Route

_PARAMETER = re.compile(r"\{(\w+)\}")
_PROBLEMS = {
    "400": "The body is not JSON",
    "401": "Nobody is signed in",
    "403": "The rules, or a token that is missing, forbid it",
    "404": "There is none, or not for this user",
    "409": "Somebody else was faster",
    "413": "The body is too large",
    "422": "What was sent does not fit",
    "503": "The store cannot be reached",
}


def show(page: Page) -> Response:
    """Describe the API."""
    return answer(document(page.routes))


def document(routes: Mapping[str, Route]) -> dict[str, Any]:
    """The document of all the routes that are the API's."""
    mine = [route for route in routes.values() if route.api]
    shapes = [shape for route in mine for shape in (route.takes, route.gives) if shape is not None]
    _, components = msgspec.json.schema_components([*shapes, Problem], ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for route in mine:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    cookie = "The cookie that POST /sign-in sets; its name has no prefix where the console is reached without TLS."
    return {
        "openapi": "3.1.0",
        "info": {"title": "mailguard", "version": __version__, "description": "Held mail, its decisions, the roll."},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-mailguard", "description": cookie},
                "token": {"type": "http", "scheme": "bearer", "description": "Made by `mailguard user token NAME`."},
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    summary = (route.screen.__doc__ or "").strip()
    said: dict[str, Any] = {
        "operationId": route.name,
        "summary": " ".join(summary.split()),
        "parameters": _parameters(route),
        "responses": {"200": {"description": "Done", "content": _content(route.gives)}, **_problems(route)},
        "security": [] if route.roles is ANYBODY else [{"session": []}, {"token": []}],
    }
    if route.takes is not None:
        said["requestBody"] = {"required": True, "content": _content(route.takes)}
    return said


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]
    found += [
        {"name": name, "in": "query", "description": text, "required": name == "address", "schema": {"type": "string"}}
        for name, text in route.asks
    ]
    if route.method != "GET":
        found.append(
            {
                "name": "X-Form-Token",
                "in": "header",
                "description": "With a session: the form_token of /api/v1/me. Origin, or Sec-Fetch-Site, then has to "
                "be the console's own. With a token neither is needed.",
                "required": False,
                "schema": {"type": "string"},
            }
        )
    return found


def _problems(route: Route) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": text, "content": content} for status, text in _PROBLEMS.items()}


def _content(shape: type | None) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{shape.__name__}"} if shape is not None else {"type": "object"}
    return {"application/json": {"schema": schema}}
