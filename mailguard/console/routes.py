"""Every page of the console. Who may see it is said here and nowhere else; which schools' objects is asked of
`Page.reach`. A test walks every route with every role."""

from __future__ import annotations

from mailguard.console.api import document, facts, mail, overrides, people, shapes
from mailguard.console.page import ANYBODY, Route
from mailguard.console.screens import (
    account,
    accounts,
    dashboards,
    decide,
    delivered,
    groups,
    guide,
    held,
    history,
    message,
    overview,
    parts,
    redirect,
    roll,
    signin,
    start,
    together,
    trust,
    users,
)
from mailguard.store.users import Role

DECIDERS = frozenset({Role.OFFICE, Role.APPROVER, Role.DPO})
SECOND = frozenset({Role.APPROVER, Role.DPO})
SIGNED_IN = frozenset(Role)

MANAGERS = frozenset({Role.DPO})
WATCHERS = frozenset({Role.TRUST, Role.TECHNICIAN, Role.DPO})
HISTORIANS = frozenset({Role.AUDITOR, Role.DPO})
LIST = (
    ("q", "Words in name, address, subject or reference"),
    ("reason", "The gravest rule"),
    ("sender", "The sender's address"),
    ("school", "A school's code"),
    ("second", "1: only what takes two people"),
    ("after", "`next` of the page before"),
)
TRAIL = (
    ("action", "One action"),
    ("since", "From this day on, 2026-01-31"),
    ("until", "To this day"),
    ("after", "`next` of the page before"),
)

ROUTES: tuple[Route, ...] = (
    Route("GET", "/sign-in", signin.show, ANYBODY),
    Route("POST", "/sign-in", signin.enter, ANYBODY),
    Route("POST", "/sign-in/code", signin.second, ANYBODY),
    Route("GET", "/sign-in/with/{provider}", accounts.leave_for, ANYBODY),
    Route("GET", "/sign-in/from/{provider}", accounts.come_back, ANYBODY),
    Route("POST", "/sign-out", signin.leave, SIGNED_IN),
    Route("GET", "/account", account.show, SIGNED_IN),
    Route("POST", "/account/password", account.change, SIGNED_IN),
    Route("POST", "/account/second-step", account.begin, SIGNED_IN),
    Route("POST", "/account/second-step/confirm", account.confirm, SIGNED_IN),
    Route("POST", "/account/second-step/end", account.end, SIGNED_IN),
    Route("GET", "/", start.show, SIGNED_IN),
    Route("GET", "/held", held.show, DECIDERS, "Held emails"),
    Route("GET", "/held/find", held.find, DECIDERS),
    Route("GET", "/held/review", held.review, DECIDERS),
    Route("GET", "/held/{message}", message.show, DECIDERS),
    Route("POST", "/held/{message}", decide.decide, DECIDERS),
    Route("POST", "/held/{message}/redirect", redirect.send, DECIDERS),
    Route("GET", "/held/{message}/pages/{number}", parts.picture, DECIDERS),
    Route("GET", "/held/{message}/looks", parts.looks, DECIDERS),
    Route("GET", "/held/{message}/download", parts.download, DECIDERS),
    Route("GET", "/groups/{group}", groups.show, DECIDERS),
    Route("POST", "/groups/{group}", groups.stop, DECIDERS),
    Route("GET", "/groups/{group}/send", together.show, DECIDERS),
    Route("POST", "/groups/{group}/send", together.send, DECIDERS),
    Route("GET", "/delivered", delivered.find, DECIDERS, "Sent emails"),
    Route("GET", "/delivered/{message}", delivered.show, DECIDERS),
    Route("POST", "/delivered/{message}", delivered.report, DECIDERS),
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
    Route("GET", "/users", users.show, MANAGERS, "People"),
    Route("POST", "/users", users.add, MANAGERS),
    Route("POST", "/users/{user}/sign-out", users.sign_out, MANAGERS),
    Route("POST", "/users/{user}/remove", users.remove, MANAGERS),
    Route("GET", "/schools", trust.show, frozenset({Role.TRUST, Role.DPO}), "Schools"),
    Route("GET", "/dashboards", dashboards.first, WATCHERS, "Dashboards"),
    Route("GET", "/dashboards/{board}", dashboards.show, WATCHERS),
    Route("GET", "/help", guide.show, SIGNED_IN, "Help"),
    Route("GET", "/api/v1/openapi.json", document.show, ANYBODY),
    Route("GET", "/api/v1/me", facts.me, SIGNED_IN, gives=shapes.Me),
    Route("GET", "/api/v1/held", mail.waiting, DECIDERS, gives=shapes.HeldPage, asks=LIST),
    Route("GET", "/api/v1/held/{message}", mail.one, DECIDERS, gives=shapes.MessageShape),
    Route("POST", "/api/v1/held/{message}/release", mail.send, DECIDERS, takes=shapes.Decision, gives=shapes.Done),
    Route("POST", "/api/v1/held/{message}/refuse", mail.stop, DECIDERS, takes=shapes.Decision, gives=shapes.Done),
    Route("POST", "/api/v1/held/{message}/ask", mail.seek_second, DECIDERS, takes=shapes.Decision, gives=shapes.Asked),
    Route(
        "POST",
        "/api/v1/held/{message}/redirect",
        mail.send_elsewhere,
        DECIDERS,
        takes=shapes.Redirection,
        gives=shapes.Redirected,
    ),
    Route("GET", "/api/v1/groups", mail.runs, DECIDERS, gives=shapes.Groups),
    Route(
        "POST",
        "/api/v1/groups/{group}/refuse",
        mail.stop_run,
        DECIDERS,
        takes=shapes.GroupDecision,
        gives=shapes.Stopped,
    ),
    Route("GET", "/api/v1/roll", facts.roll, DECIDERS | {Role.TECHNICIAN}, gives=shapes.RollStatus),
    Route("GET", "/api/v1/roll/overrides", overrides.listed, DECIDERS, gives=shapes.Overrides),
    Route(
        "POST",
        "/api/v1/roll/overrides",
        overrides.add,
        DECIDERS,
        takes=shapes.NewOverride,
        gives=shapes.OverrideShape,
    ),
    Route(
        "POST",
        "/api/v1/roll/overrides/{number}/end",
        overrides.end,
        SECOND,
        takes=shapes.EndOverride,
        gives=shapes.OverrideShape,
    ),
    Route("GET", "/api/v1/users", people.listed, MANAGERS, gives=shapes.Users),
    Route("POST", "/api/v1/users", people.add, MANAGERS, takes=shapes.NewUser, gives=shapes.NewUserDone),
    Route("POST", "/api/v1/users/{user}/sign-out", people.sign_out, MANAGERS, gives=shapes.UserGone),
    Route("POST", "/api/v1/users/{user}/remove", people.remove, MANAGERS, gives=shapes.UserGone),
    Route("GET", "/api/v1/roll/who", facts.who, DECIDERS, gives=shapes.Who, asks=(("address", "An e-mail address"),)),
    Route("GET", "/api/v1/history", facts.past, HISTORIANS, gives=shapes.HistoryPage, asks=TRAIL),
    Route("GET", "/api/v1/counts", facts.counts, DECIDERS | {Role.AUDITOR, Role.TRUST}, gives=shapes.Counts),
)

BY_NAME = {route.name: route for route in ROUTES}
