"""The sources of a configuration, read together: each loaded or pulled, joined, and weighed school by school.

One school's bad export must not stop the other schools' court orders: where a source that belongs to one school fails,
or the guard refuses what it says, that school keeps its part of the roll in force and the rest goes on. A source that
names no school takes the whole roll with it.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mailguard.enrol.door import Door
from mailguard.enrol.guard import CONFIRM, FILE, Guard, ImportRefused
from mailguard.enrol.pulls import Patience, pull_wonde, read_token
from mailguard.enrol.settings import RollSource
from mailguard.enrol.sources import load_source
from mailguard.enrol.watcher import Fingerprint, changed_at, fingerprint
from mailguard.model import Roll
from mailguard.roll.joining import JoinError, Part, join, part_of
from mailguard.roll.packing import no_collection
from mailguard.roll.problems import Loaded, Problem, RollError
from mailguard.roll.revision import with_revision
from mailguard.store import Transaction
from mailguard.store.revisions import current_data, import_report, roll_in_force


@dataclass(frozen=True, slots=True)
class Known:
    """What is in force: the roll as it was read, when each school's source was, and the digests of parts that were
    rolled back."""

    base: Roll
    seen: Mapping[str, datetime] = field(default_factory=dict)
    taken_back: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Gathered:
    """A roll of all sources; `seen` tells of the schools that kept their part when it was read, `failures` why."""

    loaded: Loaded
    seen: Mapping[str, datetime] = field(default_factory=dict)
    failures: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)


def known(tx: Transaction) -> Known | None:
    """What is in force, or None before the first import."""
    data, revision = current_data(tx), roll_in_force(tx)
    if data is None or revision is None:
        return None
    back = import_report(tx, revision.number).get("taken_back", [])
    return Known(data.base, {school: revision.seen_at(school) for school in revision.pupils}, frozenset(back))


class Intake:
    """Reads the sources of a configuration. Not to be used by two threads at once."""

    def __init__(self, sources: Sequence[RollSource], patience: Patience | None = None) -> None:
        self._sources = tuple(sources)
        self._patience = patience
        self._pulled: dict[str, tuple[int, Loaded]] = {}

    @property
    def pulls(self) -> bool:
        """True if any source has to be asked over the network."""
        return any(source.url for source in self._sources)

    def look(self) -> Fingerprint:
        """What shows a change without reading: names and times of files, and whose turn it is to be asked."""
        return tuple(mark for source in self._sources for mark in _marks(source))

    def changed_at(self) -> float:
        """When a file of the sources was last written or put in place, in Unix seconds."""
        return max((changed_at(path) for source in self._sources for path in _paths(source)), default=0.0)

    def read(self, door: Door | None = None, guard: Guard | None = None) -> Gathered:
        """Read all sources and join them; with a `door` a school whose source fails, or is refused by the guard, keeps
        its part. Raises RollError if a source of no school fails or there is nothing to keep."""
        if len(self._sources) == 1 and not self._sources[0].school:
            return Gathered(self._load(self._sources[0], first=True))
        before = door.read(known) if door is not None else None
        parts, failures = self._parts()
        with no_collection():
            joined = self._joined(before, failures, parts)
            for school in sorted({source.school for source in self._sources if source.school} - failures.keys()):
                problems = _doubts(school, joined.roll, before, guard)
                if problems:
                    failures[school] = problems
            if before is not None and failures:
                joined = _with_kept(joined, before.base, failures)
        seen = {school: at for school, at in before.seen.items() if school in failures} if before else {}
        return Gathered(joined, seen, failures)

    def check(self) -> tuple[Loaded | None, tuple[Problem, ...]]:
        """Say whether the sources could be read, without asking anybody over the network: the joined roll, if there is
        no such source, and every fault."""
        problems: list[Problem] = []
        for source in self._sources:
            try:
                if source.url:
                    read_token(source.token_file or Path())
                elif self.pulls:
                    self._load(source, first=self._first(source))
            except RollError as error:
                problems += error.problems
        if self.pulls:
            return None, tuple(problems)
        try:
            return self.read().loaded, tuple(problems)
        except RollError as error:
            return None, error.problems

    def _first(self, source: RollSource) -> bool:
        """True if no source before this one speaks of the same school."""
        before = self._sources[: self._sources.index(source)]
        return not any(one.school in ("", source.school) or not source.school for one in before)

    def _parts(self) -> tuple[list[tuple[str, Part]], dict[str, tuple[Problem, ...]]]:
        parts: list[tuple[str, Part]] = []
        failures: dict[str, tuple[Problem, ...]] = {}
        for place, source in enumerate(self._sources):
            first = self._first(source)
            try:
                loaded = self._load(source, first=first)
                _check_school(source, loaded)
            except RollError as error:
                if not source.school:
                    raise
                failures[source.school] = failures.get(source.school, ()) + error.problems
                continue
            label = (source.school if first else f"{source.school}+{place}") or f"+{place}"
            parts.append((source.school, Part(source.name, label, loaded, first or source.adds_pupils)))
        return parts, failures

    def _joined(
        self, before: Known | None, failures: dict[str, tuple[Problem, ...]], parts: list[tuple[str, Part]]
    ) -> Loaded:
        self._keep(before, failures, parts)
        try:
            return join([part for _, part in parts])
        except JoinError as error:
            schools = {school for school, part in parts if part.label in error.labels}
            if "" in schools:
                raise
            failures.update(dict.fromkeys(schools, error.problems))
        self._keep(before, failures, parts)
        return join([part for _, part in parts])

    def _keep(
        self, before: Known | None, failures: dict[str, tuple[Problem, ...]], parts: list[tuple[str, Part]]
    ) -> None:
        """Take what a failed school has in force in the place of what its sources say; RollError if it has nothing."""
        for school in failures:
            there = before is not None and any(pupil.school == school for pupil in before.base.pupils)
            if not there:
                raise RollError(problem for found in failures.values() for problem in found)
        parts[:] = [(school, part) for school, part in parts if school not in failures and part.label]
        if before is not None and failures:
            kept = Loaded(part_of(before.base, failures))
            parts.append(("", Part(FILE, "", kept)))

    def _load(self, source: RollSource, *, first: bool) -> Loaded:
        if source.path is not None:
            partial = not first and not source.adds_pupils
            return load_source(source.path, source.form, source.school, source.mapping, partial=partial)
        turn = _turn(source)
        held = self._pulled.get(source.name)
        if held is None or held[0] != turn:
            loaded = pull_wonde(source.url, source.token_file or Path(), source.school, source.name, self._patience)
            held = self._pulled[source.name] = (turn, loaded)
        return held[1]


def _with_kept(joined: Loaded, base: Roll, schools: Mapping[str, object]) -> Loaded:
    """Return the joined roll with what is in force of these schools in the place of what was read of them."""
    others = {pupil.school for pupil in joined.roll.pupils} - schools.keys()
    rest = part_of(joined.roll, others | {""})
    parts = [Part(FILE, "", Loaded(rest)), Part(FILE, "", Loaded(part_of(base, schools)))]
    kept = join(parts).roll
    return Loaded(kept, joined.warnings)


def _doubts(school: str, new: Roll, before: Known | None, guard: Guard | None) -> tuple[Problem, ...]:
    """What speaks against one school's part of a new roll."""
    if before is None or guard is None:
        return ()
    part = part_of(new, (school,))
    if before.taken_back and with_revision(part).revision in before.taken_back:
        return (Problem(school, 0, "", "this roll was in force before and was rolled back.", CONFIRM),)
    try:
        guard.check(part_of(before.base, (school,)), part)
    except ImportRefused as error:
        return error.problems
    return ()


def _check_school(source: RollSource, loaded: Loaded) -> None:
    strange = {pupil.school for pupil in loaded.roll.pupils} - {source.school}
    if source.school and strange:
        message = f"the source is set for school {source.school} and holds pupils of {len(strange)} other schools."
        raise RollError([Problem(source.name, 0, "", message, "Leave its school out, or correct the code.")])


def _paths(source: RollSource) -> list[Path]:
    return [path for path in (source.path, source.mapping) if path is not None]


def _marks(source: RollSource) -> Fingerprint:
    marks = tuple(mark for path in _paths(source) for mark in fingerprint(path))
    return (*marks, (source.name, _turn(source), 0, 0)) if source.url else marks


def _turn(source: RollSource) -> int:
    """Which turn of being asked it is; sources are spread over the time between two turns."""
    spread = zlib.crc32(source.name.encode()) % max(1, int(source.every))
    return int((time.time() + spread) // source.every)
