"""Hostile mail of every class through the real relay: no planted record reaches the other family, every twin reaches
its own, the relay stays up and its workers with it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from dialogues.relaykit import Upstream, eventually, send
from dialogues.servekit import House
from hostile.planted import CLASSES

OTHERS = "Annabel Quillfeather, born 9 March 2014, UPN H801200001001, has asthma."
OWN = "Tobias Marrowgate, born 21 November 2013, UPN Y801200001002, has asthma."
READER = "petra@marrowgate.test"
HEAD = b"From: office@oakfield.example\nTo: petra@marrowgate.test\nSubject: %s %d\n"


def messages() -> list[tuple[str, bytes]]:
    made = []
    for number, (planted, twin) in enumerate(CLASSES.values()):
        for word, make, text in (("planted", planted, OTHERS), ("twin", twin, OWN)):
            content = HEAD % (word.encode(), number) + make(text)
            made.append((f"{word} {number}", content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")))
    return made


def subjects(upstream: Upstream) -> set[str]:
    found = [re.search(rb"^Subject: ([^\r]*)", got.content, re.MULTILINE) for got in upstream.got]
    return {match.group(1).decode() for match in found if match}


def test_no_planted_record_passes_and_every_twin_does(tmp_path: Path) -> None:
    async def story() -> None:
        upstream = Upstream()
        await upstream.start()
        house = House(tmp_path, upstream.address)
        await house.start()
        try:
            for _, content in messages():
                reply = await send(house.port, content, recipients=(READER,))
                assert reply.startswith("250 2.0.0"), reply
            twins = {f"twin {number}" for number in range(len(CLASSES))}
            held: list[dict[str, object]] = []

            async def settled() -> bool:
                held[:] = await house.ask("held", "list")
                sent = sum(word.startswith(("planted", "twin")) for word in subjects(upstream))
                return len(held) + sent >= 2 * len(CLASSES)

            async with asyncio.timeout(900):
                while not await settled():
                    await asyncio.sleep(1)
            names = dict(enumerate(CLASSES))
            missing = {names[int(word.split()[1])] for word in twins - subjects(upstream)}
            leaked = {names[int(word.split()[1])] for word in subjects(upstream) if word.startswith("planted")}
            assert leaked == set()
            assert missing == set()
            assert len(held) == len(CLASSES)
            # The relay is as it was: it takes and delivers the next message.
            await send(
                house.port,
                HEAD.replace(b"\n", b"\r\n") % (b"last", 0) + b"\r\nSee you there.\r\n",
                recipients=(READER,),
            )
            await eventually(lambda: "last 0" in subjects(upstream), 60)
            assert house.process is not None
            assert house.process.returncode is None
            assert "Traceback" not in (tmp_path / "log").read_text()
        finally:
            await house.stop()
            await upstream.stop()

    asyncio.run(story())
