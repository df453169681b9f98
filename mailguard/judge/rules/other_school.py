"""A pupil's data to staff of another school."""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.judge.case import Case
from mailguard.judge.finding import of_sighting
from mailguard.judge.standing import Kind, Standing
from mailguard.judge.words import joined
from mailguard.model import Finding, Outcome

RULE = "other-school"
KINDS = frozenset({Kind.STAFF, Kind.STAFF_LIST})


def findings(case: Case, standing: Standing) -> Iterator[Finding]:
    """Yield what shows a pupil of a school where the address is not staff."""
    if standing.kind not in KINDS:
        return
    for sighting in case.withheld(standing):
        if case.policy.rules.other_school.of(sighting) is Outcome.HOLD:
            theirs = joined(
                [case.lookups.school_name(code) for code in sorted({p.school for p in sighting.pupils})], "or"
            )
            ours = joined([case.lookups.school_name(code) for code in sorted(standing.staff_schools)])
            yield of_sighting(RULE, sighting, f"this address is staff of {ours or 'no school'}, not of {theirs}", case)
