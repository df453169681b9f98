"""Counts for overview and trust pages: how much was held, what waits, how fast it was decided. No personal data: none
of these queries touches a sealed column (a test reads their SQL)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, select

from mailguard.model import RecipientState
from mailguard.store.database import Transaction
from mailguard.store.rows import DAY, from_stored, to_stored
from mailguard.store.tables import audit, decision_day, message, recipient

_DECIDED = ("released", "refused", "redirected", "emergency-released", "emergency-refused")
_STOPPED = ("refused", "redirected", "emergency-refused")


@dataclass(frozen=True, slots=True)
class Day:
    """Messages judged on one day (UTC): all of them, and those held for somebody."""

    day: date
    judged: int
    held: int


@dataclass(frozen=True, slots=True)
class Decisions:
    """What people decided in a time: messages by what was done (audit actions), and the median of the minutes from hold
    to decision (None without decisions)."""

    actions: dict[str, int]
    minutes: float | None

    @property
    def right(self) -> float | None:
        """The share of decided holds that were stopped, that is, rightly held; None without decisions."""
        total = sum(self.actions.values())
        return sum(self.actions.get(name, 0) for name in _STOPPED) / total if total else None


@dataclass(frozen=True, slots=True)
class SchoolFigures:
    """One school's figures: messages that wait, since when the oldest does, judged and held in the last seven days."""

    school: str
    waiting: int = 0
    oldest: datetime | None = None
    judged: int = 0
    held: int = 0


def days(tx: Transaction, schools: Collection[str] | None, since: datetime) -> list[Day]:
    """Days with mail since then, oldest first; of these schools, of all if None."""
    rows = tx.connection.execute(_days(schools, since))
    return [Day(from_stored(row.day * DAY).date(), row.judged, row.held) for row in rows]


def decisions(tx: Transaction, schools: Collection[str] | None, since: datetime) -> Decisions:
    """What was decided since then."""
    actions: dict[str, int] = defaultdict(int)
    minutes = []
    for row in tx.connection.execute(_decisions(schools, since)):
        actions[row.action] += 1
        if row.judged_at is not None:
            minutes.append((row.at - row.judged_at) / 60e6)
    return Decisions(dict(actions), median(minutes) if minutes else None)


def reasons(tx: Transaction, schools: Collection[str] | None, since: datetime) -> dict[str, int]:
    """People's decisions since the start of that day by the reason they chose (values of `hold.decisions.Reason`).
    Decisions of versions that did not count by day are not in it."""
    return {row.reason: row.total for row in tx.connection.execute(_reasons(schools, since))}


def by_school(tx: Transaction, schools: Collection[str] | None, now: datetime) -> list[SchoolFigures]:
    """The figures of each school that has any, in order of code."""
    waiting = {row.school: row for row in tx.connection.execute(_waiting(schools))}
    lately = {row.school: row for row in tx.connection.execute(_lately(schools, now - timedelta(days=7)))}
    return [
        SchoolFigures(
            school,
            waiting[school].waiting if school in waiting else 0,
            from_stored(waiting[school].oldest) if school in waiting else None,
            lately[school].judged if school in lately else 0,
            lately[school].held if school in lately else 0,
        )
        for school in sorted({*waiting, *lately} - {None})
    ]


def month(now: datetime) -> datetime:
    """The start of the day 28 days ago."""
    return datetime.combine(now.astimezone(UTC).date() - timedelta(days=27), datetime.min.time(), UTC)


def statements() -> list[Select[Any]]:
    """Every query of this module, for the test that reads their SQL."""
    now = datetime.now(UTC)
    return [_days(["A"], now), _decisions(["A"], now), _reasons(["A"], now), _waiting(["A"]), _lately(["A"], now)]


def _of(column: ColumnElement[Any], schools: Collection[str] | None) -> list[ColumnElement[bool]]:
    if schools is None:
        return []
    return [column.in_(sorted(schools))] if schools else [false()]


def _reasons(schools: Collection[str] | None, since: datetime) -> Select[Any]:
    counted = decision_day.c
    return (
        select(counted.reason, func.sum(counted.total).label("total"))
        .where(counted.day >= to_stored(since) // DAY, *_of(counted.school, schools))
        .group_by(counted.reason)
    )


def _days(schools: Collection[str] | None, since: datetime) -> Select[Any]:
    day = message.c.received_at // DAY
    return (
        select(day.label("day"), func.count().label("judged"), _held_sum())
        .where(message.c.received_at >= to_stored(since), message.c.judged_at.is_not(None), ~message.c.own)
        .where(*_of(message.c.school, schools))
        .group_by(day)
        .order_by(day)
    )


def _held_sum() -> ColumnElement[int]:
    return func.count(func.nullif(message.c.verdict, "deliver")).label("held")


def _decisions(schools: Collection[str] | None, since: datetime) -> Select[Any]:
    return (
        select(audit.c.action, audit.c.at, message.c.judged_at)
        .join(message, message.c.id == audit.c.message_id, isouter=True)
        .where(audit.c.at >= to_stored(since), audit.c.action.in_(_DECIDED))
        .where(*_of(audit.c.school, schools))
    )


def _waiting(schools: Collection[str] | None) -> Select[Any]:
    held = select(recipient.c.message_id).where(recipient.c.state == RecipientState.HELD.value)
    return (
        select(message.c.school, func.count().label("waiting"), func.min(message.c.received_at).label("oldest"))
        .where(message.c.id.in_(held))
        .where(*_of(message.c.school, schools))
        .group_by(message.c.school)
    )


def _lately(schools: Collection[str] | None, since: datetime) -> Select[Any]:
    return (
        select(message.c.school, func.count().label("judged"), _held_sum())
        .where(message.c.received_at >= to_stored(since), message.c.judged_at.is_not(None), ~message.c.own)
        .where(*_of(message.c.school, schools))
        .group_by(message.c.school)
    )
