"""What is wrong with a roll, said so that the person who made the file can mend it.

A problem never holds the value it complains about: reports are shown, mailed and logged, and values are pupil data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mailguard.model import PupilKey, Roll


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault of one file. `line` is the physical line of the file a person sees in an editor (0: the whole file),
    `column` the heading (blank: the whole line), `remedy` what to do about it."""

    file: str
    line: int
    column: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        where = self.file
        if self.line:
            where += f", line {self.line}"
        if self.column:
            where += f", column {self.column}"
        return f"{where}: {self.message}" + (f" {self.remedy}" if self.remedy else "")


MOST = 1000


@dataclass(slots=True)
class Report:
    """Collects the problems of one file: `faults` refuse the roll, `warnings` do not. A file that is something else has
    a fault on every line: MOST of each are kept, and the rest counted."""

    file: str
    faults: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    found: int = 0  # faults, those that are only counted among them
    warned: int = 0

    def fault(self, line: int, column: str, message: str, remedy: str = "") -> None:
        """Add a fault of this file."""
        self.found += 1
        if len(self.faults) < MOST:
            self.faults.append(Problem(self.file, line, column, message, remedy))

    def warn(self, line: int, column: str, message: str, remedy: str = "") -> None:
        """Add a warning of this file."""
        self.warned += 1
        if len(self.warnings) < MOST:
            self.warnings.append(Problem(self.file, line, column, message, remedy))

    def all_faults(self) -> list[Problem]:
        """Return the faults in order of line, and how many more there are."""
        return self._told(self.faults, self.found, "faults")

    def all_warnings(self) -> list[Problem]:
        """Return the warnings in order of line, and how many more there are."""
        return self._told(self.warnings, self.warned, "warnings")

    def _told(self, kept: list[Problem], count: int, word: str) -> list[Problem]:
        more = [Problem(self.file, 0, "", f"there are {count - len(kept)} more {word}.", "Mend these first.")]
        return sorted(kept) + (more if count > len(kept) else [])


def abridged(problems: Sequence[object], most: int = 3) -> list[object]:
    """Return problems with no more than `most` of one kind (file, column and words; figures may differ), in their
    order, and for each kind of which there are more, how many. What is no problem of a roll stays."""
    kinds = [_kind(problem) for problem in problems]
    counts, shown = Counter(kinds), Counter[object]()
    kept: list[object] = []
    for problem, kind in zip(problems, kinds, strict=True):
        shown[kind] += 1
        if not isinstance(problem, Problem) or shown[kind] <= most:
            kept.append(problem)
        elif shown[kind] == counts[kind]:
            message = f"the same on {counts[kind] - most} more lines, up to line {problem.line}: {problem.message}"
            kept.append(Problem(problem.file, 0, problem.column, message, problem.remedy))
    return kept


def _kind(problem: object) -> object:
    if not isinstance(problem, Problem):
        return problem
    return problem.file, problem.column, re.sub(r"\d+", "0", problem.message)


class RollError(Exception):
    """The roll is refused; `problems` holds every fault found, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Loaded:
    """A roll that may be put in force, and the faults that do not forbid it. `lines` tells on which line of its file a
    pupil stands, where that is known and may be asked for later."""

    roll: Roll
    warnings: tuple[Problem, ...] = ()
    lines: Mapping[PupilKey, int] = field(default_factory=dict, repr=False, compare=False)
