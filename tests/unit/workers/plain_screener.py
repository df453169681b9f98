"""A stand-in for screening: it holds what is unreadable or says "record", and obeys orders of the subject."""

import os
import time
from dataclasses import dataclass

from mailguard.model import Finding, Outcome, RecipientVerdict, Sightings, Verdict


@dataclass(frozen=True)
class Screened:
    verdict: Verdict
    sightings: Sightings


def build_guard(roll, policy):
    if any(pupil.forename == "Unbuildable" for pupil in roll.pupils):
        raise ValueError("Unbuildable Secret")
    return roll, policy


def screen(reading, envelope, guard, stale=False):
    roll, policy = guard
    text = "\n".join(segment.text for segment in reading.segments)
    if "SCREENER die" in text:
        os.abort()
    if "SCREENER hang" in text:
        time.sleep(600)
    if "SCREENER compute" in text:
        until = time.process_time() + 0.15
        while time.process_time() < until:
            pass
    if "SCREENER slow" in text:
        time.sleep(4)
    bad = "record" in text or reading.unreadable or stale
    outcome = Outcome.HOLD if bad else Outcome.DELIVER
    findings = (Finding("other-family", sentence=text[:2000]),) if bad else ()
    recipients = tuple(RecipientVerdict(address, outcome, findings) for address in envelope.recipients)
    if "SCREENER lie" in text:
        recipients = ()
    return Screened(Verdict(recipients, reading.unreadable, "OAK", roll.revision, policy.revision), Sightings())
