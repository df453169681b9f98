"""A pupil's data to a family that is not entitled to it: the rule this program exists for."""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.judge.case import Case
from mailguard.judge.finding import of_sighting
from mailguard.judge.standing import Kind, Standing
from mailguard.judge.words import names
from mailguard.model import Finding, Outcome

RULE = "other-family"
KINDS = frozenset({Kind.CONTACT, Kind.FAMILY_LIST})


def findings(case: Case, standing: Standing) -> Iterator[Finding]:
    """Yield what shows a pupil to whom the contact is not entitled."""
    if standing.kind not in KINDS:
        return
    why = _why(case, standing)
    for sighting in case.withheld(standing):
        if case.policy.rules.other_family.of(sighting) is Outcome.HOLD:
            outdated = case.outdated(standing, sighting)
            reason = "the roll is too old to trust for who may have it" if outdated else why
            yield of_sighting(RULE, sighting, reason, case)


def _why(case: Case, standing: Standing) -> str:
    if standing.kind is Kind.FAMILY_LIST:
        return "this address is a list that families read"
    if not standing.rights.pupils:
        return "this address is a contact that the roll entitles to no pupil's data"
    return f"this address may receive data on {names(standing.rights.pupils, case.lookups)} only"
