#!/usr/bin/env python3
"""How long the console's pages take at the server when there is much history, and how large they are.

    .venv/bin/python tests/bench/console_speed.py [--history 100000] [--held 300] [--pages 200]

CPU time (user + system) and wall time of one process that serves a page after the other, the store on disk. The reading
of a message, which is the jail's work and remembered, is left out. Made-up mail in a temporary folder; the messages of
the history were delivered or decided.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from starlette.testclient import TestClient
from unit.console.conftest import AMA, PASSWORD, POLICY, ROLL, URL, USERS, ZEB

from mailguard.console.app import make_app
from mailguard.console.passwords import hash_password
from mailguard.console.settings import ConsoleSettings
from mailguard.console.site import Site
from mailguard.model import (
    Category,
    Envelope,
    Evidence,
    EvidenceKind,
    Finding,
    Message,
    Outcome,
    Reading,
    RecipientVerdict,
    Segment,
    Sightings,
    Strength,
    Verdict,
)
from mailguard.store import Database, StoreSettings, queue, users, verdicts, write_key_file
from mailguard.store.database import Transaction
from mailguard.store.envelope import message_rows
from mailguard.store.revisions import save_roll

TEXT = "Dear parent,\n\nZebedee Quillfeather has asthma. Ama Osei has not.\n"
SLICE = 1000
PAGES = {
    "office": (
        "/held",
        "/held?q=zebedee&reason=other-family",
        "/held/h0000001",
        "/delivered?address=helen@home.example",
        "/roll",
        "/roll?address=helen@home.example",
        "/help",
        "/account",
    ),
    "dpo": ("/held", "/overview", "/history", "/history?action=signed-in", "/users", "/schools", "/dashboards/school"),
    "trust": ("/schools",),
    "auditor": ("/overview", "/history"),
}
"""Every page that a role's menu leads to, and those behind them."""


def fill(tx: Transaction, first: int, count: int, held: bool, policy: str) -> None:
    """Store messages, held or delivered."""
    at = datetime.now(UTC) - timedelta(days=30)
    rows, judged = [], []
    for n in range(first, first + count):
        name, to = f"{'h' if held else 'd'}{n:07}", ("helen@home.example",)
        message = Message(name, Envelope("t.smith@oak.example", to), TEXT.encode(), at + timedelta(seconds=n))
        key = (ZEB, AMA)[n % 2]
        finding = Finding(
            "other-family", ("body",), 1, key, strength=Strength.RECORD, categories=(Category.MEDICAL,),
            evidence=(Evidence(EvidenceKind.NAME, "Zebedee Quillfeather", ("body",), 14, 34),),
            sentence="The message text shows a record of Zebedee Quillfeather (4B) (medical).",
        )  # fmt: skip
        outcome = Outcome.HOLD if held else Outcome.DELIVER
        verdict = Verdict((RecipientVerdict(to[0], outcome, (finding,) if held else ()),), (), "OAK", "r1", policy)
        row = message_rows(message, tx.vault, tx.node, own=False)
        rows.append(row)
        subject = f"letter {n:x} about {'abcdefghijklmnopqrstuvwxyz'[n % 26] * 4}"
        seal = tx.vault.unwrap(name, row.message["wrapped_key"])
        by = verdicts.Judgement(verdict, Sightings(), "enforce", "", subject, tx.now, None, None)
        judged.append(verdicts.verdict_rows(name, to, seal, tx.vault, by))
    queue.accept(tx, rows)
    verdicts.record(tx, judged)


def measure(browser: TestClient, path: str, pages: int) -> tuple[list[float], list[float], int]:
    """CPU and wall milliseconds of each request, and the size of the page."""
    cpu, wall, size = [], [], 0
    for _ in range(pages):
        before, begun = os.times(), time.perf_counter()
        answer = browser.get(path)
        wall.append((time.perf_counter() - begun) * 1000)
        after = os.times()
        cpu.append((after.user + after.system - before.user - before.system) * 1000)
        assert answer.status_code == 200, answer.text
        size = len(answer.content)
    return cpu, wall, size


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, default=100_000)
    parser.add_argument("--held", type=int, default=300)
    parser.add_argument("--pages", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_key_file(folder / "key")
        (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
        database = Database.open(StoreSettings(f"sqlite:///{folder}/mailguard.db", folder / "key"))
        site = Site(database, ConsoleSettings(public_url=URL), folder / "policy.toml")
        policy = site.policy().revision
        with database.write() as tx:
            save_roll(tx, ROLL, {}, "bench")
            for user in USERS:
                users.add(tx, user, "root", hash_password(PASSWORD))
        for first in range(0, options.history, SLICE):
            with database.write() as tx:
                fill(tx, first, min(SLICE, options.history - first), False, policy)
        with database.write() as tx:
            fill(tx, 0, options.held, True, policy)
        site.reading = lambda message: Reading((Segment(TEXT, ("body",)),))  # type: ignore[method-assign]
        app = make_app(site)
        print(f"{options.history} messages of history, {options.held} held; ms a page")
        for role, paths in PAGES.items():
            browser = TestClient(app, base_url=URL, headers={"origin": URL}, follow_redirects=False)
            browser.post("/sign-in", data={"name": role, "password": PASSWORD})
            if role == "office":
                begun = time.perf_counter()
                browser.get("/held")
                print(f"first list after a start: {(time.perf_counter() - begun) * 1000:.0f} ms")
                print(f"{'page':54} {'cpu p50':>8} {'cpu p95':>8} {'wall p50':>8} {'wall p95':>8} {'KB':>6}")
            for path in paths:
                cpu, wall, size = measure(browser, path, options.pages)
                figures = [f"{statistics.quantiles(one, n=20)[at]:8.1f}" for one in (cpu, wall) for at in (9, 18)]
                print(f"{role + ' ' + path:54} {' '.join(figures)} {size / 1024:6.1f}")
        database.close()


if __name__ == "__main__":
    main()
