"""Dashboards: the figures that Prometheus keeps, drawn as the dashboards of deploy/grafana say. Counts only.

Somebody who looks after one school sees that school's figures: what is asked for, drawn and offered is within reach,
and the dashboard of the whole relay, whose counts are of all schools together, is for those of every school alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.responses import Response

from mailguard.console import panels
from mailguard.console.boards import Board, Scope, boards
from mailguard.console.page import NotFound, Page
from mailguard.store.users import Role

_USUAL_SPAN = "24h"
UNKNOWN = "unknown"


def first(page: Page) -> Response:
    """On to the dashboard that says most to this user."""
    several = page.reach.every or len(page.reach.codes) > 1
    return page.go("dashboards.show", board="trust" if several else "school")


def show(page: Page) -> Response:
    """One dashboard, of one school where one is chosen."""
    site, offered = page.site, _offered(page)
    board = offered.get(page.params["board"])
    if board is None:
        raise NotFound
    schools = _schools(page)
    wanted = page.query.one("school") if board.scope is not Scope.WHOLE else ""
    if wanted and wanted not in schools:
        raise NotFound
    if board.scope is Scope.ONE and not wanted:
        wanted = next(iter(schools), "")
    chosen = page.query.one("range")
    chosen = chosen if chosen in panels.SPANS else _USUAL_SPAN
    views, span = [], panels.span_of(chosen, time.time())
    if site.prometheus is not None and (wanted or board.scope is not Scope.ONE):
        reach = None if page.reach.every else page.reach.codes
        asked = panels.scope_of(board, wanted, reach)
        views = panels.look(board, site.prometheus, span, asked, panels.Names(schools))
    return page.render(
        "dashboards.html",
        board=board,
        boards=offered.values(),
        schools=schools,
        school=wanted,
        spans={name: words for name, (words, _, _) in panels.SPANS.items()},
        range=chosen,
        views=views,
        broken=bool(views) and all(one.fault in panels.FAULTS.values() for one in views),
        times=panels.times(span, _clock(page, chosen)),
        configured=site.prometheus is not None,
        technical=bool(page.who.reach({Role.TECHNICIAN})),
        now=site.now(),
        some=Scope.SOME,
        whole=Scope.WHOLE,
        current="dashboards.first",
    )


def _offered(page: Page) -> dict[str, Board]:
    """The dashboards that this user may open."""
    return {name: one for name, one in boards().items() if page.reach.every or one.scope is not Scope.WHOLE}


def _schools(page: Page) -> dict[str, str]:
    """The schools that this user may choose: code and name, in order of name."""
    names = {school.code: school.name or school.code for school in page.site.policy().schools}
    codes = {*names, UNKNOWN} if page.reach.every else page.reach.codes
    found = {code: names.get(code, "School not known" if code == UNKNOWN else code) for code in codes}
    return dict(sorted(found.items(), key=lambda one: (one[0] == UNKNOWN, one[1].casefold())))


def _clock(page: Page, span: str) -> Callable[[float], str]:
    def tell(at: float) -> str:
        local = datetime.fromtimestamp(at, UTC).astimezone(page.site.zone)
        clock = f"{local.hour}:{local.minute:02d}"
        return f"{local:%a} {clock}" if span in ("6h", "24h") else f"{local.day} {local:%b}, {clock}"

    return tell
