"""Signing in with an account of the school's own: to the provider, and back. The way back is a GET that begins a
session and changes nothing else; only a browser that was sent from here brings what it takes."""

from __future__ import annotations

import base64
import binascii
import time

import msgspec
from starlette.responses import RedirectResponse, Response

from mailguard.console.oidc import Account, Handshake, Provider, SignInRefused
from mailguard.console.page import NotFound, Page, Refused
from mailguard.console.screens.signin import begun
from mailguard.observe import Event, log
from mailguard.store import StoreError, audit, identities

_LASTS = 600.0
_SEALED_AS = "sign-in-handshake"
_decode = msgspec.msgpack.Decoder(Handshake).decode


def leave_for(page: Page) -> Response:
    """Send the browser to the provider."""
    provider = _provider(page)
    try:
        url, handshake = provider.begin(page.query.one("next"), _LASTS)
    except SignInRefused as error:
        raise _told(page, error) from None
    sealed = page.site.database.vault.store.seal(_SEALED_AS, msgspec.msgpack.encode(handshake))
    response = RedirectResponse(url, 303)
    response.set_cookie(
        _cookie(page),
        base64.urlsafe_b64encode(sealed).decode(),
        max_age=int(_LASTS),
        path="/",
        secure=page.site.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return response


def come_back(page: Page) -> Response:
    """Begin a session for the user whose account the provider vouches for. Nobody becomes a user by it."""
    provider = _provider(page)
    handshake = _opened(page)
    if handshake is None or handshake.provider != provider.settings.name:
        raise Refused("That took too long", "Nobody was signed in. Begin again.", 403, _again(page))
    try:
        if not page.site.used.first_time(handshake.state, handshake.until):
            raise SignInRefused("used")
        account = provider.finish(handshake, {name: page.query.one(name) for name in ("state", "code", "error", "iss")})
    except SignInRefused as error:
        raise _told(page, error) from None
    response = _begin(page, provider, account, handshake.wanted)
    response.delete_cookie(_cookie(page), path="/", secure=page.site.settings.secure, httponly=True, samesite="lax")
    return response


def _begin(page: Page, provider: Provider, account: Account, wanted: str) -> Response:
    with page.site.database.write() as tx:
        user = identities.find(tx, account.issuer, account.subject)
        user = user or identities.claim(tx, account.issuer, account.subject, account.email)
        if user is not None:
            return begun(page, tx, user.name, wanted)
        audit.append(tx, [audit.Entry("account-refused", "mailguard", detail={"provider": provider.settings.name})])
    log(Event.SIGN_IN_REFUSED, reason="unknown-user")
    text = "You are signed in at your school, but nobody has given that account a role here. Ask your technician."
    raise Refused("This account is not known here", text, 403, _again(page))


def _told(page: Page, error: SignInRefused) -> Refused:

    log(Event.SIGN_IN_REFUSED, reason=error.word)
    if error.word in ("provider-unreachable", "busy"):
        text = "Your school's own sign-in does not answer. Try again in a minute, or tell your technician."
        return Refused("You cannot be signed in just now", text, 503, _again(page))
    if error.word == "provider-refused":
        return Refused(
            "You were not signed in", "Your school's sign-in was left or refused. Try again.", 403, _again(page)
        )
    text = "What your school's sign-in said does not fit. Try again; if it goes on, tell your technician the time."
    return Refused("You were not signed in", text, 403, _again(page))


def _again(page: Page) -> tuple[str, str]:
    return page.url("signin.show"), "Go to the sign-in page"


def _provider(page: Page) -> Provider:
    found = page.site.providers.get(page.params["provider"])
    if found is None:
        raise NotFound
    return found


def _cookie(page: Page) -> str:
    return f"{page.site.settings.cookie_name}-sign-in"


def _opened(page: Page) -> Handshake | None:
    try:
        data = base64.urlsafe_b64decode(page.cookies.get(_cookie(page), "").encode())
        found = _decode(page.site.database.vault.store.open(_SEALED_AS, data))
    except (binascii.Error, ValueError, StoreError, msgspec.MsgspecError):
        return None
    return found if found.until > time.time() else None
