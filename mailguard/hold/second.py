"""The second person: what may not be sent on one person's word, and who may give the second.

Sending a record of a sensitive kind, records of very many pupils (a register leaves no school on one person's word), a
message whose check broke off, or anything to a barred contact, takes two people, at least one of them an
approver or data protection officer of the school. Neither of them may be the sender. Where the school has named nobody
who could be the second, one person decides and the audit trail says that nobody was named: a rule that nobody could
ever fulfil would only teach people to go round it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from mailguard.model import SENSITIVE, Finding, Strength
from mailguard.roll.keys import address_key
from mailguard.store import Transaction, users
from mailguard.store.holds import Held, Kept
from mailguard.store.users import Role, User

DECIDERS = frozenset({Role.OFFICE, Role.APPROVER, Role.DPO})
APPROVERS = frozenset({Role.APPROVER, Role.DPO})
MANY_PUPILS = 10
"""Records of so many pupils are a register rather than a letter: more than any family has, fewer than a class."""


def is_needed(chosen: Sequence[Kept]) -> bool:
    """Whether sending to these recipients takes two people."""
    return is_sensitive(chosen) or is_unread(chosen) or pupils_shown(chosen) >= MANY_PUPILS


def is_sensitive(chosen: Iterable[Kept]) -> bool:
    """Whether something of a sensitive kind, or for somebody barred by an order, would go to one of these."""
    return any(
        finding.rule == "barred-contact" or not SENSITIVE.isdisjoint(finding.categories)
        for one in chosen
        for finding in one.findings
    )


def is_unread(chosen: Iterable[Kept]) -> bool:
    """Whether the check of the message as a whole broke off, for it is too large, say: it may hold anything."""
    return any(
        finding.rule == "unreadable" and finding.place[:1] == ("message",) for one in chosen for finding in one.findings
    )


def pupils_shown(chosen: Iterable[Kept]) -> int:
    """Of how many children these recipients would get records: each pupil once, namesakes as one, a pupil number that
    is on no roll as another. Where findings only count them, as many as any one of the recipients would get."""
    named: set[Hashable] = set()
    most = 0
    for one in chosen:
        own = {child for finding in one.findings for child in _children(finding)}
        counted = sum(finding.more for finding in one.findings if finding.strength is Strength.RECORD)
        most = max(most, len(own) + counted)
        named |= own
    return max(most, len(named))


def _children(finding: Finding) -> set[Hashable]:
    if finding.pupil is not None or finding.pupils:
        return {finding.pupil or finding.pupils} if finding.strength is Strength.RECORD else set()
    return {one.text for one in finding.evidence} if finding.rule == "unknown-upn" else set()


def may_second(user: User, asker: User | None, held: Held) -> bool:
    """Whether `user` may give the second word on what `asker` asked for (None: a user who is gone)."""
    if asker is not None and address_key(user.name).exact == address_key(asker.name).exact:
        return False
    if held.school not in user.reach(DECIDERS) or is_sender(user, held.sender):
        return False
    return held.school in user.reach(APPROVERS) or (asker is not None and held.school in asker.reach(APPROVERS))


def somebody_may(tx: Transaction, asker: User, held: Held) -> bool:
    """Whether there is anybody who may give the second word after `asker`."""
    return any(may_second(user, asker, held) for user in users.everybody(tx))


def is_sender(user: User, sender: str) -> bool:
    """Whether the message is the user's own. A name alone says nothing: "office" the user may be anybody at the address
    office@."""
    own = [one for one in (user.name, user.email) if "@" in one]
    return bool(sender) and any(address_key(one).normal == address_key(sender).normal for one in own)
