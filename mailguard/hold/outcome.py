"""What follows a decision: the sender hears that the office stopped a message. Runs in the decision's transaction, so a
decision and what is told about it are one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from mailguard.hold.notices import decision_notice
from mailguard.hold.teller import new_post
from mailguard.hold.wording import Wording
from mailguard.model import Message
from mailguard.store import Transaction, audit, queue
from mailguard.store.envelope import message_rows
from mailguard.store.holds import Held


def tell_sender(
    tx: Transaction,
    held: Held,
    hostname: str,
    zone: tzinfo | None,
    offered: tuple[str, ...] = (),
    sent_on: bool = False,
    words: Mapping[str, Wording] | None = None,
) -> None:
    """Queue the notice that a message was stopped, with the addresses of the right family where the office offers
    them, or (`sent_on`) has sent it there, in the school's own `words` where it has some. The caller makes sure that
    the sender is on a staff domain."""
    post = new_post(tx.now, hostname, "", "", words)
    _queue(
        tx,
        decision_notice(held.reference, held.received_at.astimezone(zone), held.sender, 1, offered, post, sent_on),
        held,
    )


def tell_sender_of_group(
    tx: Transaction,
    first: Held,
    count: int,
    hostname: str,
    zone: tzinfo | None,
    words: Mapping[str, Wording] | None = None,
) -> None:
    """Queue one notice about a whole group that was stopped."""
    post = new_post(tx.now, hostname, "", "", words)
    _queue(
        tx, decision_notice(first.reference, first.received_at.astimezone(zone), first.sender, count, (), post), first
    )


def _queue(tx: Transaction, notice: Message, held: Held) -> None:
    queue.enqueue(tx, [queue.Own(message_rows(notice, tx.vault, tx.node, own=True))])
    audit.append(tx, [audit.Entry("sender-told", "mailguard", held.id, held.school)])
