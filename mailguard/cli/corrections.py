"""`mailguard roll correction`: what the school's system has wrong, for the person who mends it there."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mailguard.cli.site import ConfigOption
from mailguard.cli.stored import AsOption, EmergencyOption, JsonOption, actor, opened
from mailguard.cli.talk import line, line_json
from mailguard.enrol.correcting import Noted, close_correction, export_corrections, list_corrections, note_correction
from mailguard.enrol.door import DatabaseDoor
from mailguard.roll.corrections import Wrong

app = typer.Typer(
    help="What the school's system has wrong; closes itself when an import mends it.", no_args_is_help=True
)


@app.command("add")
def add(
    wrong: Annotated[Wrong, typer.Argument(help="What is wrong")],
    pupil: Annotated[str, typer.Argument(help="SCHOOL/ID, a UPN, or an id that only one school has")],
    config: ConfigOption,
    address: Annotated[str, typer.Option(help="The e-mail address it is about")] = "",
    detail: Annotated[str, typer.Option(help="Which column of the pupil is wrong, such as date_of_birth")] = "",
    note: Annotated[str, typer.Option(help="In your own words")] = "",
    as_: AsOption = "",
    emergency: EmergencyOption = False,
) -> None:
    """Note a fault. Exit status 1: refused, or the roll in force does not have it."""
    with opened(config) as (_, database):
        noted = Noted(wrong, pupil, address, detail, note)
        one = note_correction(DatabaseDoor(database), actor(as_, emergency), noted)
    line(f"correction {one.number}")


@app.command("list")
def list_(
    config: ConfigOption,
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the open corrections, oldest first."""
    with opened(config) as (_, database), database.read() as tx:
        found = list_corrections(tx, closed=everything)
    if as_json:
        line_json(found)
        return
    for one in found:
        state = "closed" if one["closed"] else f"since {one['since'][:10]}"
        parts = (one["sentence"], one["contact"], one["address"], one["note"])
        line(f"{one['number']}  {state}  {one['school']}/{one['pupil']}  {'  '.join(filter(None, parts))}")


@app.command("export")
def export(config: ConfigOption) -> None:
    """Write the open corrections to stdout as CSV."""
    with opened(config) as (_, database), database.read() as tx:
        text = export_corrections(tx)
    sys.stdout.buffer.write(text.encode("utf-8-sig"))
    sys.stdout.flush()


@app.command("close")
def close(
    number: Annotated[int, typer.Argument(help="The correction's number")],
    config: ConfigOption,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail")],
    as_: AsOption = "",
    emergency: EmergencyOption = False,
) -> None:
    """Close a correction by hand."""
    with opened(config) as (_, database):
        close_correction(DatabaseDoor(database), actor(as_, emergency), number, reason)
    line(f"closed correction {number}")
