"""One message against one roll and one policy: recognise the pupils, judge the recipients."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailguard.judge import Lookups, judge, sender_school
from mailguard.model import Envelope, Reading, Roll, Sightings, Verdict
from mailguard.policy import Policy
from mailguard.recognise import Index, build_index, recognise


@dataclass(frozen=True, slots=True)
class Guard:
    """Everything frozen for one revision of roll and policy; built once, shared by forked screeners."""

    index: Index
    lookups: Lookups


@dataclass(frozen=True, slots=True)
class Screened:
    """What came of one message; the sightings are kept also when it is delivered."""

    verdict: Verdict
    sightings: Sightings


def build_guard(roll: Roll, policy: Policy) -> Guard:
    """Prepare a roll and a policy for screening."""
    return Guard(build_index(roll, policy), Lookups(roll, policy))


def screen(reading: Reading, envelope: Envelope, guard: Guard, stale: frozenset[str] = frozenset()) -> Screened:
    """Screen one message. The roll of the `stale` schools is too old to permit records (policy `stale_roll`)."""
    school = sender_school(envelope, guard.lookups)
    sightings = recognise(reading, guard.index, school, envelope.sender)
    if sightings.unread:
        reading = replace(reading, unreadable=(*reading.unreadable, *sightings.unread))
    return Screened(judge(sightings, reading, envelope, guard.lookups, stale), sightings)
