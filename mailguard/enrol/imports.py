"""Put a roll in force: compared with the one before, kept sealed, with its report."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from mailguard.enrol.compare import Changes, compare
from mailguard.enrol.guard import Guard
from mailguard.model import Roll
from mailguard.roll.problems import Loaded
from mailguard.store import Transaction
from mailguard.store.revisions import RollRevision, current_roll, save_roll


@dataclass(frozen=True, slots=True)
class Imported:
    """One import that was put in force, and what it changed. The first import changes an empty roll."""

    revision: RollRevision
    changes: Changes
    warnings: int


def import_roll(tx: Transaction, loaded: Loaded, by: str, guard: Guard | None = None) -> Imported:
    """Keep a roll as the revision in force, in the caller's transaction; `by` names who asked for it.

    With a guard, a roll that changes too much at once raises ImportRefused; without one it counts as confirmed. Raises
    StoreError too; after either the old revision stays."""
    old = current_roll(tx) or Roll()
    if guard is not None:
        guard.check(old, loaded.roll)
    changes = compare(old, loaded.roll)
    report = {
        "changes": asdict(changes),
        "warnings": [asdict(warning) for warning in loaded.warnings],
    }
    return Imported(save_roll(tx, loaded.roll, report, by), changes, len(loaded.warnings))
