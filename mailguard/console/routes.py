"""Every page of the console. Who may see it is said here and nowhere else; which schools' objects is asked of
`Page.reach`. A test walks every route with every role."""

from __future__ import annotations

from mailguard.console.page import ANYBODY, Route
from mailguard.console.screens import (
    decide,
    groups,
    held,
    history,
    message,
    overview,
    parts,
    redirect,
    roll,
    signin,
    start,
    trust,
    users,
)
from mailguard.store.users import Role

DECIDERS = frozenset({Role.OFFICE, Role.APPROVER, Role.DPO})
SECOND = frozenset({Role.APPROVER, Role.DPO})
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
    Route("GET", "/overview", overview.show, DECIDERS | {Role.AUDITOR}, "Overview"),
    Route("GET", "/roll", roll.show, DECIDERS | {Role.TECHNICIAN}, "School roll"),
    Route("GET", "/roll/corrections.csv", roll.export, DECIDERS),
    Route("POST", "/roll/overrides", roll.override, DECIDERS),
    Route("POST", "/roll/overrides/{number}/end", roll.end, SECOND),
    Route("POST", "/roll/corrections", roll.note, DECIDERS),
    Route("POST", "/roll/corrections/{number}/close", roll.close, DECIDERS),
    Route("POST", "/roll/corrections/{number}/let", roll.let, SECOND),
    Route("GET", "/history", history.show, frozenset({Role.AUDITOR, Role.DPO}), "History"),
    Route("POST", "/history.csv", history.export, frozenset({Role.AUDITOR, Role.DPO})),
    Route("GET", "/users", users.show, frozenset({Role.DPO}), "People"),
    Route("POST", "/users", users.add, frozenset({Role.DPO})),
    Route("POST", "/users/{user}/sign-out", users.sign_out, frozenset({Role.DPO})),
    Route("POST", "/users/{user}/remove", users.remove, frozenset({Role.DPO})),
    Route("GET", "/schools", trust.show, frozenset({Role.TRUST, Role.DPO}), "Schools"),
)

BY_NAME = {route.name: route for route in ROUTES}
