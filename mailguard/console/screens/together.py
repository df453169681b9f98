"""Sending a whole group, fenced: everything that would go to anybody is shown first; the reason is typed, the number is
typed back; what differs stays held; what is sensitive takes two people. All go or none."""

from __future__ import annotations

from concurrent.futures import TimeoutError as Late

from starlette.responses import Response

from mailguard.console.page import NotFound, Page, Refused
from mailguard.console.people import pupils_told
from mailguard.console.reasons import by_of
from mailguard.console.screens.decide import reviewed
from mailguard.console.screens.groups import cards_of
from mailguard.console.words import REASONS
from mailguard.hold.decisions import NotAllowed, Reason
from mailguard.hold.together import (
    Together,
    ask_together,
    look,
    release_together,
    takes_asking,
    waiting_of,
    why_not,
)
from mailguard.observe import Event, log, log_failure
from mailguard.workers import WorkersError

_SHORTEST_REASON = 8


def show(page: Page) -> Response:
    """Every email that would go, to whom and about whom; what differs; and the form."""
    return _answer(page)


def send(page: Page) -> Response:
    """Send them all, or ask a second person for all; or show the page again with what is missing."""
    ids = [card.facts.id for card in cards_of(page)]
    with page.site.database.read() as tx:
        together = look(tx, ids)
        refused, asking = why_not(tx, page.who, together), takes_asking(tx, page.who, together)
    if refused:
        raise Refused("This cannot be done", refused, 403)
    faults = _faults(page, together)
    if faults:
        return _answer(page, 422, faults)
    by, seen, count = by_of(page), page.form.one("seen"), len(together.alike)
    try:
        reviews = {} if asking else {one.id: reviewed(page, one.id) for one in together.alike}
        with page.site.database.write() as tx:
            if asking:
                ask_together(tx, ids, by, seen)
            else:
                release_together(tx, ids, by, seen, reviews)
    except NotAllowed as error:
        raise Refused("This cannot be done", str(error)[:1].upper() + str(error)[1:] + ".", 403) from None
    except (WorkersError, Late) as error:
        log_failure(error, stage="console")
        raise Refused("They could not be checked again", "Nothing was sent. Try again in a minute.", 503) from None
    action = "ask-group" if asking else "send-group"
    log(Event.DECIDED, school=together.alike[0].school, action=action, count=count, user=page.who.name)
    return page.go("held.show", {"asked" if asking else "sent": count})


def _faults(page: Page, together: Together) -> list[tuple[str, str]]:
    faults = []
    if page.form.one("reason") not in set(Reason):
        faults.append(("reason", "Choose a reason"))
    if len(page.form.one("note")) < _SHORTEST_REASON:
        faults.append(("note", "Say in your own words why all of these may go"))
    if page.form.one("count") != str(len(together.alike)):
        faults.append(("count", f"Type how many emails would go: {len(together.alike)}"))
    return faults


def _answer(page: Page, status: int = 200, faults: list[tuple[str, str]] | None = None) -> Response:
    cards = cards_of(page)
    with page.site.database.read() as tx:
        together = look(tx, [card.facts.id for card in cards])
        if not together.alike:
            raise NotFound
        refused, asking = why_not(tx, page.who, together), takes_asking(tx, page.who, together)
        pupils = {one.id: pupils_told(tx, one, waiting_of(one)) for one in (*together.alike, *together.others)}
    return page.render(
        "group-send.html",
        status,
        first=cards[0].facts,
        together=together,
        refused=refused,
        asking=asking,
        asked=next((together.asked[one.id] for one in together.sensitive if one.id in together.asked), None),
        waiting=waiting_of,
        pupils=pupils,
        people=page.people(),
        reasons=REASONS,
        faults=faults or [],
        form=page.form,
    )
