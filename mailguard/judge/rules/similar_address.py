"""An unknown address one slip away from a known address or domain: probably mistyped."""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.judge.case import Case
from mailguard.judge.standing import Standing
from mailguard.model import Finding, Outcome, Strength

RULE = "similar-address"
_SHOWN = {
    None: "",
    Strength.RECORD: ", and the message shows a pupil's data",
    Strength.MENTION: ", and the message names a pupil",
}


def findings(case: Case, standing: Standing) -> Iterator[Finding]:
    """Yield one finding for the address, by the most that the message shows of any pupil."""
    if not standing.like:
        return
    actions = case.policy.rules.similar_address
    outcomes = [actions.of(sighting) for sighting in case.sightings.pupils] or [actions.none]
    if case.sightings.unknown:
        outcomes.append(actions.record)
    if Outcome.HOLD not in outcomes:
        return
    strengths = {sighting.strength for sighting in case.sightings.pupils}
    strongest = next((strength for strength in Strength if strength in strengths), None)
    yield Finding(
        rule=RULE,
        strength=strongest,
        sentence=f"This address is not known; a slip of the pen away is {standing.like}{_SHOWN[strongest]}.",
    )
