"""Held emails: what waits for a person, in groups, oldest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from starlette.responses import Response

from mailguard.console.cards import MOST_WAITING, Card, Filter, Group, grouped
from mailguard.console.page import MOST_SELECTED, NotFound, Page
from mailguard.console.words import RULES, gravest
from mailguard.store import Conflict, Gone, holds

PAGE_SIZE = 40


def show(page: Page) -> Response:
    """The list; `after` is the last group of the page before."""
    site = page.site
    people = page.people()
    with site.database.read() as tx:
        cards = site.shelf.waiting(tx, page.reach)
        total = len(cards) if len(cards) < MOST_WAITING else holds.count_waiting(tx, page.reach)
    wanted = filter_of(page)
    groups = grouped(card for card in cards if wanted.passes(card, people))
    here, following = _slice(groups, page.query.one("after"))
    return page.render(
        "held.html",
        groups=here,
        following=following,
        total=total,
        oldest=cards[0].facts.at if cards else None,
        matching=sum(len(group.cards) for group in groups),
        wanted=wanted,
        reasons=_reasons(cards),
        schools={card.facts.school for card in cards},
        people=people,
        gravest=gravest,
        faults=[("pick", "Tick at least one email, then review what is selected")] if page.query.one("missing") else [],
        beyond=total > MOST_WAITING,
    )


def review(page: Page) -> Response:
    """Go to the first of the messages that were ticked, the others follow; what was decided meanwhile is not there."""
    ticked = set(page.query.all("one"))
    with page.site.database.read() as tx:
        cards = page.site.shelf.waiting(tx, page.reach)
    found = [card.facts.id for card in cards if card.facts.id in ticked][:MOST_SELECTED]
    if not found:
        return page.go("held.show", {"missing": "ticks"})
    return page.go("message.show", {"then": found[1:]}, message=found[0])


def find(page: Page) -> Response:
    """The message of a reference that somebody quotes, else the list with what was typed as its filter."""
    text = page.query.one("q")
    try:
        with page.site.database.read() as tx:
            found = holds.find(tx, text) if text else ""
            if found:
                return page.go("message.show", message=page.message(tx, found).id)
    except (Gone, Conflict, NotFound):
        pass  # of another school: as if there were none
    return page.go("held.show", {"q": text})


def filter_of(page: Page) -> Filter:
    """What of the held mail the query asks for."""
    return Filter(
        text=page.query.one("q"),
        reason=page.query.one("reason"),
        sender=page.query.one("sender"),
        school=page.query.one("school"),
        second=page.query.one("second") == "1",
    )


def _slice(groups: Sequence[Group], after: str) -> tuple[Sequence[Group], str]:
    """One page of the groups and what the next one comes after ("" if there is none): a moment and an id, so that
    nothing is missed or shown twice when others decide meanwhile."""
    rest = [group for group in groups if not after or position(group.first) > after]
    here = rest[:PAGE_SIZE]
    return here, position(here[-1].first) if len(rest) > len(here) else ""


def position(card: Card) -> str:
    """Where a card stands in the list, as text in the list's order."""
    facts = card.facts
    return f"{int(facts.at.timestamp() * 1_000_000):020d}.{facts.id}"


def _reasons(cards: Sequence[Card]) -> list[tuple[str, int]]:
    counted = Counter(gravest(card.facts.rules) for card in cards)
    return [(name, counted[name]) for name in RULES if counted[name]]
