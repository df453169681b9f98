"""What the doctor says: one line a thing looked at, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a thing is: as it should be; works, but look at it; does not work, or is not safe."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Line:
    """One result. `check` is a stable name; `text` and `remedy` are sentences without personal data."""

    check: str
    status: Status
    text: str
    remedy: str = ""


def ok(check: str, text: str) -> Line:
    """All is well."""
    return Line(check, Status.OK, text)


def warn(check: str, text: str, remedy: str) -> Line:
    """It works, but somebody should look."""
    return Line(check, Status.WARN, text, remedy)


def fail(check: str, text: str, remedy: str) -> Line:
    """It does not work, or pupil data is not safe."""
    return Line(check, Status.FAIL, text, remedy)


def span(seconds: float) -> str:
    """Say a length of time as people do."""
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        count = int(seconds // size)
        if count:
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "less than a minute"
