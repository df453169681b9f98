"""Put a roll in force: compared with the one before, guarded, overrides laid over it, kept sealed with its report.

Every way to a new revision goes through here: an import, a rollback, an override that was added, removed or has
expired. One process does it at a time, over all nodes, by a lease in the store; the work on the roll is done outside of
any transaction, its rows are written a few at a time, and one short transaction puts the revision in force.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from mailguard.enrol.actors import Incomplete
from mailguard.enrol.compare import Changes, compare
from mailguard.enrol.door import Door
from mailguard.enrol.guard import CONFIRM, FILE, Guard, ImportRefused
from mailguard.model import Roll
from mailguard.roll.corrections import Correction, mended
from mailguard.roll.joining import part_revisions
from mailguard.roll.overrides import Override, lay_over
from mailguard.roll.packing import no_collection
from mailguard.roll.problems import Loaded, Problem
from mailguard.store import Conflict, StoreError, Transaction, corrections, leases, overrides
from mailguard.store.revisions import (
    SLICES_AHEAD,
    Draft,
    Kept,
    RollRevision,
    current_data,
    draft,
    import_report,
    put_in_force,
    renew,
    roll_data,
    roll_history,
    roll_in_force,
    sweep_slices,
    write_slices,
)

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is, and how much there is."""

LEASE = "roll"
# The lease is renewed between steps, the longest of which takes three seconds of CPU for 100,000 pupils.
_LEASE_SPAN = timedelta(seconds=60)
_WAIT_SECONDS = _LEASE_SPAN.total_seconds() + 30.0  # so that whoever waits outlasts an import that was killed
_LOOK_SECONDS = 0.2
_TRIES = 3


class Busy(StoreError):
    """Another process is importing a roll; nothing was done."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A revision that was put in force, or (`renewed`) found to be in force already: what it changed, how many warnings
    its source gave, which corrections it mended, which overrides name a pupil who is not on it."""

    revision: RollRevision
    changes: Changes
    warnings: int = 0
    mended: tuple[int, ...] = ()
    unmatched: tuple[int, ...] = ()
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class _Before:
    """What is in force as the work begins, and what is to be laid over what follows."""

    revision: RollRevision | None
    data: Kept | None
    overrides: tuple[Override, ...]
    open_ones: tuple[Correction, ...]
    taken_back: tuple[str, ...]

    @property
    def number(self) -> int:
        return self.revision.number if self.revision else 0


@dataclass(frozen=True, slots=True)
class _Next:
    """A revision to be: its base, how it comes, what its report tells, when the schools of its base were last read."""

    base: Roll
    kind: str
    report: dict[str, Any] = field(default_factory=dict)
    seen: Mapping[str, datetime] | None = None
    taken_back: tuple[str, ...] = ()


def bring_in(
    door: Door,
    loaded: Loaded,
    by: str,
    guard: Guard | None = None,
    seen: Mapping[str, datetime] | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Put a roll that was read in force; `by` names who asked for it.

    With a guard, a roll that changes too much at once, or one that was rolled back, raises ImportRefused; without one
    it counts as confirmed. `seen` tells when the source of a school was last read (others: now). A roll that says what
    is in force only renews the date. Raises Busy or StoreError too; after any of them the old revision stays."""

    told = progress or _silent

    def next_one(before: _Before) -> _Next | None:
        if before.revision and before.data and before.data.base.revision == loaded.roll.revision:
            if before.data.overrides == before.overrides:
                return None
        elif guard is not None:
            _refuse_taken_back(loaded.roll, before.taken_back)
            told("comparing", 0, 0)
            guard.check(before.data.base if before.data else Roll(), loaded.roll)
        report = {"warnings": [asdict(warning) for warning in loaded.warnings], "confirmed": guard is None}
        return _Next(loaded.roll, "import", report, seen, before.taken_back if guard else ())

    schools = {pupil.school for pupil in loaded.roll.pupils} - (seen or {}).keys()
    imported = _revise(door, by, "", next_one, tuple(sorted(schools)), progress)
    return replace(imported, warnings=len(loaded.warnings))


def consider(door: Door, loaded: Loaded, guard: Guard | None = None) -> Changes:
    """Return what `bring_in` would change, without changing anything. Raises ImportRefused as it would."""
    before = door.read(current_data) or Kept(Roll())
    if guard is not None:
        guard.check(before.base, loaded.roll)
    laid = lay_over(loaded.roll, door.read(overrides.active))
    return compare(before.roll, laid.roll)


def _refuse_taken_back(roll: Roll, taken_back: tuple[str, ...]) -> None:
    if taken_back:
        found = sorted(school for school, digest in part_revisions(roll).items() if digest in taken_back)
        if found:
            message = f"the roll of {', '.join(found)} was in force before and was rolled back."
            raise ImportRefused([Problem(FILE, 0, "", message, CONFIRM)])


def roll_back(door: Door, by: str, why: str, number: int | None = None, progress: Progress | None = None) -> Imported:
    """Put an earlier roll in force again (None: the one before the one in force), under the overrides of today. The
    roll that goes is refused from now on unless an import of it is confirmed. Gone if the data of that revision is not
    there any more, Conflict if it is what is in force, Incomplete without a reason."""
    if not why.strip():
        raise Incomplete("a rollback needs a reason")

    def next_one(before: _Before) -> _Next:
        if before.revision is None:
            raise Conflict("no roll was imported yet")
        base = before.revision.base
        target = number if number is not None else door.read(_number_before, base)
        data = door.read(roll_data, target)
        if data.base.revision == base:
            raise Conflict(f"revision {target} is the roll in force")
        history = door.read(roll_history)
        seen = next(one.seen for one in history if one.number == target)
        goes = part_revisions(before.data.base).values() if before.data else ()
        stays = set(part_revisions(data.base).values())
        back = tuple(one for one in dict.fromkeys((*before.taken_back, *goes)) if one not in stays)
        return _Next(data.base, "rollback", {"rolled_back_to": target}, seen, back)

    return _revise(door, by, why, next_one, (), progress)


def lay_overrides(door: Door, by: str, why: str) -> Imported | None:
    """Make a revision of the roll in force under the overrides of today; None if it is under them already, or if there
    is no roll yet."""
    if not door.read(overrides_differ):
        return None

    def next_one(before: _Before) -> _Next | None:
        if before.data is None or before.revision is None or before.data.overrides == before.overrides:
            return None
        return _Next(before.data.base, "overrides", {}, before.revision.seen, before.taken_back)

    return _revise(door, by, why, next_one, (), None)


def overrides_differ(tx: Transaction) -> bool:
    """True if the roll in force is under other overrides than those that hold today."""
    revision = roll_in_force(tx)
    if revision is None:
        return False
    laid = import_report(tx, revision.number).get("overrides", [])
    return bool(laid != [one.number for one in overrides.active(tx)])


def _revise(
    door: Door,
    by: str,
    why: str,
    next_one: Callable[[_Before], _Next | None],
    read_now: tuple[str, ...],
    progress: Progress | None,
) -> Imported:
    for _ in range(_TRIES):
        with suppress(_Moved), _alone(door, progress or _silent) as holder:
            before = door.read(_before)
            with no_collection():
                found = next_one(before)
            if found is None:
                return _renewed(door, before, read_now)
            return _put(door, holder, before, found, by, why, progress or _silent)
    raise Conflict("other rolls keep coming in force; try again")


class _Moved(Conflict):
    """The revision in force is another than when the work began."""


def _put(door: Door, holder: str, before: _Before, found: _Next, by: str, why: str, progress: Progress) -> Imported:
    old = before.data or Kept(Roll())
    door.write(_go_on, holder)
    with no_collection():
        laid = lay_over(found.base, before.overrides)
        changes = compare(old.roll, laid.roll)
        fixed = mended(before.open_ones, found.base) if found.kind == "import" else frozenset()
        report = {
            **found.report,
            "changes": asdict(changes),
            "overrides": [one.number for one in before.overrides],
            "unmatched": list(laid.unmatched),
            "taken_back": list(found.taken_back),
            "mended": sorted(fixed),
            "by": by,
            "why": why,
        }
        progress("sealing", 0, 0)
        made = draft(door.vault, Kept(found.base, before.overrides), laid.roll.revision, report, found.kind)
    for start in range(0, len(made.slices), SLICES_AHEAD):
        door.write(_write_some, holder, made, start)
        progress("writing", min(start + SLICES_AHEAD, len(made.slices)), len(made.slices))
    seen = found.seen if found.kind == "import" else dict(found.seen or {})
    revision = door.write(_finish, made, before.number, by, seen, why, fixed)
    while door.write(sweep_slices):
        pass
    return Imported(revision, changes, 0, tuple(sorted(fixed)), laid.unmatched)


def _go_on(tx: Transaction, holder: str) -> None:
    """Renew the lease. Raises Busy if it ran out and another import has it."""
    if not leases.take(tx, LEASE, holder, _LEASE_SPAN):
        raise Busy("another import has taken over")


def _write_some(tx: Transaction, holder: str, made: Draft, start: int) -> None:
    _go_on(tx, holder)
    write_slices(tx, made, start, SLICES_AHEAD)


def _finish(
    tx: Transaction,
    made: Draft,
    after: int,
    by: str,
    seen: Mapping[str, datetime] | None,
    why: str,
    fixed: frozenset[int],
) -> RollRevision:
    try:
        revision = put_in_force(tx, made, after, by, seen, why)
    except Conflict as error:
        raise _Moved(str(error)) from None
    still = {one.number for one in corrections.open_ones(tx)}
    corrections.close(tx, fixed & still, "mailguard", f"mended by revision {revision.number}")
    return revision


def _renewed(door: Door, before: _Before, schools: tuple[str, ...]) -> Imported:
    revision = before.revision
    if revision is None:
        raise Conflict("no roll was imported yet")
    if schools:
        with suppress(Conflict):
            door.write(renew, revision.number, schools)
    return Imported(door.read(roll_in_force) or revision, Changes(), renewed=True)


def _before(tx: Transaction) -> _Before:
    revision = roll_in_force(tx)
    taken_back = import_report(tx, revision.number).get("taken_back", []) if revision else []
    return _Before(revision, current_data(tx), overrides.active(tx), corrections.open_ones(tx), tuple(taken_back))


def _number_before(tx: Transaction, base: str) -> int:
    """The newest revision whose data is there and whose roll is another one."""
    for one in roll_history(tx):
        if one.kept and one.base != base:
            return one.number
    raise Conflict("there is no earlier roll to go back to")


@contextmanager
def _alone(door: Door, progress: Progress) -> Iterator[str]:
    """Hold the lease of imports."""
    holder = f"{door.node}|{secrets.token_hex(8)}"
    until = time.monotonic() + _WAIT_SECONDS
    while not door.write(leases.take, LEASE, holder, _LEASE_SPAN):
        if time.monotonic() > until:
            raise Busy("another process imports a roll; try again when it is done")
        progress("waiting for another import", 0, 0)
        time.sleep(_LOOK_SECONDS)
    try:
        yield holder
    finally:
        with suppress(StoreError):
            door.write(leases.drop, LEASE, holder)


def _silent(_what: str, _done: int, _all: int) -> None:
    """Tell nobody."""
