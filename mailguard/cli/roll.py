"""`mailguard roll`: bring in a roll, ask about the one in force."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mailguard.cli.site import ConfigOption
from mailguard.cli.stored import JsonOption, login_name, opened, policy_in_force, roll_in_force
from mailguard.cli.talk import NOT_FINE, line, line_json, say
from mailguard.enrol.compare import Changed, Changes, compare
from mailguard.enrol.guard import Guard
from mailguard.enrol.imports import import_roll
from mailguard.enrol.lookup import roll_status, who
from mailguard.enrol.sources import load_source
from mailguard.enrol.weaknesses import weaknesses
from mailguard.model import Roll
from mailguard.roll.problems import RollError
from mailguard.store.revisions import current_roll

app = typer.Typer(help="The roll: who the pupils are.", no_args_is_help=True)


@app.command("status")
def status(config: ConfigOption, as_json: JsonOption = False) -> None:
    """Say which revision is in force, how old it is and how many pupils each school has. Exit status 1: none is."""
    with opened(config) as (settings, database), database.read() as tx:
        found = roll_status(tx, datetime.now(UTC), policy_in_force(settings))
    if as_json:
        line_json(found)
    elif found["revision"] is None:
        say("No roll was imported yet.")
    else:
        line(f"revision {found['revision']}, imported {found['imported']}{', too old' if found['stale'] else ''}")
        for school in found["schools"]:
            line(f"  {school['school']}: {school['pupils']} pupils")
    raise SystemExit(NOT_FINE if found["revision"] is None else 0)


@app.command("who")
def who_(
    address: Annotated[str, typer.Argument(help="An e-mail address")], config: ConfigOption, as_json: JsonOption = False
) -> None:
    """Say what an address is and whose data it may receive. Exit status 1: neither roll nor policy knows it."""
    with opened(config) as (settings, database):
        found = who(roll_in_force(settings, database), policy_in_force(settings), address)
    if as_json:
        line_json(found)
    else:
        line(f"{address}: {', '.join(found['kinds']) or 'unknown'}")
        for pupil in found["pupils"]:
            line(f"  may receive {pupil['school']} {pupil['pupil']} ({pupil['relationship']})")
        for pupil in found["barred"]:
            line(f"  BARRED from {pupil['school']} {pupil['pupil']} ({pupil['relationship']})")
    raise SystemExit(0 if found["kinds"] else NOT_FINE)


class Form(StrEnum):
    """The forms a roll may come in."""

    NATIVE = "native"
    CTF = "ctf"
    ONEROSTER = "oneroster"
    CSV = "csv"


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="What to import: a folder or a file")],
    config: ConfigOption,
    form: Annotated[Form | None, typer.Option("--format", help="What it is; default: seen by what lies there")] = None,
    mapping: Annotated[Path | None, typer.Option(help="A saved mapping of the columns of a CSV or XLSX")] = None,
    school: Annotated[str, typer.Option(help="The school of a file that names none", metavar="CODE")] = "",
    confirm: Annotated[bool, typer.Option("--confirm", help="Import also what changes more than is usual")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a roll, compare it with the one in force and put it in force. Exit status 1: refused, with the report."""
    guard = None if confirm else Guard()
    try:
        loaded = load_source(source, form.value if form else "", school, mapping)
        for warning in loaded.warnings:
            say(f"mailguard: warning: {warning}")
        with opened(config) as (_, database):
            if dry_run:
                with database.read() as tx:
                    old = current_roll(tx) or Roll()
                if guard:
                    guard.check(old, loaded.roll)
                changes = compare(old, loaded.roll)
            else:
                with database.write() as tx:
                    changes = import_roll(tx, loaded, login_name(), guard).changes
    except RollError as error:
        for problem in error.problems:
            line(str(problem))
        raise SystemExit(NOT_FINE) from None
    if as_json:
        line_json(changes_json(changes))
    else:
        for text in changes_lines(changes):
            line(text)


@app.command("problems")
def problems(config: ConfigOption, as_json: JsonOption = False) -> None:
    """List what a clerk should look at in the roll in force. Exit status 1: there is something."""
    with opened(config) as (settings, database):
        found = weaknesses(roll_in_force(settings, database))
    for one in found:
        if as_json:
            line_json(asdict(one))
        else:
            whose = ", ".join(f"{key.school} {key.pupil}" for key in one.pupils)
            line(f"{one.sentence} {one.address} {whose}".rstrip())
    raise SystemExit(NOT_FINE if found else 0)


def changes_json(changes: Changes) -> dict[str, object]:
    """The report of an import as JSON: counts only."""
    return asdict(changes)


def changes_lines(changes: Changes) -> Iterator[str]:
    """The report of an import for people."""
    for name in ("pupils", "contacts", "pairs", "staff"):
        kind: Changed = getattr(changes, name)
        yield f"{name}: {kind.added} new, {kind.gone} gone, {kind.changed} changed, {kind.same} as before"
    yield f"pairs that may receive: {changes.permitted} more, {changes.withdrawn} fewer"
    yield f"barred pairs: {changes.barred} more, {changes.unbarred} fewer"
