"""Metrics: counters kept in the relay process, and figures of the store read at scrape time.

Labels are codes and enumerations only. Counters of decisions, holds and the queue come from the store through an
injected `snapshot`, so that they are right whichever process decided and equal on every node. Schools have a label of
their own up to `MOST_SCHOOLS`; those beyond share `other`, and so does what an enumeration does not know, so that no
label grows without end.
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
from mailguard.observe.logs import log_failure

STAGES = ("receive", "read", "screen", "settle", "deliver")
RESULTS = ("sent", "deferred", "failed")
# Why mail is put off at the door: the disk's reserve or the backlog limit; too many bodies at one time; a store that
# fails; anything else.
REFUSALS = ("no-room", "busy", "store-down", "fault")
VERDICTS = ("deliver", "hold", "mixed")
STRENGTHS = ("record", "mention", "none")
MOST_SCHOOLS = 200
OTHER = "other"
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


class _Schools:
    """Which schools have a label of their own: the first that are seen, up to MOST_SCHOOLS."""

    def __init__(self) -> None:
        self._own = {"unknown"}

    def label(self, school: str) -> str:
        """The label of a school's series."""
        if school not in self._own:
            if len(self._own) > MOST_SCHOOLS:
                return OTHER
            self._own.add(school)
        return school

    def gather(self, figures: Mapping[str, float], join: Callable[[Iterable[float]], float]) -> dict[str, float]:
        """Figures by school -> by label; those that share one are joined."""
        found: dict[str, list[float]] = {}
        for school in sorted(figures):
            found.setdefault(self.label(school), []).append(figures[school])
        return {label: join(values) for label, values in found.items()}


class _StoreCollector:
    """Turns a snapshot into metric families. A snapshot that fails is a store that is down and absent families, never a
    wrong zero: what the process itself counts is served all the same."""

    def __init__(
        self,
        snapshot: Callable[[], Snapshot],
        schools: Callable[[], Iterable[str]],
        decisions: Sequence[tuple[str, str]],
        labels: _Schools,
    ) -> None:
        self._snapshot = snapshot
        self._schools = schools
        self._decisions = decisions
        self._labels = labels

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("mailguard_store_up", "1 while the store answers")
        try:
            snapshot, labels = self._snapshot(), self._labels
        except Exception as error:  # whatever it is, the store's figures cannot be had
            log_failure(error, stage="metrics")
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        # Schools of the roll come first: what else stands in the store may be of schools that are gone.
        schools = sorted({labels.label(school) for school in (*self._schools(), "unknown", *sorted(snapshot.held))})
        figures = (
            ("mailguard_held_messages", "Messages waiting for a person", snapshot.held, sum),
            (
                "mailguard_held_oldest_age_seconds",
                "Age of the oldest message waiting for a person",
                snapshot.oldest_held_seconds,
                max,
            ),
            ("mailguard_incident_open", "Open incidents", snapshot.open_incidents, sum),
        )
        for name, help_text, by_school, join in figures:
            family, values = GaugeMetricFamily(name, help_text, labels=["school"]), labels.gather(by_school, join)
            for school in schools:
                family.add_metric([school], values.get(school, 0))
            yield family
        queue = GaugeMetricFamily("mailguard_queue_messages", "Messages by state of their recipients", labels=["state"])
        for state in WAITING:
            queue.add_metric([state.value], snapshot.queue.get(state.value, 0))
        yield queue
        yield self._decided(schools, snapshot)

    def _decided(self, schools: Sequence[str], snapshot: Snapshot) -> Metric:
        known = set(self._decisions)
        totals = {(school, action, reason): 0 for school in schools for action, reason in self._decisions}
        for (school, action, reason), count in snapshot.decisions.items():
            what = (action, reason) if (action, reason) in known else (OTHER, OTHER)
            key = (self._labels.label(school), *what)
            totals[key] = totals.get(key, 0) + count
        family = CounterMetricFamily(
            "mailguard_decisions", "Decisions on held messages", labels=["school", "action", "reason"]
        )
        for labels, count in sorted(totals.items()):
            family.add_metric(list(labels), count)
        return family


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
        self._labels = _Schools()
        self._shown: dict[Gauge, frozenset[str]] = {}
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
        self._put_off = Counter(
            "mailguard_intake_refused", "Messages put off at the door (452, 451)", ["reason"], registry=registry
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
        self._routes_down = Gauge(
            "mailguard_routes_down", "Smart hosts of the configuration that do not answer", registry=registry
        )
        self._layers = Gauge("mailguard_sandbox_layers", "Active layers of the reader's sandbox", registry=registry)
        Info("mailguard_build", "Version", registry=registry).info({"version": __version__})
        for reason in UnreadableReason:
            self._unreadable.labels(reason.value)
        self._refusals = {reason: self._put_off.labels(reason) for reason in REFUSALS}
        self._attempted = {result: self._attempts.labels(result) for result in RESULTS}
        self._start_at_zero(("unknown",))
        registry.register(_StoreCollector(snapshot, lambda: self._schools, tuple(decisions), self._labels))

    def _start_at_zero(self, schools: Iterable[str]) -> None:
        for school in schools:
            for verdict in VERDICTS:
                for mode in MODES:
                    self._messages.labels(school, verdict, mode)
            for rule in self._rules:
                for strength in STRENGTHS:
                    self._findings.labels(school, rule, strength)

    def roll_in_force(self, pupils: Mapping[str, int], read_at: Mapping[str, float]) -> None:
        """Note the roll in force: pupils a school (0 where a school of the policy has none), and when each school's
        source was last read (Unix seconds); schools that share a label have the oldest of theirs."""
        self._schools = tuple(sorted(pupils))
        labels = {self._labels.label(school) for school in self._schools}
        self._start_at_zero(sorted(labels))
        counts: Mapping[str, float | None] = self._labels.gather(pupils, sum)
        ages: Mapping[str, float | None] = self._labels.gather(read_at, min)
        none: Mapping[str, float | None] = dict.fromkeys(labels)
        for gauge, values in ((self._pupils, counts), (self._imported, ages), (self._refused, none)):
            for gone in self._shown.get(gauge, frozenset()) - values.keys():
                gauge.remove(gone)
            for label, value in values.items():
                series = gauge.labels(label)
                if value is not None:  # whose roll is refused is noted by `roll_refused`
                    series.set(value)
            self._shown[gauge] = frozenset(values)

    def roll_refused(self, schools: frozenset[str] | None) -> None:
        """Note whose newest roll could not be read or was refused (None: everybody's)."""
        refused = {school: float(schools is None or school in schools) for school in self._schools}
        for label, value in self._labels.gather(refused, max).items():
            self._refused.labels(label).set(value)

    def routes_down(self, count: Callable[[], int]) -> None:
        """Have the smart hosts that do not answer counted at every scrape."""
        self._routes_down.set_function(count)

    def sandbox(self, layers: int) -> None:
        """Note how many layers of the sandbox are active."""
        self._layers.set(layers)

    def judged(self, verdict: Verdict, mode: str) -> None:
        """Count one judged message, its findings and its unreadable parts."""
        school = self._labels.label(verdict.school)
        self._messages.labels(school, verdict_label(verdict), mode).inc()
        for recipient in verdict.recipients:
            if recipient.outcome is Outcome.HOLD:
                for finding in recipient.findings:
                    strength = finding.strength.value if finding.strength else "none"
                    self._findings.labels(school, finding.rule, strength).inc(finding.more or 1)
        for part in verdict.unreadable:
            self._unreadable.labels(part.reason.value).inc()

    def attempted(self, result: str, recipients: int = 1) -> None:
        """Count a delivery attempt: "sent", "deferred" or "failed"."""
        self._attempted[result].inc(recipients)

    def put_off(self, reason: str) -> None:
        """Count a message that was put off at the door, by a word of REFUSALS."""
        self._refusals[reason].inc()

    def stage(self, stage: str, seconds: float) -> None:
        """Note the time a message spent in one stage."""
        self._stages.note(stage, seconds)
