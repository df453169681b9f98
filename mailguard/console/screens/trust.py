"""The trust's view: how its schools fare. Counts only: no name, subject or address is asked for or shown."""

from __future__ import annotations

from starlette.responses import Response

from mailguard.console.page import Page
from mailguard.enrol.lookup import roll_status
from mailguard.store import figures
from mailguard.store.figures import SchoolFigures


def show(page: Page) -> Response:
    """A row a school of the policy or of the mail."""
    site, now = page.site, page.site.now()
    schools = None if page.reach.every else page.reach.codes
    policy = site.policy()
    with site.database.read() as tx:
        found = {one.school: one for one in figures.by_school(tx, schools, now)}
        rolls = {one["school"]: one for one in roll_status(tx, now, policy)["schools"]}
    codes = {school.code for school in policy.schools} | set(found)
    names = {school.code: school.name or school.code for school in policy.schools}
    rows = [
        (names.get(code, code), found.get(code) or SchoolFigures(code), rolls.get(code))
        for code in sorted(codes)
        if code in page.reach
    ]
    return page.render("trust.html", rows=rows)
