"""A real Prometheus scrapes a mixed run: metrics by the contract, rules and dashboards that answer, and nothing that
names anybody in metrics or logs."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from peers.runkit import Prometheus, Run, hits, personal, wait_for
from prometheus_client.parser import text_string_to_metric_families

from mailguard.console.boards import Kind, boards
from mailguard.console.panels import View, look
from mailguard.console.prometheus import Patience, Span
from mailguard.console.prometheus import Prometheus as Client
from mailguard.demo.live import hand_in
from mailguard.hold.decisions import COUNTED
from mailguard.judge.rules import RULE_IDS
from mailguard.model import Outcome, UnreadableReason
from mailguard.observe.logs import FIELDS, Event
from mailguard.observe.metrics import REFUSALS

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "mailguard.rules.yml"
TESTS = (DEPLOY / "prometheus" / "mailguard.tests.yml", DEPLOY / "prometheus" / "mailguard.days.tests.yml")

pytestmark = pytest.mark.peer


def promtool(*words: object, stdin: str = "") -> str:
    program = shutil.which("promtool")
    assert program, "promtool is missing: apt-get install prometheus"
    done = subprocess.run([program, *map(str, words)], input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with Run(tmp_path_factory.mktemp("run")) as run:
        yield run


@pytest.fixture(scope="module")
def prometheus(run: Run) -> Prometheus:
    """Scrapes before the first message, as a real one does: counters are seen at 0."""
    scraping = Prometheus(run, RULES)
    run.accepted = run.send()  # type: ignore[attr-defined]
    run.decide()
    total = f"sum(mailguard_messages_total) == {run.accepted}"  # type: ignore[attr-defined]
    wait_for("the last message was scraped", lambda: bool(scraping.query(total)))
    run.spoil()
    return scraping


def test_rules_are_sound_and_each_alert_is_shown_to_fire_and_to_stay_quiet() -> None:
    promtool("check", "rules", RULES)
    promtool("check", "config", DEPLOY / "prometheus" / "prometheus.yml")
    promtool("test", "rules", *TESTS)
    alerts = set(re.findall(r"alert: (\w+)", RULES.read_text()))
    text = "".join(path.read_text() for path in TESTS)
    quiet = set(re.findall(r"alertname: (\w+), exp_alerts: \[\]", text))
    loud = set(re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n", text))
    assert alerts == quiet == loud
    assert len(alerts) > 10


def test_dashboards_are_what_the_generator_makes() -> None:
    spec = importlib.util.spec_from_file_location("generate", DEPLOY / "grafana" / "generate.py")
    assert spec
    assert spec.loader
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    for name, make in generate.DASHBOARDS.items():
        assert (DEPLOY / "grafana" / name).read_text(encoding="utf-8") == make(), (
            f"run deploy/grafana/generate.py: {name}"
        )


def drawn(prometheus: Prometheus, name: str, schools: tuple[str, ...] | None) -> list[View]:
    """A dashboard as the console draws it, of the last five minutes."""
    now = time.time()
    client = Client(prometheus.url, Patience(answer=60, page=120, kept=0))
    try:
        return look(boards()[name], client, Span(now - 300, now, 5), schools)
    finally:
        client.close()


def test_the_console_draws_every_panel_of_every_dashboard(run: Run, prometheus: Prometheus) -> None:
    school = run.roll.pupils[0].school
    views = {name: drawn(prometheus, name, None if name != "school" else (school,)) for name in boards()}
    assert sum(map(len, views.values())) > 30
    assert {(name, view.title): view.fault for name, found in views.items() for view in found if view.fault} == {}
    for view in (view for found in views.values() for view in found):
        assert view.rows
        assert all(row.now for row in view.rows)
        assert bool(view.drawn) == (view.kind is Kind.CURVE)


def test_the_figures_are_those_of_the_relay(run: Run, prometheus: Prometheus) -> None:
    schools = {pupil.school for pupil in run.roll.pupils}
    panel = next(view for view in drawn(prometheus, "trust", None) if view.title == "Waiting by school")
    shown = {row.name: int(row.now) for row in panel.rows}
    assert {name: count for name, count in shown.items() if name in schools} == {
        school: run.value(f'mailguard_held_messages{{school="{school}"}}') for school in schools
    }
    assert sum(shown.values()) == run.value("mailguard_held_messages") > 0


def test_one_school_alone_is_drawn_for_those_who_see_no_other(run: Run, prometheus: Prometheus) -> None:
    first, *others = sorted({pupil.school for pupil in run.roll.pupils})
    assert others
    for name in ("trust", "school"):
        views = drawn(prometheus, name, (first,))
        assert len(views) == len(boards()[name].panels)
        assert not {row.name for view in views for row in view.rows} & {*others, "unknown"}
        held = next(view for view in views if view.title == "Waiting for a decision")
        assert int(held.rows[0].now) == run.value(f'mailguard_held_messages{{school="{first}"}}')


def test_rules_evaluate_on_a_real_run_and_raise_no_false_alarm(run: Run, prometheus: Prometheus) -> None:
    groups = prometheus.ask("rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    wait_for("all rules were evaluated", lambda: all(
        rule["health"] == "ok" for group in prometheus.ask("rules")["groups"] for rule in group["rules"]
    ))  # fmt: skip
    # By design about half of the run is held, within ten minutes, and the next server refuses some of the rest.
    expected = {"MailguardRunMisaddressed", "MailguardDeliveryFails"}
    firing = {rule["name"] for rule in rules if rule.get("state") == "firing"}
    assert firing <= expected, firing


def test_metrics_are_clean_and_named_by_the_contract(run: Run, prometheus: Prometheus) -> None:
    text = run.metrics()
    promtool("check", "metrics", stdin=text)
    labels = {
        family.name: {frozenset(sample.labels) - {"le"} for sample in family.samples}
        for family in text_string_to_metric_families(text)
    }
    assert labels == {
        "mailguard_messages": {frozenset({"school", "verdict", "mode"})},
        "mailguard_findings": {frozenset({"school", "rule", "strength"})},
        "mailguard_decisions": {frozenset({"school", "action", "reason"})},
        "mailguard_held_messages": {frozenset({"school"})},
        "mailguard_held_oldest_age_seconds": {frozenset({"school"})},
        "mailguard_stage_duration_seconds": {frozenset({"stage"})},
        "mailguard_unreadable_parts": {frozenset({"reason"})},
        "mailguard_roll_imported_timestamp_seconds": {frozenset({"school"})},
        "mailguard_roll_pupils": {frozenset({"school"})},
        "mailguard_roll_refused": {frozenset({"school"})},
        "mailguard_queue_messages": {frozenset({"state"})},
        "mailguard_delivery_attempts": {frozenset({"result"})},
        "mailguard_incident_open": {frozenset({"school"})},
        "mailguard_routes_down": {frozenset()},
        "mailguard_store_up": {frozenset()},
        "mailguard_intake_refused": {frozenset({"reason"})},
        "mailguard_sandbox_layers": {frozenset()},
        "mailguard_build_info": {frozenset({"version"})},
    }


def test_labels_are_words_of_the_code_and_codes_of_schools(run: Run, prometheus: Prometheus) -> None:
    known = {
        "school": {pupil.school for pupil in run.roll.pupils} | {"unknown"},
        "verdict": {"deliver", "hold", "mixed"},
        "mode": {"enforce", "observe"},
        "rule": set(RULE_IDS) | {"split", "batch-breaker"},
        "strength": {"record", "mention", "none"},
        "action": {action for action, _ in COUNTED},
        "reason": {r for _, r in COUNTED} | {str(reason) for reason in UnreadableReason} | set(REFUSALS),
        "stage": {"receive", "read", "screen", "settle", "deliver"},
        "state": {"received", "queued", "held"},
        "result": {"sent", "deferred", "failed"},
    }
    for family in text_string_to_metric_families(run.metrics()):
        for sample in family.samples:
            for label, value in sample.labels.items():
                assert label in ("le", "version") or value in known[label], sample


def test_a_decision_by_command_shows_at_once(run: Run, prometheus: Prometheus) -> None:
    assert run.value("mailguard_decisions_total") == 2
    before = run.value("mailguard_held_messages")
    held = json.loads(run.command("held", "list", "--json").stdout)
    assert len(held) == before
    done = run.command("held", "refuse", held[0]["id"], "--reason", "no", "--as", "office")
    assert done.returncode == 0
    assert run.value("mailguard_decisions_total") == 3
    assert run.value("mailguard_held_messages") == before - 1


def test_nobody_is_named_in_metrics_or_logs(run: Run, prometheus: Prometheus) -> None:
    words = personal(run.roll)
    assert len(words) > 500
    log = run.log.read_text(encoding="utf-8")
    assert hits(log, words) == []
    assert hits(run.metrics(), words) == []
    sent = {case.sender for case in run.demo.cases} | {e.address for case in run.demo.cases for e in case.expected}
    assert hits(log + run.metrics(), sent) == []


def test_a_support_bundle_helps_and_names_nobody(run: Run, prometheus: Prometheus, tmp_path: Path) -> None:
    copy = shutil.copy(run.log, tmp_path / "log")
    with Path(copy).open("a", encoding="utf-8") as log:  # what a library or another program may have written between
        log.write(f"Traceback: {run.roll.pupils[0].forename} {run.roll.pupils[0].surname}\n")
        log.write(json.dumps({"event": "library", "text": f"bad '{run.roll.pupils[1].surname}'", "name": "x"}) + "\n")
    bundle = tmp_path / "bundle.zip"
    done = run.command("support-bundle", "--output", str(bundle), "--log", str(copy))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(bundle) as opened:
        parts = {name: opened.read(name).decode() for name in opened.namelist()}
    assert set(parts) == {
        "doctor.jsonl", "system.json", "mailguard.toml", "policy.toml", "roll.json", "store.json", "metrics.txt",
        "readyz.txt", "log.jsonl",
    }  # fmt: skip
    words = personal(run.roll) | set(re.findall(r'office = "(.+)"', run.config.read_text()))
    for name, text in parts.items():
        assert hits(text, words) == [], name
    assert "smart_host" in parts["mailguard.toml"]
    assert "message-judged" in parts["log.jsonl"]
    assert json.loads(parts["store.json"])["queue"]["held"] > 0


def test_the_log_is_one_json_object_a_line_of_documented_events(run: Run, prometheus: Prometheus) -> None:
    events = set()
    for line in run.log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        assert entry["event"] in set(Event)
        assert set(entry) <= FIELDS | {"at", "level", "event", "logger", "text"}
        events.add(entry["event"])
    assert {"message-judged", "message-sent", "message-deferred", "message-failed"} <= events
    assert {"client-refused", "roll-refused", "roll-loaded", "policy-loaded", "notice-queued"} <= events


def test_a_reload_takes_nothing_unless_all_of_it_can_be_used(run: Run, prometheus: Prometheus) -> None:
    text = run.config.read_text()
    run.config.write_text('mode = "observe"\n' + text.replace("retry_schedule", "retry_shedule"))
    refused = run.hang_up("config-refused")
    assert refused["file"] == "mailguard.toml"
    assert text.splitlines()[refused["line"] - 2].startswith("retry_schedule")
    run.config.write_text('mode = "observe"\n' + text.replace('["1h"]', '["2h"]'))
    assert run.hang_up("config-refused")["file"] == "pupils.csv"  # the roll is still the spoilt one
    assert run.hang_up("config-refused")["level"] == "error"
    run.mend()
    taken = run.hang_up("config-loaded")
    assert (taken["mode"], taken["key"]) == ("observe", "deliver")
    case = next(one for one in run.demo.cases if one.outcome is Outcome.HOLD)
    before = run.value("mailguard_held_messages")
    assert hand_in("127.0.0.1", run.port, case)[0]
    wait_for("it is judged in the new mode", lambda: observed(run) == 1)
    assert run.value("mailguard_held_messages") == before


def observed(run: Run) -> int:
    lines = run.metrics().splitlines()
    return sum(
        int(float(one.rpartition(" ")[2])) for one in lines if "messages_total" in one and 'mode="observe"' in one
    )
