"""kill -9 at any moment: what was accepted is there, whole and unjudged; what was not is absent, never torn."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mailguard.model import Envelope, Message, Outcome, RecipientState, RecipientVerdict, Sightings, Verdict
from mailguard.store import Database, Gone, Settled, Store, StoreSettings, audit, write_key_file
from mailguard.store.tables import content, message, recipient, upload

SENDER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
sys.path.insert(0, {here!r})
from test_store_kill import load_store
asyncio.run(load_store(Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "big"))
"""


def settings(folder: Path) -> StoreSettings:
    return StoreSettings(f"sqlite:///{folder}/mailguard.db", folder / "key", reserve_bytes=0)


def body(name: str, big: bool) -> bytes:
    """Content that can be told from the name alone, so that a torn one shows."""
    return random.Random(name).randbytes(9_000_000 if big else random.Random(name).randrange(100, 300_000))


async def load_store(folder: Path, run: str, big: bool) -> None:
    """Accept, judge and settle for ever, telling on stdout what was promised. Runs in the process that is killed."""
    from datetime import UTC, datetime

    store = Store.open(settings(folder))
    await store.start()
    verdict = Verdict((RecipientVerdict("a@x.example", Outcome.DELIVER), RecipientVerdict("b@x.example", Outcome.HOLD)))

    async def one(lane: int) -> None:
        n = 0
        while True:
            name, n = f"{run}-{lane}-{n}", n + 1
            envelope = Envelope("s@x.example", ("a@x.example", "b@x.example"))
            await store.accept(Message(name, envelope, body(name, big), datetime.now(UTC)))
            say("accepted", name)
            if n % 3:
                due = await store.record_verdict(name, verdict, Sightings(), handover=True)
                say("judged", name)
                store.settle_soon([Settled(due.recipients[0].id, RecipientState.SENT, 250, "ok")])

    def say(what: str, name: str) -> None:
        os.write(1, f"{what} {name}\n".encode())

    await asyncio.gather(*(one(lane) for lane in range(2 if big else 20)))


def killed_run(folder: Path, run: str, big: bool, after: float) -> list[tuple[str, str]]:
    script = SENDER.format(here=str(Path(__file__).parent))
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(folder), run, "big" if big else "small"], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    told = [process.stdout.readline()]
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    told += process.stdout.read().splitlines(keepends=True)
    assert process.wait() == -signal.SIGKILL, "the store ended by itself"
    whole = [line.decode().split() for line in told if line.endswith(b"\n")]
    return [(what, name) for what, name in whole]


def check(folder: Path, promised: list[tuple[str, str]], big: bool) -> None:
    """Everything promised is kept, everything there is whole."""

    async def reopened() -> None:
        store = Store.open(settings(folder))
        await store.start()
        waiting = set(await store.unjudged(1_000_000))
        with Database.open(settings(folder)) as database, database.read() as tx:
            rows = {row.id: row for row in tx.connection.execute(message.select())}
            states: dict[str, list[str]] = {}
            for row in tx.connection.execute(recipient.select().order_by(recipient.c.n)):
                states.setdefault(row.message_id, []).append(row.state)
            chunks = set(tx.connection.execute(content.select()).scalars())
            assert tx.connection.execute(upload.select()).all() == []
            assert audit.verify(tx).faults == ()
        assert chunks <= set(rows), "chunks without a message"
        assert waiting == {name for name, row in rows.items() if row.judged_at is None}
        for what, name in promised:
            assert name in rows, f"{name} was {what} and is lost"
            assert what != "judged" or name not in waiting, f"the verdict on {name} is lost"
        for name in rows:
            judged = (["queued", "held"], ["sent", "held"])
            assert states[name] == ["received", "received"] if name in waiting else states[name] in judged
            assert (await store.load(name)).content == body(name, big)
        with pytest.raises(Gone):
            await store.load("never-sent")
        await store.close()

    asyncio.run(reopened())


@pytest.mark.parametrize("big", [False, True], ids=["small", "big"])
def test_kill_at_random_moments(tmp_path: Path, big: bool) -> None:
    kill_again_and_again(tmp_path, big, f"kill {big}")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12))
def test_kill_fifty_times(tmp_path: Path, seed: int) -> None:
    kill_again_and_again(tmp_path, seed % 4 == 3, f"fifty {seed}")


def kill_again_and_again(folder: Path, big: bool, seed: str) -> None:
    write_key_file(folder / "key")
    moments = random.Random(seed)
    promised: list[tuple[str, str]] = []
    for n in range(4):
        promised += killed_run(folder, f"r{n}", big, moments.uniform(0.05, 0.8))
        check(folder, promised, big)
    assert promised
