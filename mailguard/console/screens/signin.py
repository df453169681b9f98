"""Signing in with a local account, in one step or two, and out."""

from __future__ import annotations

import base64
import binascii
import time

import msgspec
from starlette.responses import RedirectResponse, Response

from mailguard.console import codes
from mailguard.console.page import Page
from mailguard.store import StoreError, Transaction, audit, factors, sessions, users

_WRONG = "Name and password do not belong together. Check both and try again."
WRONG_CODE = "That code is not right, or was used before. Wait for the next one and try again."
"""What is said of a code that is not taken."""
_BETWEEN_STEPS = 300.0
_SEALED_AS = "between-sign-in-steps"


class _FirstStep(msgspec.Struct, array_like=True):
    """What the browser carries, sealed, from the first step to the second: who gave the right password, that password's
    digest, and until when this counts."""

    name: str
    password: bytes
    until: float


def show(page: Page) -> Response:
    """The form; who is signed in already goes on."""
    if page.user is not None:
        return page.go("start.show")
    return page.render("sign-in.html", wanted=page.query.one("next"), ended=page.query.one("ended"))


def enter(page: Page) -> Response:
    """Begin a new session, or go on to the second step. A wrong password and a name that does not exist get the same
    answer in the same time."""
    site = page.site
    name, password = page.form.one("name"), next((v for k, v in page.form.pairs if k == "password"), "")
    with site.database.read() as tx:
        key, expected = users.key_of(tx, name), users.password_hash(tx, name)
        known, factor = users.get(tx, name), factors.get(tx, users.key_of(tx, name))
    wait = site.doorkeeper.wait(key)
    if wait > 0:
        return _again(page, too_many(wait), 429)
    if not site.doorkeeper.is_right(key, expected, password) or known is None or expected is None:
        if known is not None:
            with site.database.write() as tx:
                audit.append(tx, [audit.Entry("sign-in-failed", known.name)])
        return _again(page, _WRONG, 422)
    if factor is not None and factor.confirmed:
        first = _FirstStep(known.name, _password_digest(page, expected), time.time() + _BETWEEN_STEPS)
        return _ask_code(page, _sealed(page, first))
    with site.database.write() as tx:
        return begun(page, tx, known.name, page.form.one("next"))


def second(page: Page) -> Response:
    """The second step: begin a session if the code fits. Who comes too late, or whose password changed meanwhile,
    begins anew."""
    site, carried = page.site, page.form.one("step")
    first = _opened(page, carried)
    if first is None:
        return _again(page, "That took too long. Sign in again.", 422)
    with site.database.read() as tx:
        key, expected = users.key_of(tx, first.name), users.password_hash(tx, first.name)
    if expected is None or _password_digest(page, expected) != first.password:
        return _again(page, _WRONG, 422)
    tries = b"code|" + key  # apart from the password's tries: a right password must not forgive wrong codes
    wait = site.doorkeeper.wait(tries)
    if wait > 0:
        return _ask_code(page, carried, too_many(wait), 429)
    with site.database.write() as tx:
        right = takes(tx, first.name, key, page.form.one("code"))
        site.doorkeeper.note(tries, right)
        if right:
            return begun(page, tx, first.name, page.form.one("next"))
        audit.append(tx, [audit.Entry("second-step-failed", first.name)])
    return _ask_code(page, carried, WRONG_CODE, 422)


def leave(page: Page) -> Response:
    """End the session, here and in the browser."""
    with page.site.database.write() as tx:
        sessions.end(tx, page.session_id)
        audit.append(tx, [audit.Entry("signed-out", page.who.name)])
    settings = page.site.settings
    response = page.go("signin.show")
    response.delete_cookie(settings.cookie_name, path="/", secure=settings.secure, httponly=True, samesite="lax")
    return response


def begun(page: Page, tx: Transaction, name: str, wanted: str) -> Response:
    """A new session of a user, and the way to the page that was wanted."""
    settings = page.site.settings
    if page.session_id:
        sessions.end(tx, page.session_id)
    sessions.sweep(tx, settings.session_most)
    session_id = sessions.begin(tx, users.key_of(tx, name))
    audit.append(tx, [audit.Entry("signed-in", name)])
    response = RedirectResponse(own_path(wanted), 303)
    response.set_cookie(
        settings.cookie_name, session_id, path="/", secure=settings.secure, httponly=True, samesite="lax"
    )
    return response


def takes(tx: Transaction, name: str, key: bytes, code: str) -> bool:
    """Whether this is a code of the user's second step that was not used before, or a recovery code; it is used now."""
    factor = factors.get(tx, key)
    if factor is None or not factor.confirmed:
        return False
    step = codes.step_of(factor.secret, code, tx.now.timestamp())
    if step:
        return factors.use_step(tx, key, step)
    if factors.use_recovery(tx, key, code):
        audit.append(tx, [audit.Entry("recovery-code-used", name, detail={"left": len(factor.recovery) - 1})])
        return True
    return False


def own_path(path: str) -> str:
    """Where to go after signing in: a path of ours or the start, never another site."""
    fine = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if fine else "/"


def too_many(wait: float) -> str:
    """That somebody has to wait, in words."""
    return f"Too many tries. Wait {max(1, round(wait))} seconds, then try again."


def _again(page: Page, fault: str, status: int) -> Response:
    return page.render("sign-in.html", status, wanted=page.form.one("next"), fault=fault, name=page.form.one("name"))


def _ask_code(page: Page, step: str, fault: str = "", status: int = 200) -> Response:
    return page.render("sign-in-code.html", status, wanted=page.form.one("next"), step=step, fault=fault)


def _password_digest(page: Page, expected: str) -> bytes:
    return page.site.database.vault.digest(_SEALED_AS, expected)


def _sealed(page: Page, first: _FirstStep) -> str:
    sealed = page.site.database.vault.store.seal(_SEALED_AS, msgspec.msgpack.encode(first))
    return base64.urlsafe_b64encode(sealed).decode()


def _opened(page: Page, text: str) -> _FirstStep | None:
    try:
        data = page.site.database.vault.store.open(_SEALED_AS, base64.urlsafe_b64decode(text.encode()))
        first = msgspec.msgpack.decode(data, type=_FirstStep)
    except (binascii.Error, ValueError, StoreError, msgspec.MsgspecError):
        return None
    return first if first.until > time.time() else None
