"""`mailguard doctor`: look at a whole installation and say what is wrong and what to do about it.

`examine` yields a `Line` for each thing looked at, in the order in which one rests on another. It works whether the
relay runs or not, changes nothing, and creates nothing. Mail is never sent: servers are asked up to RCPT and reset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from mailguard.config import ConfigError, load_config
from mailguard.doctor import doors, files, knowledge, machine, next_hop, pages, storage
from mailguard.doctor.line import Line, Status, fail, ok
from mailguard.doctor.site import Site
from mailguard.observe.logs import describe_failure

__all__ = ["CHECKS", "Line", "Site", "Status", "examine"]

Check = Callable[[Site], Iterable[Line]]

# The name stands here for a check that fails itself; each check names its own lines.
CHECKS: tuple[tuple[str, Check], ...] = (
    ("version", machine.version),
    ("key", files.key),
    ("permissions", files.permissions),
    ("owner", files.owner),
    ("disk", files.disk),
    ("store", storage.store),
    ("queue", storage.queue),
    ("held", storage.held),
    ("audit", storage.chain),
    ("clock", machine.clock),
    ("policy", knowledge.policy),
    ("roll", knowledge.roll),
    ("roll-age", knowledge.roll_age),
    ("schools", knowledge.schools),
    ("users", knowledge.deciders),
    ("sandbox", machine.sandbox),
    ("pictures", machine.pictures),
    ("relay", pages.relay),
    ("node", pages.renamed),
    ("listener", doors.listeners),
    ("certificate", doors.certificates),
    ("open-relay", doors.open_relay),
    ("next-hop", next_hop.next_hops),
    ("observe", pages.observe),
    ("console", pages.console),
)


def examine(path: Path, now: datetime | None = None) -> Iterator[Line]:
    """Look at the installation of a configuration file. A file that is faulty ends it with its faults."""
    try:
        config = load_config(path)
    except ConfigError as error:
        for problem in error.problems:
            where = f"{problem.file} line {problem.line}" if problem.line else problem.file
            yield fail("configuration", f"{where}: {problem.message}", problem.remedy or "Correct the line.")
        return
    yield ok("configuration", f"{path} can be used, mode {config.mode.value}.")
    site = Site(path, config, now or datetime.now(UTC))
    try:
        for name, check in CHECKS:
            yield from _guarded(name, check, site)
    finally:
        site.close()


def _guarded(name: str, check: Check, site: Site) -> Iterator[Line]:
    """A check that fails itself is a line too: what could not be looked at is not known to be well."""
    try:
        yield from list(check(site))
    except Exception as error:  # whatever it is, the other checks go on
        yield fail(
            name, f"could not be looked at: {describe_failure(error)}.", "Report this with the text of the line."
        )
