"""A pupil's data to somebody whom a court order or the like bars from it. Beats every right the address has."""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.judge.case import Case
from mailguard.judge.finding import of_sighting
from mailguard.judge.standing import Standing
from mailguard.judge.words import names
from mailguard.model import Finding, Outcome

RULE = "barred-contact"


def findings(case: Case, standing: Standing) -> Iterator[Finding]:
    """Yield what shows, or among namesakes may show, a pupil from whose data the address is barred."""
    for sighting in case.barred(standing):
        if case.policy.rules.barred_contact.of(sighting) is Outcome.HOLD:
            whose = names(standing.rights.barred.intersection(sighting.pupils), case.lookups)
            yield of_sighting(RULE, sighting, f"an order on the roll bars this address from data on {whose}", case)
