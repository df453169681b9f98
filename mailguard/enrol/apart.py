"""An import in a process of its own: reading, comparing and sealing a large roll takes seconds of Python, and whoever
shares an interpreter with it waits. The relay starts the child, tells it what to read on stdin and is told on stdout
what came of it; no pupil's data comes back.

Run by the relay as `python -m mailguard.enrol.apart`, never by hand.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from mailguard.enrol.door import DatabaseDoor, Door
from mailguard.enrol.guard import Guard
from mailguard.enrol.imports import bring_in
from mailguard.enrol.intake import Intake
from mailguard.enrol.settings import RollSource
from mailguard.roll.problems import Problem, RollError
from mailguard.store import Database, StoreError, StoreSettings

_SECONDS = 3600
_NICE = 5


class Order(msgspec.Struct, frozen=True):
    """What to read, where to put it, and in whose name."""

    sources: tuple[RollSource, ...]
    store: StoreSettings
    node: str
    by: str = "mailguard"


class Outcome(msgspec.Struct, frozen=True):
    """What came of it: the schools that kept their part and why; `refused` is why nothing was imported, `failed` the
    store's word on it; `moved` that the sources changed under the reader, so that nothing was imported."""

    failures: dict[str, tuple[Problem, ...]] = {}
    refused: tuple[Problem, ...] = ()
    failed: str = ""
    moved: bool = False


def import_apart(sources: Sequence[RollSource], store: StoreSettings, node: str) -> Outcome:
    """Have a child import what the sources hold; blocks until it is done. Raises RollError if the roll is refused,
    StoreError if the store would not, or the child died."""
    order = msgspec.json.encode(Order(tuple(sources), store, node), enc_hook=str)
    command = [sys.executable, "-m", "mailguard.enrol.apart"]
    try:
        done = subprocess.run(  # noqa: S603 (our own interpreter and module)
            command, input=order, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_SECONDS, check=False
        )
        outcome = msgspec.json.decode(done.stdout, type=Outcome)
    except (OSError, subprocess.SubprocessError, msgspec.MsgspecError):
        raise StoreError("the process that imports the roll ended without a word") from None
    return _raised(outcome)


def import_here(intake: Intake, door: Door) -> Outcome:
    """Do the same in this process, as long as nobody waits beside it: at a start. Errors as of `import_apart`. The
    database is not opened a second time: who closes one descriptor of an SQLite file loses all the process's locks."""
    gathered = intake.read(door, Guard())
    bring_in(door, gathered.loaded, "mailguard", Guard(), gathered.seen)
    return Outcome(dict(gathered.failures))


def _raised(outcome: Outcome) -> Outcome:
    if outcome.failed:
        raise StoreError(outcome.failed)
    if outcome.refused:
        raise RollError(outcome.refused)
    return outcome


def carry_out(order: Order) -> Outcome:
    """Read and import; what goes wrong is in the outcome."""
    intake = Intake(order.sources)
    try:
        with Database.open(order.store, order.node) as database:
            door = DatabaseDoor(database)
            before = intake.look()
            gathered = intake.read(door, Guard())
            if intake.look() != before:
                return Outcome(moved=True)
            bring_in(door, gathered.loaded, order.by, Guard(), gathered.seen)
    except RollError as error:
        return Outcome(refused=error.problems)
    except StoreError as error:
        return Outcome(failed=str(error))
    return Outcome(dict(gathered.failures))


def _path(kind: type, value: Any) -> Any:
    return Path(value) if issubclass(kind, Path) else value


def main() -> None:
    """Carry out the order on stdin. Mail comes first."""
    os.nice(_NICE)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order, dec_hook=_path)
    sys.stdout.buffer.write(msgspec.json.encode(carry_out(order)))


if __name__ == "__main__":
    main()
