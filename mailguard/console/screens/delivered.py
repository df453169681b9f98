"""Emails that were delivered: what went to an address, and "this was delivered and should not have been", which is kept
for whoever looks after breaches."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.responses import Response

from mailguard.console.page import NotFound, Page
from mailguard.observe import Event, log
from mailguard.store import Gone, Transaction, audit, delivered, holds, trail
from mailguard.store.delivered import REPORTED, Report
from mailguard.store.holds import Held

_MOST_FOUND = 50
_MOST_REPORTS = 50
_MOST_TEXT = 2000


def find(page: Page) -> Response:
    """The emails that went to an address, and what was reported so far. A search is written down."""
    address = page.query.one("address")
    found: list[Held] = []
    if address:
        with page.site.database.write() as tx:
            found = delivered.to_address(tx, address, page.reach, _MOST_FOUND)
            school = None if page.reach.every or len(page.reach.codes) != 1 else next(iter(page.reach.codes))
            detail: dict[str, object] = {"address": address[:_MOST_TEXT], "found": len(found)}
            entry = audit.Entry("delivered-searched", page.who.name, school=school, detail=detail)
            audit.append(tx, [entry])
    with page.site.database.read() as tx:
        schools = None if page.reach.every else page.reach.codes
        reports = trail.browse(tx, trail.Wanted(schools, REPORTED), _MOST_REPORTS)
    return page.render(
        "delivered.html", address=address, found=found, most=_MOST_FOUND, reports=reports, people=page.people()
    )


def show(page: Page) -> Response:
    """One delivered email: to whom it went, and the form. Being looked at is an entry of the audit trail."""
    return _answer(page)


def report(page: Page) -> Response:
    """Write the report down."""
    faults = []
    if not page.form.all("to"):
        faults.append(("to", "Tick at least one person who should not have received it"))
    if not page.form.one("why"):
        faults.append(("why", "Say what was wrong about it"))
    at, fault = _aware(page)
    faults += fault  # last, as on the form
    if faults or at is None:
        return _answer(page, 422, faults)
    ticked = tuple(int(n) for n in page.form.all("to") if n.isdecimal() and len(n) < 9)
    said = Report(page.who.name, page.form.one("why")[:_MOST_TEXT], ticked, at)
    try:
        with page.site.database.write() as tx:
            held = _message(page, tx)
            delivered.report(tx, held, said)
    except Gone:
        return _answer(page, 422, [("to", "Tick at least one person who received it")])
    log(Event.DECIDED, message=held.id, school=held.school, action="report", user=page.who.name)
    return page.go("delivered.show", {"done": "report"}, message=held.id)


def _aware(page: Page) -> tuple[datetime | None, list[tuple[str, str]]]:
    """When the school became aware: the time that was typed, in the school's zone, or now where none was."""
    text, now = page.form.one("aware"), page.site.now()
    if not text:
        return now.astimezone(UTC), []
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None or not 2000 < at.year < 9000:
        return None, [("aware", "Give day and time, or leave it empty for now")]
    at = at.replace(tzinfo=now.tzinfo)
    if at > now:
        return None, [("aware", "That time is still to come: give the time the school knew")]
    return at.astimezone(UTC), []


def _message(page: Page, tx: Transaction) -> Held:
    try:
        found = holds.details(tx, page.params["message"])
    except Gone:
        raise NotFound from None
    if found.school not in page.reach or not delivered.delivered(found):
        raise NotFound
    return found


def _answer(page: Page, status: int = 200, faults: list[tuple[str, str]] | None = None) -> Response:
    with page.site.database.write() as tx:
        held = _message(page, tx)
        pupils = delivered.pupils_seen(tx, held)
        audit.append(tx, [audit.Entry("viewed", page.who.name, held.id, held.school)])
    people = page.people()
    return page.render(
        "delivered-one.html",
        status,
        held=held,
        received=[(one, people.who(one.address)) for one in delivered.delivered(held)],
        pupils=people.names(pupils),
        reports=[one for one in held.history if one.entry.action == REPORTED],
        people=people,
        faults=faults or [],
        form=page.form,
    )
