"""The first page after signing in: the first screen of the menu that the user has a right to."""

from __future__ import annotations

from starlette.responses import Response

from mailguard.console.page import Page


def show(page: Page) -> Response:
    """Go on to the user's first screen; say so where there is none."""
    for route in page.routes.values():
        if route.menu and page.may(route.name):
            return page.go(route.name)
    return page.render("start.html")
