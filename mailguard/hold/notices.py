"""The e-mails that say "this was stopped": to the sender and to the school's office. Pure building.

They hold no pupil data, not even the subject or the recipients of what was stopped, and no link that acts. Their
envelope has a null sender, so that nothing ever answers them (RFC 3834, RFC 5321 section 4.5.5).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from mailguard.hold.wording import Wording
from mailguard.model import Envelope, Message

_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_SHOWN = 20
_TOGETHER = "If more emails like it are stopped, you will be told of them together."
# What breaks lines, turns the reading order of our own words round, or is not to be seen.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Stopped:
    """What is told about a held message: when it came (in the school's own time zone), from whom, to how many, how many
    of them are held, under which rules, and the reference people quote. `group` says that what is like it is told of
    together."""

    reference: str
    at: datetime
    sender: str = field(repr=False)
    recipients: int
    held: int
    rules: frozenset[str]
    school: str = ""
    group: bool = False


@dataclass(frozen=True, slots=True)
class More:
    """Further held messages of a sending run of which one notice was given: how many messages and held recipients, when
    the first and the last came (school time), from whom, and their references."""

    messages: int
    held: int
    first: datetime
    last: datetime
    sender: str = field(repr=False)
    school: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """What of a school waits for a decision: how many messages, since when (school time), their references."""

    messages: int
    oldest: datetime
    school: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """How notices go out: the message id, when, the name of this host, and the address people may answer to ("" for
    none). `console_url` is where they sign in, "" without a console. `words` are the school's own, by notice."""

    id: str
    at: datetime
    hostname: str
    reply_to: str = field(default="", repr=False)
    console_url: str = ""
    words: Mapping[str, Wording] = field(default_factory=dict, repr=False)


def sender_notice(stopped: Stopped, post: Post) -> Message:
    """Tell the sender that the message was not sent."""
    paragraphs = [
        f"Your email of {_moment(stopped.at)} to {_people(stopped.recipients)} {_fate(stopped)} {_why(stopped)} "
        "Your Sent folder may show it as sent. It was not"
        + ("." if stopped.held == stopped.recipients else ", not to everyone."),
        "What to do: nothing if the office is handling it. "
        + _sign_in(post, "to see why")
        + "If it is urgent, ring the office. Do not send it again before you have checked: a second copy will be "
        "stopped too.",
    ]
    if stopped.group:
        paragraphs.append(_TOGETHER)
    whole = stopped.held == stopped.recipients
    subject = "Your email was not sent" if whole else "Your email was not sent to everyone"
    said = _Said("sender", subject, [*paragraphs, f"Reference {stopped.reference}."], _one(stopped, post, "to see why"))
    return _message(said, stopped.sender, post)


def office_notice(stopped: Stopped, office: str, post: Post) -> Message:
    """Tell the office that a message waits for its decision."""
    school = f"{_clean(stopped.school)}: " if stopped.school else ""
    paragraphs = [
        f"{school}an email of {_moment(stopped.at)} from {_clean(stopped.sender) or 'an automatic sender'} to "
        f"{_people(stopped.recipients)} {_fate(stopped)} {_why(stopped)}",
        "It waits for a decision. Nothing will be deleted or sent by itself. "
        + (_sign_in(post, "to decide") or "Your technician can show it and carry out the decision."),
    ]
    if stopped.group:
        paragraphs.append(_TOGETHER)
    subject = f"An email is waiting for a decision ({stopped.reference})"
    fields = {**_one(stopped, post, "to decide"), "from": _clean(stopped.sender) or "an automatic sender"}
    return _message(_Said("office", subject, [*paragraphs, f"Reference {stopped.reference}."], fields), office, post)


def sender_group_notice(more: More, post: Post) -> Message:
    """Tell the sender of further messages of one run, all at once."""
    paragraphs = [
        f"{more.messages} more of your emails of {_day(more.first)} {_has(more)} been stopped, like the one you were "
        f"told of before. {_people(more.held).capitalize()} will not receive them. The first came at "
        f"{more.first:%H:%M}, the last at {more.last:%H:%M}. Your Sent folder may show them as sent. They were not.",
        "What to do: look at the list or the letter they were made from before you send anything again. "
        + _sign_in(post, "to see why")
        + "If it is urgent, ring the office.",
    ]
    subject = f"{more.messages} more of your emails {'was' if more.messages == 1 else 'were'} not sent"
    said = _Said("sender-run", subject, [*paragraphs, _quoted(more.references)], _run(more, post, "to see why"))
    return _message(said, more.sender, post)


def office_group_notice(more: More, office: str, post: Post) -> Message:
    """Tell the office of further messages of one run, all at once."""
    school = f"{_clean(more.school)}: " if more.school else ""
    paragraphs = [
        f"{school}{_more(more)} from {_clean(more.sender) or 'an automatic sender'}, of "
        f"{_moment(more.first)} and after, {_has(more)} been stopped, like the one you were told of before. "
        f"{_people(more.held).capitalize()} will not receive them.",
        "They wait for a decision. Nothing will be deleted or sent by itself. "
        + (_sign_in(post, "to decide on all of them") or "Your technician can show them and carry out the decision."),
    ]
    subject = f"{_more(more)} {'is' if more.messages == 1 else 'are'} waiting for a decision"
    fields = {**_run(more, post, "to decide"), "from": _clean(more.sender) or "an automatic sender"}
    return _message(_Said("office-run", subject, [*paragraphs, _quoted(more.references)], fields), office, post)


def digest_notice(left: Left, office: str, post: Post) -> Message:
    """Remind the office of all that waits."""
    school = f"{_clean(left.school)}: " if left.school else ""
    emails = "1 email is" if left.messages == 1 else f"{left.messages} emails are"
    paragraphs = [
        f"{school}{emails} waiting for a decision. The oldest has waited since {_moment(left.oldest)}. "
        "You are told again until everything is decided.",
        _sign_in(post, "to decide") or "Your technician can show them and carry out the decision.",
    ]
    quoted = [*paragraphs, _quoted(left.references)]
    said = _Said("digest", f"{emails.capitalize()} waiting", quoted, _waiting(left, post, "to decide"))
    return _message(said, office, post)


def escalation_notice(left: Left, to: str, post: Post) -> Message:
    """Tell those who answer for the office that something waits too long."""
    school = f" at {_clean(left.school)}" if left.school else ""
    emails = "1 email was" if left.messages == 1 else f"{left.messages} emails were"
    paragraphs = [
        f"{emails.capitalize()} stopped{school} and nobody has decided about "
        f"{'it' if left.messages == 1 else 'them'}. The oldest has waited since {_moment(left.oldest)}.",
        "You are told because the school's office may be closed. Families may be waiting for this post. "
        + (_sign_in(post, "to decide, or to see who can") or "Your technician can show what waits."),
    ]
    fields = _waiting(left, post, "to decide, or to see who can")
    subject = "Stopped emails have waited too long"
    return _message(_Said("escalation", subject, [*paragraphs, _quoted(left.references)], fields), to, post)


def _more(more: More) -> str:
    return "1 more email" if more.messages == 1 else f"{more.messages} more emails"


def _has(more: More) -> str:
    return "has" if more.messages == 1 else "have"


def _quoted(references: Sequence[str]) -> str:
    return f"Reference {_listed(references)}."


def _listed(references: Sequence[str]) -> str:
    shown = ", ".join(references[:_SHOWN])
    return shown + (f" and {len(references) - _SHOWN} more" if len(references) > _SHOWN else "")


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B}"


def decision_notice(
    reference: str, at: datetime, sender: str, count: int, offered: Sequence[str], post: Post, sent_on: bool = False
) -> Message:
    """Tell the sender that the office stopped a message, or `count` of one run. `offered` are addresses that may have
    what was in it: a person chose to name them, and nothing says whose they are; with `sent_on` the office has sent it
    to them."""
    what = f"Your email of {_moment(at)}" if count == 1 else f"Your {count} emails of {_moment(at)} and after"
    paragraphs = [
        f"{what} {'has' if count == 1 else 'have'} been looked at and stopped. "
        + (
            "The people it was held for will not receive it."
            if count == 1
            else "Nobody they were held for receives them."
        ),
    ]
    if offered:
        begin = "The office has sent it instead to: " if sent_on else "What was in it may go to: "
        paragraphs.append(begin + ", ".join(_clean(one) for one in offered) + ".")
    if not sent_on:
        paragraphs.append(
            "If you still need to send something, check the recipient first. For questions ask your office."
        )
    subject = "Your email was stopped" if count == 1 else f"{count} of your emails were stopped"
    fields = {
        "reference": reference,
        "time": _moment(at),
        "count": _emails(count),
        "offered": ", ".join(_clean(one) for one in offered),
    }
    return _message(_Said("decision", subject, [*paragraphs, f"Reference {reference}."], fields), sender, post)


@dataclass(frozen=True, slots=True)
class _Said:
    """One notice before it is written: which, our own words for it, and what the school's words may refer to."""

    kind: str
    subject: str
    paragraphs: Sequence[str]
    fields: Mapping[str, str]


def _one(stopped: Stopped, post: Post, purpose: str) -> dict[str, str]:
    return {
        "reference": stopped.reference,
        "school": _clean(stopped.school),
        "sign_in": _sign_in(post, purpose),
        "time": _moment(stopped.at),
        "recipients": _people(stopped.recipients),
        "held": _people(stopped.held),
        "what": _fate(stopped),
        "why": _why(stopped),
    }


def _run(more: More, post: Post, purpose: str) -> dict[str, str]:
    return {
        "reference": _listed(more.references),
        "school": _clean(more.school),
        "sign_in": _sign_in(post, purpose),
        "count": _emails(more.messages),
        "held": _people(more.held),
        "first": _moment(more.first),
        "last": _moment(more.last),
    }


def _waiting(left: Left, post: Post, purpose: str) -> dict[str, str]:
    return {
        "reference": _listed(left.references),
        "school": _clean(left.school),
        "sign_in": _sign_in(post, purpose),
        "count": _emails(left.messages),
        "oldest": _moment(left.oldest),
    }


def _emails(count: int) -> str:
    return "1 email" if count == 1 else f"{count} emails"


def _fate(stopped: Stopped) -> str:
    if stopped.held == stopped.recipients:
        return "has been stopped. It has not left the school."
    others = stopped.recipients - stopped.held
    return (
        f"has been stopped for {stopped.held} of them. "
        f"{_people(stopped.held).capitalize()} will not receive it; the other {others} may."
    )


_WHY = (
    (frozenset({"unreadable"}), "holds something that could not be checked."),
    (frozenset({"visible-recipients"}), "would show the addresses of many families to each other."),
    (frozenset({"other-family"}), "appears to hold information about a child of another family."),
)


def _why(stopped: Stopped) -> str:
    cause = "appears to hold information that should not go there."
    for rules, words in _WHY:
        if stopped.rules - {"split"} and stopped.rules - {"split"} <= rules:
            cause = words
    who = "" if stopped.held == stopped.recipients else f"For {stopped.held} of them "
    return f"{who}{'it' if who else 'It'} {cause}"


def _sign_in(post: Post, purpose: str) -> str:
    return f"Sign in {purpose}: {post.console_url} . " if post.console_url else ""


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _moment(at: datetime) -> str:
    return f"{at:%H:%M} on {at.day} {at:%B}"


def _message(said: _Said, to: str, post: Post) -> Message:
    """Plain text and HTML of the same words: the school's own where it has any for this notice. Headers are refused by
    the library if they hold CR or LF."""
    own = post.words.get(said.kind)
    subject, paragraphs = own.fill(said.fields) if own is not None else (said.subject, said.paragraphs)
    made = EmailMessage(policy=SMTP)
    made["From"] = Address("Mail check", addr_spec=f"postmaster@{post.hostname}")
    if _PLAIN_ADDRESS.fullmatch(to):
        made["To"] = Address(addr_spec=to)
    else:  # an address that needs quoting or SMTPUTF8 stands in the envelope alone
        made["To"] = "undisclosed-recipients:;"
    if _PLAIN_ADDRESS.fullmatch(post.reply_to) and post.reply_to != to:
        made["Reply-To"] = Address(addr_spec=post.reply_to)
    made["Subject"] = subject
    made["Date"] = format_datetime(post.at)
    made["Message-ID"] = f"<{post.id}@{post.hostname}>"
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    made.set_content("\n\n".join(paragraphs) + "\n", cte="quoted-printable")
    body = "\n".join(f"<p>{_linked(text, post.console_url)}</p>" for text in paragraphs)
    page = (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head><meta charset="utf-8">'
        f"<title>{html.escape(subject)}</title></head>\n<body>\n{body}\n</body>\n</html>\n"
    )
    made.add_alternative(page, subtype="html", cte="quoted-printable")
    return Message(
        id=post.id,
        envelope=Envelope("", (to,)),
        content=made.as_bytes(),
        received_at=post.at,
        smtputf8=not to.isascii(),
        notify=("NEVER",),
    )


def _linked(text: str, url: str) -> str:
    safe = html.escape(text)
    shown = html.escape(url)
    return safe.replace(shown, f'<a href="{shown}">{shown}</a>') if url else safe


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()[:200]
