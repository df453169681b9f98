"""Every page of the console. Who may see it is said here and nowhere else; which schools' objects is asked of
`Page.reach`. A test walks every route with every role."""

from __future__ import annotations

from mailguard.console.page import ANYBODY, Route
from mailguard.console.screens import decide, groups, held, message, parts, redirect, signin, start
from mailguard.store.users import Role

DECIDERS = frozenset({Role.OFFICE, Role.APPROVER, Role.DPO})
SIGNED_IN = frozenset(Role)

ROUTES: tuple[Route, ...] = (
    Route("GET", "/sign-in", signin.show, ANYBODY),
    Route("POST", "/sign-in", signin.enter, ANYBODY),
    Route("POST", "/sign-out", signin.leave, SIGNED_IN),
    Route("GET", "/", start.show, SIGNED_IN),
    Route("GET", "/held", held.show, DECIDERS, "Held emails"),
    Route("GET", "/held/find", held.find, DECIDERS),
    Route("GET", "/held/{message}", message.show, DECIDERS),
    Route("POST", "/held/{message}", decide.decide, DECIDERS),
    Route("POST", "/held/{message}/redirect", redirect.send, DECIDERS),
    Route("GET", "/held/{message}/pages/{number}", parts.picture, DECIDERS),
    Route("GET", "/held/{message}/download", parts.download, DECIDERS),
    Route("GET", "/groups/{group}", groups.show, DECIDERS),
    Route("POST", "/groups/{group}", groups.stop, DECIDERS),
)

BY_NAME = {route.name: route for route in ROUTES}
