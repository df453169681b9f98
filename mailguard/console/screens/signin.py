"""Signing in with a local account, and out."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from mailguard.console.page import Page
from mailguard.store import audit, sessions, users

_WRONG = "Name and password do not belong together. Check both and try again."


def show(page: Page) -> Response:
    """The form; who is signed in already goes on."""
    if page.user is not None:
        return page.go("start.show")
    return page.render("sign-in.html", wanted=page.query.one("next"))


def enter(page: Page) -> Response:
    """Begin a new session. A wrong password and a name that does not exist get the same answer in the same time."""
    site = page.site
    name, password = page.form.one("name"), next((v for k, v in page.form.pairs if k == "password"), "")
    with site.database.read() as tx:
        key, expected = users.key_of(tx, name), users.password_hash(tx, name)
        known = users.get(tx, name)
    wait = site.doorkeeper.wait(key)
    if wait > 0:
        return _again(page, f"Too many tries. Wait {max(1, round(wait))} seconds, then try again.", 429)
    if not site.doorkeeper.is_right(key, expected, password) or known is None:
        if known is not None:
            with site.database.write() as tx:
                audit.append(tx, [audit.Entry("sign-in-failed", known.name)])
        return _again(page, _WRONG, 422)
    with site.database.write() as tx:
        if page.session_id:
            sessions.end(tx, page.session_id)
        sessions.sweep(tx, site.settings.session_most)
        session_id = sessions.begin(tx, key)
        audit.append(tx, [audit.Entry("signed-in", known.name)])
    response = RedirectResponse(_own(page.form.one("next")), 303)
    response.set_cookie(
        site.settings.cookie_name, session_id, path="/", secure=site.settings.secure, httponly=True, samesite="lax"
    )
    return response


def leave(page: Page) -> Response:
    """End the session, here and in the browser."""
    with page.site.database.write() as tx:
        sessions.end(tx, page.session_id)
        audit.append(tx, [audit.Entry("signed-out", page.who.name)])
    settings = page.site.settings
    response = page.go("signin.show")
    response.delete_cookie(settings.cookie_name, path="/", secure=settings.secure, httponly=True, samesite="lax")
    return response


def _again(page: Page, fault: str, status: int) -> Response:
    return page.render("sign-in.html", status, wanted=page.form.one("next"), fault=fault, name=page.form.one("name"))


def _own(path: str) -> str:
    """Where to go after signing in: a path of ours or the start, never another site."""
    fine = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if fine else "/"
