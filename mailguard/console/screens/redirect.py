"""Send it to the right family instead: first what would go to whom, as judged now, then the order itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field

from starlette.responses import Response

from mailguard.console.choices import right_family, tells
from mailguard.console.page import Page, Refused
from mailguard.console.people import FamilyAddress
from mailguard.console.reasons import by_of, reason_faults
from mailguard.hold.decisions import By, NotAllowed
from mailguard.hold.outcome import tell_sender
from mailguard.hold.redirect import redirect, redirected
from mailguard.model import Envelope, Message, Outcome, RecipientState, RecipientVerdict
from mailguard.observe import Event, log, log_failure
from mailguard.store import Gone, queue
from mailguard.store.holds import Held
from mailguard.workers import WorkersError


@dataclass(frozen=True, slots=True)
class Offer:
    """One address of the family: whose it is, and why it may not have the email after all ("" if it may)."""

    to: FamilyAddress
    why_not: str = field(default="", repr=False)


def confirm(page: Page, faults: Sequence[tuple[str, str]] = ()) -> Response:
    """Show what would go to whom. Nothing is done yet."""
    held, content, family = case_of(page)
    return page.render(
        "redirect.html",
        422 if faults else 200,
        held=held,
        offers=_judged(page, held, content, family),
        family=_seen(family),
        told=tells(held, page.people()),
        people=page.people(),
        waiting=[one for one in held.recipients if one.state is RecipientState.HELD],
        form=page.form,
        faults=faults,
    )


def send(page: Page) -> Response:
    """Stop the email for those it was addressed to and send its content to those who were ticked."""
    faults = reason_faults(page)
    if faults:
        raise Refused("The reason is missing", "Go back to the email and begin again.", 422)
    held, _, family = case_of(page)
    ticked = set(page.form.all("to"))
    if page.form.one("family") != _seen(family):
        return confirm(page, [("to", "The roll has changed since you looked: look at the addresses again")])
    chosen = [one.address for n, one in enumerate(family) if str(n) in ticked]
    if not chosen:
        return confirm(page, [("to", "Tick at least one address")])
    send_on(page, held, family, chosen, by_of(page), page.form.one("version"))
    return page.go("message.show", {"done": "redirect", "then": page.then}, message=held.id)


def _seen(family: Sequence[FamilyAddress]) -> str:
    """What the positions of the form stand for: with another roll, others."""
    return hashlib.blake2b("\0".join(one.address for one in family).encode(), digest_size=16).hexdigest()


def send_on(
    page: Page, held: Held, family: Sequence[FamilyAddress], chosen: Sequence[str], by: By, version: str
) -> None:
    """Stop a message for those it was addressed to and send its content to those of the family who were chosen. The
    sender is told where that is staff. Refused by the rules."""
    site = page.site
    try:
        with site.database.write() as tx:
            redirect(tx, held.id, by, chosen, site.hostname, version)
            if tells(held, page.people()):
                shown = tuple(one.address for one in family if one.address in chosen and not one.confidential)
                words = site.words.of(held.school)
                tell_sender(tx, held, site.hostname, site.zone, shown, sent_on=True, words=words)
    except NotAllowed as error:
        raise Refused("This cannot be done", str(error)[:1].upper() + str(error)[1:] + ".", 403) from None
    log(Event.DECIDED, message=held.id, school=held.school, action="redirect", user=page.who.name)


def case_of(page: Page) -> tuple[Held, Message, list[FamilyAddress]]:
    """The message of the path, its content, and the family it could go to instead. Refused where it cannot."""
    with page.site.database.read() as tx:
        held = page.message(tx, page.params["message"])
        try:
            content = queue.load(tx, held.id)
        except Gone:
            raise Refused("The email is no longer kept", "It cannot be sent to anybody any more.") from None
    waiting = [one for one in held.recipients if one.state is RecipientState.HELD]
    family = right_family(held, waiting, page.people())
    if not waiting or not family:
        raise Refused("This cannot be done", "The email was decided on, or the roll names nobody else for it.")
    return held, content, family


def _judged(page: Page, held: Held, message: Message, family: Sequence[FamilyAddress]) -> list[Offer]:
    """Each address with what the judge says of it now. The relay judges the new message again, so a judge that cannot
    be asked here is no danger."""
    to = tuple(one.address for one in family)
    verdicts: dict[str, RecipientVerdict] = {}
    try:
        content = redirected(message.content, message.envelope.recipients, to, held.id, page.site.hostname)
        verdict = page.site.judge(content, Envelope(held.sender, to, message.envelope.school))
        verdicts = {one.address: one for one in verdict.recipients}
    except (WorkersError, Late, RuntimeError, ValueError) as error:
        log_failure(error, message=held.id, stage="console")
    offers = []
    for one in family:
        found = verdicts.get(one.address)
        held_for = found is not None and found.outcome is Outcome.HOLD
        offers.append(Offer(one, found.findings[0].sentence if held_for and found and found.findings else ""))
    return offers
