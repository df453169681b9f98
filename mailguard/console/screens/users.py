"""People and roles: who may use the console for what. Those who look after data protection give and take the roles."""

from __future__ import annotations

import secrets

from starlette.responses import Response

from mailguard.console.page import Fields, NotFound, Page, Refused
from mailguard.console.passwords import hash_password
from mailguard.console.words import ROLES
from mailguard.hold.second import DECIDERS
from mailguard.observe import Event, log
from mailguard.store import Conflict, Transaction, sessions, users
from mailguard.store.users import EVERY_SCHOOL, Reach, Role, User

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def show(page: Page) -> Response:
    """Everybody whose roles lie within reach."""
    return _answer(page)


def add(page: Page) -> Response:
    """Add somebody; their first password is shown once."""
    name, role, school = page.form.one("name"), page.form.one("role"), page.form.one("school")
    faults = []
    if not name or not name.isprintable() or len(name) > 100:
        faults.append(("name", "Give a name"))
    if role not in set(Role):
        faults.append(("role", "Choose a role"))
    if not may_give(page, school):
        faults.append(("school", "Choose a school"))
    if faults:
        return _answer(page, 422, faults)
    try:
        first = add_user(page, User(name, (Role(role),), school, page.form.one("email")))
    except Conflict:
        return _answer(page, 409, [("name", "There is a user of that name")])
    return _answer(page, added=(name, first))


def add_user(page: Page, user: User) -> str:
    """Add a user; returns their first password, which is kept nowhere. ValueError and Conflict as of `users.add`."""
    first = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))
    hashed = hash_password(first)
    with page.site.database.write() as tx:
        users.add(tx, user, page.who.name, hashed)
    log(Event.DECIDED, action="user-added", user=page.who.name)
    return first


def remove(page: Page) -> Response:
    """Remove somebody: at once, wherever they are signed in."""
    remove_user(page)
    return page.go("users.show", {"done": "removed"})


def sign_out(page: Page) -> Response:
    """End all sessions of somebody."""
    end_sessions(page)
    return page.go("users.show", {"done": "signed-out"})


def remove_user(page: Page) -> None:
    """Remove the user of the path. NotFound and Refused as for the page."""
    with page.site.database.write() as tx:
        users.remove(tx, _theirs(page, tx).name, page.who.name)
    log(Event.DECIDED, action="user-removed", user=page.who.name)


def end_sessions(page: Page) -> None:
    """End all sessions of the user of the path. NotFound and Refused as for the page."""
    with page.site.database.write() as tx:
        sessions.end_all(tx, users.key_of(tx, _theirs(page, tx).name))


def _theirs(page: Page, tx: Transaction) -> User:
    """The user the page is about, if all their roles lie within reach; nobody ends their own."""
    user = users.get(tx, page.params["user"])
    if user is None or not within(user, page.reach):
        raise NotFound
    if user.name == page.who.name:
        back = (page.url("users.show"), "Go back to the people")
        raise Refused("You cannot do this to yourself", "Ask a colleague, or your technician.", 409, back)
    return user


def within(user: User, reach: Reach) -> bool:
    """Whether all roles of a user lie within reach."""
    return all(reach.every or (one.school and one.school in reach) for one in user.grants)


def may_give(page: Page, school: str) -> bool:
    """Whether roles at that school are the page's user's to give."""
    if school == EVERY_SCHOOL:
        return page.reach.every
    return school in page.reach and school in page.people().schools


def _answer(
    page: Page, status: int = 200, faults: list[tuple[str, str]] | None = None, added: tuple[str, str] | None = None
) -> Response:
    with page.site.database.read() as tx:
        everybody = [one for one in users.everybody(tx) if within(one, page.reach)]
        seen = {one.name: sessions.last_seen(tx, users.key_of(tx, one.name)) for one in everybody}
    people = page.people()
    return page.render(
        "users.html",
        status,
        users=everybody,
        seen=seen,
        nameless={one.name for one in everybody if "@" not in one.name + one.email and one.reach(DECIDERS)},
        people=people,
        roles=ROLES,
        schools={code: name for code, name in people.schools.items() if code in page.reach},
        faults=faults or [],
        form=Fields() if added else page.form,  # for the next one
        added=added,
    )
