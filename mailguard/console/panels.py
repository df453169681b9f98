"""From a dashboard and what Prometheus answers to what the page shows: numbers, bars, lines, and why there are none.

Pure but for `look`, which asks. Values of labels come from outside: they are shortened, rid of what is not to be seen,
and escaped by the template like any text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from markupsafe import Markup

from mailguard.console import charts, words
from mailguard.console.boards import Board, Kind, Panel, Query, Scope, for_schools
from mailguard.console.prometheus import Answer, Asked, Fault, Prometheus, Series, Span
from mailguard.console.units import amount

SPANS = {
    "6h": ("6 hours", 6 * 3600, 120),
    "24h": ("24 hours", 24 * 3600, 360),
    "7d": ("7 days", 7 * 86400, 2700),
    "30d": ("30 days", 30 * 86400, 10800),
}
MOST_COLOURS = 8
MOST_BARS = 10
MOST_FIGURES = 6
_MOST_NAME = 80
_NOTHING = Markup("")
_WORDS = {
    "rule": words.RULES,
    "verdict": {"deliver": "sent", "hold": "held", "mixed": "held for some"},
    "mode": {"enforce": "in force", "observe": "only observed"},
    "action": {"release": "Sent on", "refuse": "Stopped", "expire": "Stopped"},
    "reason": {reason.value: said for reason, said in words.REASONS.items()} | {"expired": "Nobody decided in time"},
}
_FIELD = re.compile(r"\{\{\s*(\w+)\s*\}\}")
FAULTS = {
    Fault.DOWN: "Prometheus does not answer.",
    Fault.SLOW: "Prometheus did not answer in time.",
    Fault.REFUSED: "Prometheus refused the query.",
    Fault.GARBLED: "What answered is not a Prometheus, or its answer is too large.",
    Fault.BUSY: "Too many people look at dashboards just now. Try again in a minute.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One series in words: its name, the value of now and, of a curve, its highest and its mean; `grave` from the alarm
    on. `mark` is its bar or its piece of line."""

    name: str
    now: str
    highest: str = ""
    mean: str = ""
    grave: bool = False
    mark: Markup = _NOTHING


@dataclass(frozen=True, slots=True)
class View:
    """One panel as the page shows it. `fault` says why there is nothing, "" if all is well; `rows` are in order of
    weight, the first `shown` of them are in sight. `scale` is top and middle of a curve's scale."""

    kind: Kind
    title: str
    what: str
    fault: str = ""
    rows: tuple[Row, ...] = ()
    shown: int = 0
    drawn: Markup = _NOTHING
    scale: tuple[str, str] = ("", "")
    alarm: str = ""
    width: int = 6

    @property
    def more(self) -> int:
        """How many series are in the table alone."""
        return len(self.rows) - self.shown


@dataclass(frozen=True, slots=True)
class Names:
    """What people call what stands in labels: schools by code; rules, decisions and reasons in the office's own."""

    schools: Mapping[str, str] = field(default_factory=dict)

    def of(self, label: str, value: str) -> str:
        """A label's value, in words where there are any."""
        known = self.schools if label == "school" else _WORDS.get(label, {})
        return _clean(known.get(value, value))


def span_of(name: str, now: float) -> Span:
    """A span by its name, up to the last full minute, so that pages of one minute share answers."""
    _, seconds, step = SPANS[name]
    end = now // 60 * 60
    return Span(end - seconds, end, step)


def look(
    board: Board, source: Prometheus, span: Span, schools: Collection[str] | None, names: Names = Names()
) -> list[View]:
    """Every panel of a dashboard, for these schools or (None) all of them.

    Where not every school may be seen, a panel that counts others too is left out, and a series of another school is
    dropped, whatever the answer holds: the query already asks for none."""
    panels = [panel for panel in board.panels if schools is None or panel.bound]
    queries = [(panel, query) for panel in panels for query in panel.queries]
    asked = [Asked(for_schools(query.expression, schools), None if query.instant else span) for _, query in queries]
    answers: dict[int, list[tuple[Query, Answer]]] = {}
    for (panel, query), answer in zip(queries, source.ask(asked), strict=True):
        answers.setdefault(id(panel), []).append((query, _within(answer, schools)))
    return [replace(draw(panel, answers[id(panel)], span, names), width=panel.width) for panel in panels]


def _within(answer: Answer, schools: Collection[str] | None) -> Answer:
    if schools is None:
        return answer
    kept = (one for one in answer.series if "school" not in one.labels or one.labels["school"] in schools)
    return Answer(tuple(kept), answer.fault)


def draw(panel: Panel, answers: Sequence[tuple[Query, Answer]], span: Span, names: Names = Names()) -> View:
    """One panel."""
    fault = next((answer.fault for _, answer in answers if answer.fault), None)
    named = [
        (_name(query.legend, one, names) or panel.title, one)
        for query, answer in answers
        for one in answer.series
        if any(value is not None for _, value in one.points)
    ]
    if fault or not named:
        nothing = "No data in this range." if panel.kind is Kind.CURVE else "No data."
        return View(panel.kind, panel.title, panel.what, FAULTS[fault] if fault else nothing)
    drawing: Callable[..., View] = {Kind.FIGURE: _figures, Kind.BARS: _bars, Kind.CURVE: _curves}[panel.kind]
    return drawing(panel, named, span)


def _name(legend: str, series: Series, names: Names) -> str:
    """The legend with its fields filled in; without one, what the labels say."""
    if not legend:
        shown = (names.of(key, value) for key, value in sorted(series.labels.items()) if key != "__name__")
        return _clean(", ".join(shown))
    return _clean(_FIELD.sub(lambda found: names.of(found[1], series.labels.get(found[1], "")), legend))


def _clean(text: str) -> str:
    """Text of outside as one short line: no control characters, none that turn the direction of what follows."""
    kept = "".join(
        " " if char.isspace() else char for char in text if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")
    )
    return kept if len(kept) <= _MOST_NAME else kept[: _MOST_NAME - 1] + "…"


def _last(series: Series) -> float | None:
    return series.points[-1][1] if series.points else None


def _is_grave(panel: Panel, value: float) -> bool:
    return panel.alarm is not None and value >= panel.alarm


def _alarm(panel: Panel) -> str:
    return "" if panel.alarm is None else amount(panel.alarm, panel.unit)


def _valued(named: Sequence[tuple[str, Series]]) -> list[tuple[str, float]]:
    """Names and values of now, largest first."""
    found = [(name, value) for name, one in named if (value := _last(one)) is not None]
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _figures(panel: Panel, named: Sequence[tuple[str, Series]], _span: Span) -> View:
    rows = tuple(Row(name, amount(value, panel.unit), grave=_is_grave(panel, value)) for name, value in _valued(named))
    return View(panel.kind, panel.title, panel.what, rows=rows, shown=min(len(rows), MOST_FIGURES), alarm=_alarm(panel))


def _bars(panel: Panel, named: Sequence[tuple[str, Series]], _span: Span) -> View:
    values = _valued(named)
    top = max(value for _, value in values)
    rows = []
    for name, value in values:
        grave = _is_grave(panel, value)
        mark = charts.share(value / top if top > 0 else 0.0, "is-grave" if grave else "")
        rows.append(Row(name, amount(value, panel.unit), grave=grave, mark=mark))
    # What is nought says little; it stands in the table, so that nobody wonders where it is.
    weighty = sum(1 for _, value in values if value)
    return View(
        panel.kind, panel.title, panel.what, rows=tuple(rows), shown=min(weighty, MOST_BARS), alarm=_alarm(panel)
    )


def _curves(panel: Panel, named: Sequence[tuple[str, Series]], span: Span) -> View:
    found = sorted(((name, one, _known(one)) for name, one in named), key=lambda one: (-max(one[2]), one[0]))
    highest = max(found[0][2])
    top = charts.scale_of(highest)
    coloured = min(MOST_COLOURS, sum(1 for _, _, values in found if max(values)) or len(found))
    rows, lines = [], []
    for n, (name, one, values) in enumerate(found):
        kind = f"curve-{n}" if n < coloured else "curve-rest"
        lines.append((kind, _placed(one, span)))
        last = _last(one)
        rows.append(
            Row(
                name,
                "–" if last is None else amount(last, panel.unit),
                amount(max(values), panel.unit),
                amount(sum(values) / len(values), panel.unit),
                mark=charts.key(kind),
            )
        )
    title = f"{panel.title}: highest {amount(highest, panel.unit)}, {found[0][0]}"
    drawn = charts.curves(list(reversed(lines)), top, title)  # what matters most is drawn last, on top
    scale = (amount(top, panel.unit), amount(top / 2, panel.unit))
    return View(panel.kind, panel.title, panel.what, rows=tuple(rows), shown=coloured, drawn=drawn, scale=scale)


def _known(series: Series) -> list[float]:
    return [value for _, value in series.points if value is not None]


def _placed(series: Series, span: Span) -> list[tuple[float, float | None]]:
    """Points in the span, 0..1; where Prometheus has nothing for a step or more, a gap."""
    found: list[tuple[float, float | None]] = []
    before = None
    for at, value in series.points:
        if before is not None and at - before > 1.5 * span.step:
            found.append(((at - span.step - span.start) / (span.end - span.start), None))
        found.append((min(max((at - span.start) / (span.end - span.start), 0.0), 1.0), value))
        before = at
    return found


def times(span: Span, tell: Callable[[float], str]) -> tuple[str, str, str]:
    """What stands below a curve: its start, middle and end."""
    return tell(span.start), tell((span.start + span.end) / 2), tell(span.end)


def scope_of(board: Board, wanted: str, reach: Collection[str] | None) -> Collection[str] | None:
    """The schools that a page asks for: the one that is wanted, else all within reach (None: every one)."""
    if board.scope is Scope.WHOLE:
        return None
    return (wanted,) if wanted else reach
