"""Carries out what was decided on a message: checks the form; the rules are those of mailguard.hold."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from mailguard.console.choices import Action, entitled, right_family, tells
from mailguard.console.page import Page, Refused
from mailguard.console.reasons import by_of, reason_faults
from mailguard.console.screens import message, redirect
from mailguard.hold.decisions import NotAllowed, Review, ask, refuse, release, review
from mailguard.hold.outcome import tell_sender
from mailguard.model import RecipientState
from mailguard.observe import Event, log
from mailguard.store import Transaction
from mailguard.store.holds import Held, Kept


def decide(page: Page) -> Response:
    """Carry out the choice, or show the page again with what is missing."""
    faults = _faults(page)
    if faults:
        return message.answer(page, 422, faults)
    action = Action(page.form.one("action"))
    if action is Action.REDIRECT:
        return redirect.confirm(page)
    by = by_of(page)
    message_id, version = page.params["message"], page.form.one("version")
    try:
        again = reviewed(page, message_id) if action in (Action.SEND, Action.SOME) else None
        with page.site.database.write() as tx:
            held = page.message(tx, message_id)
            to = _to(page, held)
            if action is Action.STOP:
                refuse(tx, message_id, by, to, version)
                tell(tx, page, held, _offered(page, held))
            elif action is Action.ASK:
                ask(tx, message_id, by, to, version)
            elif action is Action.SOME:
                fine = [one.address for one in entitled(_waiting(held))]
                release(tx, message_id, by, fine, again, version)
                refuse(tx, message_id, by)
                tell(tx, page, held)
            else:
                release(tx, message_id, by, to, again, version)
    except NotAllowed as error:
        raise Refused("This cannot be done", str(error)[:1].upper() + str(error)[1:] + ".", 403) from None
    log(Event.DECIDED, message=message_id, school=held.school, action=action.value, user=page.who.name)
    return page.go("message.show", {"done": action.value, "then": page.then}, message=message_id)


def reviewed(page: Page, message_id: str) -> Review:
    """What a message would be by the roll and policy in force. NotFound if it is not within reach."""
    policy, people = page.site.policy(), page.people()
    with page.site.database.read() as tx:
        page.message(tx, message_id)
        revisions = (people.revision[0], policy.revision)
        return review(tx, message_id, revisions, lambda kept: page.site.judge(kept.content, kept.envelope))


def _faults(page: Page) -> list[tuple[str, str]]:
    faults = []
    if page.form.one("action") not in set(Action):
        faults.append(("action", "Choose what is to happen"))
    faults += reason_faults(page)
    if page.form.one("choosing") and not page.form.all("to"):
        faults.append(("to", "Tick at least one person"))
    return faults


def _waiting(held: Held) -> Sequence[Kept]:
    return [one for one in held.recipients if one.state is RecipientState.HELD]


def _to(page: Page, held: Held) -> list[str] | None:
    """The addresses that were ticked; None for all. They are told by position, so that no address stands in a form."""
    if not page.form.one("choosing"):
        return None
    ticked = set(page.form.all("to"))
    return [one.address for one in held.recipients if str(one.n) in ticked]


def _offered(page: Page, held: Held) -> tuple[str, ...]:
    """The right family's addresses, where the office wants the sender to have them; never a confidential one."""
    if page.form.one("offer") != "1":
        return ()
    family = right_family(held, _waiting(held), page.people())
    return tuple(one.address for one in family if not one.confidential)


def tell(tx: Transaction, page: Page, held: Held, offered: tuple[str, ...] = ()) -> None:
    """Tell the sender, where that is staff, that the email was stopped."""
    people = page.people()
    if tells(held, people):
        tell_sender(tx, held, page.site.hostname, page.site.zone, offered, words=page.site.words.of(held.school))
