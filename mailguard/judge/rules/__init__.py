"""The rules: one file a rule, one literal table.

A rule is a function of one message and one recipient's standing that yields what holds the message there. Rules do
not know each other; together the rules about pupils cover every kind of recipient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mailguard.judge.case import Case
from mailguard.judge.rules import (
    barred_contact,
    confidential_contact,
    other_family,
    other_school,
    pupil_mailbox,
    similar_address,
    unknown_recipient,
    unknown_upn,
    unreadable,
    visible_recipients,
)
from mailguard.judge.standing import Standing
from mailguard.model import Finding

Rule = Callable[[Case, Standing], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    barred_contact.findings,
    confidential_contact.findings,
    other_family.findings,
    other_school.findings,
    pupil_mailbox.findings,
    unknown_recipient.findings,
    unknown_upn.findings,
    similar_address.findings,
    visible_recipients.findings,
    unreadable.findings,
)

RULE_IDS = (
    barred_contact.RULE,
    confidential_contact.RULE,
    other_family.RULE,
    other_school.RULE,
    pupil_mailbox.RULE,
    unknown_recipient.RULE,
    unknown_upn.RULE,
    similar_address.RULE,
    visible_recipients.RULE,
    unreadable.RULE,
    "split",
)
"""The id of every rule, as findings and metrics show it; `split` is the judge's own."""
