"""What the commands on a store share: opening it, errors as talk, who is at the keyboard."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailguard.cli.site import configured
from mailguard.cli.talk import INTERNAL, NOT_FINE, USAGE, stop
from mailguard.config import Config
from mailguard.hold.decisions import NotAllowed
from mailguard.model import Roll
from mailguard.policy import Policy, PolicyError, load_policy
from mailguard.roll.problems import RollError
from mailguard.store import Conflict, Database, Gone, StoreError
from mailguard.store.revisions import current_roll

if TYPE_CHECKING:
    from mailguard.enrol.actors import Actor

AsOption = Annotated[str, typer.Option("--as", help="The mailguard user who acts; default: your login name")]
EmergencyOption = Annotated[bool, typer.Option("--emergency", help="As root, without a user; the audit trail says so")]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON")]


def login_name() -> str:
    """The name of who is at the keyboard, for the audit trail where no user is named."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def actor(name: str, emergency: bool = False) -> Actor:
    """Who acts by a command: the user named, else whoever is at the keyboard."""
    from mailguard.enrol.actors import Actor

    return Actor(name or login_name(), emergency)


@contextmanager
def opened(path: Path) -> Iterator[tuple[Config, Database]]:
    """Open the store of a configuration. What the rules or the store refuse ends the command with status 1 and the
    reason; a store that cannot be opened with status 2."""
    config = configured(path)
    try:
        database = Database.open(config.store)
    except StoreError as error:
        stop(str(error))
    with database:
        try:
            yield config, database
        except Exception as error:
            status = _status(error)
            if status is None:
                raise
            stop(str(error), status)


def _status(error: Exception) -> int | None:
    """The exit status that stands for a refusal or fault; None for what nobody foresaw."""
    from mailguard.enrol import actors, imports  # they read rolls: what goes well starts without them

    if isinstance(error, NotAllowed | Gone | Conflict | actors.NotAllowed | imports.Busy):
        return NOT_FINE
    if isinstance(error, actors.Incomplete):
        return USAGE
    return INTERNAL if isinstance(error, StoreError) else None


def policy_in_force(config: Config) -> Policy:
    """The configured policy; ends the command with its problems if it cannot be used."""
    try:
        return load_policy(config.policy_file)
    except PolicyError as error:
        stop(error.problems)


def roll_in_force(config: Config, database: Database) -> Roll:
    """The revision in force or, before the first import, what the configured source holds."""
    with database.read() as tx:
        roll = current_roll(tx)
    if roll is not None:
        return roll
    from mailguard.enrol.intake import Intake  # the readers of rolls, needed before the first import only

    try:
        return Intake(config.roll_sources).read().loaded.roll
    except RollError as error:
        stop(error.problems)
