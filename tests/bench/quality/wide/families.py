"""The families of the wide half: what each needs, to whom leaks and innocent twins go."""

from __future__ import annotations

from typing import Any

from bench.quality import audiences as to
from bench.quality.scenarios import Spec


def one(**more: Any) -> Spec:
    """A family on one pupil, whose lists are about all their rows."""
    return Spec(lists=True, **more)


PLAIN = (
    # 1-care
    "bump-note medicine-form asthma-register kitchen-diets health-screening attendance-warning "
    "reduced-timetable detention-slip behaviour-export dinner-debt "
    # 2-records
    "contact-change reading-ages phonics gcse-drop report-comments transition access-arrangements social-care "
    "governor-panel ehcp-draft "
    # 3-people
    "therapy-report sdq-scores bus-pass pp-list vouchers young-carers missing-child jabs device-loan "
    # 4-threads
    "cpoms-alert bounce invite pastoral-minutes eal-test health-visitor ctf-query college-reference home-education "
    "class-contacts prevent parents-evening "
    # 5-notes
    "ta-note gate-note sms-text subject-says file-says phone-typed late-marks club-leader lunch-hall "
    # 6-sheets
    "birthdays log-ins sen-lines trip-money photo-yes-no trip-med points hold-form who-fell coach-seats "
    "meal-orders number-only pupil-cards "
    # 7-post
    "head-letter app-notice team-chat meet-invite two-tongues long-chain digest gov-papers parent-writes "
    "job-advert cover-work "
    # 8-families
    "comma-name class-letter merge-wrong "
    # 9-bright
    "star-award news-page sponsor-sheet poem running-order team-bus chosen-few "
    # a-odds
    "passport-sheet own-timetable equal-data tutor-firm locker-key hoodies who-is-off set-book made-up-child "
    "pupil-voice rota invoice-lines "
    # b-mixed
    "duty-notes woods desk-messages form-tutor lesson-plan cookery prayers captions neighbours gift-list "
    # c-plain
    "trip-post comment-line slip-back ticket-desk open-day snowed-in home-work house-move "
    # d-near
    "long-news proud-figures story-time "
    # e-kept
    "art-catalogue kind-deeds class-week lost-found "
    # f-missed
    "photo-line seats groups-run bare-rows only-subject "
    # g-aside
    "chat-export lists-odd timetable-own "
    # h-beside
    "own-page talk-titles "
    # i-apart
    "bus-lines "
    # j-honours
    "honours-two honours-line "
)

BESIDE = (
    # h-beside
    "beside-ill beside-row beside-work beside-trip "
    # i-apart
    "by-the-way our-report ask-mum "
)
"""A leak tells the second pupil's family of the first; its twin tells them of their own child, beside the first."""

PAIRED = (
    # d-near
    "ambassadors thanks-all camp-diary jobs-rota score-sheet project-fair mock-trial "
    # e-kept
    "concert-bill exam-press council-votes remembrance interview minutes-public audition-slots house-day "
    # h-beside
    "lesson-slots under-photo guest-minutes bidding slip-due who-does-what waits-for long-walk "
    # i-apart
    "week-mail match-lines parts-out new-here told-by eggs-and-seeds results-sung class-letter-out "
    # j-honours
    "news-deeds notices-all "
)

SPECS: dict[str, Spec] = {
    **{name: one() for name in PLAIN.split()},
    "nurse-agency": one(leak_to=to.nurses_wrong, same=to.staff),
    "new-starter": one(need="applicant"),
    # 8-families
    "barred-note": one(need="barred", leak_to=to.barred),
    "secret-home": Spec("hidden", to.other_parent, to.secret_parent, to.other_parent_innocent, about="none"),
    "half-report": Spec("half", to.half_parent, to.parents, to.half_parent_innocent),
    "no-rights-note": one(need="no-rights", leak_to=to.no_rights),
    "bare-home": Spec("household", strong=False, any_of=True),
    "initials-row": one(need="initials-class", strong=False),
    "forename-row": one(need="first-class", strong=False),
    "namesake-mail": Spec("namesakes", to.second_family, to.family, to.second_family_innocent),
    "staff-child": Spec("staff-parent", to.staff_at_home, to.staff_at_work, to.second_family_innocent),
    "other-school-note": Spec("trust", to.sister_school),
    "leaver-note": one(need="leaver"),
    "health-number": one(need="nhs"),
    "known-as": one(need="known"),
    "old-surname": one(need="former"),
    # f-missed
    "wobble": one(need="pairs"),
    "praise-sting": one(need="pairs"),
    "own-hand": one(need="pairs"),
    "cal-re": one(need="pairs"),
    "cal-initial": one(need="initials-class", strong=False),
    "odd-number": one(same=to.staff),
    "odd-code": Spec(leak_to=to.crowd_wrong, same=to.staff, about="none"),
    "voicemail": one(),
    "mis-notice": one(need="pairs"),
    "odd-letters": one(need="pairs", strong=False),
    "thread-first": one(need="first-class", strong=False),
    "initials-clue": one(need="initials-class", strong=False),
    # g-aside
    "codes-only": one(same=to.staff),
    "codes-strange": Spec(leak_to=to.crowd_wrong, same=to.staff, about="none"),
    "cuppa": one(need="pairs"),
    "letter-out": one(need="pairs"),
    "slipped": one(need="pairs"),
    "bottom-quote": one(need="pairs"),
    "letters-mixed": one(need="pairs", strong=False),
    "class-first": one(need="first-class", strong=False),
    # 9-bright
    "match-report": one(need="pairs"),
    "part-list": one(need="pairs"),
    "trip-blog": one(need="pairs"),
    "dear-friend": Spec("pairs", to.second_family, None, to.second_family_innocent),
    "assembly-words": one(need="pairs"),
    # c-plain
    "buddy-pairs": one(need="pairs"),
    **{name: one(need="pairs") for name in PAIRED.split()},
    **{name: Spec("pairs", to.second_family, None, to.second_family_innocent) for name in BESIDE.split()},
    # a-odds
    "funded-hours": one(need="primary"),
    "waiting-list": one(need="applicant"),
    "uln-list": one(need="uln"),
    "sibling-reference": one(need="siblings", same=to.parents),
    "forename-parent": one(need="first-class", strong=False),
    "destinations": one(need="uln"),
    "bully-log": Spec("pairs", to.second_family, None, to.second_family_innocent),
    "staff-namesake": one(need="staff-namesake"),
    "near-school": one(need="near-school"),
    "book-levels": one(need="primary"),
    "entry-sheet": one(need="candidate"),
    "nursery-diary": one(need="primary"),
    "initials-log": one(need="initials-class", strong=False),
    "first-note": one(need="first-class", strong=False),
    "nick-note": one(need="nick", strong=False),
    "fall-out": Spec("pairs", to.second_family, None, to.second_family_innocent),
    "club-provider": one(leak_to=to.firm, same=to.family),
    # h-whois
    **{
        name: one(need="initials-class", strong=False) for name in ["seat-letters", "minute-letters", "subject-letters"]
    },
    "year-letters": one(need="initials-year", strong=False),
    "born-letters": one(need="initials-dob", strong=False),
    "slip-first": one(need="first-class", strong=False),
    "class-heads": one(need="first-class", strong=False),
    "born-first": one(need="first-dob", strong=False),
    "porch-note": Spec("household", strong=False, any_of=True),
    "pass-lines": one(need="log-in", strong=False),
    "word-bare": one(need="word"),
    "half-forename": Spec("half", to.half_parent, None, to.half_parent_innocent, strong=False),
    "bill-line": one(need="log-in", strong=False),
    "short-list": one(need="first-class", strong=False),
    "call-me": one(need="first-class", strong=False),
    # i-who-aside
    "rota-letters": one(need="initials-class", strong=False),
    "chair-report": one(need="initials-dob", strong=False),
    "key-worker": one(need="first-class", strong=False),
    "door-step": Spec("household", strong=False, any_of=True),
    "remote": one(need="log-in", strong=False),
    "kin": Spec("half", to.half_parent, None, to.half_parent_innocent, strong=False),
    "exact-twin": Spec("alike", to.second_family, None, to.second_family_innocent, strong=False),
    "one-letter": one(need="first-class", strong=False),
}
