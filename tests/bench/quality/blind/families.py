"""The families of the blind half: written with the wide half, kept from everybody who tunes."""

from __future__ import annotations

from typing import Any

from bench.quality.scenarios import Spec


def one(**more: Any) -> Spec:
    """A family on one pupil, whose lists are about all their rows."""
    return Spec(lists=True, **more)


PLAIN = (
    "intimate-care late-gate club-register collect-sick photo-consent logins wraparound birthday-list ks2-results "
    "sar-answer managed-move ep-report quick-note lac-pep home-visit work-experience complaint-reply restraint "
    "census-query sen-register ucas"
)

SPECS: dict[str, Spec] = {
    **{name: one() for name in PLAIN.split()},
    "eyfs-profile": one(need="primary"),
    "exam-entries": one(need="candidate"),
    "initials-minutes": one(need="initials-class", strong=False),
}
