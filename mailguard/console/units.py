"""Numbers of the dashboards as people read them, by the unit that Grafana knows."""

from __future__ import annotations

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def amount(value: float, unit: str) -> str:
    """A value in its unit: "s" a length of time, "percentunit" a share of one, anything else a plain number."""
    if unit == "s":
        return _length(value)
    if unit == "percentunit":
        return f"{_plain(100 * value)} %"
    return _plain(value)


def _plain(value: float) -> str:
    """Whole if it is, else with as many digits as tell something. What counters grew by is estimated, seldom whole."""
    size = abs(value)
    if size >= 1e15:
        return f"{value:.3g}"
    if size >= 10 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 1 else f"{value:.2g}"


def _length(seconds: float) -> str:
    size = abs(seconds)
    if size < 1:
        return f"{_plain(seconds * 1000)} ms" if seconds else "0 s"
    for most, one, word in ((2 * _MINUTE, 1, "s"), (2 * _HOUR, _MINUTE, "min"), (2 * _DAY, _HOUR, "hours")):
        if size < most:
            return f"{_plain(seconds / one)} {word}"
    return f"{_plain(seconds / _DAY)} days"
