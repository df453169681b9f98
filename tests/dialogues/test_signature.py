"""A DKIM-signed message verifies after passing, and the upstream's copy equals what the sender wrote."""

from __future__ import annotations

import asyncio
import base64
import random
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from dialogues.relaykit import Upstream, eventually, relay, send

HEAD = b"From: Office <office@oakfield.example>\r\nTo: p@family.test\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n"


def odd_messages() -> dict[str, bytes]:
    """Legal, odd messages: what a relay is tempted to mend."""
    seeded = random.Random(7)
    bodies = {
        "no body": b"",
        "empty body": b"\r\n",
        "one line": b"\r\nhello\r\n",
        "trailing blank lines": b"\r\nhello\r\n\r\n\r\n\r\n",
        "trailing spaces": b"\r\nhello   \r\n \t \r\nx\t\r\n",
        "dots": b"\r\n.\r\n..\r\n...\r\n.hidden\r\n. \r\n",
        "eight bit": b"\r\ncaf\xe9 na\xefve \xa3100\r\n",
        "utf-8": "\r\ncafé — “quoted” 🎒\r\n".encode(),
        "long line": b"\r\n" + b"x" * 5000 + b"\r\n",
        "very long line": b"\r\n" + b"word " * 40000 + b"\r\n",
        "nul and controls": b"\r\na\0b\x01\x02\x1b[31m\x7f\r\n",
        "binary-looking": b"\r\n" + bytes(b for b in seeded.randbytes(3000) if b not in (10, 13)) + b"\r\n",
        "from at line start": b"\r\nFrom here to there\r\n>From x\r\n",
        "only spaces": b"\r\n \r\n",
        "form feed": b"\r\npage\x0cpage\r\n",
        "base64 without line ends": b"\r\n" + base64.b64encode(seeded.randbytes(3000)) + b"\r\n",
        "mime": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\npre\r\n--b\r\n\r\nx\r\n--b--\r\nend\r\n',
    }
    headers = {
        "folded": b"Subject: a\r\n b\r\n\tc\r\n",
        "tab folding": b"Subject:\r\n\tx\r\n",
        "odd case": b"sUbJeCt:x\r\n",
        "no space": b"Subject:x\r\nX-A:\r\n",
        "raw utf-8": "Subject: Schülerin ✓\r\n".encode(),
        "long": b"Subject: " + b"s" * 1500 + b"\r\n",
        "twice": b"Subject: a\r\nX-Twice: 1\r\nX-Twice: 2\r\n",
    }
    messages = {f"body: {name}": HEAD + b"Subject: x\r\n" + body for name, body in bodies.items()}
    messages |= {f"header: {name}": HEAD + field + b"\r\ntext\r\n" for name, field in headers.items()}
    for n in range(30):
        lines = [
            bytes(seeded.choices(range(32, 256), k=seeded.randrange(0, 200))) for _ in range(seeded.randrange(1, 40))
        ]
        body = b"\r\n".join(seeded.choice([b"", b".", b"..", b" "]) + line for line in lines)
        messages[f"random {n}"] = HEAD + b"Subject: x\r\n\r\n" + body + b"\r\n"
    return messages


MESSAGES = odd_messages()


@pytest.mark.parametrize("canonical", [b"simple/simple", b"relaxed/relaxed"])
def test_every_odd_message_verifies_after_passing(tmp_path: Path, canonical: bytes) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    signed = {}
    for name, message in MESSAGES.items():
        head, _, body = canonical.partition(b"/")
        signature = dkim.sign(message, b"s", b"oakfield.example", pem, canonicalize=(head, body))
        signed[name] = signature + message

    async def story() -> None:
        upstream = Upstream()
        await upstream.start()
        async with relay(tmp_path, [upstream.address]) as house:
            for n, (name, message) in enumerate(signed.items(), 1):
                reply = await send(house.port, message, mail_options=" BODY=8BITMIME")
                assert reply.startswith("250"), (name, reply)
                await eventually(lambda n=n: len(upstream.got) == n)
                got = upstream.got[-1]
                assert got.content.endswith(message), name
                assert got.content.count(b"\r\n\tby relay.test (mailguard ") == 1
                assert dkim.verify(got.content, dnsfunc=lambda *_, **__: record), name
                assert "BODY=8BITMIME" in got.mail_line
        await upstream.stop()

    asyncio.run(story())


def test_the_corpus_is_large_enough() -> None:
    assert len(MESSAGES) >= 50
