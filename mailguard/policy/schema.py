"""What a policy is: frozen dataclasses whose defaults are those of policies/default.toml.

A policy names the schools, their domains and lists, the agencies that may receive, and what each rule does. It holds
no pupil. Domains are lower-case A-labels, addresses are lower-case with such a domain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mailguard.model import SENSITIVE, Category, Outcome, Sighting, Strength, UnreadableReason

HOLD = Outcome.HOLD
DELIVER = Outcome.DELIVER

LIST_PATTERNS = ("*parent*", "*famil*", "*carer*", "*pupil*", "*student*")
ROLL_MAX_AGE = 7 * 86400.0
VISIBLE_FAMILIES = 10


class ListKind(StrEnum):
    """Who reads a declared list."""

    STAFF = "staff"
    FAMILIES = "families"


class StaleRoll(StrEnum):
    """What a roll older than `roll_max_age` means: an alarm only, or records held too."""

    ALARM = "alarm"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class School:
    """One school. `code` is the roll's school code; blank (`default_policy` only) means every school of the roll.

    `phones` and `postcodes` are the school's own and never evidence of a pupil. `list_patterns` are shell patterns on
    local parts: an address on a staff domain that matches one is a list, not a member of staff."""

    code: str
    name: str = ""
    staff_domains: tuple[str, ...] = ()
    pupil_domains: tuple[str, ...] = ()
    list_patterns: tuple[str, ...] = LIST_PATTERNS
    staff_only_listed: bool = False
    phones: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeclaredList:
    """A distribution list and who reads it."""

    address: str
    kind: ListKind


@dataclass(frozen=True, slots=True)
class Agency:
    """Somebody outside who may receive pupils' data: a council, a clinic, the next school.

    Empty `schools` means every school. `categories` None means any content; otherwise what is outside them is judged
    as to an unknown recipient. `encrypted` DELIVER lets through what could not be read because it is encrypted."""

    name: str
    domains: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    categories: tuple[Category, ...] | None = None
    encrypted: Outcome = HOLD


@dataclass(frozen=True, slots=True)
class Mail:
    """How messages are handled as a whole; `roll_max_age` in seconds."""

    split: bool = True
    passwords: tuple[str, ...] = field(default=(), repr=False)
    roll_max_age: float = ROLL_MAX_AGE
    stale_roll: StaleRoll = StaleRoll.ALARM


@dataclass(frozen=True, slots=True)
class Actions:
    """What a rule does by how much of a pupil is shown; `none` where no pupil is shown at all."""

    record: Outcome = HOLD
    special: Outcome = HOLD
    mention: Outcome = HOLD
    none: Outcome = HOLD

    def of(self, sighting: Sighting) -> Outcome:
        """Return what to do about `sighting`. A sensitive category near only ever makes it stricter."""
        plain = self.record if sighting.strength is Strength.RECORD else self.mention
        sensitive = not SENSITIVE.isdisjoint(sighting.categories)
        return HOLD if sensitive and self.special is HOLD else plain


MENTION_PASSES = Actions(mention=DELIVER)


@dataclass(frozen=True, slots=True)
class Rules:
    """What each rule does. `visible_families` None switches that rule off; `unreadable_delivers` are the reasons for
    which an unread part may leave the school (none by default)."""

    other_family: Actions = MENTION_PASSES
    other_school: Actions = MENTION_PASSES
    barred_contact: Actions = Actions()
    confidential_contact: Outcome = HOLD
    unknown_recipient: Actions = MENTION_PASSES
    unknown_upn: Outcome = HOLD
    pupil_mailbox: Actions = MENTION_PASSES
    similar_address: Actions = Actions(none=DELIVER)
    visible_families: int | None = VISIBLE_FAMILIES
    unreadable_delivers: tuple[UnreadableReason, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """One immutable policy. `revision` is a digest of everything that decides; comments do not change it."""

    schools: tuple[School, ...] = ()
    lists: tuple[DeclaredList, ...] = ()
    agencies: tuple[Agency, ...] = ()
    mail: Mail = Mail()
    rules: Rules = Rules()
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a file: where (line 0: the file as a whole), what, and what to do about it."""

    file: str
    line: int
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.file} line {self.line}" if self.line else self.file
        return f"{where}: {self.message}" + (f" {self.remedy}" if self.remedy else "")


class PolicyError(Exception):
    """A policy that cannot be used, with all its problems in order of line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
