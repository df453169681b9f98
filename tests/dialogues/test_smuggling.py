"""SMTP smuggling: whatever a sender writes for "end of data", the house sees one message or none, and what it sees has
no bare CR or LF, so no server further on can see two (CVE-2023-51764, -51765, -51766, CVE-2024-27305)."""

from __future__ import annotations

import asyncio
import re

import pytest
from dialogues.relaykit import talk

from mailguard.model import Message
from mailguard.receive import ListenerSettings, ReceiveSettings, Server

FALSE_ENDS = {
    "LF . LF": b"\n.\n",
    "LF . CRLF": b"\n.\r\n",
    "LF . CR": b"\n.\r",
    "CR . CR": b"\r.\r",
    "CR . LF": b"\r.\n",
    "CR . CRLF": b"\r.\r\n",
    "CRLF . LF": b"\r\n.\n",
    "CRLF . CR": b"\r\n.\r",
    "CRLF . CR CR LF": b"\r\n.\r\r\n",
    "CRLF . NUL CRLF": b"\r\n.\0\r\n",
    "CRLF NUL . CRLF": b"\r\n\0.\r\n",
    "CRLF . space CRLF": b"\r\n. \r\n",
    "CRLF space . CRLF": b"\r\n .\r\n",
    "CRLF .. CRLF": b"\r\n..\r\n",
    "CR LF . LF . CRLF": b"\r\n.\n.\r\n",
    "CR CR LF . CRLF": b"\r\r\n.\r",
    "LF LF . LF LF": b"\n\n.\n\n",
    "LF CR . LF CR": b"\n\r.\n\r",
    "LF CR . CRLF": b"\n\r.\r\n",
    "VT . VT": b"\x0b.\x0b",
    "NEL . NEL": b"\x85.\x85",
    "U+2028 . U+2028": "\u2028.\u2028".encode(),
    "FF . CRLF": b"\x0c.\r\n",
    "CRLF . LF CR": b"\r\n.\n\r",
}
SECOND = (
    b"MAIL FROM:<head@oakfield.example>\r\nRCPT TO:<victim@family.test>\r\nDATA\r\n"
    b"Subject: forged\r\n\r\nhello\r\n.\r\n"
)
HEAD = b"EHLO c.test\r\nMAIL FROM:<a@oakfield.example>\r\nRCPT TO:<b@family.test>\r\nDATA\r\n"


class TakesAll:
    def __init__(self) -> None:
        self.taken: list[Message] = []

    def check_room(self, size: int) -> None:
        pass

    async def let_in(self) -> None:
        pass

    async def take(self, message: Message) -> None:
        self.taken.append(message)

    async def take_or_reject(self, message: Message) -> bool:
        raise NotImplementedError


def passed(script: bytes) -> tuple[list[Message], str]:
    async def story() -> tuple[list[Message], str]:
        intake = TakesAll()
        server = Server(ReceiveSettings(listeners=(ListenerSettings(port=0),), hostname="relay.test"), intake)
        await server.start()
        replies = await talk(server.addresses[0][1], script)
        await server.stop()
        return intake.taken, replies

    return asyncio.run(story())


@pytest.mark.parametrize("false_end", FALSE_ENDS.values(), ids=FALSE_ENDS)
def test_a_false_end_of_data_never_makes_a_second_message(false_end: bytes) -> None:
    taken, replies = passed(HEAD + b"Subject: one\r\n\r\nfirst" + false_end + SECOND + b"QUIT\r\n")
    assert [message.envelope.sender for message in taken] in ([], ["a@oakfield.example"])
    assert not any("victim@family.test" in message.envelope.recipients for message in taken)
    if not taken:
        assert "550 5.6.11" in replies
    for message in taken:
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", message.content)


def test_there_are_24_variants_and_most_are_refused() -> None:
    assert len(FALSE_ENDS) == 24
    refused = [name for name, end in FALSE_ENDS.items() if re.search(rb"(?<!\r)\n|\r(?!\n)", b"x" + end + b"x")]
    assert len(refused) == 15


@pytest.mark.parametrize("where", ["subject\r: x", "subject\n: x", "x: y\r\n\r\nbody\nbody", "x: y\r\n\r\nbody\rbody"])
def test_a_bare_line_end_anywhere_is_refused(where: str) -> None:
    taken, replies = passed(HEAD + where.encode() + b"\r\n.\r\nQUIT\r\n")
    assert not taken
    assert "550 5.6.11" in replies


def test_the_true_end_is_found_right_after_a_false_one() -> None:
    taken, _ = passed(HEAD + b"Subject: x\r\n\r\n.. \r\n..\r\n.\r\nQUIT\r\n")
    [message] = taken
    assert message.content.endswith(b"\r\n\r\n. \r\n.\r\n")
