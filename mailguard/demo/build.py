"""Put one seed's trust, policy and mail together, in memory or in a folder."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailguard.demo import wrong_papers, wrong_people
from mailguard.demo.post import Case, Desk
from mailguard.demo.trust import School, Trust, make_trust
from mailguard.model import Contact, Pupil, Relationship, Roll, StaffMember
from mailguard.roll import columns

Scenario = Callable[[Desk], Iterator[Case]]

SCENARIOS: tuple[Scenario, ...] = (*wrong_people.SCENARIOS, *wrong_papers.SCENARIOS)
ALWAYS: tuple[Scenario, ...] = (*wrong_people.SCENARIOS[:4], *wrong_papers.SCENARIOS[:3])
CHOSEN = 17
"""Scenarios of one demo: those that every demo shows, and others by the seed; each is a slip and its innocent twin."""


@dataclass(frozen=True, slots=True)
class Demo:
    """An invented trust's roll, its policy as TOML, and mail with the verdicts it should get."""

    roll: Roll
    policy: str
    cases: tuple[Case, ...]


def build(seed: int = 0, scenarios: Sequence[Scenario] | None = None) -> Demo:
    """Build the demo of a seed. `scenarios` replaces the seed's own choice."""
    rng = random.Random(f"mail {seed}")
    trust = make_trust(seed)
    if scenarios is None:
        others = [scenario for scenario in SCENARIOS if scenario not in ALWAYS]
        scenarios = [*ALWAYS, *rng.sample(others, CHOSEN - len(ALWAYS))]
    desk = Desk(rng, trust)
    cases = [case for scenario in scenarios for case in scenario(desk)]
    rng.shuffle(cases)
    return Demo(trust.roll, policy_of(trust), tuple(cases))


def policy_of(trust: Trust) -> str:
    """The trust's policy: what it must say about itself; every rule stays at its default."""
    schools = "\n".join(_school(school) for school in trust.schools)
    return f"""# Policy of an invented trust.
{schools}
[[agency]]
name = "{trust.county} Council, children's services"
domains = ["{trust.council}"]
categories = ["safeguarding", "sen"]
encrypted = "deliver"
"""


def _school(school: School) -> str:
    return f"""
[[school]]
code = "{school.code}"
name = "{school.name}"
staff_domains = ["{school.domain}"]
pupil_domains = ["{school.pupil_domain}"]
phones = ["{school.phone}"]
postcodes = ["{school.postcode}"]

[[list]]
address = "allstaff@{school.domain}"
kind = "staff"
"""


def write(folder: Path, seed: int = 0) -> Demo:
    """Write a demo into a folder: roll/*.csv, policy.toml, mail/*.eml and expected.csv. The folder is made if need be;
    raises OSError where it cannot be written."""
    demo = build(seed)
    (folder / "mail").mkdir(parents=True, exist_ok=True)
    write_roll(folder / "roll", demo.roll)
    (folder / "policy.toml").write_text(demo.policy, encoding="utf-8")
    lines = []
    for number, case in enumerate(demo.cases, 1):
        name = f"{number:02d}-{case.name}.eml"
        (folder / "mail" / name).write_bytes(case.content)
        for recipient in case.expected:
            lines.append((f"mail/{name}", case.sender, recipient.address, recipient.outcome.value, recipient.rule))
    _table(folder / "expected.csv", ("message", "sender", "recipient", "verdict", "rule"), lines)
    return demo


def write_roll(folder: Path, roll: Roll) -> None:
    """Write a roll in its native form, from which `load_native` reads the same revision back."""
    folder.mkdir(parents=True, exist_ok=True)
    pupil_columns = (*columns.PUPILS.required, *columns.PUPILS.optional)
    _table(folder / "pupils.csv", pupil_columns, (_row(pupil, pupil_columns) for pupil in roll.pupils))
    contact_columns = columns.CONTACTS.required
    _table(folder / "contacts.csv", contact_columns, (_row(contact, contact_columns) for contact in roll.contacts))
    pairs = (
        (
            *(pair.pupil.school, pair.pupil.pupil, pair.contact_id, pair.relationship),
            *(_cell(pair.parental_responsibility), pair.may_receive.value, _cell(pair.priority)),
        )
        for pair in roll.relationships
    )
    _table(folder / "relationships.csv", ("school", *columns.RELATIONSHIPS.required), pairs)
    staff_columns = columns.STAFF.required
    _table(folder / "staff.csv", staff_columns, (_row(member, staff_columns) for member in roll.staff))


def _row(item: Pupil | Contact | Relationship | StaffMember, columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(_cell(getattr(item, column)) for column in columns)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "y" if value else "n"
    if isinstance(value, tuple):
        return ";".join(value)
    return str(value)


def _table(path: Path, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        writer.writerows(rows)
