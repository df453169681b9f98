"""Fetch a school's records from Wonde's REST API: page by page, with patience, over TLS, with a token from a file.

Whatever goes wrong is a RollError that names the source, never the token or a record; the roll in force stays. What may
pass by itself (no answer, 429, a 5xx, an answer cut short) is tried again with growing pauses.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from mailguard.roll.packing import no_collection
from mailguard.roll.problems import Loaded, Problem, RollError
from mailguard.roll.sources.wonde import EMPLOYEE_INCLUDES, INCLUDES, read_wonde

PER_PAGE = 200
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
LONGEST_PAUSE = 120.0
SECONDS = 60.0
MOST_PAGES = 5000
MOST_BYTES = 64 << 20
LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))
_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait between tries (one more try than pauses), and how to wait."""

    pauses: tuple[float, ...] = PAUSES
    sleep: Callable[[float], None] = time.sleep


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow nothing: the token would go along."""


_open = urllib.request.build_opener(_NoRedirect).open


def pull_wonde(url: str, token_file: Path, school: str, name: str, patience: Patience | None = None) -> Loaded:
    """Return the roll of the school at `url` (".../schools/ID"). Blocks for as long as it takes. Raises RollError."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise _refused(name, "the address does not begin with https.", "A token is not sent without TLS.")
    puller = _Puller(url.rstrip("/"), read_token(token_file), name, patience or Patience())
    with no_collection():
        students = list(puller.records("students", INCLUDES))
        try:
            employees = list(puller.records("employees", EMPLOYEE_INCLUDES))
        except _Forbidden:
            employees = []
        loaded = read_wonde(students, school, name, employees)
    if not employees:
        warning = Problem(name, 0, "employees", "the token does not show the staff.", "Add staff by another source.")
        return Loaded(loaded.roll, (*loaded.warnings, warning))
    return loaded


def read_token(path: Path) -> str:
    """Return the token in the first line of a file. Raises RollError."""
    try:
        token = (path.read_text(encoding="utf-8-sig").splitlines() or [""])[0].strip()
    except (OSError, UnicodeDecodeError):
        raise _refused(path.name, "the token file cannot be read.", "Check its path and rights.") from None
    if not token or not token.isascii() or not token.isprintable():
        raise _refused(path.name, "the token file holds no token.", "Write the token into its first line.")
    return token


class _Forbidden(RollError):
    """The token is good, and may not see this."""


class _Puller:
    def __init__(self, url: str, token: str, name: str, patience: Patience) -> None:
        self._url = url
        self._token = token
        self._name = name
        self._patience = patience

    def records(self, what: str, include: str) -> Iterator[dict[str, Any]]:
        """Yield the records of every page."""
        url = f"{self._url}/{what}?{urlencode({'include': include, 'per_page': PER_PAGE})}"
        seen: set[str] = set()
        while url:
            if url in seen or len(seen) >= MOST_PAGES:
                raise _refused(self._name, f"the pages of {what} never end.", "Tell the service.")
            seen.add(url)
            page = self._page(url, what)
            records = page.get("data")
            if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
                raise _refused(self._name, f"a page of {what} has no records.", "Check the address of the school.")
            yield from records
            url = self._next(page, what)

    def _next(self, page: dict[str, Any], what: str) -> str:
        meta = page.get("meta")
        pagination = meta.get("pagination") if isinstance(meta, dict) else None
        following = pagination.get("next") if isinstance(pagination, dict) else None
        if not following:
            if isinstance(pagination, dict) and pagination.get("more") is True:
                raise _refused(self._name, f"a page of {what} says that more follow, and not where.", "Pull it again.")
            return ""
        here, there = urlsplit(self._url), urlsplit(str(following))
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            raise _refused(self._name, "a page leads to another server.", "The token is not sent there.")
        return str(following)

    def _page(self, url: str, what: str) -> dict[str, Any]:
        pauses = iter(self._patience.pauses)
        while True:
            found, wait = self._try(url, what)
            if isinstance(found, dict):
                return found
            pause = next(pauses, None)
            if pause is None:
                raise _refused(self._name, f"{what}: {found}", "It is tried again; the roll in force stays.")
            self._patience.sleep(min(max(pause, wait), LONGEST_PAUSE))

    def _try(self, url: str, what: str) -> tuple[dict[str, Any] | str, float]:
        """Return a page, or what went wrong and how long the server asks to wait."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        try:
            with _open(urllib.request.Request(url, headers=headers), timeout=SECONDS) as answer:  # noqa: S310 (checked)
                data = answer.read(MOST_BYTES + 1)
        except urllib.error.HTTPError as error:
            with error:
                return self._status(error, what)
        except (OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            return f"no whole answer ({type(reason).__name__}).", 0.0
        if len(data) > MOST_BYTES:
            raise _refused(self._name, f"a page of {what} is too large.", "Tell the service.")
        try:
            page = json.loads(data)
        except (ValueError, RecursionError):
            return "the answer is not whole JSON.", 0.0
        return (page, 0.0) if isinstance(page, dict) else ("the answer is not an object.", 0.0)

    def _status(self, error: urllib.error.HTTPError, what: str) -> tuple[str, float]:
        if error.code in _PASSING:
            wait = error.headers.get("Retry-After", "") if error.headers else ""
            return f"the server answers {error.code}.", float(wait) if wait.isdigit() else 0.0
        if error.code == 401:
            raise _refused(self._name, "the token is not accepted.", "Ask for a new one, and write it into the file.")
        if error.code in (403, 404):
            message = f"the token may not see {what} (answer {error.code})."
            raise _Forbidden([Problem(self._name, 0, "", message, "Check its scopes and the address of the school.")])
        raise _refused(self._name, f"{what}: the server answers {error.code}.", "Check the address of the school.")


def _refused(name: str, message: str, remedy: str) -> RollError:
    return RollError([Problem(name, 0, "", message, remedy)])
