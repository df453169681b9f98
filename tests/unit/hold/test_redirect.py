"""Sending to the right family instead: a new message that shows nothing of the old recipients, to be judged anew."""

import email
from email import policy

import pytest

from mailguard.hold.decisions import By, NotAllowed, version_of
from mailguard.hold.redirect import redirect, redirected
from mailguard.store import Conflict, approvals, audit, holds, queue

OLD = (
    b"Received: from x by y; for <ada@home.example>\r\n"
    b"DKIM-Signature: v=1; a=rsa-sha256;\r\n\th=from:to; b=abc\r\n"
    b"X-Original-To: ada@home.example\r\n"
    b"From: Office <office@oak.example>\r\n"
    b"Reply-To: office@oak.example,\r\n Ada <ADA@home.example>\r\n"
    b"To: Ada <ada@home.example>,\r\n\t<bob@home.example>\r\n"
    b"Cc: cy@home.example\r\n"
    b"Message-ID: <1@oak.example>\r\n"
    b"In-Reply-To: <ada-home@home.example>\r\n"
    b"Subject: =?utf-8?q?F=C3=B6rm?=\r\n for you\r\n"
    b"Date: Thu, 26 Nov 2026 10:00:00 +0000\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed;\r\n boundary=b\r\n"
    b"\r\n--b\r\n\r\nTo: this stays\r\n--b--\r\n"
)
PARENTS = ("ada@home.example", "bob@home.example", "cy@home.example")
OSEI = By("osei", "it is her child")


def test_the_header_shows_nobody_of_before_and_the_body_is_unchanged() -> None:
    new = redirected(OLD, PARENTS, ["dee@home.example", "eve@home.example"], "id1", "mx.oak.example")
    head, _, body = new.partition(b"\r\n\r\n")
    assert body == OLD.partition(b"\r\n\r\n")[2]
    for gone in (b"ada", b"bob@", b"cy@", b"DKIM", b"Received", b"In-Reply-To", b"1@oak"):
        assert gone.lower() not in head.lower()
    read = email.message_from_bytes(new, policy=policy.SMTP)
    assert read["To"] == "<dee@home.example>, <eve@home.example>".replace("<", "").replace(">", "")
    assert read["Message-ID"] == "<id1@mx.oak.example>"
    assert read["Subject"] == "Förm for you"
    assert read["From"] == "Office <office@oak.example>"
    assert read.get_content_type() == "multipart/mixed"
    assert read["Cc"] is None


@pytest.mark.parametrize("address", ["x@y.example\r\nBcc: z@z.example", "<x@y.example>", "no address", "a@b, c@d"])
def test_an_address_that_could_change_the_header_is_refused(address: str) -> None:
    with pytest.raises(ValueError):
        redirected(OLD, PARENTS, [address], "id1", "mx.example")


def test_the_old_message_is_stopped_and_the_new_one_waits_to_be_judged(desk) -> None:
    desk.hold(sender="mis@oak.example")
    with desk.database.write() as tx:
        new = redirect(tx, "m1", OSEI, ["dee@home.example"], "mx.example")
    with desk.database.read() as tx:
        assert [one.state.value for one in holds.details(tx, "m1").recipients] == ["refused", "refused", "queued"]
        made = queue.load(tx, new)
        assert made.envelope.recipients == ("dee@home.example",)
        assert made.envelope.sender == "mis@oak.example"
        assert queue.unjudged(tx, 10) == [new]
        last = list(audit.entries(tx, "m1"))[-1].entry
    assert (last.action, last.detail["as"], last.detail["to"]) == ("redirected", new, ["dee@home.example"])


def test_the_sender_and_the_late_cannot_redirect(desk) -> None:
    desk.hold(sender="a.osei@oak.example")
    with pytest.raises(NotAllowed), desk.database.write() as tx:
        redirect(tx, "m1", OSEI, ["dee@home.example"], "mx.example")
    desk.hold("m2", sender="mis@oak.example")
    with desk.database.read() as tx:
        seen = version_of(holds.details(tx, "m2"), approvals.find(tx, "m2"))
    with desk.database.write() as tx:
        redirect(tx, "m2", OSEI, ["dee@home.example"], "mx.example", seen)
    with pytest.raises(Conflict), desk.database.write() as tx:
        redirect(tx, "m2", OSEI, ["dee@home.example"], "mx.example", seen)
