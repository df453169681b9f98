"""Real Postfix on both sides: MIS -> Postfix -> mailguard -> Postfix -> maildir."""

from __future__ import annotations

import asyncio
import base64
import smtplib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from dialogues.servekit import RECORD, House, free_port
from peers.postfixkit import Postfix

pytestmark = [pytest.mark.peer, pytest.mark.timeout(180)]

OWN, OTHER, OFFICE = "rowan@quillfeather.test", "petra@marrowgate.test", "office@oakfield.example"
SECOND, GONE = "second@marrowgate.test", "gone@quillfeather.test"


@dataclass
class Chain:
    before: Postfix
    house: House
    after: Postfix

    def send(self, recipients: list[str], content: bytes, options: tuple[str, ...] = ()) -> None:
        with smtplib.SMTP("127.0.0.1", self.before.port, timeout=20) as client:
            client.sendmail(OFFICE, recipients, content, mail_options=options)

    def run(self, *words: str) -> str:
        return asyncio.run(self.house.run(*words))

    def held(self) -> list[dict[str, Any]]:
        return asyncio.run(self.house.ask("held", "list"))

    def reports(self) -> list[bytes]:
        """The delivery reports that the sender has got."""
        got = self.after.mailboxes().get(OFFICE, [])
        return [content for content in got if b"report-type=delivery-status" in content]

    def waiting(self) -> set[str]:
        """The recipients that are held."""
        return {who["address"] for one in self.held() for who in one["recipients"] if who["state"] == "held"}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    after = Postfix.delivering(free_port(), (OWN, OTHER, SECOND, OFFICE), gone=GONE)
    house = House(tmp_path_factory.mktemp("house"), f"127.0.0.1:{after.port}")
    before = Postfix.relaying(free_port(), house.port)

    loop = asyncio.new_event_loop()
    after.start()
    loop.run_until_complete(house.start())
    before.start()
    try:
        yield Chain(before, house, after)
    finally:
        before.stop()
        loop.run_until_complete(house.stop())
        after.stop()
        loop.close()


def eventually(condition: Callable[[], bool], what: Callable[[], str] = lambda: "") -> None:
    end = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < end, what()
        time.sleep(0.1)


def message(subject: str, to: str, text: bytes = RECORD) -> bytes:
    return f"From: {OFFICE}\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n".encode() + text


def arrived(chain: Chain, address: str, subject: str) -> list[bytes]:
    mark = f"Subject: {subject}\n".encode()
    return [content for content in chain.after.mailboxes().get(address, []) if mark in content]


def test_a_report_reaches_its_own_family_at_once(chain: Chain) -> None:
    chain.send([OWN], message("own", OWN))
    eventually(lambda: bool(arrived(chain, OWN, "own")), chain.after.log)
    [content] = arrived(chain, OWN, "own")
    assert content.count(b"(mailguard ") == 1


def test_a_held_report_arrives_after_release_at_exactly_the_chosen_recipient(chain: Chain) -> None:
    chain.run("user", "add", "clerk", "--role", "approver")
    others = [OTHER, SECOND]
    chain.send([*others, OWN], message("mixed", ", ".join([*others, OWN])))
    eventually(lambda: bool(arrived(chain, OWN, "mixed")) and bool(chain.held()), chain.before.log)
    [held] = chain.held()
    assert not arrived(chain, OTHER, "mixed")
    chain.run("held", "release", str(held["id"]), "--to", OTHER, "--reason", "agreed with both", "--as", "clerk")
    eventually(lambda: bool(arrived(chain, OTHER, "mixed")), chain.after.log)
    assert len(arrived(chain, OWN, "mixed")) == 1
    assert not arrived(chain, SECOND, "mixed")
    assert chain.waiting() == {SECOND}


def test_a_refused_report_never_arrives(chain: Chain) -> None:
    chain.send([OTHER], message("refused", OTHER))
    eventually(lambda: OTHER in chain.waiting(), chain.before.log)
    [held] = [one for one in chain.held() if one["subject"] == "refused"]
    chain.run("held", "refuse", str(held["id"]), "--reason", "wrong family", "--as", "clerk")
    assert OTHER not in chain.waiting()
    time.sleep(1)
    assert not arrived(chain, OTHER, "refused")


def test_a_signed_message_verifies_in_the_mailbox(chain: Chain) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    odd = message("signed", OWN, "caf\u00e9\r\n.\r\n..\r\n  \r\ntrailing \r\n\r\n\r\n".encode())
    signed = dkim.sign(odd, b"s", b"oakfield.example", pem) + odd
    chain.send([OWN], signed, ("BODY=8BITMIME",))
    eventually(lambda: bool(arrived(chain, OWN, "signed")), chain.after.log)
    [content] = arrived(chain, OWN, "signed")
    assert dkim.verify(content.replace(b"\n", b"\r\n"), dnsfunc=lambda *_, **__: record)


def test_a_recipient_that_the_next_server_refuses_is_reported_without_the_body(chain: Chain) -> None:
    chain.send([GONE, OWN], message("gone", GONE, b"A trip to the museum.\r\n"))
    eventually(lambda: bool(chain.reports()), chain.after.log)
    [report] = chain.reports()
    assert f"Final-Recipient: rfc822; {GONE}\nAction: failed\nStatus: 5.1.1".encode() in report
    assert b"museum" not in report
    assert b"Return-Path: <>" in report
    eventually(lambda: bool(arrived(chain, OWN, "gone")), chain.after.log)


def test_forty_at_once_all_arrive_once(chain: Chain) -> None:
    for n in range(40):
        chain.send([OWN], message(f"many {n}", OWN))
    eventually(lambda: all(arrived(chain, OWN, f"many {n}") for n in range(40)), chain.after.log)
    assert all(len(arrived(chain, OWN, f"many {n}")) == 1 for n in range(40))
