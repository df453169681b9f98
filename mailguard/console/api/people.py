"""Who may use the console: list, add, sign out, remove. The rules are those of the page."""

from __future__ import annotations

from starlette.responses import Response

from mailguard.console.api.answers import answer, body
from mailguard.console.api.shapes import GrantShape, NewUser, NewUserDone, UserGone, Users, UserShape
from mailguard.console.page import Page, Refused
from mailguard.console.screens import users as screen
from mailguard.store import Transaction, sessions, users
from mailguard.store.users import User


def listed(page: Page) -> Response:
    """List everybody whose roles lie within reach."""
    with page.site.database.read() as tx:
        found = [_shape(tx, one) for one in users.everybody(tx) if screen.within(one, page.reach)]
    return answer(Users(found))


def add(page: Page) -> Response:
    """Add somebody. Their first password stands in the answer and nowhere else."""
    wanted = body(page, NewUser)
    if not screen.may_give(page, wanted.school):
        raise Refused("The body does not fit", "This school is not one that you may give roles at.", 422)
    made = User(wanted.name, (wanted.role,), wanted.school, wanted.email)
    try:
        first = screen.add_user(page, made)
    except ValueError as error:
        raise Refused("The body does not fit", f"{error}.", 422) from None
    with page.site.database.read() as tx:
        return answer(NewUserDone(_shape(tx, made), first))


def sign_out(page: Page) -> Response:
    """End all sessions of somebody."""
    screen.end_sessions(page)
    return answer(UserGone(page.params["user"], False))


def remove(page: Page) -> Response:
    """Remove somebody: at once, wherever they are signed in, with their tokens."""
    screen.remove_user(page)
    return answer(UserGone(page.params["user"], True))


def _shape(tx: Transaction, user: User) -> UserShape:
    grants = [GrantShape(one.role, one.school) for one in user.grants]
    return UserShape(user.name, user.email, grants, sessions.last_seen(tx, users.key_of(tx, user.name)))
