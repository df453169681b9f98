"""When to try again, when to say so and when to give up (RFC 5321 section 4.5.4.1). Pure: the clock is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard.deliver.replies import Result, is_refusal_of_us

MINUTE = timedelta(minutes=1)
PROBE_SECONDS = (5.0, 10.0, 20.0, 40.0, 60.0)


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """`schedule` holds the waits after the first, second ... try; its last repeats. A school wants to know on the same
    day: notice after 4 hours, end after 3 days. `refusal_grace` is how long a smart host may refuse *us* before the
    senders are told."""

    schedule: tuple[timedelta, ...] = tuple(n * MINUTE for n in (1, 2, 5, 10, 20, 30, 60))
    expire_after: timedelta = timedelta(days=3)
    delay_notice_after: timedelta = timedelta(hours=4)
    refusal_grace: timedelta = timedelta(hours=4)

    def __post_init__(self) -> None:
        if not self.schedule or min(self.schedule) <= timedelta(0):
            raise ValueError("the retry schedule needs at least one wait, and each above zero")

    def next_at(self, now: datetime, attempts: int) -> datetime:
        """Return when to try again after the try that just failed; `attempts` counts the tries before it."""
        return now + self.schedule[min(attempts, len(self.schedule) - 1)]

    def expired(self, now: datetime, first_queued_at: datetime, result: Result) -> bool:
        """True if the recipient has waited long enough."""
        limit = min(self.refusal_grace, self.expire_after) if is_refusal_of_us(result) else self.expire_after
        return now - first_queued_at >= limit

    def delayed(self, now: datetime, first_queued_at: datetime) -> bool:
        """True if the sender should be told that the message is still waiting."""
        return now - first_queued_at >= self.delay_notice_after


def probe_wait(failures: int, jitter: float) -> float:
    """Return the seconds until a server that has failed `failures` times in a row (at least 1) is looked at again;
    `jitter` in [0, 1) spreads several relays over 20 percent either way."""
    return PROBE_SECONDS[min(failures, len(PROBE_SECONDS)) - 1] * (0.8 + 0.4 * jitter)
