"""When people are reminded of what waits, and who: settings, and how they are read from the configuration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta

from mailguard.policy.domains import normal_address
from mailguard.policy.toml import Table, seconds


@dataclass(frozen=True, slots=True)
class ReminderSettings:
    """When people are reminded: the hours of the digest (school time), and how long something waits before others are
    told."""

    digest: tuple[time, ...] = (time(8, 30), time(13, 0))
    escalate_after: timedelta = timedelta(hours=24)


def take_mailbox(table: Table, key: str, text: str) -> str:
    """Take one e-mail address; what is none is reported."""
    if normal_address(text) is None:
        table.report(key, f'"{text}" is not one e-mail address.', 'Write it as "office@oakfield.example".', text)
    return text


def take_mailboxes(table: Table, key: str) -> tuple[str, ...]:
    """Take a list of e-mail addresses, () where there is none."""
    return table.texts(key, (), lambda text: take_mailbox(table, key, text))


def take_reminders(hold: Table) -> ReminderSettings:
    """Take `digest` and `escalate_after` of [hold]. Nothing expires before it was escalated, so a short `expire_after`
    pulls that ahead."""
    default = ReminderSettings()
    after = timedelta(seconds=hold.duration("escalate_after", default.escalate_after.total_seconds()))
    expire = seconds(str(hold.values.get("expire_after", "")))
    usual = tuple(f"{at:%H:%M}" for at in default.digest)
    hours = hold.texts("digest", usual, lambda text: _hour(hold, text))
    return ReminderSettings(
        digest=tuple(time.fromisoformat(text) for text in hours),
        escalate_after=min(after, timedelta(seconds=expire / 2)) if expire else after,
    )


def _hour(table: Table, text: str) -> str | None:
    if re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", text.strip()):
        return text.strip().zfill(5)
    table.report("digest", f'"{text}" is not a time of day.', 'Write it as "08:30".', text)
    return None
