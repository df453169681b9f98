"""The families of the second blind half: written last, and run by nobody but whoever measures at the end."""

from __future__ import annotations

from typing import Any

from bench.quality import audiences as to
from bench.quality.scenarios import Spec


def one(**more: Any) -> Spec:
    """A family on one pupil, whose lists are about all their rows."""
    return Spec(lists=True, **more)


PLAIN = (
    # a-day
    "home-book music-peri caretaker library-slip swim-list hike "
    # b-desk
    "job-talk fund-panel welfare-diary escort "
)

SPECS: dict[str, Spec] = {
    **{name: one() for name in PLAIN.split()},
    "night-log": one(same=to.staff),
    "web-alert": one(same=to.staff),
    "talk-list": one(same=to.staff),
    "invigilator": one(need="candidate"),
    "no-name-door": Spec("household", strong=False, any_of=True),
    "two-letters": one(need="initials-class", strong=False),
    "barred-slip": one(need="barred", leak_to=to.barred),
}
