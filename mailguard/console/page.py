"""What a screen is given, and how it answers. A screen is a function from a `Page` to a `Response`; it runs in a thread
of its own and may use the database and wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailguard.console.people import People
from mailguard.console.site import Site
from mailguard.store import Gone, Transaction, holds
from mailguard.store.holds import Held
from mailguard.store.users import Reach, Role, User

Screen = Callable[["Page"], Response]
API = "/api/"
MOST_SELECTED = 50
START = ("/", "Go to the start")
"""Where a fault leads by default, and in which words."""
ANYBODY: frozenset[Role] = frozenset()
"""The roles of a page that needs none, nor anybody signed in."""


@dataclass(frozen=True, slots=True)
class Route:
    """One page: `path` with its parameters in braces, the roles of which one is needed at some school, and the heading
    it stands under in the menu. Of the API: the shapes of body and answer, and the parameters of the query in words."""

    method: str
    path: str
    screen: Screen
    roles: frozenset[Role]
    menu: str = ""
    takes: type | None = None
    gives: type | None = None
    asks: tuple[tuple[str, str], ...] = ()

    @property
    def api(self) -> bool:
        """Whether programs use it: it takes and gives JSON, faults too."""
        return self.path.startswith(API)

    @property
    def below(self) -> str:
        """The path of the page that it hangs under in the menu, as far as it hangs under one."""
        first = "/" + self.path.strip("/").partition("/")[0]
        return "/held" if first == "/groups" else first

    @property
    def name(self) -> str:
        """What templates call it: module and function, "held.show"."""
        return f"{self.screen.__module__.rpartition('.')[2]}.{self.screen.__name__}"


class NotFound(Exception):
    """There is no such page, or not for this user: the same answer."""


class Refused(Exception):
    """The request is understood and not carried out: `title` and `text` say why, in words for the office; `back` is the
    path that helps now, and what its button says."""

    def __init__(self, title: str, text: str, status: int = 409, back: tuple[str, str] = START) -> None:
        super().__init__(title)
        self.title = title
        self.text = text
        self.status = status
        self.back = back


class Fields:
    """Names and values of a form or query, each name possibly several times."""

    def __init__(self, pairs: Sequence[tuple[str, str]] = ()) -> None:
        self.pairs = tuple(pairs)

    def one(self, name: str, default: str = "") -> str:
        """The last value of that name, without blanks around it."""
        return next((value.strip() for key, value in reversed(self.pairs) if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every value of that name."""
        return [value.strip() for key, value in self.pairs if key == name]


@dataclass(frozen=True, slots=True)
class Page:
    """One request on its way to its screen. `reach` are the schools where the user may use this page's route."""

    site: Site
    route: Route
    routes: Mapping[str, Route]
    params: Mapping[str, str] = field(repr=False)
    query: Fields = field(repr=False)
    form: Fields = field(repr=False)
    render_template: Callable[[str, dict[str, Any]], str]
    user: User | None = None
    reach: Reach = field(default_factory=Reach)
    session_id: str = field(default="", repr=False)
    form_token: str = field(default="", repr=False)
    body: bytes = field(default=b"", repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def who(self) -> User:
        """The user, on a page that needs one."""
        if self.user is None:
            raise NotFound
        return self.user

    def people(self) -> People:
        """Names and addresses in force, as far as the user may know them."""
        return self.site.people().within(self.reach)

    @property
    def then(self) -> list[str]:
        """The messages that were selected to be looked at after this one."""
        return self.query.all("then")[:MOST_SELECTED]

    def url(self, name: str, /, params: Mapping[str, object] | None = None, **parts: str) -> str:
        """The path of a page: its route's name, the parts in braces, and a query without what is empty."""
        path = self.routes[name].path
        for key, value in parts.items():
            path = path.replace(f"{{{key}}}", quote(value, safe=""))
        kept = {key: value for key, value in (params or {}).items() if value not in ("", None, [])}
        return f"{path}?{urlencode(kept, doseq=True)}" if kept else path

    def may(self, name: str) -> bool:
        """Whether the user may use a route at some school."""
        return self.user is not None and bool(self.user.reach(self.routes[name].roles))

    def render(self, template: str, status: int = 200, /, **context: Any) -> Response:
        """An HTML page from a template."""
        return HTMLResponse(self.render_template(template, {"page": self, **context}), status)

    def go(self, name: str, /, params: Mapping[str, object] | None = None, **parts: str) -> Response:
        """Send the browser on to another page, by GET."""
        return RedirectResponse(self.url(name, params, **parts), 303)

    def message(self, tx: Transaction, message_id: str) -> Held:
        """A message that was held, by its id, if it is of a school within reach. NotFound if not."""
        try:
            found = holds.details(tx, message_id)
        except Gone:
            raise NotFound from None
        if not found.reference or found.school not in self.reach:
            raise NotFound
        return found
