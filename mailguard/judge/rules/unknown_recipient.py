"""A pupil's data to an address that neither roll nor policy explains, or to an agency beyond what it may receive."""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.judge.case import Case
from mailguard.judge.finding import of_sighting
from mailguard.judge.standing import Kind, Standing, serves
from mailguard.judge.words import category_names, joined
from mailguard.model import Finding, Outcome, Sighting

RULE = "unknown-recipient"
KINDS = frozenset({Kind.UNKNOWN, Kind.UNDECLARED_LIST, Kind.AGENCY})


def findings(case: Case, standing: Standing) -> Iterator[Finding]:
    """Yield what shows any pupil."""
    if standing.kind not in KINDS:
        return
    for sighting in case.withheld(standing):
        if case.policy.rules.unknown_recipient.of(sighting) is Outcome.HOLD:
            yield of_sighting(RULE, sighting, _why(case, standing, sighting), case)


def _why(case: Case, standing: Standing, sighting: Sighting) -> str:
    if standing.kind is Kind.UNKNOWN:
        return "this address is neither on the roll nor in the policy"
    if standing.kind is Kind.UNDECLARED_LIST:
        return "this address looks like a list of families that the policy does not declare"
    serving = [a for a in standing.agencies if all(serves(a, pupil.school) for pupil in sighting.pupils)]
    if not serving:
        schools = joined([case.lookups.school_name(code) for code in sorted({p.school for p in sighting.pupils})])
        return f"the policy lets {standing.agencies[0].name} receive nothing from {schools}"
    allowed = category_names(c for agency in serving for c in agency.categories or ())
    return f"the policy lets {serving[0].name} receive {allowed or 'no category'} only"
