"""Help: what is seen here and what to do, in words for the office, as far as it concerns the user's roles."""

from __future__ import annotations

from starlette.responses import Response

from mailguard.console.page import Page
from mailguard.console.words import ROLES


def show(page: Page) -> Response:
    """The page."""
    idle = int(page.site.settings.session_idle.total_seconds() // 60)
    return page.render("help.html", roles=ROLES, idle=idle)
