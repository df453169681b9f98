"""A tenant that hands our own mail in again: a fresh stamp of ours passes once, every other one is as if not there."""

from __future__ import annotations

import asyncio
import smtplib
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from dialogues.relaykit import Upstream
from dialogues.servekit import RECORD, House

OFFICE, OTHER = "office@oakfield.example", "petra@marrowgate.test"
MAIL = f"From: {OFFICE}\r\nTo: {OTHER}\r\nSubject: Report\r\n\r\n".encode() + RECORD


async def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.1)


def hand_in(house: House, content: bytes, to: str = OTHER) -> None:
    with smtplib.SMTP("127.0.0.1", house.port, timeout=60) as client:
        client.sendmail(OFFICE, [to], content)


async def held(house: House) -> int:
    return len(await house.ask("held", "list"))


@pytest.mark.parametrize("stamp", [True, False])
def test_what_was_released_and_comes_back_passes_once_and_nothing_else_does(tmp_path: Path, stamp: bool) -> None:
    asyncio.run(_comes_back(tmp_path, stamp))


async def _comes_back(folder: Path, stamp: bool) -> None:
    tenant = Upstream()
    await tenant.start()
    house = House(folder, tenant.address)
    house.config.write_text(house.config.read_text().replace("[deliver]", f"[deliver]\nstamp = {str(stamp).lower()}"))
    await house.start()
    try:
        await house.run("user", "add", "clerk", "--role", "approver")
        await asyncio.to_thread(hand_in, house, MAIL)
        await until(lambda: b"message-judged" in (folder / "log").read_bytes(), "it is judged")
        [one] = await house.ask("held", "list")
        await house.run("held", "release", str(one["id"]), "--reason", "agreed", "--as", "clerk")
        await until(lambda: any(OTHER in str(d.rcpt_lines) for d in tenant.got), "it is sent")
        sent = next(d for d in tenant.got if OTHER in str(d.rcpt_lines)).content
        assert (b"X-Mailguard-Stamp" in sent) is stamp
        back = b"Received: from tenant\r\nX-MS-Exchange-Organization-SCL: -1\r\n" + sent
        if not stamp:
            await _is_held(house, folder, back)
            return
        await asyncio.to_thread(hand_in, house, back)
        await until(lambda: sum(OTHER in str(d.rcpt_lines) for d in tenant.got) == 2, "it passes")
        assert await held(house) == 0
        assert "passed-again" in await house.run("audit", "export")
        await _is_held(house, folder, back)  # used before
        await _is_held(house, folder, back.replace(b"asthma", b"eczema"))
        digit = back[back.index(b"\r\n\t") + 3 : back.index(b"\r\n\t") + 4]
        forged = back.replace(b"\r\n\t" + digit, b"\r\n\t" + (b"0" if digit != b"0" else b"1"), 1)
        await _is_held(house, folder, forged)
        assert sum(OTHER in str(d.rcpt_lines) for d in tenant.got) == 2
    finally:
        await house.stop()
        await tenant.stop()


async def _is_held(house: House, folder: Path, content: bytes) -> None:
    before = await held(house)
    judged = (folder / "log").read_bytes().count(b'"message-judged"')
    await asyncio.to_thread(hand_in, house, content)
    await until(lambda: (folder / "log").read_bytes().count(b'"message-judged"') > judged, "it is judged")
    assert await held(house) == before + 1
