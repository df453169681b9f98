"""Held mail: the list, one message, its groups, and the two decisions that are one person's or a second one's."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response

from mailguard.console.api.answers import answer, body, by, not_allowed
from mailguard.console.api.shapes import (
    Asked,
    Decision,
    Done,
    FamilyShape,
    FindingShape,
    GroupDecision,
    Groups,
    GroupShape,
    HeldPage,
    HistoryEntry,
    MessageShape,
    PupilShape,
    RecipientShape,
    Redirected,
    Redirection,
    Stopped,
    Waiting,
)
from mailguard.console.cards import Card, grouped
from mailguard.console.choices import right_family
from mailguard.console.page import Page, Refused
from mailguard.console.people import People, pupils_of
from mailguard.console.screens import decide, groups, held, redirect
from mailguard.hold.decisions import Decided, NotAllowed, ask, refuse, release, version_of
from mailguard.model import Finding, PupilKey, RecipientState, show_place
from mailguard.observe import Event, log
from mailguard.roll.keys import address_key
from mailguard.store import approvals, audit, holds
from mailguard.store.audit import Recorded
from mailguard.store.holds import Kept

PAGE_SIZE = 100


def waiting(page: Page) -> Response:
    """List what is held, oldest first."""
    people = page.people()
    with page.site.database.read() as tx:
        cards = page.site.shelf.waiting(tx, page.reach)
        total = holds.count_waiting(tx, page.reach)
    wanted, after = held.filter_of(page), page.query.one("after")
    found = [card for card in cards if wanted.passes(card, people) and (not after or held.position(card) > after)]
    here = found[:PAGE_SIZE]
    following = held.position(here[-1]) if len(found) > len(here) else ""
    return answer(HeldPage(total, [_waiting(card, people) for card in here], following))


def one(page: Page) -> Response:
    """Show one message that was held. Being looked at is an entry of the audit trail."""
    people = page.people()
    with page.site.database.write() as tx:
        found = page.message(tx, page.params["message"])
        asked = approvals.find(tx, found.id)
        audit.append(tx, [audit.Entry("viewed", page.who.name, found.id, found.school)])
    family = right_family(found, [each for each in found.recipients if each.state is RecipientState.HELD], people)
    return answer(
        MessageShape(
            found.id,
            found.reference,
            found.received_at,
            found.school,
            found.sender,
            found.subject,
            found.size,
            [_recipient(each, people) for each in found.recipients],
            [f"{show_place(part.place)}: {part.reason.value}" for part in found.unreadable],
            [entry(each) for each in found.history],
            version_of(found, asked),
            [FamilyShape(each.address, each.name, each.relationship, each.confidential) for each in family],
        )
    )


def send(page: Page) -> Response:
    """Release a message. What is sensitive takes a second person, who releases what the first asked for."""
    wanted, message_id = body(page, Decision), page.params["message"]
    who = by(page, wanted.reason, wanted.note)
    try:
        reviewed = decide.reviewed(page, message_id)
        with page.site.database.write() as tx:
            found = page.message(tx, message_id)
            done = release(tx, found.id, who, wanted.to, reviewed, wanted.version)
    except NotAllowed as error:
        raise not_allowed(error) from None
    log(Event.DECIDED, message=found.id, school=found.school, action="send", user=page.who.name)
    return answer(_done(done))


def stop(page: Page) -> Response:
    """Refuse a message; the sender is told where that is staff."""
    wanted = body(page, Decision)
    who = by(page, wanted.reason, wanted.note)
    try:
        with page.site.database.write() as tx:
            found = page.message(tx, page.params["message"])
            done = refuse(tx, found.id, who, wanted.to, wanted.version)
            decide.tell(tx, page, found)
    except NotAllowed as error:
        raise not_allowed(error) from None
    log(Event.DECIDED, message=found.id, school=found.school, action="stop", user=page.who.name)
    return answer(_done(done))


def seek_second(page: Page) -> Response:
    """Ask a second person to release a message. Nothing moves."""
    wanted = body(page, Decision)
    who = by(page, wanted.reason, wanted.note)
    try:
        with page.site.database.write() as tx:
            found = page.message(tx, page.params["message"])
            ask(tx, found.id, who, wanted.to, wanted.version)
    except NotAllowed as error:
        raise not_allowed(error) from None
    log(Event.DECIDED, message=found.id, school=found.school, action="ask", user=page.who.name)
    return answer(Asked(found.id, found.reference, page.who.name))


def send_elsewhere(page: Page) -> Response:
    """Send the content to the right family instead, as a new message; the first one is refused."""
    wanted = body(page, Redirection)
    who = by(page, wanted.reason, wanted.note)
    found, _, family = redirect.case_of(page)
    known = {address_key(one.address).exact: one.address for one in family}
    chosen = [known.get(address_key(one).exact, "") for one in wanted.to]
    if not all(chosen):
        raise Refused("This cannot be done", "An address is not one of the right family's.", 403)
    chosen = list(dict.fromkeys(chosen))
    redirect.send_on(page, found, family, chosen, who, wanted.version)
    return answer(Redirected(found.id, found.reference, chosen))


def runs(page: Page) -> Response:
    """List what is held in groups of mail that is alike."""
    with page.site.database.read() as tx:
        cards = page.site.shelf.waiting(tx, page.reach)
    return answer(
        Groups(
            [
                GroupShape(
                    one.key,
                    one.first.facts.school,
                    one.first.facts.sender,
                    one.first.facts.subject,
                    sorted(one.first.facts.rules),
                    [card.facts.id for card in one.cards],
                    one.first.facts.at,
                    one.cards[-1].facts.at.isoformat(),
                )
                for one in grouped(cards)
            ]
        )
    )


def stop_run(page: Page) -> Response:
    """Refuse every message of a group that had come by `last` and still waits."""
    wanted = body(page, GroupDecision)
    return answer(Stopped(groups.stop_all(page, by(page, wanted.reason, wanted.note), wanted.last)))


def entry(one: Recorded) -> HistoryEntry:
    """An entry of the audit trail as the API shows it."""
    said = one.entry
    return HistoryEntry(one.at, said.action, said.actor, said.school, said.message_id, said.reason)


def _waiting(card: Card, people: People) -> Waiting:
    facts = card.facts
    return Waiting(
        facts.id,
        facts.reference,
        facts.at,
        facts.school,
        facts.sender,
        facts.subject,
        card.to,
        sorted(facts.rules),
        _pupils(facts.pupils, people),
        [one.value for one in facts.categories],
        facts.special,
        card.asked,
        facts.group,
    )


def _recipient(kept: Kept, people: People) -> RecipientShape:
    findings = [_finding(one, kept.address, people) for one in kept.findings]
    return RecipientShape(kept.address, kept.state.value, list(kept.rules), findings, kept.code, kept.reply)


def _finding(one: Finding, address: str, people: People) -> FindingShape:
    categories, pupils = [category.value for category in one.categories], pupils_of([one])
    sentence = people.told(one.sentence, [address], pupils)
    return FindingShape(one.rule, list(one.place), sentence, _pupils(pupils, people), categories, one.more)


def _pupils(keys: Iterable[PupilKey], people: People) -> list[PupilShape]:
    return [PupilShape(key.school, key.pupil, people.name(key)) for key in sorted(keys)]


def _done(done: Decided) -> Done:
    return Done(done.message_id, done.reference, list(done.moved), list(done.left))
