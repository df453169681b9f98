"""Metrics: counters kept in the relay process, and figures of the store read at scrape time.

Labels are codes and enumerations only. Counters of decisions, holds and the queue come from the store through an
injected `snapshot`, so that they are right whichever process decided and equal on every node.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Gauge, Info, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from mailguard import __version__
from mailguard.model import Outcome, RecipientState, UnreadableReason, Verdict

STAGES = ("receive", "read", "screen", "settle", "deliver")
RESULTS = ("sent", "deferred", "failed")
VERDICTS = ("deliver", "hold", "mixed")
MODES = ("enforce", "observe")
DECISIONS = (("release", "other"), ("refuse", "other"), ("expire", "expired"))
# What waits. Settled recipients are counted by delivery attempts and decisions; a zero for them would be a lie.
WAITING = (RecipientState.RECEIVED, RecipientState.QUEUED, RecipientState.HELD)
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the store counts: by school, by (school, action, reason), by recipient state."""

    held: Mapping[str, int] = field(default_factory=dict)
    oldest_held_seconds: Mapping[str, float] = field(default_factory=dict)
    queue: Mapping[str, int] = field(default_factory=dict)
    decisions: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    open_incidents: Mapping[str, int] = field(default_factory=dict)


def verdict_label(verdict: Verdict) -> str:
    """Return "deliver", "hold" or, where recipients differ, "mixed"."""
    outcomes = {recipient.outcome for recipient in verdict.recipients}
    return "mixed" if len(outcomes) == 2 else verdict.outcome.value


class _StoreCollector:
    """Turns a snapshot into metric families; a snapshot that fails is an absent family, never a wrong zero."""

    def __init__(
        self,
        snapshot: Callable[[], Snapshot],
        schools: Callable[[], Iterable[str]],
        decisions: Sequence[tuple[str, str]],
    ) -> None:
        self._snapshot = snapshot
        self._schools = schools
        self._decisions = decisions

    def collect(self) -> Iterator[Metric]:
        snapshot = self._snapshot()
        schools = sorted({*self._schools(), "unknown", *snapshot.held})
        held = GaugeMetricFamily("mailguard_held_messages", "Messages waiting for a person", labels=["school"])
        oldest = GaugeMetricFamily(
            "mailguard_held_oldest_age_seconds", "Age of the oldest message waiting for a person", labels=["school"]
        )
        incidents = GaugeMetricFamily("mailguard_incident_open", "Open incidents", labels=["school"])
        for school in schools:
            held.add_metric([school], snapshot.held.get(school, 0))
            oldest.add_metric([school], snapshot.oldest_held_seconds.get(school, 0.0))
            incidents.add_metric([school], snapshot.open_incidents.get(school, 0))
        queue = GaugeMetricFamily("mailguard_queue_messages", "Messages by state of their recipients", labels=["state"])
        for state in WAITING:
            queue.add_metric([state.value], snapshot.queue.get(state.value, 0))
        decisions = CounterMetricFamily(
            "mailguard_decisions", "Decisions on held messages", labels=["school", "action", "reason"]
        )
        known = {(school, action, reason): 0 for school in schools for action, reason in self._decisions}
        for labels, count in sorted({**known, **snapshot.decisions}.items()):
            decisions.add_metric(list(labels), count)
        yield from (held, oldest, incidents, queue, decisions)


class _Stages:
    """Times in the stages, counted in plain numbers by the one thread that knows them: five a message, and the
    library's own histogram takes locks and walks its buckets for each."""

    def __init__(self) -> None:
        self._counts = {stage: [0] * (len(BUCKETS) + 1) for stage in STAGES}
        self._sums = dict.fromkeys(STAGES, 0.0)

    def note(self, stage: str, seconds: float) -> None:
        self._counts[stage][bisect_left(BUCKETS, seconds)] += 1
        self._sums[stage] += seconds

    def collect(self) -> Iterator[Metric]:
        family = HistogramMetricFamily("mailguard_stage_duration_seconds", "Time in each stage", labels=["stage"])
        bounds = [*map(str, BUCKETS), "+Inf"]
        for stage in STAGES:
            counts = accumulate(list(self._counts[stage]))
            family.add_metric([stage], list(zip(bounds, counts, strict=True)), self._sums[stage])
        yield family


class Metrics:
    """The relay's metrics in a registry of their own. `rules`, `decisions` (action, reason) and the schools of the roll
    make known series start at 0."""

    def __init__(
        self, snapshot: Callable[[], Snapshot], rules: Iterable[str], decisions: Iterable[tuple[str, str]] = DECISIONS
    ) -> None:
        disable_created_metrics()  # a time of birth for every series says nothing that `up` does not
        self.registry = CollectorRegistry()
        registry = self.registry
        self._rules = tuple(rules)
        self._schools: tuple[str, ...] = ()
        self._messages = Counter(
            "mailguard_messages", "Messages judged", ["school", "verdict", "mode"], registry=registry
        )
        self._findings = Counter(
            "mailguard_findings", "Findings that hold a recipient", ["school", "rule", "strength"], registry=registry
        )
        self._unreadable = Counter(
            "mailguard_unreadable_parts", "Parts that could not be read", ["reason"], registry=registry
        )
        self._attempts = Counter(
            "mailguard_delivery_attempts", "Delivery attempts by recipient", ["result"], registry=registry
        )
        self._stages = _Stages()
        registry.register(self._stages)
        self._imported = Gauge(
            "mailguard_roll_imported_timestamp_seconds",
            "When the source of the school's roll was last read",
            ["school"],
            registry=registry,
        )
        self._refused = Gauge(
            "mailguard_roll_refused", "1 while the school's newest roll is not in force", ["school"], registry=registry
        )
        self._pupils = Gauge("mailguard_roll_pupils", "Pupils on the roll in force", ["school"], registry=registry)
        self._layers = Gauge("mailguard_sandbox_layers", "Active layers of the reader's sandbox", registry=registry)
        Info("mailguard_build", "Version", registry=registry).info({"version": __version__})
        for reason in UnreadableReason:
            self._unreadable.labels(reason.value)
        self._attempted = {result: self._attempts.labels(result) for result in RESULTS}
        self._start_at_zero(("unknown",))
        registry.register(_StoreCollector(snapshot, lambda: self._schools, tuple(decisions)))

    def _start_at_zero(self, schools: Iterable[str]) -> None:
        for school in schools:
            for verdict in VERDICTS:
                for mode in MODES:
                    self._messages.labels(school, verdict, mode)
            for rule in self._rules:
                for strength in ("record", "mention", "none"):
                    self._findings.labels(school, rule, strength)

    def roll_in_force(self, pupils: Mapping[str, int], read_at: Mapping[str, float]) -> None:
        """Note the roll in force: pupils a school, and when each school's source was last read (Unix seconds)."""
        for school in set(self._schools) - set(pupils):
            self._pupils.remove(school)
            self._imported.remove(school)
            self._refused.remove(school)
        self._schools = tuple(sorted(pupils))
        self._start_at_zero(self._schools)
        for school, count in pupils.items():
            self._pupils.labels(school).set(count)
            self._imported.labels(school).set(read_at.get(school, 0.0))
            self._refused.labels(school)

    def roll_refused(self, schools: frozenset[str] | None) -> None:
        """Note whose newest roll could not be read or was refused (None: everybody's)."""
        for school in self._schools:
            self._refused.labels(school).set(schools is None or school in schools)

    def sandbox(self, layers: int) -> None:
        """Note how many layers of the sandbox are active."""
        self._layers.set(layers)

    def judged(self, verdict: Verdict, mode: str) -> None:
        """Count one judged message, its findings and its unreadable parts."""
        self._messages.labels(verdict.school, verdict_label(verdict), mode).inc()
        for recipient in verdict.recipients:
            if recipient.outcome is Outcome.HOLD:
                for finding in recipient.findings:
                    strength = finding.strength.value if finding.strength else "none"
                    self._findings.labels(verdict.school, finding.rule, strength).inc()
        for part in verdict.unreadable:
            self._unreadable.labels(part.reason.value).inc()

    def attempted(self, result: str, recipients: int = 1) -> None:
        """Count a delivery attempt: "sent", "deferred" or "failed"."""
        self._attempted[result].inc(recipients)

    def stage(self, stage: str, seconds: float) -> None:
        """Note the time a message spent in one stage."""
        self._stages.note(stage, seconds)
