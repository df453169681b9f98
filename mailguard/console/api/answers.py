"""How the API reads and answers: bodies checked against their shapes, JSON out, faults as problem documents."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from starlette.responses import Response

from mailguard.console.api.shapes import Problem
from mailguard.console.page import Page, Refused
from mailguard.console.reasons import by_words
from mailguard.hold.decisions import By, Reason

T = TypeVar("T")
_encode = msgspec.json.Encoder().encode


def answer(shape: object, status: int = 200) -> Response:
    """A shape as JSON."""
    return Response(_encode(shape), status, media_type="application/json")


def problem(status: int, title: str, detail: str = "") -> Response:
    """A fault, told in words."""
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return Response(_encode(Problem(title, status, detail)), status, headers, media_type="application/problem+json")


def body(page: Page, shape: type[T]) -> T:
    """The request's body. Refused (400) if it is no JSON, (422) if it does not fit."""
    try:
        return msgspec.json.decode(page.body, type=shape)
    except msgspec.ValidationError as error:
        raise Refused("The body does not fit", str(error), 422) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused("The body is not JSON", "Send an object as application/json.", 400) from None


def by(page: Page, reason: Reason, note: str) -> By:
    """Who decides and why. Refused (422) where the reason is other and not told."""
    if reason is Reason.OTHER and not note.strip():
        raise Refused("The reason is missing", "With the reason other, say it in the note.", 422)
    return by_words(page.who.name, reason, note)


def not_allowed(error: Exception) -> Refused:
    """The rule that forbids a decision, as an answer."""
    text = str(error)
    return Refused("This cannot be done", text[:1].upper() + text[1:] + ".", 403)
