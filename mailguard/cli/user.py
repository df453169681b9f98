"""`mailguard user`: the named users who decide on held mail."""

from __future__ import annotations

from typing import Annotated

import typer

from mailguard.cli.site import ConfigOption
from mailguard.cli.stored import JsonOption, login_name, opened
from mailguard.cli.talk import line, line_json, stop
from mailguard.store import users
from mailguard.store.users import Role, User

app = typer.Typer(help="Named users who decide on held mail.", no_args_is_help=True)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The user's name")],
    config: ConfigOption,
    role: Annotated[list[Role] | None, typer.Option(help="What the user may do; repeated. Default: office")] = None,
    school: Annotated[str, typer.Option(help="The user's school; default: every school")] = "",
    email: Annotated[str, typer.Option(help="Where the user's own mail comes from")] = "",
) -> None:
    """Add a user."""
    with opened(config) as (_, database):
        try:
            with database.write() as tx:
                users.add(tx, User(name, tuple(role or [Role.OFFICE]), school, email), login_name())
        except ValueError as error:
            stop(str(error))
    line(f"added {name}")


@app.command("list")
def list_(config: ConfigOption, as_json: JsonOption = False) -> None:
    """List the users."""
    with opened(config) as (_, database), database.read() as tx:
        found = users.everybody(tx)
    if as_json:
        line_json([{"name": u.name, "roles": [r.value for r in u.roles], "school": u.school} for u in found])
        return
    for one in found:
        line(f"{one.name}  {', '.join(role.value for role in one.roles)}  {one.school or 'every school'}")


@app.command("remove")
def remove(name: Annotated[str, typer.Argument(help="The user's name")], config: ConfigOption) -> None:
    """Remove a user; what they decided stays in the audit trail."""
    with opened(config) as (_, database), database.write() as tx:
        users.remove(tx, name, login_name())
    line(f"removed {name}")
