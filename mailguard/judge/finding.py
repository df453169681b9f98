"""How the rules about pupils turn a sighting into a finding."""

from __future__ import annotations

from mailguard.judge.case import Case
from mailguard.model import Finding, Sighting


def of_sighting(rule: str, sighting: Sighting, why: str, case: Case) -> Finding:
    """Return the finding of `rule` about a sighting; `why` ends the sentence: why not this recipient."""
    alone = len(sighting.pupils) == 1
    return Finding(
        rule=rule,
        place=sighting.place,
        leaf=sighting.leaf,
        pupil=sighting.pupils[0] if alone else None,
        pupils=() if alone else sighting.pupils,
        strength=sighting.strength,
        categories=sighting.categories,
        evidence=sighting.evidence,
        sentence=f"{case.shown(sighting)}, and {why}.",
    )
