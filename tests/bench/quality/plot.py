"""Draw how often a score is right, as an SVG: a point for each step of the score with its Wilson interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bench.quality.report import Share, wilson

WIDE, TALL = 420, 300
LEFT, TOP, INNER_WIDE, INNER_TALL = 56, 44, 340, 190


@dataclass(frozen=True)
class Panel:
    """One diagram: `pairs` of a score and whether what it says was right, put in steps from `low` to `high`."""

    title: str
    axis: str
    pairs: Sequence[tuple[float, bool]]
    low: int
    high: int
    step: int

    def points(self) -> list[tuple[int, Share]]:
        """Return each step's lower end with the share that was right; steps without any are left out."""
        found: dict[int, list[bool]] = {}
        for score, right in self.pairs:
            at = int(min(max(score, self.low), self.high - 0.001) // self.step * self.step)
            found.setdefault(at, []).append(right)
        return [(at, Share(sum(some), len(some))) for at, some in sorted(found.items())]


def svg(panels: Sequence[Panel]) -> str:
    """Return the diagrams side by side as one picture, readable in black and white and by a screen reader."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE * len(panels)}" height="{TALL}" role="img" '
        f'font-family="sans-serif" font-size="11">',
        f"<title>{escape('; '.join(panel.title for panel in panels))}</title>",
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate({number * WIDE} 0)">{"".join(_panel(panel))}</g>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel) -> list[str]:
    def x(score: float) -> float:
        return round(LEFT + (score - panel.low) / (panel.high - panel.low) * INNER_WIDE, 1)

    def y(share: float) -> float:
        return round(TOP + (1 - share) * INNER_TALL, 1)

    made = [
        f'<text x="{LEFT}" y="20" font-size="13" font-weight="bold">{escape(panel.title)}</text>',
        f'<text x="{LEFT + INNER_WIDE / 2}" y="{TALL - 12}" text-anchor="middle">{escape(panel.axis)}</text>',
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        made.append(f'<line x1="{LEFT}" x2="{LEFT + INNER_WIDE}" y1="{y(share)}" y2="{y(share)}" stroke="#ccc"/>')
        made.append(f'<text x="{LEFT - 8}" y="{y(share) + 4}" text-anchor="end">{share:.0%}</text>')
    line = []
    for at, share in panel.points():
        middle, (low, high) = x(at + panel.step / 2), wilson(share.hits, share.total)
        line.append(f"{middle},{y(share.value)}")
        ends = f'x1="{middle}" x2="{middle}" y1="{y(low)}" y2="{y(high)}"'
        made.append(f'<line {ends} stroke="#00508f" stroke-width="2"/>')
        made.append(f'<circle cx="{middle}" cy="{y(share.value)}" r="4" fill="#00508f"/>')
        made.append(f'<text x="{middle}" y="{TOP + INNER_TALL + 16}" text-anchor="middle">{at}</text>')
        below = TOP + INNER_TALL + 30
        made.append(f'<text x="{middle}" y="{below}" text-anchor="middle" fill="#555">{share.total}</text>')
    made.append(f'<polyline points="{" ".join(line)}" fill="none" stroke="#00508f"/>')
    return made
