"""Sightings, envelope, entitlement and policy to a verdict for each recipient. Pure.

`Lookups(roll, policy)` is built once; `judge` is called for each message. A recipient gets the message if no rule has
a finding for it; the rules hold whatever nothing permits, so an address, sighting or failure nobody thought of holds.
Of very many findings each recipient keeps the gravest, and how many more there are (`gravest`).
"""

from __future__ import annotations

from collections import Counter

from mailguard.judge.case import UNKNOWN_SCHOOL, Case
from mailguard.judge.gravest import MOST_FINDINGS, gravest
from mailguard.judge.lookups import Lookups
from mailguard.judge.rules import RULES
from mailguard.judge.standing import Standing
from mailguard.model import (
    WHOLE_MESSAGE,
    Envelope,
    Finding,
    Outcome,
    Reading,
    RecipientVerdict,
    Sightings,
    Unreadable,
    UnreadableReason,
    Verdict,
)

__all__ = ["UNKNOWN_SCHOOL", "Lookups", "judge", "message_school", "sender_school"]

_NO_RECIPIENT = Unreadable(WHOLE_MESSAGE, UnreadableReason.NO_RECIPIENT, "the message has no recipient")


def sender_school(envelope: Envelope, lookups: Lookups) -> str | None:
    """Return the school a message comes from as far as its envelope tells: the one school on whose staff domain the
    sender is, else the one set for the client or listener, else None."""
    codes = {lookups.one_school(code) for code in lookups.addresses.domain_schools(envelope.sender)}
    if len(codes) == 1:
        return codes.pop()
    return envelope.school if not codes or envelope.school in codes else None


def message_school(envelope: Envelope, sightings: Sightings, lookups: Lookups) -> str:
    """Return the school of a message: by its envelope, else the one school of all its sightings, else "unknown"."""
    school = sender_school(envelope, lookups)
    if school:
        return school
    seen = {pupil.school for sighting in sightings.pupils for pupil in sighting.pupils}
    return seen.pop() if len(seen) == 1 else UNKNOWN_SCHOOL


def judge(
    sightings: Sightings, reading: Reading, envelope: Envelope, lookups: Lookups, stale: frozenset[str] = frozenset()
) -> Verdict:
    """Return the verdict on one message. `stale` are the schools whose roll is older than the policy's `roll_max_age`
    where the policy holds records then; telling the age is the caller's business, for there is no clock here."""
    standings = tuple(lookups.addresses.of(address) for address in envelope.recipients)
    school = message_school(envelope, sightings, lookups)
    case = Case(sightings, reading, envelope, standings, school, lookups, stale)
    found = _found(case)
    held = any(found.values())
    recipients = tuple(
        _decide(address, found[standing], held and not lookups.policy.mail.split)
        for address, standing in zip(envelope.recipients, standings, strict=True)
    )
    unreadable = reading.unreadable if recipients else (*reading.unreadable, _NO_RECIPIENT)
    return Verdict(recipients, unreadable, school, lookups.roll_revision, lookups.policy.revision)


def _found(case: Case) -> dict[Standing, tuple[Finding, ...]]:
    """Return the findings of every standing; the gravest of each where there are very many over all recipients."""
    found: dict[Standing, tuple[Finding, ...]] = {}
    count, everybody = 0, len(case.standings)
    for standing, recipients in Counter(case.standings).items():
        findings = _findings(case, standing)
        were_many = count > MOST_FINDINGS
        count += len(findings) * recipients
        if count > MOST_FINDINGS and not were_many:  # from here on nobody's are kept whole: all of them are no memory's
            found = {before: gravest(some, everybody) for before, some in found.items()}
        found[standing] = gravest(findings, everybody) if count > MOST_FINDINGS else findings
    return found


def _findings(case: Case, standing: Standing) -> tuple[Finding, ...]:
    """Return one recipient's findings in a fixed order: by part, rule, pupils; one for each of these."""
    found: dict[tuple[object, ...], Finding] = {}
    for rule in RULES:
        for finding in rule(case, standing):
            pupils = (finding.pupil,) if finding.pupil else finding.pupils
            who = tuple([(pupil.school, pupil.pupil) for pupil in pupils])
            what = "" if who else finding.sentence
            found.setdefault((finding.place[: finding.leaf], finding.rule, who, what), finding)
    return tuple(found[key] for key in sorted(found))


def _decide(address: str, findings: tuple[Finding, ...], together: bool) -> RecipientVerdict:
    if not findings and together:
        sentence = "Another recipient may not have this message, and the policy does not split messages."
        findings = (Finding("split", sentence=sentence),)
    return RecipientVerdict(address, Outcome.HOLD if findings else Outcome.DELIVER, findings)
