"""The whole relay on a real PostgreSQL: moved there by the command, restarted under it, a node gone for good."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest
from crash.test_relay_kill import Senders, number_of, numbers, settled
from dialogues.relaykit import Upstream, eventually
from dialogues.servekit import House
from unit.store import postgreskit

pytestmark = [pytest.mark.peer, pytest.mark.timeout(900)]
server = postgreskit.server


def on_postgres(house: House, url: str, node: str) -> None:
    """Have a house that is not running use this database under this name."""
    lines = house.config.read_text().splitlines(keepends=True)
    url_line = next(line for line in lines if line.startswith("url = "))
    house.config.write_text("".join(lines).replace(url_line, f'url = "{url}"\nnode = "{node}"\n'))


async def migrate(house: House, url: str) -> asyncio.subprocess.Process:
    """Start the command."""
    command = (sys.executable, "-m", "mailguard", "store", "migrate", "--to", url, "--config", str(house.config))
    return await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


def lock_content(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Hold the table of contents as soon as it is there: a move can begin and cannot end."""
    connection = psycopg.connect(url)
    while connection.execute("select to_regclass('content')").fetchone() == (None,):
        connection.rollback()
    connection.execute("lock table content in access exclusive mode")
    return connection


def accounted(senders: Senders, upstream: Upstream, held: list[dict[str, object]], nodes: int = 1) -> None:
    """Everything accepted is where it belongs."""
    delivered, kept = numbers(upstream), Counter(number_of(str(one["sender"])) for one in held)
    for n in senders.accepted:
        wrong = n % 5 == 0
        assert delivered[n] or kept[n], f"{n}: accepted and lost"
        assert not (wrong and delivered[n]), f"{n}: delivered against its verdict"
        assert wrong or not kept[n], f"{n}: held for no reason"
    twice = sum(max(0, count - 1 - senders.unsure[n]) for n, count in delivered.items())
    assert twice <= 10 * nodes


def test_the_command_moves_a_store_with_held_mail_and_goes_on_where_it_was_killed(
    tmp_path: Path, server: postgreskit.Server
) -> None:
    url = server.new_database()

    async def story() -> None:
        upstream = Upstream()
        await upstream.start()
        house = House(tmp_path, upstream.address)
        await house.start()
        senders = Senders(house.port, 60, random.Random(1))
        await senders.run()
        await settled(house)
        before = await house.ask("held", "list")
        assert len(before) == 12
        await house.stop()

        moving = await migrate(house, url)
        lock = await asyncio.wait_for(asyncio.to_thread(lock_content, url), 100)
        moving.kill()
        await moving.communicate()
        lock.close()
        again = await migrate(house, url)
        told, _ = await again.communicate()
        assert (moving.returncode, again.returncode) == (-signal.SIGKILL, 0)
        assert told.startswith(b"moved ")

        on_postgres(house, url, "first")
        await house.start()
        assert await house.ask("held", "list") == before
        await house.run("held", "release", str(before[0]["id"]), "--emergency", "--reason", "the right family")
        await eventually(lambda: sum(numbers(upstream).values()) == 49, seconds=60)
        await house.run("audit", "verify")
        await house.stop()
        await upstream.stop()

    asyncio.run(story())


@pytest.mark.long
def test_the_database_restarted_and_killed_in_the_middle_of_load(tmp_path: Path, server: postgreskit.Server) -> None:
    url = server.new_database()

    async def story() -> None:
        upstream = Upstream()
        await upstream.start()
        house = House(tmp_path, upstream.address)
        on_postgres(house, url, "first")
        await house.start()
        senders = Senders(house.port, 400, random.Random(2))
        sending = asyncio.ensure_future(senders.run())
        for n, mode in enumerate(("fast", "immediate", "immediate"), 1):
            await eventually(lambda n=n: len(senders.accepted) >= 100 * n or sending.done(), seconds=200)
            await asyncio.to_thread(server.stop, mode)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(server.start)
        async with asyncio.timeout(200):
            await sending
        await settled(house)
        assert senders.accepted == set(range(400))
        accounted(senders, upstream, await house.ask("held", "list"), nodes=3)
        await house.run("audit", "verify")
        await house.stop()
        await upstream.stop()

    asyncio.run(story())


@pytest.mark.long
def test_one_of_two_nodes_gone_for_good_the_other_finishes_its_work(tmp_path: Path, server: postgreskit.Server) -> None:
    url = server.new_database()

    async def story() -> None:
        upstream = Upstream()
        await upstream.start()
        folders = [tmp_path / name for name in ("first", "second")]
        houses = []
        for folder in folders:
            folder.mkdir()
            house = House(folder, upstream.address)
            on_postgres(house, url, folder.name)
            houses.append(house)
        (folders[1] / "key").unlink()
        shutil.copy(folders[0] / "key", folders[1] / "key")
        for house in houses:
            await house.start()
        senders = [Senders(house.port, 300, random.Random(n)) for n, house in enumerate(houses)]
        senders[1].left = [n + 300 for n in senders[1].left]
        sending = [asyncio.ensure_future(one.run()) for one in senders]
        await eventually(lambda: len(senders[0].accepted) >= 150, seconds=200)
        await houses[0].kill()
        senders[0].port = houses[1].port  # as a load balancer would
        async with asyncio.timeout(300):
            await asyncio.gather(*sending)
        await settled(houses[1])  # within the minute after which a silent node counts as dead
        both = Senders(0, 0, random.Random(0))
        both.accepted = senders[0].accepted | senders[1].accepted
        both.unsure = senders[0].unsure + senders[1].unsure
        assert both.accepted == set(range(600))
        accounted(both, upstream, await houses[1].ask("held", "list"))
        await houses[1].run("audit", "verify")
        await houses[1].stop()
        await upstream.stop()

    asyncio.run(story())
