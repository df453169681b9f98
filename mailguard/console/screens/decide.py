"""Carries out what was decided on a message: checks the form; the rules are those of mailguard.hold."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from mailguard.console.choices import Action, entitled, tells
from mailguard.console.page import Page, Refused
from mailguard.console.screens import message
from mailguard.console.words import REASONS
from mailguard.hold.decisions import By, NotAllowed, Reason, ask, refuse, release, review
from mailguard.hold.outcome import tell_sender
from mailguard.model import RecipientState
from mailguard.observe import Event, log
from mailguard.store import Transaction
from mailguard.store.holds import Held, Kept

_MOST_NOTE = 2000


def decide(page: Page) -> Response:
    """Carry out the choice, or show the page again with what is missing."""
    faults = _faults(page)
    if faults:
        return message.answer(page, 422, faults)
    action = Action(page.form.one("action"))
    by = _by(page)
    message_id, version = page.params["message"], page.form.one("version")
    try:
        reviewed = None
        if action in (Action.SEND, Action.SOME):
            policy, people = page.site.policy(), page.site.people()
            with page.site.database.read() as tx:
                page.message(tx, message_id)
                reviewed = review(
                    tx,
                    message_id,
                    (people.revision[0], policy.revision),
                    lambda kept: page.site.judge(kept.content, kept.envelope),
                )
        with page.site.database.write() as tx:
            held = page.message(tx, message_id)
            to = _to(page, held)
            if action is Action.STOP:
                refuse(tx, message_id, by, to, version)
                _tell(tx, page, held)
            elif action is Action.ASK:
                ask(tx, message_id, by, to, version)
            elif action is Action.SOME:
                fine = [one.address for one in entitled(_waiting(held))]
                release(tx, message_id, by, fine, reviewed, version)
                refuse(tx, message_id, by)
                _tell(tx, page, held)
            else:
                release(tx, message_id, by, to, reviewed, version)
    except NotAllowed as error:
        raise Refused("This cannot be done", str(error)[:1].upper() + str(error)[1:] + ".", 403) from None
    log(Event.DECIDED, message=message_id, school=held.school, action=action.value, user=page.who.name)
    return page.go("message.show", {"done": action.value}, message=message_id)


def _faults(page: Page) -> list[tuple[str, str]]:
    faults = []
    if page.form.one("action") not in set(Action):
        faults.append(("action", "Choose what is to happen"))
    reason = page.form.one("reason")
    if reason not in set(Reason):
        faults.append(("reason", "Choose a reason"))
    elif reason == Reason.OTHER and not page.form.one("note"):
        faults.append(("note", "Say the reason in your own words"))
    if page.form.one("choosing") and not page.form.all("to"):
        faults.append(("to", "Tick at least one person"))
    return faults


def _by(page: Page) -> By:
    kind = Reason(page.form.one("reason"))
    note = page.form.one("note")[:_MOST_NOTE]
    words = REASONS[kind] if kind is not Reason.OTHER else ""
    return By(page.who.name, ": ".join(filter(None, (words, note))), kind)


def _waiting(held: Held) -> Sequence[Kept]:
    return [one for one in held.recipients if one.state is RecipientState.HELD]


def _to(page: Page, held: Held) -> list[str] | None:
    """The addresses that were ticked; None for all. They are told by position, so that no address stands in a form."""
    if not page.form.one("choosing"):
        return None
    ticked = set(page.form.all("to"))
    return [one.address for one in held.recipients if str(one.n) in ticked]


def _tell(tx: Transaction, page: Page, held: Held) -> None:
    people = page.site.people()
    if tells(held, people):
        tell_sender(tx, held, page.site.hostname, page.site.zone)
