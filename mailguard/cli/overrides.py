"""`mailguard roll override`: what the school knows better than its system: court orders, confidential addresses,
further addresses."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated

import typer

from mailguard.cli.site import ConfigOption
from mailguard.cli.stored import AsOption, EmergencyOption, JsonOption, actor, opened
from mailguard.cli.talk import line, line_json, say
from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.overriding import Wanted, add_override, end_override, list_overrides
from mailguard.enrol.subjects import is_barred
from mailguard.roll.overrides import OverrideKind
from mailguard.store.revisions import current_data

app = typer.Typer(help="What the school knows better than its system; survives every import.", no_args_is_help=True)
ReasonOption = Annotated[str, typer.Option(help="Why, for the audit trail")]


@app.command("add")
def add(
    kind: Annotated[OverrideKind, typer.Argument(help="bar: may not receive; address: may; confidential: keep secret")],
    address: Annotated[str, typer.Argument(help="An e-mail address")],
    config: ConfigOption,
    reason: ReasonOption,
    pupil: Annotated[str, typer.Option(help="SCHOOL/ID, a UPN, or an id that only one school has")] = "",
    relationship: Annotated[str, typer.Option(help="What the address is to the pupil")] = "",
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day; default: no end")] = None,
    as_: AsOption = "",
    emergency: EmergencyOption = False,
) -> None:
    """Add an override and put it in force at once. Exit status 1: refused."""
    wanted = Wanted(kind, address, reason, pupil, relationship, until.date() if until else None)
    with opened(config) as (_, database):
        added = add_override(DatabaseDoor(database), actor(as_, emergency), wanted)
    line(f"override {added.override.number}")
    if added.still_barred:
        say("mailguard: warning: an order bars this address from the pupil; it stays barred.")
    if added.nobodys:
        say("mailguard: warning: no contact on the roll has this address. See that it is written as the roll has it.")


@app.command("list")
def list_(config: ConfigOption, as_json: JsonOption = False) -> None:
    """List all overrides, newest first."""
    with opened(config) as (_, database), database.read() as tx:
        data = current_data(tx)
        found = list_overrides(tx, partial(is_barred, data.roll) if data else None)
    if as_json:
        line_json(found)
        return
    for one in found:
        whose = f"  {one['school']}/{one['pupil']}" if one["pupil"] else ""
        until = f" until {one['until']}" if one["until"] else ""
        line(
            f"{one['number']}  {one['state']}  {one['kind']} {one['address']}{whose}{until}  {one['by']}: {one['why']}"
        )


@app.command("remove")
def remove(
    number: Annotated[int, typer.Argument(help="The override's number")],
    config: ConfigOption,
    reason: ReasonOption,
    as_: AsOption = "",
    emergency: EmergencyOption = False,
) -> None:
    """End an override; it stays in the list and in the audit trail."""
    with opened(config) as (_, database):
        end_override(DatabaseDoor(database), actor(as_, emergency), number, reason)
    line(f"ended override {number}")
