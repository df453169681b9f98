"""A group: held emails of one sender, one subject and one set of reasons. Stopping all of them takes three clicks."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from mailguard.console.cards import Card
from mailguard.console.choices import tells
from mailguard.console.page import Page, Refused
from mailguard.console.reasons import by_of, reason_faults
from mailguard.console.words import REASONS
from mailguard.hold.decisions import By, NotAllowed, Reason, refuse
from mailguard.hold.outcome import tell_sender_of_group
from mailguard.observe import Event, log
from mailguard.store import Conflict, holds

_SLICE = 25
_GONE = "They were decided on, or the address of this page is not right. Nothing more was done."
_NO_REASON_TO_STOP = (Reason.HARMLESS, Reason.ENTITLED)


def show(page: Page) -> Response:
    """Who is concerned, and the question whether all are to be stopped."""
    return _answer(page)


def stop(page: Page) -> Response:
    """Stop every email of the group that was shown and still waits. What came after it was shown stays: nobody has
    looked at that yet."""
    faults = reason_faults(page)
    if faults:
        return _answer(page, 422, faults)
    stopped = stop_all(page, by_of(page), page.form.one("last"))
    return page.go("held.show", {"stopped": stopped})


def stop_all(page: Page, by: By, last: str) -> int:
    """Stop what of the route's group had come by `last`; returns how many. Refused if there is none, or by the
    rules."""
    cards = [card for card in cards_of(page) if card.facts.at.isoformat() <= last]
    if not cards:
        raise Refused("None of these emails waits any more", _GONE, 404, (page.url("held.show"), "See the held emails"))
    try:
        stopped = sum(_stop(page, cards[at : at + _SLICE], by) for at in range(0, len(cards), _SLICE))
    except NotAllowed as error:
        raise Refused("This cannot be done", str(error)[:1].upper() + str(error)[1:] + ".", 403) from None
    if stopped:
        with page.site.database.write() as tx:
            first = holds.details(tx, cards[0].facts.id)
            if tells(first, page.people()):
                words = page.site.words.of(first.school)
                tell_sender_of_group(tx, first, stopped, page.site.hostname, page.site.zone, words)
    log(Event.DECIDED, school=cards[0].facts.school, action="stop-group", count=stopped, user=page.who.name)
    return stopped


def _stop(page: Page, cards: Sequence[Card], by: By) -> int:
    """Stop some of a group in one transaction: not all, for every other writer waits for it. Returns how many."""
    stopped = 0
    with page.site.database.write() as tx:
        for card in cards:
            try:
                refuse(tx, card.facts.id, by)
            except Conflict:
                continue  # decided on meanwhile
            stopped += 1
    return stopped


def cards_of(page: Page) -> list[Card]:
    """What still waits of the route's group. Refused if there is none within reach, in words that fit whoever pressed
    twice or came late, and tell others nothing."""
    with page.site.database.read() as tx:
        cards = page.site.shelf.waiting(tx, page.reach)
    found = [card for card in cards if card.facts.group == page.params["group"]]
    if not found:
        raise Refused("None of these emails waits any more", _GONE, 404, (page.url("held.show"), "See the held emails"))
    return found


def _answer(page: Page, status: int = 200, faults: list[tuple[str, str]] | None = None) -> Response:
    cards = cards_of(page)
    return page.render(
        "group.html",
        status,
        cards=cards,
        first=cards[0].facts,
        people=page.people(),
        reasons={one: words for one, words in REASONS.items() if one not in _NO_REASON_TO_STOP},
        last=cards[-1].facts.at.isoformat(),
        faults=faults or [],
        form=page.form,
        sendable=len(cards) > 1,
    )
