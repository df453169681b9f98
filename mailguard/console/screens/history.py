"""History: who saw, decided and changed what, newest first; nothing in it can be changed."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, time, timedelta

from starlette.responses import Response

from mailguard.console.page import Page
from mailguard.console.words import ACTIONS
from mailguard.roll.corrections import plain_cell
from mailguard.store import audit, trail
from mailguard.store.audit import Recorded
from mailguard.store.trail import Wanted
from mailguard.store.verdicts import reference

PAGE_SIZE = 50
MOST_EXPORTED = 50_000


def show(page: Page) -> Response:
    """One page of the trail."""
    wanted = wanted_of(page)
    with page.site.database.read() as tx:
        found, following = sliced(trail.browse(tx, wanted, PAGE_SIZE + 1))
        known = [name for name in trail.actions(tx) if name in ACTIONS]
    return page.render(
        "history.html",
        entries=found,
        following=following,
        actions=sorted(known, key=ACTIONS.__getitem__),
        wanted={name: page.query.one(name) for name in ("action", "since", "until")},
        people=page.people(),
    )


def export(page: Page) -> Response:
    """What the filter shows, as CSV in which no cell can be taken for a formula. The export itself is written down."""
    with page.site.database.write() as tx:
        found = trail.browse(tx, wanted_of(page), MOST_EXPORTED)
        school = None if page.reach.every or len(page.reach.codes) != 1 else next(iter(page.reach.codes))
        entry = audit.Entry("history-exported", page.who.name, school=school, detail={"entries": len(found)})
        audit.append(tx, [entry])
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("time", "action", "by", "school", "message", "reason", "reference"))
    writer.writerows(_cells(one) for one in found)
    headers = {"content-disposition": 'attachment; filename="history.csv"'}
    return Response(out.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _cells(one: Recorded) -> list[str]:
    entry = one.entry
    name = entry.message_id or ""
    texts = (one.at.isoformat(), entry.action, entry.actor, entry.school or "", name, entry.reason)
    return [plain_cell(text) for text in (*texts, reference(name) if name else "")]


def sliced(found: list[Recorded]) -> tuple[list[Recorded], str]:
    """One page of what was found, and what the next one comes after ("" if there is none)."""
    return found[:PAGE_SIZE], ".".join(map(str, trail.position(found[PAGE_SIZE - 1]))) if len(found) > PAGE_SIZE else ""


def wanted_of(page: Page) -> Wanted:
    """What of the trail the query asks for, within reach."""
    until = _day(page.query.one("until"))
    return Wanted(
        schools=None if page.reach.every else page.reach.codes,
        action=page.query.one("action"),
        since=_start(page, _day(page.query.one("since"))),
        until=_start(page, until + timedelta(days=1) if until else None),
        after=_position(page.query.one("after")),
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 < day.year < 9000 else None


def _start(page: Page, day: date | None) -> datetime | None:
    return datetime.combine(day, time(), page.site.zone or UTC) if day else None


def _position(text: str) -> tuple[int, str, int] | None:
    at, _, rest = text.partition(".")
    node, _, seq = rest.rpartition(".")
    if not (at.isdecimal() and seq.isdecimal() and len(at) < 19 and len(seq) < 19):
        return None
    return int(at), node, int(seq)
