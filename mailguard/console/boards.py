"""The dashboards of deploy/grafana as the console draws them: panels, their queries, and which schools a query is for.

The files are those that Grafana imports; they ship in the package. What is read of them is what is drawn: type, title,
unit, alarm, queries with their legends. A dashboard that has a variable `school` is for one school, or, where the
variable takes several, for some of them; one without is of the whole machinery."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec

import mailguard

NAMES = ("trust", "school", "relay")
_METRIC = re.compile(r"\bmailguard_[a-z0-9_]+")
_BOUND = re.compile(r'\{(?:[^{}"]|"[^"]*")*\bschool=~?"\$school"(?:[^{}"]|"[^"]*")*\}')
_VARIABLE = re.compile(r'(=~?)"\$school"')


class Scope(StrEnum):
    """Whose figures a dashboard shows: one school's, some schools', or everybody's taken together."""

    ONE = "one"
    SOME = "some"
    WHOLE = "whole"


class Kind(StrEnum):
    """How a panel is drawn: a number, bars, lines over time."""

    FIGURE = "stat"
    BARS = "bargauge"
    CURVE = "timeseries"


@dataclass(frozen=True, slots=True)
class Query:
    """A PromQL expression, the template of its series' names ("{{school}}"), and whether it asks for now alone."""

    expression: str
    legend: str
    instant: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel; `alarm` is the value from which on it is red, `width` how many of twelve columns it takes."""

    kind: Kind
    title: str
    what: str
    unit: str
    queries: tuple[Query, ...]
    alarm: float | None = None
    width: int = 6

    @property
    def bound(self) -> bool:
        """Whether it counts nothing but the schools asked for: every metric in it is selected by them."""
        return all(_all_bound(query.expression) for query in self.queries)


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard."""

    name: str
    title: str
    what: str
    scope: Scope
    panels: tuple[Panel, ...]


class _Step(msgspec.Struct):
    color: str
    value: float | None = None


class _Thresholds(msgspec.Struct):
    steps: list[_Step] = []


class _Defaults(msgspec.Struct):
    unit: str = "short"
    thresholds: _Thresholds = msgspec.field(default_factory=_Thresholds)


class _FieldConfig(msgspec.Struct):
    defaults: _Defaults


class _Target(msgspec.Struct):
    expr: str
    legend: str = msgspec.field(default="", name="legendFormat")
    instant: bool = False


class _Place(msgspec.Struct):
    w: int = 12


class _Panel(msgspec.Struct):
    type: Kind
    title: str
    targets: list[_Target]
    config: _FieldConfig = msgspec.field(name="fieldConfig")
    description: str = ""
    place: _Place = msgspec.field(default_factory=_Place, name="gridPos")


class _Variable(msgspec.Struct):
    name: str
    multi: bool = False


class _Templating(msgspec.Struct):
    variables: list[_Variable] = msgspec.field(default_factory=list, name="list")


class _Board(msgspec.Struct):
    title: str
    panels: list[_Panel]
    description: str = ""
    templating: _Templating = msgspec.field(default_factory=_Templating)


def read_board(name: str, data: bytes) -> Board:
    """A dashboard from its JSON. ValueError if it is none, or has a kind of panel that is not drawn here."""
    found = msgspec.json.decode(data, type=_Board)
    variable = next((one for one in found.templating.variables if one.name == "school"), None)
    scope = Scope.WHOLE if variable is None else Scope.SOME if variable.multi else Scope.ONE
    title = found.title.removeprefix("mailguard: ")
    return Board(name, title[:1].upper() + title[1:], found.description, scope, tuple(map(_panel, found.panels)))


def _panel(found: _Panel) -> Panel:
    queries = tuple(Query(one.expr, one.legend.replace("__auto", ""), one.instant) for one in found.targets)
    defaults = found.config.defaults
    alarm = next((one.value for one in defaults.thresholds.steps if one.color == "red"), None)
    width = min(max(found.place.w // 2, 2), 12)  # Grafana has twenty-four columns
    return Panel(found.type, found.title, found.description, defaults.unit, queries, alarm, width)


@cache
def boards() -> dict[str, Board]:
    """The dashboards that ship with mailguard, by name."""
    package = Path(mailguard.__file__).parent
    shipped = package / "deploy" / "grafana"
    folder = shipped if shipped.is_dir() else package.parent / "deploy" / "grafana"
    return {name: read_board(name, (folder / f"{name}.json").read_bytes()) for name in NAMES}


def _all_bound(expression: str) -> bool:
    """Whether every metric of ours is followed by a selector of the school; what is not ours has no school."""
    ends = [found.end() for found in _METRIC.finditer(expression)]
    return bool(ends) and all(_BOUND.match(expression, end) for end in ends)


def for_schools(expression: str, schools: Collection[str] | None) -> str:
    """The expression with its variable filled in: these schools, or (None) every one.

    Codes are data: they are escaped for the regular expression (RE2) and for the string (PromQL)."""

    def fill(found: re.Match[str]) -> str:
        if schools is None:
            return '=~".*"'
        if found[1] == "=":
            [one] = schools
            return f'="{_string(one)}"'
        return f'=~"{_string("|".join(re.escape(one) for one in sorted(schools)))}"'

    return _VARIABLE.sub(fill, expression)


def _string(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
