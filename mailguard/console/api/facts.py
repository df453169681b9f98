"""Who is signed in, the roll, the history and the counts."""

from __future__ import annotations

from starlette.responses import Response

from mailguard.console.api.answers import answer
from mailguard.console.api.mail import entry
from mailguard.console.api.shapes import (
    Counts,
    DayCount,
    GrantShape,
    HistoryPage,
    Me,
    RightShape,
    RollSchool,
    RollStatus,
    SchoolCount,
    Who,
)
from mailguard.console.page import Page, Refused
from mailguard.console.screens import history
from mailguard.enrol import lookup
from mailguard.store import figures, trail


def me(page: Page) -> Response:
    """Tell who is signed in, with which roles, and the token of this session."""
    grants = [GrantShape(one.role, one.school) for one in page.who.grants]
    return answer(Me(page.who.name, grants, page.form_token))


def who(page: Page) -> Response:
    """Tell whose data an address may receive."""
    address = page.query.one("address")
    if not address:
        raise Refused("The address is missing", "Ask with ?address=...", 422)
    found = lookup.who(page.site.roll(), page.site.policy(), address)
    pupils, barred = (
        [RightShape(**one) for one in found[part] if one["school"] in page.reach] for part in ("pupils", "barred")
    )
    return answer(Who(address, found["kinds"], pupils, barred))


def roll(page: Page) -> Response:
    """Tell how old the roll in force is."""
    with page.site.database.read() as tx:
        about = lookup.roll_status(tx, page.site.now(), page.site.policy())
    schools = [RollSchool(**one) for one in about["schools"] if one["school"] in page.reach]
    return answer(RollStatus(about["revision"], about["imported"], about["age_seconds"], about["stale"], schools))


def past(page: Page) -> Response:
    """List the audit trail, newest first."""
    with page.site.database.read() as tx:
        found = trail.browse(tx, history.wanted_of(page), history.PAGE_SIZE + 1)
    entries, following = history.sliced(found)
    return answer(HistoryPage([entry(one) for one in entries], following))


def counts(page: Page) -> Response:
    """Count what waits, what was judged and held, what was decided. No personal data."""
    now, schools = page.site.now(), None if page.reach.every else page.reach.codes
    since = figures.month(now)
    with page.site.database.read() as tx:
        by_school = figures.by_school(tx, schools, now)
        days, decided = figures.days(tx, schools, since), figures.decisions(tx, schools, since)
    return answer(
        Counts(
            [SchoolCount(one.school, one.waiting, one.oldest, one.judged, one.held) for one in by_school],
            [DayCount(one.day, one.judged, one.held) for one in days],
            dict(decided.actions),
            decided.minutes,
        )
    )
