"""Runs every scripted dialogue in `cases/` against a relay's door with its real settings and a house that takes all.

A script is read from top to bottom:
    C: text          send the text and CRLF (\\xNN, \\r, \\n are escapes)      > text    send the text alone
    repeat N: text   send a line N times            longline N   send N letters and CRLF
    S: text          the next reply line begins so; "S: 250..." takes all lines of the reply; "S: closed" is the end
    pause / leave    let what was sent arrive by itself / close the connection
    source: ADDRESS, max_recipients: N, junk_commands: N      how the connection is made and the door set
    accepted: N, sender: A, recipients: A B, content: TEXT, envid:, notify:, orcpt:    what was taken (the last)
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from mailguard.model import Message
from mailguard.receive import ListenerSettings, ReceiveSettings, Server

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
SETTINGS = ("max_recipients", "junk_commands")


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


def raw(text: str) -> bytes:
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


class Dialogue:
    def __init__(self, lines: list[str], port: int, intake: TakesAll) -> None:
        self.lines = lines
        self.port = port
        self.intake = intake

    async def play(self) -> None:
        source = next((line.split()[1] for line in self.lines if line.startswith("source:")), None)
        local = (source, 0) if source else None
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=local)
        try:
            for line in self.lines:
                async with asyncio.timeout(10):
                    await self.step(line)
        finally:
            self.writer.close()

    async def step(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "C:":
            self.writer.write(raw(rest) + b"\r\n")
        elif word == ">":
            self.writer.write(raw(rest))
        elif word == "repeat":
            count, _, text = rest.partition(": ")
            self.writer.write((raw(text) + b"\r\n") * int(count))
        elif word == "longline":
            self.writer.write(b"x" * int(rest) + b"\r\n")
        elif word == "pause":
            await asyncio.sleep(0.05)
        elif word == "leave":
            self.writer.close()
            await asyncio.sleep(0.2)
        elif word == "S:":
            await self.hear(rest)
        elif word not in ("source:", *(f"{name}:" for name in SETTINGS)):
            await self.check(word, rest)

    async def hear(self, expected: str) -> None:
        got = (await self.reader.readline()).decode()
        if expected == "closed":
            assert got == ""
            return
        if expected.endswith("..."):
            while got[3:4] == "-":
                got = (await self.reader.readline()).decode()
        assert got.startswith(expected.removesuffix("...")), f"expected {expected!r}, got {got!r}"
        enhanced = re.match(r"[245]\d\d[ -][245]\.\d+\.\d+ ", got)
        assert enhanced or got.startswith(("220", "250", "354")), f"no enhanced code: {got!r}"

    async def check(self, fact: str, expected: str) -> None:
        taken = self.intake.taken
        if fact == "accepted:":
            assert len(taken) == int(expected)
            return
        message = taken[-1]
        if fact == "content:":
            assert raw(expected) in message.content
            return
        facts = {
            "sender:": message.envelope.sender,
            "recipients:": " ".join(message.envelope.recipients),
            "envid:": message.envid,
            "notify:": " ".join(message.notify),
            "orcpt:": " ".join(message.orcpt),
        }
        assert facts[fact] == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_dialogue(case: Path) -> None:
    lines = [line for line in case.read_text().splitlines() if line and not line.startswith("#")]
    options = {line.split(":")[0]: int(line.split(": ")[1]) for line in lines if line.split(":")[0] in SETTINGS}
    settings = ReceiveSettings(
        listeners=(ListenerSettings(port=0),),
        hostname="relay.test",
        max_message_bytes=4000,
        allow=("127.0.0.1/32",),
        **options,  # type: ignore[arg-type]
    )

    async def play() -> None:
        intake = TakesAll()
        server = Server(settings, intake)
        await server.start()
        try:
            await Dialogue(lines, server.addresses[0][1], intake).play()
        finally:
            await server.stop()

    asyncio.run(play())


def test_there_are_dialogues() -> None:
    assert len(CASES) >= 20
