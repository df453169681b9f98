"""A real Prometheus watches twenty schools through five minutes that count as five hours: a slipped mail merge, a
stale roll, a school on no roll, one that holds too much, a forgotten message, a dead mail server of one school and of
all, a full queue, a relay that dies. Every alert that should fires; no other one ever does."""

from __future__ import annotations

import json
import re
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from peers.runkit import Prometheus, hits, personal, wait_for
from peers.test_observed_run import RULES, promtool
from peers.twentykit import CODES, CUT_OFF, EMPTY, FORGOTTEN, HELD_MUCH, SLIPPED, STALE, Twenty, scaled
from prometheus_client.parser import text_string_to_metric_families

from mailguard.console.boards import Kind, boards
from mailguard.console.panels import look
from mailguard.console.prometheus import Patience, Span
from mailguard.console.prometheus import Prometheus as Client

pytestmark = [pytest.mark.long, pytest.mark.peer, pytest.mark.timeout(1200)]

EXPECTED = {
    ("MailguardRunMisaddressed", SLIPPED),
    ("MailguardRollStale", STALE),
    ("MailguardRouteDown", ""),
    ("MailguardQueueFull", ""),
    ("MailguardHeldTooLong", FORGOTTEN),
    ("MailguardRollEmpty", EMPTY),
    ("MailguardHoldsMuch", HELD_MUCH),
    ("MailguardNextHopDead", ""),
    ("MailguardDown", ""),
}


class Watched:
    """The run and what was seen of it while it ran."""

    def __init__(self, run: Twenty, prometheus: Prometheus) -> None:
        self.run, self.prometheus = run, prometheus
        self.series_at_start = series(run.metrics())
        self.last_metrics = ""

    def firing(self) -> set[tuple[str, str]]:
        found = self.prometheus.query('ALERTS{alertstate="firing"}')
        return {(one["metric"]["alertname"], one["metric"].get("school", "")) for one in found}

    def ever_fired(self) -> set[tuple[str, str]]:
        found = self.prometheus.query('max_over_time(ALERTS{alertstate="firing"}[1h])')
        return {(one["metric"]["alertname"], one["metric"].get("school", "")) for one in found}


def series(metrics: str) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    families = text_string_to_metric_families(metrics)
    return {(sample.name, tuple(sorted(sample.labels.items()))) for f in families for sample in f.samples}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("twenty")
    with Twenty(folder) as run:
        watched = Watched(run, Prometheus(run, scaled(RULES, folder / "rules.yml"), seconds=3))
        play(watched)
        yield watched


def play(watched: Watched) -> None:
    run = watched.run
    run.keep_sending(10)  # what Prometheus has not seen at nought it cannot see grow
    run.post(run.mail(FORGOTTEN, "wrong"))
    wait_for("it is held", lambda: run.value(f'mailguard_held_messages{{school="{FORGOTTEN}"}}') == 1)
    run.age_what_is_held(FORGOTTEN, 5 * 3600)
    run.post(*(run.mail(CUT_OFF, "own") for _ in range(520)))
    run.post(*(run.mail(HELD_MUCH, "wrong" if n % 5 == 0 else "own") for n in range(120)))
    run.post(*(run.mail(code, "wrong") for code in CODES[6:]))  # one slip each is nobody's alarm
    run.post(*(run.mail(SLIPPED, "wrong") for _ in range(14)))
    last = {("MailguardNextHopDead", ""), ("MailguardDown", "")}
    run.keep_sending(100)
    _send_until(run, "all but the last two have fired", lambda: watched.ever_fired() >= EXPECTED - last)
    assert watched.ever_fired() == EXPECTED - last
    upstream = run.served.upstream
    run.served.stop()
    _send_until(run, "the dead server is told", lambda: ("MailguardNextHopDead", "") in watched.firing())
    run.served.start(upstream.port)
    run.keep_sending(60)
    wait_for("mail flows again", lambda: ("MailguardNextHopDead", "") not in watched.firing())
    wait_for("all is judged", lambda: run.value("mailguard_messages_total") == run.sent)
    watched.last_metrics = run.metrics()
    relay = run.processes[0]
    relay.kill()
    relay.wait(60)
    wait_for("its death is seen", lambda: ("MailguardDown", "") in watched.firing())


def _send_until(run: Twenty, what: str, true: Callable[[], bool]) -> None:
    """Mail flows on until it is so: a busy machine's minute has more seconds."""
    for _ in range(60):
        if true():
            return
        run.keep_sending(5)
    raise AssertionError(what)


def test_every_alert_that_should_fires_and_no_other_one_ever_did(watched: Watched) -> None:
    assert watched.ever_fired() == EXPECTED


def test_the_console_draws_every_panel_of_twenty_schools(watched: Watched) -> None:
    now = time.time()
    client = Client(watched.prometheus.url, Patience(answer=60, page=120))
    for name, board in boards().items():
        views = look(board, client, Span(now - 600, now, 6), (SLIPPED,) if name == "school" else None)
        # The relay is dead by now; what it last told is shown, and what is asked of now alone may be too old.
        faults = {view.title: view.fault for view in views if view.fault}
        assert set(faults.values()) <= {"No data.", "No data in this range."}, (name, faults)
        assert all(view.fault == "" for view in views if view.kind is Kind.CURVE), (name, faults)
        if name == "trust":
            [messages] = [view for view in views if view.title == "Messages"]
            assert {row.name for row in messages.rows} == {*CODES, "unknown"}
            assert (messages.shown, messages.rows[0].name) == (8, CUT_OFF)
    client.close()


def test_no_series_is_born_by_what_happens(watched: Watched) -> None:
    assert series(watched.last_metrics) == watched.series_at_start
    assert len(watched.series_at_start) < 60 * (len(CODES) + 1) + 300
    schools = {value for _, labels in watched.series_at_start for name, value in labels if name == "school"}
    assert schools == {*CODES, "unknown"}


def test_the_metrics_are_clean(watched: Watched) -> None:
    promtool("check", "metrics", stdin=watched.last_metrics)


def test_log_and_metrics_count_the_same(watched: Watched) -> None:
    entries = [json.loads(line) for line in watched.run.log.read_text(encoding="utf-8").splitlines()]
    told = Counter((e["school"], e["verdict"], e["mode"]) for e in entries if e["event"] == "message-judged")
    shown = re.findall(
        r'mailguard_messages_total\{mode="(\w+)",school="(\w+)",verdict="(\w+)"\} ([\d.]+)', watched.last_metrics
    )
    assert told == Counter({(s, v, m): int(float(n)) for m, s, v, n in shown if float(n)})


def test_nobody_of_the_rolls_is_named_in_log_metrics_or_support_bundle(watched: Watched, tmp_path: Path) -> None:
    run = watched.run
    words = personal(run.roll)
    assert len(words) > 1500
    bundle = tmp_path / "bundle.zip"
    done = run.command("support-bundle", "--output", str(bundle), "--log", str(run.log))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(bundle) as opened:
        texts = {name: opened.read(name).decode() for name in opened.namelist()}
    texts |= {"log": run.log.read_text(encoding="utf-8"), "metrics": watched.last_metrics}
    assert {name: found for name, text in texts.items() if (found := hits(text, words))} == {}
