"""A message from door to door: accepted, stored, judged, delivered; bytes equal but for our Received field on top."""

from __future__ import annotations

import asyncio
from pathlib import Path

from dialogues.relaykit import LETTER, Upstream, eventually, relay, send


def test_passes_unchanged_but_for_one_received_field(tmp_path: Path) -> None:
    async def story() -> None:
        upstream = Upstream()
        await upstream.start()
        async with relay(tmp_path, [upstream.address]) as house:
            assert (await send(house.port)).startswith("250 2.0.0 OK")
            await eventually(lambda: bool(upstream.got))
            [got] = upstream.got
            trace, _, rest = got.content.partition(b"From: ")
            assert b"From: " + rest == LETTER
            assert trace.startswith(
                b"Received: from client.test ([127.0.0.1])\r\n\tby relay.test (mailguard relay.test)"
            )
            assert (got.sender, got.recipients) == ("office@oakfield.example", ["p@family.test"])
            assert b"p@family.test" not in trace
        await upstream.stop()

    asyncio.run(story())
