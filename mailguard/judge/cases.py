"""Try a policy on a table of cases: who sends what to whom, and what should become of it.

The table is a CSV that a data protection officer can read and write; policies/README.md explains its columns. The
cases are judged on what the table says was seen, so they test the policy and the rules, not the reading of files.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from mailguard.judge import Lookups, judge
from mailguard.model import (
    Category,
    ContactSighting,
    Envelope,
    HeaderAddress,
    Outcome,
    PupilKey,
    Reading,
    Roll,
    Sighting,
    Sightings,
    Strength,
    UnknownIdentifier,
    Unreadable,
    UnreadableReason,
)
from mailguard.policy import Policy, PolicyError, Problem, load_policy
from mailguard.roll.sources.native import load_native

COLUMNS = ("case", "school", "from", "to", "about", "strength", "categories", "expect", "rule")
Word = TypeVar("Word", bound=StrEnum)
_SEEN_IN = ("attachment.pdf", "page 1")


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """One row of the table, its words parsed; `line` is its line in the file."""

    line: int
    name: str
    envelope: Envelope
    sightings: Sightings
    reading: Reading
    expect: Outcome
    rules: frozenset[str]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one case; it passed if outcome and rules are those expected."""

    case: PolicyCase
    outcome: Outcome
    rules: frozenset[str]
    sentences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """True if the verdict is the expected one, for the expected rules."""
        return (self.outcome, self.rules) == (self.case.expect, self.case.rules)


def cases_path(policy_path: Path) -> Path:
    """Return the table beside a policy file: NAME.cases.csv for NAME.toml."""
    return policy_path.with_name(f"{policy_path.stem}.cases.csv")


def example_roll() -> Path:
    """Return the folder of the made-up roll that the shipped tables speak of."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "policies" / "cases-roll"
    return shipped if shipped.is_dir() else package.parent / "policies" / "cases-roll"


def try_policy(policy_path: Path, roll_folder: Path | None = None) -> tuple[CaseResult, ...]:
    """Run the cases beside a policy file, on a roll or on the made-up one. On the made-up roll a policy without
    schools gets that roll's schools, lists and agencies.

    Raises PolicyError for a policy or table with problems, RollError for a roll with problems."""
    policy = load_policy(policy_path)
    folder = roll_folder or example_roll()
    if roll_folder is None and not policy.schools:
        example = load_policy(folder / "schools.toml")
        policy = replace(policy, schools=example.schools, lists=example.lists, agencies=example.agencies)
    roll = load_native(folder).roll
    path = cases_path(policy_path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        problem = Problem(path.name, 0, "there is no table of cases in UTF-8 beside the policy.", "Write one.")
        raise PolicyError((problem,)) from None
    return run_cases(parse_cases(text, path.name, roll), roll, policy)


def run_cases(cases: tuple[PolicyCase, ...], roll: Roll, policy: Policy) -> tuple[CaseResult, ...]:
    """Judge every case. A case is held if one of its recipients is."""
    lookups = Lookups(roll, policy)
    results = []
    for case in cases:
        verdict = judge(case.sightings, case.reading, case.envelope, lookups)
        findings = [finding for recipient in verdict.recipients for finding in recipient.findings]
        rules = frozenset(finding.rule for finding in findings)
        sentences = tuple(dict.fromkeys(finding.sentence for finding in findings))
        results.append(CaseResult(case, verdict.outcome, rules, sentences))
    return tuple(results)


def report(results: tuple[CaseResult, ...]) -> Iterator[str]:
    """Yield the lines that tell a person what came of the cases: the failures, then the count."""
    for result in results:
        if not result.passed:
            case = result.case
            wanted = _told(case.expect, case.rules)
            yield f"line {case.line}: {case.name}: expected {wanted}, got {_told(result.outcome, result.rules)}"
            yield from (f"    {sentence}" for sentence in result.sentences)
    failed = sum(not result.passed for result in results)
    yield f"{len(results)} cases, {len(results) - failed} as expected, {failed} not"


def _told(outcome: Outcome, rules: frozenset[str]) -> str:
    return outcome.value + (f" ({', '.join(sorted(rules))})" if rules else "")


def parse_cases(text: str, name: str, roll: Roll) -> tuple[PolicyCase, ...]:
    """Parse a table of cases about the pupils of a roll. Raises PolicyError with every fault and its line."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        remedy = f"The columns are {', '.join(COLUMNS)}."
        raise PolicyError((Problem(name, 1, f"no column {', '.join(missing)}.", remedy),))
    words = _Words(roll)
    cases: list[PolicyCase] = []
    problems: list[Problem] = []
    for row in rows:
        cells = {column: (row[column] or "").strip() for column in COLUMNS}
        if not any(cells.values()):
            continue
        try:
            cases.append(words.case(cells, rows.line_num))
        except _BadCellError as error:
            problems.append(Problem(name, rows.line_num, *error.args))
    if problems:
        raise PolicyError(tuple(problems))
    return tuple(cases)


class _BadCellError(Exception):
    """A cell that cannot be understood: message and remedy."""


class _Words:
    """Understands the cells of a table in the light of a roll."""

    def __init__(self, roll: Roll) -> None:
        self._by_name: dict[str, list[PupilKey]] = {}
        self._keys = {pupil.key for pupil in roll.pupils}
        for pupil in roll.pupils:
            self._by_name.setdefault(f"{pupil.forename} {pupil.surname}".casefold(), []).append(pupil.key)
        self._contacts = {contact.contact_id for contact in roll.contacts}

    def case(self, cells: dict[str, str], line: int) -> PolicyCase:
        """Return the case of one row. Raises _BadCellError."""
        strength = _word(Strength, "strength", cells["strength"]) if cells["strength"] else Strength.RECORD
        categories = tuple(_word(Category, "categories", word) for word in _split(cells["categories"]))
        to = tuple(_split(cells["to"]))
        pupils: list[Sighting] = []
        confidential: list[ContactSighting] = []
        unknown: list[UnknownIdentifier] = []
        unreadable: list[Unreadable] = []
        headers: list[HeaderAddress] = []
        for item in _split(cells["about"]):
            first, _, rest = item.partition(":")
            kind, rest = first.strip().casefold(), rest.strip()
            if kind == "contact":
                confidential.append(ContactSighting(self._contact(rest), _SEEN_IN))
            elif kind == "unknown upn":
                unknown.append(UnknownIdentifier(_SEEN_IN, 1, (), categories))
            elif kind == "unreadable":
                unreadable.append(Unreadable(_SEEN_IN, _word(UnreadableReason, "about", rest)))
            elif kind == "to header":
                headers.extend(HeaderAddress("To", "", address) for address in self._addresses(rest))
            else:
                keys = tuple(sorted({self._pupil(part, cells["school"]) for part in re.split(r"\s+or\s+", item)}))
                pupils.append(Sighting(keys, strength, _SEEN_IN, 1, categories))
        return PolicyCase(
            line,
            cells["case"],
            Envelope(cells["from"], to, cells["school"] or None),
            Sightings(tuple(pupils), tuple(confidential), tuple(unknown)),
            Reading(unreadable=tuple(unreadable), addresses=tuple(headers)),
            _word(Outcome, "expect", cells["expect"]),
            frozenset(_split(cells["rule"])),
        )

    def _pupil(self, text: str, school: str) -> PupilKey:
        code, colon, number = text.partition(":")
        key = PupilKey(code.strip(), number.strip()) if colon else PupilKey(school, text)
        if key in self._keys:
            return key
        named = self._by_name.get(text.casefold(), [])
        if len(named) > 1:
            raise _BadCellError(f'"{text}" is the name of {len(named)} pupils.', "Write SCHOOL:pupil_id.")
        if not named:
            raise _BadCellError(f'"{text}" is no pupil of the roll.', "Write a full name or SCHOOL:pupil_id.")
        return named[0]

    def _contact(self, contact_id: str) -> str:
        if contact_id not in self._contacts:
            raise _BadCellError(f'"{contact_id}" is no contact_id of the roll.', "Write contact: and the contact_id.")
        return contact_id

    def _addresses(self, text: str) -> list[str]:
        """Return the addresses a header shows: one address, or "12 families" (invented ones nobody knows)."""
        count = re.fullmatch(r"(\d{1,4}) families", text)
        if count:
            return [f"family{number}@gmail.com" for number in range(int(count[1]))]
        if "@" not in text:
            raise _BadCellError(f'"{text}" is no address.', "Write to header: and an address, or 12 families.")
        return [text]


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _word(kind: type[Word], column: str, text: str) -> Word:
    try:
        return kind(text)
    except ValueError:
        allowed = ", ".join(kind)
        raise _BadCellError(f'column {column}: "{text}" is unknown.', f"Write one of {allowed}.") from None
