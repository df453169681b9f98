"""One held message: the verdict in words, who it goes to, why it was held and where, its text with marks, its history,
and what can be decided. Looking at it is itself written down."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field, replace

from starlette.responses import Response

from mailguard.console.choices import choices, right_family, tells
from mailguard.console.looks import may_have
from mailguard.console.marks import MOST_LISTED, Numbered, Shown, marked, numbered, shown
from mailguard.console.page import NotFound, Page
from mailguard.console.people import Addressee, People, pupils_told
from mailguard.console.words import REASONS, decided, title
from mailguard.hold.decisions import version_of
from mailguard.model import Reading, RecipientState
from mailguard.observe import log_failure
from mailguard.store import Gone, approvals, audit, holds, queue
from mailguard.store.approvals import Asked
from mailguard.store.audit import Recorded
from mailguard.store.delivered import delivered
from mailguard.store.holds import Held, Kept
from mailguard.workers import WorkersError


@dataclass(frozen=True, slots=True)
class Row:
    """One recipient: who it is, its state, and the numbers of the findings that hold it."""

    kept: Kept
    who: Addressee = field(repr=False)
    numbers: tuple[int, ...]


def show(page: Page) -> Response:
    """The page; being looked at is an entry of the audit trail. What was delivered and never held has another page."""
    try:
        return answer(page)
    except NotFound:
        if _was_delivered(page):
            return page.go("delivered.show", message=page.params["message"])
        raise


def _was_delivered(page: Page) -> bool:
    try:
        with page.site.database.read() as tx:
            found = holds.details(tx, page.params["message"])
    except Gone:
        return False
    return found.school in page.reach and bool(delivered(found))


def answer(page: Page, status: int = 200, faults: Sequence[tuple[str, str]] = ()) -> Response:
    """The page, with what was wrong about the form just sent: (id of the field, words)."""
    site = page.site
    with site.database.write() as tx:
        held = page.message(tx, page.params["message"])
        asked = approvals.find(tx, held.id)
        audit.append(tx, [audit.Entry("viewed", page.who.name, held.id, held.school)])
    people = page.people()
    findings = [
        replace(
            one, sentence=people.told(one.sentence, [held.recipients[n].address for n in one.recipients], one.pupils)
        )
        for one in numbered(held.recipients)
    ]
    waiting = [one for one in held.recipients if one.state is RecipientState.HELD]
    with site.database.read() as tx:
        offered = choices(tx, page.who, held, waiting, asked, people) if waiting else []
        pupils = pupils_told(tx, held, held.recipients)
    parts, unread, has_looks = _text(page, held, findings)
    done = _done(page.query.one("done"), held, asked)
    return page.render(
        "message.html",
        status,
        held=held,
        title=_title(held, waiting, page),
        done=done,
        others=_others(page, held) if done else [],
        stopped_for_all=not waiting and not any(one.entry.action == "released" for one in held.history),
        rows=_rows(held, findings, page),
        redirected=_redirected(held),
        marked=marked(parts),
        findings=findings,
        most_listed=MOST_LISTED,
        parts=parts,
        text_missing=unread,
        has_looks=has_looks,
        people=people,
        pupils=sorted(pupils),
        sender=people.who(held.sender) if held.sender else None,
        waiting=waiting,
        choices=offered,
        asked=asked,
        asked_by_me=_is_me(asked, page),
        offered=_offered(held, waiting, people),
        steps=_steps(held.history),
        sent_on=_sent_on(held, page),
        reasons=REASONS,
        version=version_of(held, asked),
        faults=faults,
        form=page.form,
    )


def _is_me(asked: Asked | None, page: Page) -> bool:
    return asked is not None and asked.by == page.who.name


def _title(held: Held, waiting: Sequence[Kept], page: Page) -> str:
    concerned = list(waiting) or [one for one in held.recipients if one.outcome == "hold"]
    people = page.people()
    who = people.who(concerned[0].address).called if len(concerned) == 1 else f"{len(concerned)} people"
    rules = frozenset(rule for one in concerned for rule in one.rules)
    now = "" if waiting else decided([one.state for one in concerned], _redirected(held))
    return title(rules - {"split"} or rules, who, now)


def _redirected(held: Held) -> bool:
    return any(one.entry.action == "redirected" for one in held.history)


def _done(said: str, held: Held, asked: Asked | None) -> str:
    """What the page says was done: what the link here says (`said`), if that is how it stands. A page is opened again
    when others have decided, and nobody may read that something was stopped that was not."""
    acts = {one.entry.action for one in held.history}
    stopped = any(one.state is RecipientState.REFUSED for one in held.recipients)
    fits = {
        "stop": stopped,
        "some": stopped and "released" in acts,
        "send": "released" in acts,
        "ask": asked is not None,
        "redirect": "redirected" in acts,
    }
    return said if fits.get(said) else ""


def _others(page: Page, held: Held) -> list[str]:
    """The other messages that wait, the one that came next after this first."""
    with page.site.database.read() as tx:
        cards = page.site.shelf.waiting(tx, page.reach)
    here = (held.received_at, held.id)
    order = sorted(cards, key=lambda card: ((card.facts.at, card.facts.id) < here, card.facts.at, card.facts.id))
    return [card.facts.id for card in order if card.facts.id != held.id]


def _steps(history: Sequence[Recorded]) -> list[tuple[Recorded, int]]:
    """The history, with how often: looks at it by one person in a row are one line, of the last of them."""
    found: list[tuple[Recorded, int]] = []
    for one in history:
        before = found[-1][0].entry if found else None
        again = one.entry.action == "viewed" and before is not None and before.action == "viewed"
        if again and before is not None and before.actor == one.entry.actor:
            found[-1] = (one, found[-1][1] + 1)
        else:
            found.append((one, 1))
    return found


def _rows(held: Held, findings: Sequence[Numbered], page: Page) -> list[Row]:
    people = page.people()
    return [
        Row(one, people.who(one.address), tuple(found.number for found in findings if one.n in found.recipients))
        for one in held.recipients
    ]


def _text(page: Page, held: Held, findings: Sequence[Numbered]) -> tuple[list[Shown], str, bool]:
    """The text with marks, or in words why there is none; and whether it may have a look of its own beside that."""
    try:
        with page.site.database.read() as tx:
            content = queue.load(tx, held.id)
    except Gone:
        return [], "The email itself is no longer kept. What was found in it is listed above.", False
    try:
        reading: Reading = page.site.reading(content)
    except (WorkersError, Late, RuntimeError) as error:
        log_failure(error, message=held.id, stage="console")
        return [], "The email cannot be shown just now. What was found in it is listed above.", False
    return shown(reading, findings), "", may_have(content.content)


def _offered(held: Held, waiting: Sequence[Kept], people: People) -> list[str]:
    """The right family's addresses that the sender may be given."""
    if not waiting or not tells(held, people):
        return []
    return [one.address for one in right_family(held, waiting, people) if not one.confidential]


def _sent_on(held: Held, page: Page) -> list[Row]:
    """What became of the new message where this one was sent to the right family instead."""
    people = page.people()
    names = [one.entry.detail.get("as") for one in held.history if one.entry.action == "redirected"]
    with page.site.database.read() as tx:
        found = holds.opened(tx, [name for name in names if isinstance(name, str)])
    return [Row(one, people.who(one.address), ()) for message in found for one in message.recipients]
