"""A valid pupil number that is not on the roll is still a child's: a leaver, an applicant, another school's."""

from __future__ import annotations

from collections.abc import Iterator

from mailguard.judge.case import Case
from mailguard.judge.standing import Standing
from mailguard.judge.words import where
from mailguard.model import Finding, Outcome, Place, Strength, UnknownIdentifier

RULE = "unknown-upn"


def findings(case: Case, standing: Standing) -> Iterator[Finding]:
    """Yield the numbers of children whom the roll does not know, one finding a part."""
    if case.policy.rules.unknown_upn is not Outcome.HOLD:
        return
    held: dict[Place, list[UnknownIdentifier]] = {}
    for unknown in case.sightings.unknown:
        if not case.may_have_unknown(standing, unknown):
            held.setdefault(unknown.place[: unknown.leaf], []).append(unknown)
    for seen in held.values():
        numbers = "a pupil number that is" if len(seen) == 1 else f"{len(seen)} pupil numbers that are"
        yield Finding(
            rule=RULE,
            place=seen[0].place,
            leaf=seen[0].leaf,
            strength=Strength.RECORD,
            categories=tuple(dict.fromkeys(category for unknown in seen for category in unknown.categories)),
            evidence=tuple(evidence for unknown in seen for evidence in unknown.evidence),
            sentence=f"{where(seen[0].place)} shows {numbers} not on the roll, "
            "and nothing says that this address may have that child's data.",
        )
