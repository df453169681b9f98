"""One's own account: who one is here, the password, the second step of signing in."""

from __future__ import annotations

from starlette.responses import Response

from mailguard.console import codes
from mailguard.console.page import Page, Refused
from mailguard.console.passwords import SHORTEST, hash_password
from mailguard.console.screens.signin import WRONG_CODE, takes, too_many
from mailguard.store import audit, factors, sessions, users
from mailguard.store.factors import Factor

_WRONG = "That is not your password"


def show(page: Page) -> Response:
    """The page."""
    return _answer(page)


def change(page: Page) -> Response:
    """Set a new password; every other session ends."""
    new = _raw(page, "new")
    fault = _password_fault(page, "old")
    if fault:
        return fault
    if len(new) < SHORTEST:
        return _answer(page, 422, [("new", f"Choose a password of at least {SHORTEST} characters")])
    hashed = hash_password(new)
    with page.site.database.write() as tx:
        # Setting it ends every session; this one begins anew.
        users.set_password_hash(tx, page.who.name, hashed, page.who.name)
        session_id = sessions.begin(tx, users.key_of(tx, page.who.name))
    response = page.go("account.show", {"done": "password"})
    settings = page.site.settings
    response.set_cookie(
        settings.cookie_name, session_id, path="/", secure=settings.secure, httponly=True, samesite="lax"
    )
    return response


def begin(page: Page) -> Response:
    """Show a new secret, as a QR code and as text. It counts once a code of it was shown."""
    fault = _password_fault(page, "password")
    if fault:
        return fault
    secret = codes.new_secret()
    with page.site.database.write() as tx:
        key = users.key_of(tx, page.who.name)
        kept = factors.get(tx, key)
        if kept is not None and kept.confirmed:
            text = "Take the second step away first, then set it up anew."
            raise Refused("It is set up already", text, back=_account(page))
        factors.put(tx, key, Factor(secret))
    return _enrol(page, secret)


def _account(page: Page) -> tuple[str, str]:
    return page.url("account.show"), "Go to your account"


def confirm(page: Page) -> Response:
    """Take the first code of a new secret: from now on signing in takes two steps. Shows the recovery codes, once."""
    site = page.site
    with site.database.read() as tx:
        key = users.key_of(tx, page.who.name)
        kept = factors.get(tx, key)
    if kept is None or kept.confirmed:
        raise Refused("There is nothing to confirm", "Begin again on your account's page.", back=_account(page))
    tries = b"code|" + key
    wait = site.doorkeeper.wait(tries)
    if wait > 0:
        return _enrol(page, kept.secret, too_many(wait), 429)
    with site.database.write() as tx:
        step = codes.step_of(kept.secret, page.form.one("code"), tx.now.timestamp())
        site.doorkeeper.note(tries, bool(step))
        if step:
            recovery = codes.new_recovery_codes()
            digests = tuple(factors.recovery_digest(tx, key, one) for one in recovery)
            factors.put(tx, key, Factor(kept.secret, True, step, digests))
            sessions.end_others(tx, key, page.session_id)
            audit.append(tx, [audit.Entry("second-step-set", page.who.name)])
    if not step:
        return _enrol(page, kept.secret, "That code is not right. Check the time on your phone and try again.", 422)
    return _answer(page, recovery=recovery)


def end(page: Page) -> Response:
    """Take the second step away. It takes both steps: the password, and a code of the phone or a recovery code."""
    fault = _password_fault(page, "password")
    if fault:
        return fault
    doorkeeper, name = page.site.doorkeeper, page.who.name
    with page.site.database.read() as tx:
        key = users.key_of(tx, name)
    tries = b"code|" + key
    wait = doorkeeper.wait(tries)
    if wait > 0:
        return _answer(page, 429, [("code", too_many(wait))])
    with page.site.database.write() as tx:
        right = takes(tx, name, key, page.form.one("code"))
        doorkeeper.note(tries, right)
        if right:
            factors.put(tx, key, None)
        audit.append(tx, [audit.Entry("second-step-ended" if right else "second-step-failed", name)])
    if not right:
        return _answer(page, 422, [("code", WRONG_CODE)])
    return page.go("account.show", {"done": "ended"})


def _password_fault(page: Page, field: str) -> Response | None:
    """The page with what is wrong about the password in a form's field; None if it is right. An open session alone
    must not be enough to change how somebody signs in."""
    site = page.site
    with site.database.read() as tx:
        key, expected = users.key_of(tx, page.who.name), users.password_hash(tx, page.who.name)
    wait = site.doorkeeper.wait(key)
    if wait > 0:
        return _answer(page, 429, [(field, too_many(wait))])
    if not site.doorkeeper.is_right(key, expected, _raw(page, field)):
        return _answer(page, 422, [(field, _WRONG)])
    return None


def _raw(page: Page, field: str) -> str:
    """A field with the blanks that were typed."""
    return next((value for key, value in page.form.pairs if key == field), "")


def _enrol(page: Page, secret: str, fault: str = "", status: int = 200) -> Response:
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    picture = codes.picture(secret, page.who.name)
    return page.render("second-step.html", status, picture=picture, secret=spaced, fault=fault)


def _answer(
    page: Page, status: int = 200, faults: list[tuple[str, str]] | None = None, recovery: list[str] | None = None
) -> Response:
    with page.site.database.read() as tx:
        key = users.key_of(tx, page.who.name)
        factor, password = factors.get(tx, key), users.password_hash(tx, page.who.name)
    return page.render(
        "account.html",
        status,
        factor=factor if factor and factor.confirmed else None,
        local=password is not None,
        people=page.people(),
        faults=faults or [],
        recovery=recovery or [],
    )
