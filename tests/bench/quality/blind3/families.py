"""The families of the third blind half: what each needs, to whom leaks and innocent twins go."""

from __future__ import annotations

from typing import Any

from bench.quality import audiences as to
from bench.quality.facts import Scene
from bench.quality.scenarios import Spec


def one(**more: Any) -> Spec:
    """A family on one pupil, whose lists are about all their rows."""
    return Spec(lists=True, **more)


def sister_innocent(scene: Scene) -> to.Sent:
    """Staff of another school of the trust, for a text without a record."""
    return to.sister_school(scene)[0], set()


def mailbox_innocent(scene: Scene) -> to.Sent:
    """Another pupil's mailbox, for a text without a record."""
    return to.pupil_mailbox(scene)[0], set()


def no_rights_innocent(scene: Scene) -> to.Sent:
    """A contact who may not receive, for a text without a record."""
    return to.no_rights(scene)[0], set()


PLAIN = (
    # a-care
    "asthma-plan first-aid-slip dose-sheet sugar-levels peanut physio feed-plan infection jab-day low-mood "
    # b-support
    "review-plan dyslexia-test time-out-card speech-group "
    # c-conduct
    "on-report held-safely phone-safe reset-room "
    # d-register
    "at-the-gate no-reason below-ninety weeks-off off-roll who-came "
    # e-progress
    "book-band term-report "
    # f-money
    "wraparound-debt trip-help till-balance "
    # g-harm
    "phone-photos "
    # h-details
    "details-check parent-ring quick-list census-file passwords shifted-slips "
    # j-bright
    "well-done "
    # k-threads
    "heading-only file-titled system-note "
)
"""Leaks to anybody without a right to them; twins to anybody at all."""

STAFF = (
    "annual-review adults-spread language-home kit-grant free-dinners worry-form case-meeting night-call "
    "pick-up care-review photo-lists set-change below-the-line wrong-paper diary-entry complaint-reply cover-sheet "
    "key-numbers"
)
"""The same, but what is told of the child would go to colleagues, not home or to the child."""

SECOND = "lunch-row bullying-form friend-note"
"""A leak tells the second pupil's family of the first; its twin tells them of their own child, maybe a friend."""

SPECS: dict[str, Spec] = {
    **{name: one() for name in PLAIN.split()},
    **{name: one(same=to.staff) for name in STAFF.split()},
    **{name: Spec("pairs", to.second_family, None, to.second_family_innocent) for name in SECOND.split()},
    "potty": one(need="primary", same=to.parents),
    "early-years": one(need="primary", same=to.parents),
    "sats-grid": one(need="primary"),
    "exam-help": one(need="candidate"),
    "mock-marks": one(need="candidate"),
    "entries": one(need="candidate"),
    "uni-form": one(need="secondary"),
    "target-talk": one(need="secondary"),
    "sent-home": one(need="pairs", same=to.staff),
    "bus-conduct": one(need="pairs"),
    "mark-book": one(need="pairs"),
    "lesson-fees": one(need="pairs"),
    "weekly-news": one(need="pairs", same=to.staff),
    "team-sheet": one(need="pairs", same=to.staff),
    "away-diary": one(need="pairs", same=to.staff),
    "cast-notes": one(need="pairs", same=to.staff),
    "exhibition": one(need="pairs", same=to.staff),
    "council-notes": one(need="pairs", same=to.staff),
    "helpers": one(need="pairs", same=to.staff),
    # g-harm
    "order-note": one(need="barred", leak_to=to.barred),
    "order-mention": one(need="barred", leak_to=to.barred, strong=False),
    "safe-house": Spec("hidden", to.other_parent, to.secret_parent, to.other_parent_innocent, about="none"),
    # h-details
    "odd-upn": Spec(leak_to=to.crowd_wrong, same=to.staff, about="none"),
    "visible": Spec(leak_to=to.visible_many, same=to.visible_few, twin_to=to.visible_few, about="none"),
    # i-who
    "two-letters": one(need="initials-class", strong=False, same=to.staff),
    "letters-year": one(need="initials-year", strong=False, same=to.staff),
    "forename-room": one(need="first-class", strong=False),
    "birthday-first": one(need="first-dob", strong=False),
    "short-form": one(need="nick", strong=False),
    "once-called": one(need="former"),
    "goes-by": one(need="known"),
    "wordy-name": one(need="word"),
    "slip-of-pen": one(need="long", strong=False),
    "just-home": Spec("household", same=to.staff, strong=False, any_of=True),
    "just-phone": Spec("household", same=to.staff, strong=False, any_of=True),
    "same-name": Spec("namesakes", to.second_family, to.family, to.second_family_innocent),
    "half-kin": Spec("half", to.half_parent, None, to.half_parent_innocent),
    "both-kids": one(need="siblings", same=to.parents),
    "staff-parent": Spec("staff-parent", to.staff_at_home, to.staff_at_work, to.second_family_innocent),
    "no-say": one(need="no-rights", leak_to=to.no_rights, twin_to=no_rights_innocent),
    "trust-school": one(need="trust", leak_to=to.sister_school, same=to.staff, twin_to=sister_innocent),
    "child-mailbox": Spec("mailbox", to.pupil_mailbox, twin_to=mailbox_innocent),
    "joining": one(need="applicant"),
    "gone-on": one(need="leaver", same=to.staff),
}
