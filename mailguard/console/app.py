"""The way of a request: host, session, right, form, screen, headers.

Refused before any screen runs: a host that is not ours (poisoned links), a form from another site (`Sec-Fetch-Site`, or
`Origin` where a browser sends none), a form without this session's token, a body over its limit. A route or object that
the user has no right to answers 404, as one that does not exist. Every answer carries a policy under which nothing runs
inline and nothing is loaded from elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import govuk_frontend_jinja
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader, PrefixLoader
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mailguard.console import words
from mailguard.console.api.answers import problem
from mailguard.console.page import ANYBODY, API, START, Fields, NotFound, Page, Refused, Route
from mailguard.console.passwords import Busy
from mailguard.console.routes import BY_NAME, ROUTES
from mailguard.console.site import Site
from mailguard.observe import log_failure
from mailguard.store import Conflict, Gone, StoreError, Transaction, sessions, tokens, users
from mailguard.store.users import Reach, User

STATIC = (("console.css", "text/css"), ("icon.svg", "image/svg+xml"))
MOST_BODY = 1 << 20
MOST_FIELDS = 5000
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    # Not "no-referrer": browsers would then send no usable Origin with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "x-frame-options": "DENY",
}


_BUSY = (
    "Too many people are signing in just now",
    "Wait a few seconds, then try again. If it goes on, tell your technician.",
)
_FASTER = (
    "Somebody else was faster",
    "This email was decided on, or a second person was asked, after you opened the page. Nothing was changed.",
)


def make_app(site: Site) -> ASGIApp:
    """The console as an ASGI application."""
    render = _renderer(site)
    static = {name: (kind, _static(name)) for name, kind in STATIC}

    async def asset(request: Request) -> Response:
        kind, data = static.get(request.path_params["name"], ("", b""))
        if not kind:
            return PlainTextResponse("not found", 404)
        return Response(data, media_type=kind, headers={"cache-control": "public, max-age=31536000, immutable"})

    routes = [StarletteRoute("/static/{name}", asset, methods=["GET"])]
    routes += [StarletteRoute(route.path, _endpoint(site, route, render), methods=[route.method]) for route in ROUTES]

    async def not_found(request: Request, _error: Exception) -> Response:
        if request.url.path.startswith(API):
            return problem(404, "Not found")
        return HTMLResponse(_bare(site, render, "not-found.html"), 404)

    async def wrong_method(request: Request, _error: Exception) -> Response:
        if request.url.path.startswith(API):
            return problem(405, "Not with this method")
        return HTMLResponse(_bare(site, render, "not-found.html"), 405)

    inner = Starlette(routes=routes, exception_handlers={404: not_found, 405: wrong_method})
    return _Guard(inner, site)


def _renderer(site: Site) -> Callable[[str, dict[str, Any]], str]:
    environment = Environment(
        loader=ChoiceLoader(
            [
                PackageLoader("mailguard.console"),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader(govuk_frontend_jinja.__name__)}),
            ]
        ),
        autoescape=True,
        # The components read parameters of parameters that are not there; our own templates are rendered by tests with
        # full and with empty data, which show a slip of the pen.
        undefined=ChainableUndefined,
        finalize=words.in_order,
        # An upgrade that puts new templates under a running console must not mix two versions.
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words.add_filters(environment, site)
    environment.globals["stylesheet"] = "/static/console.css?" + hashlib.sha256(_static("console.css")).hexdigest()[:12]
    environment.globals["menu"] = [route for route in ROUTES if route.menu]

    def render(template: str, context: dict[str, Any]) -> str:
        return environment.get_template(template).render(context)

    return render


def _static(name: str) -> bytes:
    return (resources.files("mailguard.console") / "static" / name).read_bytes()


def _endpoint(site: Site, route: Route, render: Callable[[str, dict[str, Any]], str]) -> Any:
    async def serve(request: Request) -> Response:
        body = await _body(request) if route.method == "POST" else b""
        form = Fields() if route.api or body is None else _fields(request, body)
        if body is None or form is None:
            return problem(413, "Too large") if route.api else PlainTextResponse("too large", 413)
        return await run_in_threadpool(_answer, site, route, render, request, form, body)

    return serve


async def _body(request: Request) -> bytes | None:
    """The body that was sent, None if it is over the limit."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_BODY:
            return None
    return bytes(data)


def _fields(request: Request, data: bytes) -> Fields | None:
    """The form that was sent, empty if it is none, None if it has too many fields."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        return Fields()
    try:
        return Fields(parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return None


def _answer(
    site: Site,
    route: Route,
    render: Callable[[str, dict[str, Any]], str],
    request: Request,
    form: Fields,
    body: bytes,
) -> Response:
    session_id = request.cookies.get(site.settings.cookie_name, "")
    page = Page(
        site=site,
        route=route,
        routes=BY_NAME,
        params=request.path_params,
        query=Fields(request.query_params.multi_items()),
        form=form,
        render_template=render,
        cookies=request.cookies,
    )
    bearer = _bearer(request.headers.get("authorization")) if route.api else None
    try:
        with site.database.read() as tx:
            if bearer is None:
                user, token, stale = _signed_in(tx, site, session_id)
            else:  # a cookie that comes along counts for nothing
                session_id = token = ""
                user, stale = _by_token(tx, bearer)
        reach = user.reach(route.roles) if user else Reach()
        signed_in = session_id if user else ""
        page = replace(page, user=user, reach=reach, session_id=signed_in, form_token=token, body=body)
        if route.roles is not ANYBODY:
            if user is None:
                return problem(401, "Nobody is signed in") if route.api else _to_sign_in(page, request)
            if not reach:
                raise NotFound
            given = request.headers.get("x-form-token", "") if route.api else form.one("token")
            if route.method != "GET" and bearer is None and given != token:
                raise Refused("This form is out of date", "Open the page again, then repeat what you did.", 403)
        if stale:
            with site.database.write() as tx:
                sessions.touch(tx, session_id) if bearer is None else tokens.touch(tx, bearer)
        return route.screen(page)
    except (NotFound, Gone):
        return _told(page, "not-found.html", 404, "Not found")
    except Refused as error:
        return _told(page, "refused.html", error.status, error.title, error.text, error.back)
    except Busy:
        return _told(page, "refused.html", 503, *_BUSY)
    except Conflict:
        return _told(page, "refused.html", 409, *_FASTER, (_own_path(request), "See how it stands now"))
    except StoreError as error:
        log_failure(error, stage="console")
        return _told(page, "failed.html", 503, "The store cannot be reached")
    except Exception as error:  # the user gets a page, the log the place; neither gets the values
        log_failure(error, stage="console")
        return _told(page, "failed.html", 500, "Something went wrong")


def _told(
    page: Page, template: str, status: int, title: str, text: str = "", back: tuple[str, str] = START
) -> Response:
    """A fault, as a page or to a program."""
    if page.route.api:
        return problem(status, title, text)
    return page.render(template, status, title=title, text=text, back=back)


def _signed_in(tx: Transaction, site: Site, session_id: str) -> tuple[User | None, str, bool]:
    """The user of a session in force, the token of its forms, and whether its last use is worth noting."""
    if not session_id:
        return None, "", False
    found = sessions.find(tx, session_id, site.settings.session_idle, site.settings.session_most)
    user = users.by_key(tx, found.name_digest) if found else None
    if found is None or user is None:
        return None, "", False
    return user, sessions.form_token(tx, session_id), found.is_stale(tx.now)


def _bearer(header: str | None) -> str | None:
    """The token of an Authorization header (RFC 6750): "" if it holds another kind, None if there is no header."""
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _by_token(tx: Transaction, bearer: str) -> tuple[User | None, bool]:
    """The user of a token in force, and whether its last use is worth noting."""
    found = tokens.find(tx, bearer) if bearer else None
    user = users.by_key(tx, found.name_digest) if found else None
    return (user, found.is_stale(tx.now)) if found and user else (None, False)


def _to_sign_in(page: Page, request: Request) -> Response:
    """To the form, and from there to what was wanted. Whose session is over is told, and that a form did nothing."""
    came = bool(request.cookies.get(page.site.settings.cookie_name)) and page.route.name != "signin.leave"
    if page.route.method == "GET":
        wanted, ended = _own_path(request), "page"
    else:  # the page the form stands on, where it is at the same path
        shown = any(one.method == "GET" and one.path == page.route.path for one in ROUTES)
        wanted, ended = request.url.path if shown else "", "form"
    query = {"next": "" if wanted == "/" else wanted, "ended": ended if came else ""}
    return RedirectResponse(page.url("signin.show", query), 303)


def _own_path(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _bare(site: Site, render: Callable[[str, dict[str, Any]], str], template: str) -> str:
    page = Page(site, ROUTES[0], BY_NAME, {}, Fields(), Fields(), render)
    return render(template, {"page": page})


class _Guard:
    """What every request passes, whatever it asks for: host and origin on the way in, headers on the way out."""

    def __init__(self, inner: ASGIApp, site: Site) -> None:
        self._inner = inner
        self._site = site
        own = urlsplit(site.settings.public_url)
        self._origin = site.settings.public_url
        self._hosts = {own.netloc.lower(), (own.hostname or "").lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                extra = dict(HEADERS)
                if self._site.settings.secure:
                    extra["strict-transport-security"] = "max-age=31536000"
                if b"cache-control" not in given:
                    extra["cache-control"] = "no-store"
                more = [(k.encode(), v.encode()) for k, v in extra.items() if k.encode() not in given]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        refused = self._refusal(scope, headers)
        if refused is not None:
            await refused(scope, receive, send_with_headers)
        else:
            await self._inner(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        if headers.get("host", "").lower() not in self._hosts:
            return PlainTextResponse("unknown host: this console is opened at [console] public_url only\n", 421)
        if scope["method"] in ("GET", "HEAD"):
            return None
        if scope["path"].startswith(API) and "authorization" in headers:
            return None  # no other site can make a browser send that, and cookies do not count beside it
        site = headers.get("sec-fetch-site")
        own = site == "same-origin" if site is not None else headers.get("origin", "") == self._origin
        return None if own else PlainTextResponse("this form was sent from elsewhere", 403)
