"""A stamp counts for the message, sender, recipients and time it was made for, and for nothing else."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from mailguard.model import Envelope, Message
from mailguard.stamp import FRESH, MOST_RECIPIENTS, stamped, use_of

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ENVELOPE = Envelope("office@oakfield.example", ("a@home.example", "b@home.example"))
MAIL = (
    b"Received: from mis ([192.0.2.1])\r\n\tby guard; Fri\r\nFrom: Office <office@oakfield.example>\r\n"
    b"To: a@home.example\r\nSubject: Report\r\nX-Class: 5B\r\n\r\nAnnabel is in set 2.\r\n"
)


def mac(field: str, value: str, key: bytes = b"ours") -> str:
    return hashlib.blake2b(field.encode() + b"\0" + value.encode(), key=key, digest_size=16).hexdigest()


def theirs(field: str, value: str) -> str:
    return mac(field, value, b"theirs")


def use(content: bytes, envelope: Envelope = ENVELOPE, at: datetime = NOW + timedelta(minutes=2)) -> str:
    return use_of(Message("back", envelope, content, at), at, mac)


SENT = stamped(MAIL, "01a21ab9cc42", ENVELOPE, NOW, mac)


def test_the_message_itself_is_not_changed_and_nobody_is_named_in_the_stamp() -> None:
    assert SENT.endswith(MAIL)
    stamp = SENT[: -len(MAIL)]
    assert stamp.startswith(b"X-Mailguard-Stamp: 1 01a21ab9cc42 ")
    assert b"home" not in stamp
    assert max(map(len, stamp.split(b"\r\n"))) < 79


def test_it_counts_as_it_was_sent_and_as_a_tenant_hands_it_on() -> None:
    assert use(SENT)
    added = b"Received: from tenant\r\nX-MS-Exchange-Organization-SCL: -1\r\nARC-Seal: i=1;\r\n\tcv=none\r\n"
    assert use(added + SENT) == use(SENT)
    refolded = SENT.replace(b"To: a@home.example", b"To:\r\n  a@home.example")
    assert use(refolded) == use(SENT)
    assert use(SENT, Envelope(ENVELOPE.sender, ("B@HOME.example",)))  # some of its recipients


CHANGES = {
    "another body": SENT.replace(b"set 2", b"set 3"),
    "another subject": SENT.replace(b"Subject: Report", b"Subject: Annabel"),
    "another field": SENT.replace(b"X-Class: 5B", b"X-Class: 5A"),
    "a new field": SENT.replace(b"Subject:", b"X-Note: Tobias\r\nSubject:"),
    "a second subject": SENT.replace(b"Subject:", b"Subject: Tobias\r\nSubject:"),
    "a line that is no field": SENT.replace(b"Subject:", b"Tobias is in set 3\r\nSubject:"),
    "a field without its line": SENT.replace(b"X-Class: 5B\r\n", b""),
    "more behind": SENT + b"Tobias\r\n",
    "another time": SENT.replace(b" 01a21ab9cc42 1", b" 01a21ab9cc42 2"),
    "another id": SENT.replace(b"01a21ab9cc42", b"01a21ab9cc43"),
    "two stamps": SENT[: -len(MAIL)] + SENT,
    "no stamp": MAIL,
    "an empty stamp": b"X-Mailguard-Stamp:\r\n" + MAIL,
    "a stamp in the body": MAIL + SENT[: -len(MAIL)],
    "somebody else's key": stamped(MAIL, "01a21ab9cc42", ENVELOPE, NOW, theirs),
}


@pytest.mark.parametrize("name", CHANGES)
def test_nothing_else_counts(name: str) -> None:
    assert CHANGES[name] != SENT
    assert use(CHANGES[name]) == ""


@pytest.mark.parametrize(
    "envelope",
    [
        Envelope(ENVELOPE.sender, (*ENVELOPE.recipients, "c@home.example")),
        Envelope(ENVELOPE.sender, ("c@home.example",)),
        Envelope("head@oakfield.example", ENVELOPE.recipients),
        Envelope("", ENVELOPE.recipients),
        Envelope(ENVELOPE.sender, ()),
    ],
)
def test_it_does_not_count_for_others(envelope: Envelope) -> None:
    assert use(SENT, envelope) == ""


def test_it_counts_while_it_is_fresh() -> None:
    assert use(SENT, at=NOW + FRESH - timedelta(seconds=1))
    assert use(SENT, at=NOW + FRESH + timedelta(seconds=1)) == ""
    assert use(SENT, at=NOW - timedelta(minutes=5)) == ""  # from the future


def test_a_message_to_very_many_is_not_stamped() -> None:
    many = Envelope(ENVELOPE.sender, tuple(f"p{n}@home.example" for n in range(MOST_RECIPIENTS + 1)))
    assert stamped(MAIL, "01a21ab9cc42", many, NOW, mac) == MAIL
    assert use(SENT, many) == ""
