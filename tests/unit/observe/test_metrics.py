"""Metrics: names, labels and zeros are a contract; figures of the store are read at scrape time."""

from dataclasses import replace

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from mailguard.model import (
    Finding,
    Outcome,
    PupilKey,
    RecipientVerdict,
    Strength,
    Unreadable,
    UnreadableReason,
    Verdict,
)
from mailguard.observe import Metrics, Snapshot

NAMES = {
    "mailguard_messages_total",
    "mailguard_findings_total",
    "mailguard_decisions_total",
    "mailguard_held_messages",
    "mailguard_held_oldest_age_seconds",
    "mailguard_stage_duration_seconds_bucket",
    "mailguard_unreadable_parts_total",
    "mailguard_roll_imported_timestamp_seconds",
    "mailguard_roll_pupils",
    "mailguard_queue_messages",
    "mailguard_delivery_attempts_total",
    "mailguard_incident_open",
    "mailguard_sandbox_layers",
    "mailguard_store_up",
    "mailguard_intake_refused_total",
    "mailguard_build_info",
}


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = generate_latest(metrics.registry).decode()
    return {
        (s.name, tuple(sorted(s.labels.items()))): s.value
        for family in text_string_to_metric_families(text)
        for s in family.samples
    }


def held_verdict() -> Verdict:
    finding = Finding("other-family", ("body",), 1, PupilKey("OAK", "P1"), strength=Strength.RECORD)
    return Verdict(
        (
            RecipientVerdict("a@example.org", Outcome.HOLD, (finding,)),
            RecipientVerdict("b@example.org", Outcome.DELIVER),
        ),
        (Unreadable(("scan.png",), UnreadableReason.PICTURE),),
        "OAK",
    )


def test_every_name_of_the_contract_is_there() -> None:
    metrics = Metrics(Snapshot, ["other-family"])
    metrics.roll_in_force({"OAK": 210}, {"OAK": 1.7e9})
    assert {name for name, _ in samples(metrics)} >= NAMES


def test_known_series_start_at_zero() -> None:
    metrics = Metrics(Snapshot, ["other-family"])
    metrics.roll_in_force({"OAK": 210}, {"OAK": 1.7e9})
    found = samples(metrics)
    assert found["mailguard_messages_total", (("mode", "enforce"), ("school", "OAK"), ("verdict", "mixed"))] == 0
    assert found["mailguard_findings_total", (("rule", "other-family"), ("school", "OAK"), ("strength", "record"))] == 0
    assert found["mailguard_queue_messages", (("state", "held"),)] == 0
    assert found["mailguard_unreadable_parts_total", (("reason", "encrypted"),)] == 0


def test_a_judged_message_counts_once_with_its_findings_and_parts() -> None:
    metrics = Metrics(Snapshot, ["other-family"])
    metrics.judged(held_verdict(), "enforce")
    found = samples(metrics)
    assert found["mailguard_messages_total", (("mode", "enforce"), ("school", "OAK"), ("verdict", "mixed"))] == 1
    assert found["mailguard_findings_total", (("rule", "other-family"), ("school", "OAK"), ("strength", "record"))] == 1
    assert found["mailguard_unreadable_parts_total", (("reason", "picture"),)] == 1


def test_figures_of_the_store_are_those_of_the_snapshot() -> None:
    snapshot = Snapshot({"ELM": 3}, {"ELM": 60.5}, {"held": 3}, {("ELM", "release", "other"): 2})
    found = samples(Metrics(lambda: snapshot, []))
    assert found["mailguard_held_messages", (("school", "ELM"),)] == 3
    assert found["mailguard_held_oldest_age_seconds", (("school", "ELM"),)] == 60.5
    assert found["mailguard_decisions_total", (("action", "release"), ("reason", "other"), ("school", "ELM"))] == 2


def test_every_decision_that_can_be_counted_starts_at_zero() -> None:
    metrics = Metrics(Snapshot, [], [("release", "harmless"), ("expire", "expired")])
    metrics.roll_in_force({"OAK": 210}, {"OAK": 1.7e9})
    found = samples(metrics)
    for action, reason in (("release", "harmless"), ("expire", "expired")):
        labels = (("action", action), ("reason", reason), ("school", "OAK"))
        assert found["mailguard_decisions_total", labels] == 0


def test_only_states_that_wait_are_queue_states() -> None:
    states = {
        dict(labels)["state"]
        for name, labels in samples(Metrics(Snapshot, []))
        if name.endswith("_messages") and "state" in dict(labels)
    }
    assert states == {"received", "queued", "held"}


def test_a_school_that_leaves_the_roll_leaves_the_gauges() -> None:
    metrics = Metrics(Snapshot, [])
    metrics.roll_in_force({"OAK": 1, "ELM": 2}, {"OAK": 1.0, "ELM": 1.0})
    metrics.roll_in_force({"OAK": 1}, {"OAK": 2.0})
    assert ("mailguard_roll_pupils", (("school", "ELM"),)) not in samples(metrics)


def test_a_school_of_the_policy_without_pupils_shows_a_zero() -> None:
    metrics = Metrics(Snapshot, [])
    metrics.roll_in_force({"OAK": 210, "ELM": 0}, {"OAK": 1.7e9})
    found = samples(metrics)
    assert found["mailguard_roll_pupils", (("school", "ELM"),)] == 0
    assert ("mailguard_roll_imported_timestamp_seconds", (("school", "ELM"),)) not in found
    metrics.roll_in_force({"OAK": 211}, {"OAK": 1.8e9})
    found = samples(metrics)
    assert ("mailguard_roll_pupils", (("school", "ELM"),)) not in found
    assert found["mailguard_roll_pupils", (("school", "OAK"),)] == 211


def test_labels_are_bounded_however_many_schools_and_words_there_are() -> None:
    codes = [f"S{n:04}" for n in range(1000)]
    decisions = {("S0001", f"word-{n}", f"reason-{n}"): 1 for n in range(50)}
    held = dict.fromkeys([*codes, *(f"gone-{n}" for n in range(1000))], 2)
    snapshot = Snapshot(held, dict.fromkeys(held, 7.0), {}, decisions)
    metrics = Metrics(lambda: snapshot, ["other-family"])
    metrics.roll_in_force(dict.fromkeys(codes, 3), {code: float(n) for n, code in enumerate(codes, 1)})
    for code in codes:
        metrics.judged(replace(held_verdict(), school=code), "enforce")
    found = samples(metrics)
    schools = {value for _, labels in found for name, value in labels if name == "school"}
    assert len(schools) == 202  # two hundred, `unknown` and `other`
    assert {"S0000", "S0199", "unknown", "other"} <= schools
    assert "S0200" not in schools
    other = (("school", "other"),)
    assert found["mailguard_roll_pupils", other] == 800 * 3
    assert found["mailguard_roll_imported_timestamp_seconds", other] == 201
    assert found["mailguard_held_messages", other] == 1800 * 2
    assert found["mailguard_held_oldest_age_seconds", other] == 7
    assert found["mailguard_messages_total", (("mode", "enforce"), other[0], ("verdict", "mixed"))] == 800
    told = [
        v
        for (name, labels), v in found.items()
        if name == "mailguard_decisions_total" and ("action", "other") in labels
    ]
    assert told == [50]


def test_smart_hosts_that_are_down_are_counted_at_the_scrape() -> None:
    metrics, down = Metrics(Snapshot, []), [0]
    metrics.routes_down(lambda: down[0])
    down[0] = 2
    assert samples(metrics)["mailguard_routes_down", ()] == 2
