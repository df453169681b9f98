"""MAIL and RCPT lines: address and parameters. Pure.

Addresses are read by a strict pattern, not by a mail header parser: an address that two programs can read in two ways
is refused, because the judge and the next server must mean the same person. Parameters keep their spelling; ENVID and
ORCPT are case-sensitive and go onward as they came (RFC 3461 section 4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BAD_SYNTAX = "501 5.5.4 Syntax error in parameters"
UNKNOWN_PARAMETER = "555 5.5.4 Parameter not recognised"
_BODY_TYPES = ("7BIT", "8BITMIME")
_NOTIFY = frozenset({"SUCCESS", "FAILURE", "DELAY"})

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010ffff-]+"
_QUOTED = r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e\u00a1-\U0010ffff]|\\[\x20-\x7e])*"'
# A label has 63 octets at most (RFC 1035 section 2.3.4); one of other letters is longer still once it is encoded.
_LABEL = (
    r"(?![^.@>\s,:]{64})[A-Za-z0-9_\u00a1-\U0010ffff](?:[A-Za-z0-9_\u00a1-\U0010ffff-]*[A-Za-z0-9_\u00a1-\U0010ffff])?"
)
_LITERAL = r"\[(?:IPv6:)?[0-9A-Fa-f:.]+\]"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|{_LITERAL})"
_MAILBOX = rf"(?:\.?{_ATOM}(?:\.+{_ATOM})*\.?|{_QUOTED})@{_DOMAIN}"
_PATH = re.compile(rf"<(?:@{_DOMAIN}(?:,@{_DOMAIN})*:)?(?P<in>{_MAILBOX})>|(?P<bare>{_MAILBOX})(?=\s|$)")
_POSTMASTER = re.compile(r"<(postmaster)>", re.IGNORECASE)
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_ORCPT = re.compile(rf"[A-Za-z0-9-]+;(?:{_XTEXT.pattern})|utf-8;[^\s+=\\]+", re.IGNORECASE)

MAX_ADDRESS = 320
MAX_ENVID = 100
MAX_ORCPT = 500


class CommandError(Exception):
    """The command is refused with `reply`, a whole reply line with its enhanced code."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class MailCommand:
    """MAIL FROM as understood. `sender` is "" for the null sender; `size` 0 where none was given."""

    sender: str
    size: int = 0
    body_type: str = "7BIT"
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""


@dataclass(frozen=True, slots=True)
class RcptCommand:
    """RCPT TO as understood; `notify` and `orcpt` are "" where the client gave none."""

    recipient: str
    notify: str = ""
    orcpt: str = ""


def parse_mail(argument: str, *, extended: bool) -> MailCommand:
    """Return what follows the word MAIL; raises CommandError. RFC 5321 section 4.1.1.2, RFC 1870, RFC 6152,
    RFC 6531, RFC 3461; AUTH= (RFC 4954) is read and not believed."""
    rest = _after("FROM:", argument)
    if rest.startswith("<>"):
        sender, rest = "", rest[2:]
    else:
        sender, rest = _address(rest, "553 5.1.7 Sender address not understood")
    parameters = _parameters(rest, extended)
    command = MailCommand(
        sender=sender,
        size=_size(parameters.pop("SIZE", "0")),
        body_type=_choice(parameters.pop("BODY", "7BIT"), _BODY_TYPES),
        smtputf8="SMTPUTF8" in parameters,
        ret=_choice(parameters.pop("RET", ""), ("", "FULL", "HDRS")),
        envid=_matching(parameters.pop("ENVID", ""), _XTEXT, MAX_ENVID),
    )
    parameters.pop("AUTH", None)
    if parameters.pop("SMTPUTF8", None):
        raise CommandError(BAD_SYNTAX)
    if parameters:
        raise CommandError(UNKNOWN_PARAMETER)
    if not (sender.isascii() or command.smtputf8):
        raise CommandError("550 5.6.7 Address needs SMTPUTF8")
    return command


def parse_rcpt(argument: str, *, extended: bool, smtputf8: bool) -> RcptCommand:
    """Return what follows the word RCPT; raises CommandError. RFC 5321 section 4.1.1.3, RFC 3461."""
    rest = _after("TO:", argument)
    if postmaster := _POSTMASTER.match(rest):
        recipient, rest = postmaster[1], rest[postmaster.end() :]
    else:
        recipient, rest = _address(rest, "553 5.1.3 Recipient address not understood")
    parameters = _parameters(rest, extended)
    command = RcptCommand(
        recipient=recipient,
        notify=_notify(parameters.pop("NOTIFY", "")),
        orcpt=_matching(parameters.pop("ORCPT", ""), _ORCPT, MAX_ORCPT),
    )
    if parameters:
        raise CommandError(UNKNOWN_PARAMETER)
    if not (recipient.isascii() or smtputf8):
        raise CommandError("553 5.6.7 Address needs SMTPUTF8")
    return command


def same_mailbox(address: str) -> str:
    """Return the key of a recipient's mailbox: nobody runs two that differ in case."""
    return address.casefold()


def _after(keyword: str, argument: str) -> str:
    if argument[: len(keyword)].upper() != keyword:
        raise CommandError(f"501 5.5.4 Syntax: {'MAIL FROM' if keyword == 'FROM:' else 'RCPT TO'}:<address>")
    return argument[len(keyword) :].strip(" ")


def _address(text: str, reply: str) -> tuple[str, str]:
    """Split an address off the front of `text`. A source route is dropped, as RFC 5321 appendix C allows."""
    found = _PATH.match(text)
    if not found:
        raise CommandError(reply)
    address = found["in"] or found["bare"]
    if len(address) > MAX_ADDRESS:
        raise CommandError(reply)
    return address, text[found.end() :]


def _parameters(text: str, extended: bool) -> dict[str, str]:
    """Return KEYWORD -> value ("" if none) with keywords in upper case; a keyword given twice is an error, since
    another program might believe the other one."""
    words = text.split()
    if words and (not extended or not text.startswith(" ")):
        raise CommandError(BAD_SYNTAX)
    result: dict[str, str] = {}
    for word in words:
        keyword, equals, value = word.partition("=")
        keyword = keyword.upper()
        if not keyword.replace("-", "").isalnum() or keyword in result or (equals and not value):
            raise CommandError(BAD_SYNTAX)
        result[keyword] = value
    return result


def _size(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 20):
        raise CommandError(BAD_SYNTAX)
    return int(value)


def _choice(value: str, allowed: tuple[str, ...]) -> str:
    if value.upper() not in allowed:
        raise CommandError(BAD_SYNTAX)
    return value.upper()


def _matching(value: str, pattern: re.Pattern[str], limit: int) -> str:
    if value and (len(value) > limit or not pattern.fullmatch(value)):
        raise CommandError(BAD_SYNTAX)
    return value


def _notify(value: str) -> str:
    wishes = value.upper().split(",") if value else []
    if wishes not in ([], ["NEVER"]) and not (set(wishes) <= _NOTIFY and len(set(wishes)) == len(wishes)):
        raise CommandError(BAD_SYNTAX)
    return ",".join(wishes)
