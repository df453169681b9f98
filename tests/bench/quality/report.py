"""Figures of a run as tables of text: recall, false holds, right pupil, right recipients, with Wilson bounds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from bench.quality.runner import Judged


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share."""
    if not total:
        return 0.0, 1.0
    z, p = 1.96, hits / total
    middle, half = p + z * z / (2 * total), z * sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return max(0.0, (middle - half) / (1 + z * z / total)), min(1.0, (middle + half) / (1 + z * z / total))


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        """The share, 1 for nothing of nothing."""
        return self.hits / self.total if self.total else 1.0

    def __str__(self) -> str:
        low, high = wilson(self.hits, self.total)
        return f"{self.hits}/{self.total} = {100 * self.value:.2f} % ({100 * low:.2f}-{100 * high:.2f})"


def share(judged: Iterable[bool]) -> Share:
    """Return the share of true ones."""
    every = list(judged)
    return Share(sum(every), len(every))


@dataclass(frozen=True)
class Figures:
    """What one guard reached."""

    recall: Share
    strong_recall: Share
    false_holds: Share
    right_pupil: Share
    right_recipients: Share
    worst_roll_recall: tuple[int, Share]
    worst_roll_false: tuple[int, Share]


def figures(judged: list[Judged]) -> Figures:
    """Return the figures of one guard's judgements."""
    leaks, clean = [j for j in judged if j.leak], [j for j in judged if not j.leak]
    rolls = sorted({j.roll for j in judged})
    recall = [(roll, share(j.caught for j in leaks if j.roll == roll)) for roll in rolls]
    false = [(roll, share(not j.caught for j in clean if j.roll == roll)) for roll in rolls]
    return Figures(
        share(j.caught for j in leaks),
        share(j.caught for j in leaks if j.strong),
        share(not j.caught for j in clean),
        share(bool(j.right_pupil) for j in leaks if j.right_pupil is not None),
        share(j.exact for j in leaks if j.caught),
        min(recall, key=lambda pair: pair[1].value),
        max(false, key=lambda pair: pair[1].value),
    )


def overall(by_guard: dict[str, list[Judged]], spent: dict[str, tuple[float, int]]) -> str:
    """Return the table of all guards."""
    lines = []
    for name, judged in by_guard.items():
        f, (seconds, size) = figures(judged), spent[name]
        lines += [
            f"{name}",
            f"  leaks held             {f.recall}",
            f"  with number or full name + attribute  {f.strong_recall}",
            f"  false holds            {f.false_holds}",
            f"  right pupil named      {f.right_pupil}",
            f"  right recipients only  {f.right_recipients}",
            f"  worst roll: recall     roll {f.worst_roll_recall[0]}: {f.worst_roll_recall[1]}",
            f"  worst roll: false      roll {f.worst_roll_false[0]}: {f.worst_roll_false[1]}",
            f"  speed                  {1000 * seconds / len(judged):.2f} ms a message, "
            f"{size / seconds / 1e6:.2f} MB of text/s",
        ]
    return "\n".join(lines)


def by(judged: list[Judged], key: str) -> str:
    """Return one line for each value of `key` ("family", "kind", "template") with anything wrong, worst first."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for j in judged:
        groups[getattr(j, key)].append(j)
    lines = []
    for name, some in groups.items():
        leaks, clean = [j for j in some if j.leak], [j for j in some if not j.leak]
        missed, false = sum(not j.caught for j in leaks), sum(not j.caught for j in clean)
        pupil = sum(j.right_pupil is False for j in leaks)
        extra = sum(j.caught and not j.exact for j in leaks)
        if missed or false or pupil or extra:
            low, high = wilson(len(leaks) - missed, len(leaks))
            lines.append((-(missed + false), -pupil, (
                f"{name:<26} missed {missed}/{len(leaks)} (recall {100 * low:.1f}-{100 * high:.1f} %)  "
                f"false {false}/{len(clean)}  wrong pupil {pupil}  held too many {extra}"
            )))  # fmt: skip
    fine = len(groups) - len(lines)
    return "\n".join([*(line for *_, line in sorted(lines)), f"{fine} of {len(groups)} without a mistake"])


def examples(judged: list[Judged], most: int) -> str:
    """Return mistakes in full, at most `most` of a template (tuning half only: nothing else carries them)."""
    seen: Counter[tuple[str, bool]] = Counter()
    shown = []
    for j in judged:
        if j.why:
            seen[(j.template, j.caught)] += 1
            if seen[(j.template, j.caught)] <= most:
                what = "MISSED OR FALSELY HELD" if not j.caught else "PUPIL OR RECIPIENTS WRONG"
                shown.append(f"=== {what}, roll {j.roll}\n{j.why}")
    return "\n".join(shown)
