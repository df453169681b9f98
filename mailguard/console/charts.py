"""Plots as SVG without style or script, drawn from numbers alone; a table of the same numbers stands beside each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

_WIDTH, _HEIGHT, _FOOT, _LEFT = 720, 200, 24, 44
_WIDE, _TALL, _DOT = 1000, 100, 6
Points = Sequence[tuple[float, float | None]]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, the whole, and the part of it that stands out."""

    label: str
    whole: int
    part: int = 0


def bars(found: Sequence[Bar], title: str) -> Markup:
    """Bars over time, each with the part that stands out drawn over it; `title` is what a screen reader says."""
    top = even_top(max((bar.whole for bar in found), default=0))
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
    scale = [_line(value, top) for value in (top, top // 2)]
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


def curves(found: Sequence[tuple[str, Points]], top: float, title: str) -> Markup:
    """Lines over time: for each the class that it is drawn by, and its points, x in 0..1, y up to `top`, None a gap.

    It has no text in it and takes any shape: scales stand beside it as text that keeps its size on a small screen."""
    grid = [
        Markup('<line class="plot-line" x1="0" y1="{0}" x2="{1}" y2="{0}"/>').format(y, _WIDE)
        for y in (0, _TALL // 2, _TALL)
    ]
    drawn = [Markup('<path class="curve {}" d="{}"/>').format(kind, _path(points, top)) for kind, points in found]
    return Markup(
        '<svg class="curves" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDE, _TALL, title, Markup("").join([*grid, *drawn]))


def _path(points: Points, top: float) -> str:
    """A line broken at its gaps. A point between two gaps is a short stroke, or nobody would see it."""
    steps, drawing = [], False
    for n, (x, y) in enumerate(points):
        if y is None:
            drawing = False
            continue
        alone = not drawing and (n + 1 == len(points) or points[n + 1][1] is None)
        across = min(max(x * _WIDE - _DOT / 2, 0.0), _WIDE - _DOT) if alone else x * _WIDE
        height = _TALL - _TALL * min(max(y / top, 0.0), 1.0)
        steps.append(f"{'L' if drawing else 'M'}{across:.1f} {height:.1f}" + (f"h{_DOT}" if alone else ""))
        drawing = True
    return "".join(steps)


def key(kind: str) -> Markup:
    """The piece of line that stands beside a name in the legend."""
    return Markup(
        '<svg class="curve-key" viewBox="0 0 30 10" aria-hidden="true"><path class="curve {}" d="M1 5H29"/></svg>'
    ).format(kind)


def share(part: float, kind: str = "") -> Markup:
    """A bar that fills a part of its width, 0..1; the number beside it says what it shows."""
    return Markup(
        '<svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="share-all" width="100" height="10"/>'
        '<rect class="share-part {}" width="{:.1f}" height="10"/></svg>'
    ).format(kind, 100 * min(max(part, 0.0), 1.0))


def even_top(most: int) -> int:
    """The top of a scale for counts up to `most`, whose half is a whole number: 2, 4, 6, 8 or 10 times a power of
    ten."""
    power = 1
    while most > 10 * power:
        power *= 10
    return next(step * power for step in (2, 4, 6, 8, 10) if most <= step * power)


def scale_of(most: float) -> float:
    """The top of a scale for values up to `most`: 1, 2 or 5 times a power of ten, so that half of it reads well too."""
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next((power * step for step in (1, 2, 5) if most <= power * step), power * 10)
