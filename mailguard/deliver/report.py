"""From outcomes to notifications: who is told, about whom, once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailguard.deliver import dsn
from mailguard.deliver.replies import Result, status_of
from mailguard.deliver.retry import RetryPlan
from mailguard.model import Envelope, Message
from mailguard.store import Due, DueRecipient

_DEFAULT_STATUS = {dsn.Action.FAILED: "5.0.0", dsn.Action.DELAYED: "4.4.7", dsn.Action.RELAYED: "2.0.0"}
EXPIRED = "4.4.7"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be said of one recipient. `remote` is the server that said it, "" if none did."""

    recipient: DueRecipient
    action: dsn.Action
    result: Result
    remote: str = ""


def notification(
    due: Due,
    outcomes: Sequence[Outcome],
    content: bytes,
    *,
    hostname: str,
    plan: RetryPlan,
    now: datetime,
) -> Message:
    """Return one notification to the sender of `due` about `outcomes`: at least one, all of one action."""
    message_id = f"{due.message_id[:40]}-{secrets.token_hex(4)}"
    header = dsn.header_block(content)
    note = dsn.Notification(
        to=due.sender,
        hostname=hostname,
        message_id=message_id,
        at=now,
        arrived_at=due.received_at,
        recipients=[_reported(outcome, plan) for outcome in outcomes],
        header=header,
        envid=due.envid,
    )
    data = dsn.build(note)
    return Message(
        id=message_id,
        envelope=Envelope("", (due.sender,), due.school),
        content=data,
        received_at=now,
        body_type="7BIT" if data.isascii() else "8BITMIME",
        smtputf8=not (due.sender.isascii() and header.isascii()),
    )


def wanted(due: Due, outcomes: Sequence[Outcome], action: dsn.Action) -> list[Outcome]:
    """Return the outcomes of `action` that the sender asked to hear of; none for a null sender, because a report on a
    report could go round for ever (RFC 5321 section 6.1)."""
    if not due.sender:
        return []
    return [o for o in outcomes if o.action is action and dsn.wanted(action, o.recipient.notify)]


def _reported(outcome: Outcome, plan: RetryPlan) -> dsn.Reported:
    one, reply = outcome.recipient, outcome.result.reply
    default = _DEFAULT_STATUS[outcome.action]
    if outcome.action is dsn.Action.FAILED and not (reply and reply.permanent):
        default = EXPIRED
    status = status_of(outcome.result, default)
    return dsn.Reported(
        address=one.address,
        action=outcome.action,
        status=status,
        diagnostic=str(reply) if reply else "",
        remote=outcome.remote,
        orcpt=one.orcpt,
        retry_until=one.first_queued_at + plan.expire_after if outcome.action is dsn.Action.DELAYED else None,
    )
