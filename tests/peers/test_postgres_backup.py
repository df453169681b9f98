"""Held mail on PostgreSQL: copied and put back by the commands of the guide, and under a new key."""

from __future__ import annotations

import asyncio
import os
import smtplib
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from dialogues.servekit import RECORD, House, free_port
from docs.guidekit import blocks
from unit.store.postgreskit import Server, server

__all__ = ["server"]
pytestmark = [pytest.mark.peer, pytest.mark.timeout(600)]


def shell(script: str, server: Server, url: str, folder: Path) -> None:
    environment = {**os.environ, "URL": url, "PATH": f"{server.bin}:{os.environ['PATH']}"}
    script = script.replace("/var/backups", str(folder))
    subprocess.run(["sh", "-euc", script], env=environment, check=True, capture_output=True, text=True)


def test_held_mail_comes_back_in_another_database_and_under_a_new_key(server: Server, tmp_path: Path) -> None:
    asyncio.run(_there_and_back(server, tmp_path))


async def _there_and_back(server: Server, folder: Path) -> None:
    first, second = server.new_database(), server.new_database()
    (folder / "house").mkdir()
    house = House(folder / "house", f"127.0.0.1:{free_port()}")
    text = house.config.read_text()
    here = text.replace(f"sqlite:///{folder}/house/mailguard.db", first)
    assert first in here
    house.config.write_text(here)
    await house.start()
    try:
        await asyncio.to_thread(_hand_in, house.port)
        end = time.monotonic() + 120
        while not (before := await house.ask("held", "list")):
            assert time.monotonic() < end, "nothing was held"
            await asyncio.sleep(0.3)
        shown = await house.ask("held", "show", before[0]["id"])
    finally:
        await house.stop()
    copy, back = blocks("BACKUP.md", under="PostgreSQL")
    await asyncio.to_thread(shell, copy, server, first, folder)
    await asyncio.to_thread(shell, back, server, second, folder)
    house.config.write_text(here.replace(first, second))
    assert await house.ask("held", "list") == before
    with psycopg.connect(second) as connection:  # a minute after the last node was heard of, without the minute
        connection.execute("update node set heartbeat = heartbeat - 120000000")
    old = (folder / "house" / "key").read_bytes()
    assert "in force" in await house.run("key", "rotate")
    assert (folder / "house" / "key").read_bytes() != old
    assert await house.ask("held", "list") == before
    again = await house.ask("held", "show", before[0]["id"])
    assert _without_history(again) == _without_history(shown)
    await house.run("audit", "verify")


def _without_history(shown: object) -> dict[str, object]:
    assert isinstance(shown, dict)
    return {name: value for name, value in shown.items() if name != "history"}


def _hand_in(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        mail = b"From: office@oakfield.example\r\nTo: petra@marrowgate.test\r\nSubject: Report\r\n\r\n" + RECORD
        client.sendmail("office@oakfield.example", ["petra@marrowgate.test"], mail)
