"""Plots as SVG without style or script, drawn from numbers alone; a table of the same numbers stands beside each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

_WIDTH, _HEIGHT, _FOOT, _LEFT = 720, 200, 24, 44


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, the whole, and the part of it that stands out."""

    label: str
    whole: int
    part: int = 0


def bars(found: Sequence[Bar], title: str) -> Markup:
    """Bars over time, each with the part that stands out drawn over it; `title` is what a screen reader says."""
    top = max((bar.whole for bar in found), default=0) or 1
    step = (_WIDTH - _LEFT) / max(1, len(found))
    width = max(1.0, step * 0.7)
    drawn = []
    for n, bar in enumerate(found):
        x = _LEFT + n * step + (step - width) / 2
        if bar.whole:
            drawn.append(_bar("plot-whole", x, width, bar.whole, top))
        if bar.part:
            drawn.append(_bar("plot-part", x, width, bar.part, top))
        if n % max(1, len(found) // 7) == 0:
            drawn.append(
                Markup('<text class="plot-text{}" x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                    " every-other" if n // max(1, len(found) // 7) % 3 else "", x + width / 2, _HEIGHT - 6, bar.label
                )
            )
    scale = [_line(value, top) for value in (top, top // 2) if value]
    return Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, _HEIGHT, escape(title), Markup("").join([*scale, *drawn])
    )


def _bar(kind: str, x: float, width: float, value: int, top: int) -> Markup:
    height = max(1.5, (_HEIGHT - _FOOT - 10) * value / top)
    return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        kind, x, _HEIGHT - _FOOT - height, width, height
    )


def _line(value: int, top: int) -> Markup:
    y = _HEIGHT - _FOOT - (_HEIGHT - _FOOT - 10) * value / top
    return Markup(
        '<line class="plot-line" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>'
        '<text class="plot-text" x="{}" y="{:.1f}" text-anchor="end">{:,}</text>'
    ).format(_LEFT, y, _WIDTH, y, _LEFT - 6, y + 4, value)
