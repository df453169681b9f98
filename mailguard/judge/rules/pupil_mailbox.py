"""A pupil's data to another pupil's mailbox: one's own domain is not a safe place."""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.judge.case import Case
from mailguard.judge.finding import of_sighting
from mailguard.judge.standing import Kind, Standing
from mailguard.judge.words import names
from mailguard.model import Finding, Outcome

RULE = "pupil-mailbox"
KINDS = frozenset({Kind.PUPIL, Kind.PUPIL_DOMAIN})


def findings(case: Case, standing: Standing) -> Iterator[Finding]:
    """Yield what shows a pupil other than the mailbox's own."""
    if standing.kind not in KINDS:
        return
    why = "this address is on a pupil domain and no pupil on the roll has it"
    if standing.kind is Kind.PUPIL:
        why = f"this address is the mailbox of {names(standing.rights.own_pupils, case.lookups)}"
    for sighting in case.withheld(standing):
        if case.policy.rules.pupil_mailbox.of(sighting) is Outcome.HOLD:
            outdated = case.outdated(standing, sighting)
            reason = "the roll is too old to trust for who may have it" if outdated else why
            yield of_sighting(RULE, sighting, reason, case)
