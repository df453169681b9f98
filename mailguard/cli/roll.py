"""`mailguard roll`: bring in a roll, look at what it says, go back to an earlier one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from mailguard.cli import corrections, overrides
from mailguard.cli.site import ConfigOption
from mailguard.cli.stored import (
    AsOption,
    EmergencyOption,
    JsonOption,
    actor,
    login_name,
    opened,
    policy_in_force,
    roll_in_force,
)
from mailguard.cli.talk import NOT_FINE, line, line_json, say, stop
from mailguard.enrol.actors import NOTERS, check
from mailguard.enrol.compare import Changed, Changes, compare
from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.guard import Guard
from mailguard.enrol.imports import Imported, bring_in, consider, roll_back
from mailguard.enrol.imports import Progress as Told
from mailguard.enrol.intake import Gathered, Intake
from mailguard.enrol.lookup import roll_status, who
from mailguard.enrol.sources import load_mapping, load_source, must_have_columns
from mailguard.enrol.weaknesses import problems_of
from mailguard.model import Roll
from mailguard.policy import PolicyError, load_policy
from mailguard.roll.headings import may_forbid
from mailguard.roll.mapping import render_mapping
from mailguard.roll.problems import RollError
from mailguard.roll.sources.mapped import preview
from mailguard.store.revisions import roll_data, roll_history

app = typer.Typer(help="The roll: who the pupils are.", no_args_is_help=True)
app.add_typer(overrides.app, name="override")
app.add_typer(corrections.app, name="correction")
MappingOption = Annotated[Path | None, typer.Option(help="A saved mapping of the columns of a CSV or XLSX")]


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
        line(f"revision {found['revision']}, in force since {found['imported']}{', too old' if found['stale'] else ''}")
        for school in found["schools"]:
            old = ", too old" if school["stale"] else ""
            line(f"  {school['school']}: {school['pupils']} pupils, read {school['read']}{old}")
        for one in found["imports"][:10]:
            data = "" if one["kept"] else ", data erased"
            line(f"  number {one['number']}: {one['kind']} {one['imported']}, {one['pupils']} pupils{data}")
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
    config: ConfigOption,
    source: Annotated[
        Path | None, typer.Argument(help="A folder or a file; default: the sources of the configuration")
    ] = None,
    form: Annotated[Form | None, typer.Option("--format", help="What it is; default: seen by what lies there")] = None,
    mapping: MappingOption = None,
    school: Annotated[str, typer.Option(help="The school of a file that names none", metavar="CODE")] = "",
    confirm: Annotated[bool, typer.Option("--confirm", help="Import also what changes more than is usual")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a roll, compare it with the one in force and put it in force. Exit status 1: refused, with the report."""
    _must_be_there(source, mapping)
    guard = None if confirm else Guard()
    try:
        with shown_progress() as progress, opened(config) as (settings, database):
            progress("reading", 0, 0)
            door = DatabaseDoor(database)
            if source is None:
                gathered = Intake(settings.roll_sources).read(door, guard)
            else:
                gathered = Gathered(load_source(source, form.value if form else "", school, mapping))
            for warning in gathered.loaded.warnings:
                say(f"mailguard: warning: {warning}")
            _tell_strange(gathered.loaded.roll, settings.policy_file)
            if dry_run:
                changes = consider(door, gathered.loaded, guard)
            else:
                imported = bring_in(door, gathered.loaded, login_name(), guard, gathered.seen, progress)
                changes = _told(imported)
    except RollError as error:
        for problem in error.problems:
            line(str(problem))
        raise SystemExit(NOT_FINE) from None
    _tell_changes(changes, as_json)
    for school, problems in gathered.failures.items():
        say(f"mailguard: school {school} keeps its part of the roll in force:")
        for problem in problems:
            line(str(problem))
    raise SystemExit(NOT_FINE if gathered.failures else 0)


def _tell_strange(roll: Roll, policy_file: Path) -> None:
    """Warn of schools whose pupils come and whom the policy does not name: a transfer file brings a code of its own."""
    with suppress(PolicyError):  # a policy that cannot be used is told elsewhere, and no reason to keep an old roll
        named = {school.code for school in load_policy(policy_file).schools}
        strange = sorted({pupil.school for pupil in roll.pupils} - named)
        if strange:
            remedy = "Give the policy's code with --school, or add the school to the policy."
            say(f"mailguard: warning: the policy names no school {', '.join(strange)}. {remedy}")


def _must_be_there(*paths: Path | None) -> None:
    """End with status 2 if a path that was named does not exist: a slip of the command, not a refused roll."""
    missing = [path for path in paths if path is not None and not path.exists()]
    if missing:
        stop(f"{path}: there is no such file or folder" for path in missing)


@app.command("preview")
def preview_(
    source: Annotated[Path, typer.Argument(help="A CSV or XLSX export")],
    mapping: MappingOption = None,
    save: Annotated[Path | None, typer.Option(help="Write the mapping here, to be corrected and used")] = None,
) -> None:
    """Show what each column of an export would be taken for. Exit status 1: it cannot be read."""
    _must_be_there(source, mapping)
    try:
        must_have_columns(source)
        seen, used = preview(source, load_mapping(mapping) if mapping else None)
    except RollError as error:
        for problem in error.problems:
            line(str(problem))
        raise SystemExit(NOT_FINE) from None
    for one in seen:
        unread = "not read, and it seems to say who may not receive" if may_forbid(one.heading) else "not read"
        line(f"{one.heading or '(no heading)'}: {one.taken_for or unread}")
    if save is not None:
        try:
            with save.open("x", encoding="utf-8") as file:
                file.write(render_mapping(used))
        except OSError as error:
            stop(f"{save}: {error.strerror}")
        say(f"wrote {save}")


@app.command("diff")
def diff(
    config: ConfigOption,
    old: Annotated[int | None, typer.Argument(help="Number of a revision; default: the one before")] = None,
    new: Annotated[int | None, typer.Argument(help="Number of a revision; default: the one in force")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what changed between two revisions (`roll status` lists their numbers)."""
    with opened(config) as (_, database), database.read() as tx:
        kept = [one.number for one in roll_history(tx) if one.kept]
        new = new if new is not None else (kept[0] if kept else 0)
        old = old if old is not None else next((one for one in kept if one < new), 0)
        if not old or not new:
            stop("there are no two revisions to compare", NOT_FINE)
        changes = compare(roll_data(tx, old).roll, roll_data(tx, new).roll)
    say(f"from revision {old} to revision {new}")
    _tell_changes(changes, as_json)


@app.command("rollback")
def rollback(
    config: ConfigOption,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail")],
    number: Annotated[int | None, typer.Argument(help="Number of a revision; default: the one before")] = None,
    as_: AsOption = "",
    emergency: EmergencyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put an earlier roll in force again. Overrides of today stay; the roll that goes is not imported again unless
    somebody confirms it."""
    who_acts = actor(as_, emergency)
    with opened(config) as (_, database), shown_progress() as progress:
        door = DatabaseDoor(database)
        door.read(check, who_acts, NOTERS)
        changes = _told(roll_back(door, who_acts.told, reason, number, progress))
    _tell_changes(changes, as_json)


@app.command("problems")
def problems(config: ConfigOption, as_json: JsonOption = False) -> None:
    """List what a clerk should look at in the roll in force. Exit status 1: there is something."""
    with opened(config) as (settings, database):
        roll = roll_in_force(settings, database)
        with database.read() as tx:
            found = problems_of(tx, roll)
    for one in found:
        if as_json:
            line_json({**asdict(one), "sentence": one.sentence})
        else:
            whose = ", ".join(f"{key.school} {key.pupil}" for key in one.pupils)
            line(" ".join(filter(None, (one.sentence, one.address, whose))))
    raise SystemExit(NOT_FINE if found else 0)


@contextmanager
def shown_progress() -> Iterator[Told]:
    """Show a progress bar on a terminal's stderr; elsewhere nothing."""
    terminal = Console(stderr=True)
    if not terminal.is_terminal:
        yield lambda what, done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=terminal, transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total or None)


def _told(imported: Imported) -> Changes:
    """Say what came with a revision beside its changes."""
    if imported.renewed:
        say("The roll in force says the same: its date was renewed.")
    if imported.mended:
        say(f"{len(imported.mended)} corrections are mended by it and were closed.")
    for number in imported.unmatched:
        say(f"mailguard: warning: the pupil of override {number} is not on this roll.")
    return imported.changes


def _tell_changes(changes: Changes, as_json: bool) -> None:
    if as_json:
        line_json(changes_json(changes))
    else:
        for text in changes_lines(changes):
            line(text)


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
