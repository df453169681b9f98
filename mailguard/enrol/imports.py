"""Put a roll in force: compared with the one before, kept sealed, with its report."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from mailguard.enrol.compare import Changes, compare
from mailguard.enrol.guard import Guard
from mailguard.model import Roll
from mailguard.roll.problems import Loaded
from mailguard.store import Transaction
from mailguard.store.revisions import RollRevision, current_roll, roll_history, save_roll


@dataclass(frozen=True, slots=True)
class Imported:
    """One import that was put in force, and what it changed. The first import changes an empty roll."""

    revision: RollRevision
    changes: Changes
    warnings: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """A new roll compared with the one of revision `against` ("" for none), which it may follow."""

    against: str
    changes: Changes


def weigh(old: Roll | None, new: Roll, guard: Guard | None = None) -> Weighed:
    """Compare two rolls; takes seconds for a large one, and needs no transaction. Raises ImportRefused by the guard."""
    old = old or Roll()
    if guard is not None:
        guard.check(old, new)
    return Weighed(old.revision, compare(old, new))


def import_roll(
    tx: Transaction, loaded: Loaded, by: str, guard: Guard | None = None, weighed: Weighed | None = None
) -> Imported:
    """Keep a roll as the revision in force, in the caller's transaction; `by` names who asked for it.

    With a guard, a roll that changes too much at once raises ImportRefused; without one it counts as confirmed. What
    was `weighed` ahead, under the same guard, is not weighed again unless another roll has come in force meanwhile.
    Raises StoreError too; after either the old revision stays."""
    if weighed is None or weighed.against != _in_force(tx):
        weighed = weigh(current_roll(tx), loaded.roll, guard)
    changes = weighed.changes
    report = {
        "changes": asdict(changes),
        "warnings": [asdict(warning) for warning in loaded.warnings],
    }
    return Imported(save_roll(tx, loaded.roll, report, by), changes, len(loaded.warnings))


def _in_force(tx: Transaction) -> str:
    history = roll_history(tx)
    return history[0].digest if history else ""
