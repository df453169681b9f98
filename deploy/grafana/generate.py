"""Makes the dashboards beside this file: python deploy/grafana/generate.py (needs grafana-foundation-sdk).

The JSON is committed, and a test compares it with what this makes. Import it in Grafana (Dashboards, New, Import) or
point a provisioning provider at this folder. The data source is asked for when a dashboard is opened.
"""

from __future__ import annotations

import sys
from pathlib import Path

from grafana_foundation_sdk.builders import bargauge, prometheus, stat, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders.common import ReduceDataOptions, VizLegendOptions
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${source}")
HELD = 'verdict=~"hold|mixed"'
Panel = stat.Panel | timeseries.Panel | bargauge.Panel


def query(expression: str, legend: str = "", instant: bool = False) -> prometheus.Dataquery:
    """One query; an instant one gives the figure of now."""
    made = prometheus.Dataquery().ref_id("A").expr(expression).legend_format(legend or "__auto")
    return made.instant() if instant else made.range()


def figure(
    title: str, what: str, expression: str, unit: str, legend: str = "", alarm: float | None = None, span: int = 6
) -> stat.Panel:
    """One number; red from `alarm` on. A row is 24 wide."""
    panel = (
        stat.Panel()
        .title(title)
        .description(what)
        .datasource(SOURCE)
        .unit(unit)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(query(expression, legend, instant=True))
        .height(4)
        .span(span)
    )
    if alarm is not None:
        panel.thresholds(red_from(alarm))
    return panel


def red_from(alarm: float) -> build.ThresholdsConfig:
    """Green below, red from `alarm` on."""
    steps = [model.Threshold(color="green"), model.Threshold(color="red", value=alarm)]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)


def curve(title: str, what: str, unit: str, *queries: tuple[str, str]) -> timeseries.Panel:
    """Lines over time, each with its legend."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(what)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .legend(
            VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs([])
        )
        .height(8)
        .span(12)
    )
    for expression, legend in queries:
        panel.with_target(query(expression, legend))
    return panel


def bars(
    title: str, what: str, expression: str, legend: str, unit: str = "short", alarm: float | None = None
) -> bargauge.Panel:
    """One bar a label, longest first; red from `alarm` on."""
    panel = (
        bargauge.Panel()
        .title(title)
        .description(what)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(query(f"sort_desc({expression})", legend, instant=True))
        .height(8)
        .span(12)
    )
    if alarm is not None:
        panel.thresholds(red_from(alarm))
    return panel


def board(uid: str, title: str, what: str, panels: list[Panel], *, schools: str = "") -> str:
    """One dashboard as JSON, of "one" school that is chosen, of "some" of them, or of the whole."""
    made = (
        build.Dashboard(title)
        .uid(uid)
        .description(what)
        .tags(["mailguard"])
        .refresh("1m")
        .time("now-7d", "now")
        .timezone("browser")
        .editable()
        .with_variable(build.DatasourceVariable("source").label("Data source").type("prometheus"))
    )
    if schools:
        variable = (
            build.QueryVariable("school")
            .label("School")
            .datasource(SOURCE)
            .query("label_values(mailguard_held_messages, school)")
            .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(model.VariableSort.ALPHABETICAL_ASC)
        )
        if schools == "some":
            variable.multi(True).include_all(True).all_value(".*")
        made.with_variable(variable)
    for panel in panels:
        made.with_panel(panel)
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def trust() -> str:
    """All schools side by side, or those chosen above."""
    here = 'school=~"$school"'
    return board(
        "mailguard-trust",
        "mailguard: trust",
        "All schools: what was held, what waits, how old the rolls are.",
        [
            figure("Waiting for a decision", "Messages held now, all schools.",
                   f"sum(max by (school) (mailguard_held_messages{{{here}}}))", "short", alarm=20),
            figure("Oldest waiting", "Age of the oldest held message.",
                   f"max(mailguard_held_oldest_age_seconds{{{here}}})", "s", alarm=14400),
            figure("Held in 7 days", "Messages held, or that would have been held in observe mode.",
                   f"sum(increase(mailguard_messages_total{{{here},{HELD}}}[7d]))", "short"),
            figure("Open incidents", "Incidents not closed.",
                   f"sum(max by (school) (mailguard_incident_open{{{here}}}))", "short", alarm=1),
            bars("Waiting by school", "Messages held now.", f"max by (school) (mailguard_held_messages{{{here}}})",
                 "{{school}}"),
            bars("Age of the roll", "Since the last import; an alert is raised after three days.",
                 f"time() - max by (school) (mailguard_roll_imported_timestamp_seconds{{{here}}})", "{{school}}", "s",
                 alarm=259200),
            curve("Held share", "Share of each school's messages of an hour that were held.", "percentunit",
                  (f"sum by (school) (increase(mailguard_messages_total{{{here},{HELD}}}[1h])) / "
                   f"(sum by (school) (increase(mailguard_messages_total{{{here}}}[1h])) > 0)", "{{school}}")),
            curve("Messages", "Messages judged in an hour.", "short",
                  (f"sum by (school) (increase(mailguard_messages_total{{{here}}}[1h]))", "{{school}}")),
            bars("Why held, 7 days", "Findings by rule.",
                 f"sum by (rule) (increase(mailguard_findings_total{{{here}}}[7d]))", "{{rule}}"),
            bars("Decisions, 7 days", "What people decided, and the reason they chose.",
                 "sum by (action, reason) (max by (school, action, reason) "
                 f"(increase(mailguard_decisions_total{{{here}}}[7d])))",
                 "{{action}}: {{reason}}"),
            bars("Pupils on the roll", "In the revision in force.",
                 f"max by (school) (mailguard_roll_pupils{{{here}}})", "{{school}}"),
            curve("Observed only", "Messages that would have been held and were delivered, by school.", "short",
                  (f'sum by (school) (increase(mailguard_messages_total{{{here},{HELD},mode="observe"}}[1h]))',
                   "{{school}}")),
        ],
        schools="some",
    )  # fmt: skip


def school() -> str:
    """One school, chosen above."""
    here = 'school="$school"'
    return board(
        "mailguard-school",
        "mailguard: one school",
        "One school: held mail, reasons, decisions, its roll.",
        [
            figure("Waiting for a decision", "Messages held now.",
                   f"max(mailguard_held_messages{{{here}}})", "short", alarm=10),
            figure("Oldest waiting", "Age of the oldest held message.",
                   f"max(mailguard_held_oldest_age_seconds{{{here}}})", "s", alarm=14400),
            figure("Age of the roll", "Since the last import.",
                   f"time() - max(mailguard_roll_imported_timestamp_seconds{{{here}}})", "s", alarm=259200),
            figure("Pupils on the roll", "In the revision in force.", f"max(mailguard_roll_pupils{{{here}}})", "short"),
            curve("Messages", "Messages judged in an hour, by verdict.", "short",
                  (f"sum by (verdict, mode) (increase(mailguard_messages_total{{{here}}}[1h]))",
                   "{{verdict}} ({{mode}})")),
            curve("Findings", "What holds recipients, by rule, in an hour.", "short",
                  (f"sum by (rule) (increase(mailguard_findings_total{{{here}}}[1h]))", "{{rule}}")),
            bars("Why held, 7 days", "Findings by rule and strength.",
                 f"sum by (rule, strength) (increase(mailguard_findings_total{{{here}}}[7d]))",
                 "{{rule}}: {{strength}}"),
            bars("Decisions, 7 days", "What people decided, and the reason they chose.",
                 f"max by (action, reason) (increase(mailguard_decisions_total{{{here}}}[7d]))",
                 "{{action}}: {{reason}}"),
            curve("Waiting", "Messages held.", "short", (f"max(mailguard_held_messages{{{here}}})", "held")),
            figure("Open incidents", "Incidents not closed.", f"max(mailguard_incident_open{{{here}}})", "short",
                   alarm=1),
        ],
        schools="one",
    )  # fmt: skip


def relay() -> str:
    """The machinery, for technicians."""
    buckets = "sum by (stage, le) (rate(mailguard_stage_duration_seconds_bucket[15m]))"
    return board(
        "mailguard-relay",
        "mailguard: relay",
        "Queue, stages, next server, readers, versions.",
        [
            figure("Nodes up", "Relays that answer.", 'sum(up{job="mailguard"})', "short", span=4),
            figure("Waiting for delivery", "Messages with a queued recipient.",
                   'max(mailguard_queue_messages{state="queued"})', "short", alarm=500, span=4),
            figure("Waiting for a verdict", "Messages accepted and not judged yet.",
                   'max(mailguard_queue_messages{state="received"})', "short", alarm=50, span=4),
            figure("Mail servers down", "Configured next servers that do not answer.",
                   "max(mailguard_routes_down)", "short", alarm=1, span=4),
            figure("Stores down", "Nodes whose store does not answer.",
                   "count(mailguard_store_up) - sum(mailguard_store_up)", "short", alarm=1, span=4),
            figure("Layers of the sandbox", "The fewest on any node; four are required.",
                   "min(mailguard_sandbox_layers)", "short", span=4),
            curve("Queue", "Messages by state.", "short", ("max by (state) (mailguard_queue_messages)", "{{state}}")),
            curve("Delivery attempts", "Recipients in five minutes.", "short",
                  ("sum by (result) (increase(mailguard_delivery_attempts_total[5m]))", "{{result}}")),
            curve("Time in each stage, 95 %", "Ninety-five of a hundred messages are faster.", "s",
                  (f"histogram_quantile(0.95, {buckets})", "{{stage}}")),
            curve("Time in each stage, median", "Half of all messages are faster.", "s",
                  (f"histogram_quantile(0.5, {buckets})", "{{stage}}")),
            curve("Messages", "Judged each second, by node.", "short",
                  ("sum by (instance) (rate(mailguard_messages_total[5m]))", "{{instance}}")),
            curve("Parts that could not be read", "In an hour, by reason.", "short",
                  ("sum by (reason) (increase(mailguard_unreadable_parts_total[1h]))", "{{reason}}")),
            curve("Put off at the door", "Messages in an hour that senders keep and try again, by reason.", "short",
                  ("sum by (reason) (increase(mailguard_intake_refused_total[1h]))", "{{reason}}")),
            bars("Versions", "Nodes by version of mailguard.", "count by (version) (mailguard_build_info)",
                 "{{version}}"),
        ],
    )  # fmt: skip


DASHBOARDS = {"trust.json": trust, "school.json": school, "relay.json": relay}

if __name__ == "__main__":
    folder = Path(__file__).parent
    for name, make in DASHBOARDS.items():
        (folder / name).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"wrote {folder / name}\n")
