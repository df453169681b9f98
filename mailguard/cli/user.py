"""`mailguard user`: the named users of console and command line, their roles and passwords."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Annotated

import typer

from mailguard.cli.site import ConfigOption
from mailguard.cli.stored import JsonOption, login_name, opened
from mailguard.cli.talk import line, line_json, stop
from mailguard.config import Config
from mailguard.policy import PolicyError, load_policy
from mailguard.store import Gone, factors, identities, sessions, tokens, users
from mailguard.store.users import Grant, Role, User

app = typer.Typer(help="Named users who decide on held mail.", no_args_is_help=True)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The user's name")],
    config: ConfigOption,
    role: Annotated[list[Role] | None, typer.Option(help="What the user may do; repeated. Default: office")] = None,
    school: Annotated[list[str] | None, typer.Option(help="For this school; repeated. Default: every school")] = None,
    email: Annotated[str, typer.Option(help="Where the user's own mail comes from")] = "",
) -> None:
    """Add a user."""
    roles, schools = tuple(role or [Role.OFFICE]), school or [users.EVERY_SCHOOL]
    also = tuple(Grant(one, code) for code in schools[1:] for one in roles)
    with opened(config) as (settings, database):
        _check_schools(settings, schools)
        try:
            with database.write() as tx:
                users.add(tx, User(name, roles, schools[0], email, also), login_name())
        except ValueError as error:
            stop(str(error))
    line(f"added {name}")


@app.command("grant")
def grant(
    name: Annotated[str, typer.Argument(help="The user's name")],
    config: ConfigOption,
    role: Annotated[list[Role], typer.Option(help="What the user may do as well; repeated")],
    school: Annotated[list[str] | None, typer.Option(help="For this school; repeated. Default: every school")] = None,
) -> None:
    """Give a user further roles, at these schools."""
    schools = school or [users.EVERY_SCHOOL]
    with opened(config) as (settings, database):
        _check_schools(settings, schools)
        with database.write() as tx:
            users.grant(tx, name, [Grant(one, code) for code in schools for one in role], login_name())
    line(f"granted {name}")


@app.command("password")
def password(name: Annotated[str, typer.Argument(help="The user's name")], config: ConfigOption) -> None:
    """Set the password that a user signs in to the console with: asked for twice, or one line of input where nobody is
    at the keyboard. All sessions of the user end."""
    if sys.stdin.isatty():
        given = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    try:
        from mailguard.console.passwords import hash_password  # slow to import, for this alone

        hashed = hash_password(given)
    except ValueError as error:
        stop(str(error))
    with opened(config) as (_, database), database.write() as tx:
        users.set_password_hash(tx, name, hashed, login_name())
    line(f"password set for {name}")


@app.command("reset")
def reset(name: Annotated[str, typer.Argument(help="The user's name")], config: ConfigOption) -> None:
    """Take away a user's second step of signing in (a lost phone), untie them from their school account (a new one),
    and end all their sessions. The password stays."""
    with opened(config) as (_, database), database.write() as tx:
        key = users.key_of(tx, name)
        factors.reset(tx, name, key, login_name())
        identities.forget(tx, key)
        sessions.end_all(tx, key)
    line(f"reset {name}")


@app.command("token")
def token(
    name: Annotated[str, typer.Argument(help="The user's name")],
    config: ConfigOption,
    days: Annotated[int, typer.Option(min=1, max=366, help="So many days it counts")] = 90,
    revoke: Annotated[bool, typer.Option("--revoke", help="End every token of the user instead")] = False,
) -> None:
    """Make a token that a program uses the console's API with, as this user: it is printed now and kept nowhere."""
    with opened(config) as (_, database), database.write() as tx:
        key = users.key_of(tx, name)
        if users.by_key(tx, key) is None:
            raise Gone("there is no user of that name")
        if revoke:
            line(f"ended {tokens.revoke(tx, name, key, login_name())} tokens of {name}")
        else:
            line(tokens.make(tx, name, key, timedelta(days=days), login_name()))


@app.command("list")
def list_(config: ConfigOption, as_json: JsonOption = False) -> None:
    """List the users."""
    with opened(config) as (_, database), database.read() as tx:
        found = users.everybody(tx)
    if as_json:
        line_json([_shown(user) for user in found])
        return
    for one in found:
        grants = ", ".join(f"{grant.role.value} of {grant.school or 'every school'}" for grant in one.grants)
        line(f"{one.name}  {grants}")


@app.command("remove")
def remove(name: Annotated[str, typer.Argument(help="The user's name")], config: ConfigOption) -> None:
    """Remove a user; what they decided stays in the audit trail."""
    with opened(config) as (_, database), database.write() as tx:
        users.remove(tx, name, login_name())
    line(f"removed {name}")


def _shown(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "roles": [role.value for role in user.roles],
        "school": user.school,
        "also": [{"role": grant.role.value, "school": grant.school} for grant in user.also],
    }


def _check_schools(config: Config, schools: list[str]) -> None:
    """End the command where a school is named that the policy does not have: the user would see nothing."""
    try:
        known = {school.code for school in load_policy(config.policy_file).schools} | {users.EVERY_SCHOOL}
    except PolicyError:
        return  # other commands tell about the policy
    unknown = [code for code in schools if code not in known]
    if unknown and known != {users.EVERY_SCHOOL}:
        stop(f"the policy has no school {unknown[0]}; it has {', '.join(sorted(known - {users.EVERY_SCHOOL}))}")
