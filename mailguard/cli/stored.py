"""What the commands on a store share: opening it, errors as talk, who is at the keyboard."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from mailguard.cli.site import configured
from mailguard.cli.talk import NOT_FINE, stop
from mailguard.config import Config
from mailguard.enrol.actors import Actor, Incomplete
from mailguard.enrol.actors import NotAllowed as RollActNotAllowed
from mailguard.enrol.imports import Busy
from mailguard.hold.decisions import NotAllowed
from mailguard.model import Roll
from mailguard.policy import Policy, PolicyError, load_policy
from mailguard.roll.problems import RollError
from mailguard.store import Conflict, Database, Gone, StoreError
from mailguard.store.revisions import current_roll

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
        except (NotAllowed, RollActNotAllowed, Gone, Conflict, Busy) as error:
            stop(str(error), NOT_FINE)
        except Incomplete as error:
            stop(str(error))
        except StoreError as error:
            stop(str(error), 3)


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
