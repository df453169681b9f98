"""Two nodes on one PostgreSQL, one of them killed for good: the other finishes its work."""

import asyncio
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from unit.store import postgreskit

from mailguard.model import Envelope, Message, Outcome, RecipientState, RecipientVerdict, Sightings, Verdict
from mailguard.store import Database, Settled, Store, StoreSettings, audit, write_key_file
from mailguard.store.tables import node, recipient

pytestmark = pytest.mark.peer
server = postgreskit.server

VERDICT = Verdict((RecipientVerdict("a@x.example", Outcome.DELIVER), RecipientVerdict("b@x.example", Outcome.HOLD)))
DOOMED = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = [{crash!r}, {tests!r}]
from test_store_nodes import doomed
asyncio.run(doomed(sys.argv[1], Path(sys.argv[2])))
"""


def body(name: str) -> bytes:
    return random.Random(name).randbytes(random.Random(name).randrange(100, 300_000))


async def doomed(url: str, key: Path) -> None:
    """A node that accepts, judges and sends for ever, telling on stdout what it promised."""
    store = Store.open(StoreSettings(url, key), "doomed")
    await store.start()

    async def lane(k: int) -> None:
        n = 0
        while True:
            name, n = f"{k}-{n}", n + 1
            envelope = Envelope("s@x.example", ("a@x.example", "b@x.example"))
            await store.accept(Message(name, envelope, body(name), datetime.now(UTC)))
            sys.stdout.write(f"{name}\n")
            sys.stdout.flush()
            if n % 3:
                due = await store.record_verdict(name, VERDICT, Sightings(), handover=True)
                if n % 2:
                    await store.settle([Settled(due.recipients[0].id, RecipientState.SENT, 250, "ok")])

    await asyncio.gather(*(lane(k) for k in range(10)))


async def finish(store: Store) -> None:
    """Judge and send everything that can be had."""
    while names := await store.unjudged(100):
        for name in names:
            assert (await store.load(name)).content == body(name)
            await store.record_verdict(name, VERDICT, Sightings())
    while dues := await store.claim_due(datetime.now(UTC) + timedelta(minutes=1), 100):
        ids = [one.id for due in dues for one in due.recipients]
        await store.settle([Settled(one, RecipientState.SENT, 250, "ok") for one in ids])


@pytest.mark.parametrize("seconds", [0.3, 1.5])
def test_the_survivor_finishes_the_work_of_a_killed_node(tmp_path, server, seconds):
    write_key_file(tmp_path / "key")
    settings = StoreSettings(server.new_database(), tmp_path / "key")
    Database.open(settings).close()
    here = Path(__file__).parent
    script = DOOMED.format(crash=str(here), tests=str(here.parent))
    process = subprocess.Popen([sys.executable, "-c", script, settings.url, tmp_path / "key"], stdout=subprocess.PIPE)
    told = [process.stdout.readline()]
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    told += process.stdout.read().splitlines(keepends=True)
    assert process.wait() == -signal.SIGKILL, "the node ended by itself"
    promised = {line.decode().strip() for line in told if line.endswith(b"\n")}

    async def survivor() -> None:
        store = Store.open(settings, "survivor")
        await store.start()
        await finish(store)
        with Database.open(settings) as database, database.write() as tx:
            before = tx.connection.execute(recipient.select().where(recipient.c.state == "sent")).all()
            silent = node.c.heartbeat - 120_000_000
            tx.connection.execute(node.update().where(node.c.name == "doomed").values(heartbeat=silent))
        await finish(store)
        assert (await store.counts()).queue["queued"] == (await store.counts()).queue["received"] == 0
        await store.close()
        with Database.open(settings) as database, database.read() as tx:
            rows = tx.connection.execute(recipient.select()).all()
            assert promised <= {row.message_id for row in rows}
            assert {(row.n, row.state) for row in rows} == {(0, "sent"), (1, "held")}
            assert len(before) < len(rows) / 2, "the dead node left nothing to take over: the test shows nothing"
            assert audit.verify(tx).faults == ()

    asyncio.run(survivor())
