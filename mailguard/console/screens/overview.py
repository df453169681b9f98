"""Overview: how much was held, what was decided and how fast, over the last four weeks."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from mailguard.console.charts import Bar, bars, share
from mailguard.console.page import Page
from mailguard.console.words import DECIDED, REASONS
from mailguard.store import figures


def show(page: Page) -> Response:
    """Plots, each with its table."""
    site, now = page.site, page.site.now()
    schools = None if page.reach.every else page.reach.codes
    since = figures.month(now)
    with site.database.read() as tx:
        found = {one.day: one for one in figures.days(tx, schools, since)}
        decided = figures.decisions(tx, schools, since)
        counted = figures.reasons(tx, schools, since)
    first = since.date()
    days = [found.get(day) or figures.Day(day, 0, 0) for day in (first + timedelta(days=n) for n in range(28))]
    plot = bars(
        [Bar(f"{one.day.day} {one.day:%b}", one.judged, one.held) for one in days],
        "Emails checked each day, and those of them that were held",
    )
    actions = [(DECIDED[name], count) for name, count in decided.actions.items() if name in DECIDED]
    reasons = sorted(((words, counted.get(name, 0)) for name, words in REASONS.items()), key=lambda one: -one[1])
    most = max(count for _, count in reasons)
    return page.render(
        "overview.html",
        plot=plot,
        days=[one for one in reversed(days) if one.judged],
        judged=sum(one.judged for one in days),
        held=sum(one.held for one in days),
        decided=decided,
        reasons=[(words, count, share(count / most)) for words, count in reasons] if most else [],
        first=first,
        last=now.date(),
        actions=sorted(actions, key=lambda one: -one[1]),
    )
