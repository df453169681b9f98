"""The words of the screens: what the office reads for rules, states, reasons, roles, categories, times. Plain English,
no word of the mail trade."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from mailguard.hold.decisions import Reason
from mailguard.model import Category, Place, RecipientState, show_place
from mailguard.roll.corrections import UNSEEN, Wrong
from mailguard.store.users import Role
from mailguard.store.verdicts import reference

if TYPE_CHECKING:
    from jinja2 import Environment

    from mailguard.console.site import Site

# By gravity: the first that applies gives a message its title.
RULES = {
    "barred-contact": "Barred by an order",
    "confidential-contact": "Confidential contact details",
    "other-family": "Another family's information",
    "other-school": "A pupil of another school",
    "pupil-mailbox": "Sent to a pupil's mailbox",
    "unknown-recipient": "Recipient not known",
    "unknown-upn": "A child who is not on the roll",
    "similar-address": "Address may be mistyped",
    "visible-recipients": "Families would see each other's addresses",
    "batch-breaker": "Part of a run that looks wrong",
    "unreadable": "Could not be checked",
    "split": "Held together with the others",
}
_TITLES = {
    "barred-contact": "would give {who} information that an order keeps from them",
    "confidential-contact": "would show {who} contact details that are confidential",
    "other-family": "would give {who} another family's information",
    "other-school": "would give {who} information about another school's pupil",
    "pupil-mailbox": "would put another child's information into {who_whose} mailbox",
    "unknown-recipient": "would send a pupil's information to {who} who {are} not known to the school",
    "unknown-upn": "would give {who} information about a child who is not on the roll",
    "similar-address": "goes to an address that may be mistyped: {who}",
    "visible-recipients": "would show many families' addresses to each other",
    "batch-breaker": "is one of a run that looks wrong",
    "unreadable": "holds something that could not be checked",
    "split": "waits together with others",
}
STATES = {
    RecipientState.RECEIVED: "Being checked",
    RecipientState.QUEUED: "On its way",
    RecipientState.HELD: "Held",
    RecipientState.SENT: "Accepted by the mail server",
    RecipientState.FAILED: "Could not be delivered",
    RecipientState.REFUSED: "Stopped",
    RecipientState.EXPIRED: "Stopped: nobody decided in time",
}
REASONS = {
    Reason.WRONG_RECIPIENT: "It was going to the wrong person",
    Reason.ROLL_OUT_OF_DATE: "The school roll is out of date",
    Reason.DIFFERENT_PERSON: "It is about another person of that name",
    Reason.HARMLESS: "It is a harmless mention",
    Reason.ENTITLED: "They have a right to it (an agency, say)",
    Reason.OTHER: "Another reason",
}
ROLES = {
    Role.OFFICE: "Office",
    Role.APPROVER: "Approver",
    Role.DPO: "Data protection officer",
    Role.TECHNICIAN: "Technician",
    Role.TRUST: "Trust",
    Role.AUDITOR: "Auditor",
}
CATEGORIES = {
    Category.MEDICAL: "medical",
    Category.SEN: "special needs",
    Category.SAFEGUARDING: "safeguarding",
    Category.BEHAVIOUR: "behaviour",
    Category.ATTENDANCE: "attendance",
    Category.ATTAINMENT: "attainment",
    Category.FINANCE: "finance",
    Category.CONTACT: "contact details",
    Category.IDENTITY: "identity",
}
ACTIONS = {
    "held": "Held by mailguard",
    "would-hold": "Would have been held (observing only)",
    "viewed": "Looked at",
    "released": "Sent on",
    "refused": "Stopped",
    "redirected": "Sent to the right family instead",
    "expired": "Stopped: nobody decided in time",
    "second-person-asked": "A second person was asked",
    "emergency-released": "Sent on in an emergency, by command",
    "emergency-refused": "Stopped in an emergency, by command",
    "downloaded": "Attachment downloaded",
    "sender-told": "Sender told",
    "user-added": "Somebody was added",
    "user-removed": "Somebody was removed",
    "user-role": "A role was given",
    "user-password": "A password was set",
    "roll-imported": "A roll was read",
    "roll-rolled-back": "An earlier roll was put back",
    "roll-overridden": "The roll was renewed with what is laid over it",
    "override-added": "Something was laid over the roll",
    "override-ended": "Something laid over the roll was ended",
    "correction-added": "A correction was noted",
    "correction-closed": "A correction was closed",
    "history-exported": "History saved as a table",
    "corrections-exported": "Corrections saved as a table",
    "signed-in": "Signed in",
    "signed-out": "Signed out",
    "sign-in-failed": "A sign-in failed: wrong password",
    "second-step-failed": "A wrong code for the second step of signing in",
    "second-step-set": "The second step of signing in was set up",
    "second-step-ended": "The second step of signing in was taken away",
    "second-step-reset": "The second step of signing in was reset, by command",
    "delivered-searched": "Sent emails were searched",
    "delivered-wrongly": "Reported: it should not have been delivered",
    "token-made": "A token for programs was made",
    "token-revoked": "Tokens for programs were ended",
    "account-bound": "The school's own sign-in was tied to this user",
    "account-refused": "A sign-in failed: the account is nobody's here",
    "recovery-code-used": "A recovery code was used to sign in",
    "policy-changed": "The rules were changed",
    "retried": "Tried again, by command",
    "passed-again": "Came back with our own stamp: sent on, not judged twice",
    "removed": "Taken out of the queue, by command",
    "backup-made": "A copy of the store was made",
    "restored": "The store was put back from a copy",
    "store-moved": "The store was moved",
    "key-rotated": "The store's key was changed",
    "subject-sought": "One person's data was looked up",
    "subject-erased": "One person's data was erased",
}
DECIDED = {
    "refused": "Stopped",
    "redirected": "Sent to the right family instead",
    "released": "Sent on",
    "emergency-released": "Sent on in an emergency",
    "emergency-refused": "Stopped in an emergency",
}
WRONG = {
    Wrong.ADDRESS_WRONG: "An address may receive the pupil's information, and should not",
    Wrong.ADDRESS_MISSING: "An address should receive the pupil's information, and does not",
    Wrong.ORDER_MISSING: "A court order is missing",
    Wrong.LEFT: "The pupil has left",
    Wrong.OTHER: "Something else: say it in the note",
}
ROLE_HINTS = {
    Role.OFFICE: "Sees held emails, stops them, sends ordinary ones on",
    Role.APPROVER: "The same, and agrees, as the second person, to what takes two people",
    Role.DPO: "The same as an approver; also the history, and people and their roles",
    Role.TECHNICIAN: "Sees how old the roll is, and dashboards of counts; no emails and no names",
    Role.TRUST: "Sees counts for each school and dashboards, nothing else",
    Role.AUDITOR: "Reads the history and the overview",
}
OVERRIDES = {"bar": "Kept from", "confidential": "Secret address", "address": "May receive as well"}
OVERRIDE_STATES = {
    "active": "In force",
    "unmatched": "The pupil is not on the roll",
    "barred": "Without effect: an order comes first",
    "expired": "Its last day is over",
    "ended": "Ended",
}


def in_order(value: Any) -> Any:
    """What a template puts out, in the order and with the characters that can be seen."""
    if not isinstance(value, str) or (value.isascii() and value.isprintable()):
        return value
    return type(value)(value.translate(UNSEEN))


def gravest(rules: Sequence[str] | frozenset[str]) -> str:
    """The rule that says most about why a message is held; "" if there is none."""
    return next((rule for rule in RULES if rule in rules), next(iter(rules), ""))


def title(rules: Sequence[str] | frozenset[str], who: str, now: str = "") -> str:
    """A held message in one sentence; `now` is what was decided, "" while somebody has still to decide."""
    whose = f"{who}'" if who.endswith("s") else f"{who}'s"
    said = _TITLES.get(gravest(rules), "had to be looked at").format(
        who=who, who_whose=whose, are="are" if who.endswith(" people") else "is"
    )
    return f"{now}: this email was held because it {said}" if now else f"This email {said}"


def decided(states: Collection[RecipientState], redirected: bool) -> str:
    """What became of a message that nobody is held for any more, by the states of those it was held for."""
    stopped = [one for one in states if one in (RecipientState.REFUSED, RecipientState.EXPIRED)]
    if not stopped:
        return "Sent on"
    if len(stopped) < len(states):
        return "Sent to some, stopped for others"
    if redirected:
        return "Sent to the right family instead"
    return STATES[RecipientState.EXPIRED] if RecipientState.REFUSED not in states else STATES[RecipientState.REFUSED]


def stands(state: RecipientState, redirected: bool) -> str:
    """How it stands with one recipient, of an email that was sent to the right family instead if `redirected`."""
    if redirected and state is RecipientState.REFUSED:
        return "Received nothing: it went to the right family instead"
    return STATES[state]


def in_words(sentence: str, steps: Place) -> str:
    """A finding's sentence with its place as people say it: "report.pdf, page 1" for "report.pdf > page 1"."""
    return sentence.replace(show_place(steps), ", ".join(steps)) if len(steps) > 1 else sentence


def rule(name: str) -> str:
    """A rule as the office calls it."""
    return RULES.get(name, name)


def place(steps: Place) -> str:
    """Where something stands: "attachment report.pdf, page 1"."""
    if not steps or steps[0] == "message":
        return "the whole email"
    if steps[0] == "body":
        return ", ".join(("the email's text", *steps[1:]))
    if steps[0] == "subject":
        return "the subject line"
    if steps[0].startswith("header "):
        return f"the {steps[0].removeprefix('header ')} line"
    return "attachment " + show_place(steps[:1]) + "".join(f", {step}" for step in steps[1:])


def people(count: int) -> str:
    """ "1 person", "5 people"."""
    return "1 person" if count == 1 else f"{count:,} people"


def emails(count: int) -> str:
    """ "1 email", "5 emails"."""
    return "1 email" if count == 1 else f"{count:,} emails"


def waiting(since: datetime, now: datetime) -> str:
    """How long something waits, as people say it."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        hours = minutes // 60
        return f"{hours} hour{'s' if hours > 1 else ''}"
    return f"{minutes // (24 * 60)} days"


def minutes(count: float) -> str:
    """A length of time as people say it: "12 min", "3 hours"."""
    if count < 1:
        return "under a minute"
    if count < 90:
        return f"{count:.0f} min"
    return f"{count / 60:.0f} hours" if count < 48 * 60 else f"{count / 1440:.0f} days"


def moment(at: datetime, now: datetime, zone: tzinfo | None) -> str:
    """A time as people say it: "today 14:52", "yesterday 9:05", "Tuesday 3 March, 9:05"."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    clock = f"{local.hour}:{local.minute:02d}"
    if local.date() == today.date():
        return f"today {clock}"
    if local.date() == today.date() - timedelta(days=1):
        return f"yesterday {clock}"
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local:%A} {local.day} {local:%B}{year}, {clock}"


def day(at: datetime, zone: tzinfo | None) -> str:
    """A day: "Tuesday 3 March 2026"."""
    local = at.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B %Y}"


def plain_date(text: str) -> str:
    """A day that is given as 2026-03-03: "3 March 2026"."""
    found = date.fromisoformat(text)
    return f"{found.day} {found:%B %Y}"


def size(count: int) -> str:
    """A number of bytes as people say it."""
    if count < 1024:
        return f"{count} bytes"
    return f"{count / 1024:.0f} KB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MB"


def add_filters(environment: Environment, site: Site) -> None:
    """Make the words known to templates."""

    def now() -> datetime:
        return datetime.now(UTC)

    filters: dict[str, Any] = {
        "rule": rule,
        "place": place,
        "sentence": lambda text: text[:1].upper() + text[1:],
        "in_words": in_words,
        "reference": reference,
        "people": people,
        "emails": emails,
        "state": lambda state: STATES[state],
        "stands": stands,
        "category": lambda category: CATEGORIES[category],
        "role": lambda role: ROLES[role],
        "action": lambda action: ACTIONS.get(action, action),
        "waiting": lambda at: waiting(at, now()),
        "moment": lambda at: moment(at, now(), site.zone),
        "day": lambda at: day(at, site.zone),
        "plain_date": plain_date,
        "size": size,
        "since": lambda text: moment(datetime.fromisoformat(text), now(), site.zone),
        "minutes": minutes,
        "wrong": lambda one: WRONG.get(one, one.value),
        "role_hint": lambda role: ROLE_HINTS[role],
        "override_kind": lambda kind: OVERRIDES[kind],
        "override_state": lambda state: OVERRIDE_STATES[state],
    }
    environment.filters.update(filters)
