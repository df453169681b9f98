"""What the API takes and gives. The OpenAPI document is made of these, and bodies are checked against them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from mailguard.hold.decisions import Reason
from mailguard.roll.overrides import OverrideKind
from mailguard.store.users import Role

Text = Annotated[str, Meta(max_length=2000)]
Address = Annotated[str, Meta(min_length=1, max_length=320)]


class Problem(Struct):
    """Why a request was not carried out (RFC 9457)."""

    title: str
    status: int
    detail: str = ""


class GrantShape(Struct):
    """A role at a school; a blank school means every one."""

    role: Role
    school: str


class Me(Struct):
    """Who is signed in, and the token that every POST carries as X-Form-Token."""

    name: str
    grants: list[GrantShape]
    form_token: str


class PupilShape(Struct):
    """A pupil of the roll."""

    school: str
    pupil: str
    name: str


class Waiting(Struct):
    """A held message in the list: `to` are the addresses it is still held for, `group` what other mail it is alike."""

    id: str
    reference: str
    received: datetime
    school: str
    sender: str
    subject: str
    to: list[str]
    rules: list[str]
    pupils: list[PupilShape]
    categories: list[str]
    takes_two: bool
    second_asked: bool
    group: str


class HeldPage(Struct):
    """One page of what waits: `total` of the user's schools, and what `after` is for the next page ("": none)."""

    total: int
    messages: list[Waiting]
    next: str


class FindingShape(Struct):
    """Why one recipient may not have the message. Where there are very many reasons, `more` of them (pupils, if it is
    about pupils) are counted by one that names nobody; 0 in all others."""

    rule: str
    place: list[str]
    sentence: str
    pupils: list[PupilShape]
    categories: list[str]
    more: int


class RecipientShape(Struct):
    """One recipient: its state, its findings, and the next server's last answer."""

    address: str
    state: str
    rules: list[str]
    findings: list[FindingShape]
    code: int | None
    reply: str


class HistoryEntry(Struct):
    """One entry of the audit trail."""

    at: datetime
    action: str
    by: str
    school: str | None
    message: str | None
    reason: str


class FamilyShape(Struct):
    """An address of the right family, that a message may be redirected to. A confidential one is never shown to the
    sender."""

    address: str
    name: str
    relationship: str
    confidential: bool


class MessageShape(Struct):
    """A message that was held. `family` may have what it shows. `version` names the state it is in: a decision that
    carries it is refused if somebody else was faster."""

    id: str
    reference: str
    received: datetime
    school: str
    sender: str
    subject: str
    size: int
    recipients: list[RecipientShape]
    unreadable: list[str]
    history: list[HistoryEntry]
    version: str
    family: list[FamilyShape]


class Decision(Struct, forbid_unknown_fields=True):
    """A decision to be carried out: to those in `to`, or to all who are held. The reason other needs a `note`."""

    reason: Reason
    note: Text = ""
    to: Annotated[list[Address], Meta(min_length=1, max_length=1000)] | None = None
    version: Annotated[str, Meta(max_length=64)] = ""


class Done(Struct):
    """What a decision did: the addresses it moved and those that stay held."""

    id: str
    reference: str
    moved: list[str]
    left: list[str]


class Redirection(Struct, forbid_unknown_fields=True):
    """Send the content to these addresses of `family` instead, as a new message."""

    reason: Reason
    to: Annotated[list[Address], Meta(min_length=1, max_length=50)]
    note: Text = ""
    version: Annotated[str, Meta(max_length=64)] = ""


class Redirected(Struct):
    """The message that was stopped, and the addresses its content goes to."""

    id: str
    reference: str
    to: list[str]


class Asked(Struct):
    """A second person was asked about this message; nothing has moved."""

    id: str
    reference: str
    by: str


class GroupShape(Struct):
    """Held mail of one sender, one subject but for names and numbers, one set of rules. `last` is the newest one's
    time: a decision on the group names it, so that nothing that came later is decided unseen."""

    group: str
    school: str
    sender: str
    subject: str
    rules: list[str]
    messages: list[str]
    oldest: datetime
    last: str


class Groups(Struct):
    """Everything that waits, in groups, the oldest first."""

    groups: list[GroupShape]


class GroupDecision(Struct, forbid_unknown_fields=True):
    """Stop what of a group had come by `last`."""

    reason: Reason
    last: Annotated[str, Meta(min_length=1, max_length=64)]
    note: Text = ""


class Stopped(Struct):
    """How many messages were stopped."""

    stopped: int


class RightShape(Struct):
    """A pupil whose data an address may receive, or is barred from."""

    school: str
    pupil: str
    relationship: str


class Who(Struct):
    """What an address is and may receive, of the schools the user may know about."""

    address: str
    kinds: list[str]
    pupils: list[RightShape]
    barred: list[RightShape]


class RollSchool(Struct):
    """One school's roll: pupils, when its source was last read, and whether that is too long ago."""

    school: str
    pupils: int
    read: str
    stale: bool


class RollStatus(Struct):
    """The roll in force; nulls before the first import."""

    revision: str | None
    imported: str | None
    age_seconds: float | None
    stale: bool | None
    schools: list[RollSchool]


class HistoryPage(Struct):
    """Entries, newest first, and what `after` is for the next page ("": none)."""

    entries: list[HistoryEntry]
    next: str


class DayCount(Struct):
    """Messages judged on one day, and those of them that were held."""

    day: date
    judged: int
    held: int


class SchoolCount(Struct):
    """A school's figures; judged and held of the last seven days."""

    school: str
    waiting: int
    oldest: datetime | None
    judged: int
    held: int


class Counts(Struct):
    """Counts without personal data: schools now, days and decisions (by action) of the last four weeks."""

    schools: list[SchoolCount]
    days: list[DayCount]
    decisions: dict[str, int]
    median_minutes: float | None


class OverrideShape(Struct):
    """Something laid over the roll; `state` is active, unmatched (its pupil is not on the
    roll), barred (an order comes first), expired or ended."""

    number: int
    kind: OverrideKind
    address: str
    school: str | None
    pupil: str | None
    relationship: str
    until: date | None
    by: str
    why: str
    added: datetime
    ended: datetime | None
    state: str


class Overrides(Struct):
    """What is laid over the roll of the user's schools."""

    overrides: list[OverrideShape]


class NewOverride(Struct, forbid_unknown_fields=True):
    """Keep an address from a pupil (bar; `pupil` is SCHOOL/ID) or secret (confidential; no pupil). `until` is the last
    day."""

    kind: Literal["bar", "confidential"]
    address: Address
    why: Annotated[str, Meta(min_length=1, max_length=2000)]
    pupil: Annotated[str, Meta(max_length=200)] = ""
    until: date | None = None


class EndOverride(Struct, forbid_unknown_fields=True):
    """Why something laid over the roll ends."""

    why: Annotated[str, Meta(min_length=1, max_length=2000)]


class UserShape(Struct):
    """Somebody who may use the console, and when they were last seen in a session that is still kept."""

    name: str
    email: str
    grants: list[GrantShape]
    last_seen: datetime | None


class Users(Struct):
    """Everybody whose roles lie within the user's reach."""

    users: list[UserShape]


class NewUser(Struct, forbid_unknown_fields=True):
    """Somebody new, with one role at one school ("": every school)."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    role: Role
    school: Annotated[str, Meta(max_length=64)] = ""
    email: Annotated[str, Meta(max_length=320)] = ""


class NewUserDone(Struct):
    """Somebody was added. The first password is shown only here."""

    user: UserShape
    first_password: str


class UserGone(Struct):
    """Whose sessions were ended, and whether the user was removed as well."""

    name: str
    removed: bool


Document = dict[str, Any]
