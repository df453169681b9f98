"""The store: its schema and key, whether it can be written, and what waits in it for how long."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from mailguard.doctor.line import Line, fail, ok, span, warn
from mailguard.doctor.site import Site
from mailguard.store import StoreError
from mailguard.store.schema import Schema

_UNJUDGED = timedelta(minutes=10)
_QUEUED = timedelta(hours=1)
_HELD = timedelta(days=3)
_RESTORE = "Stop the relay and restore the last backup (`mailguard restore`)."


def store(site: Site) -> Iterator[Line]:
    """The database: there, of this version, opened by this key, writable."""
    if site.database_file is not None:
        folder = site.database_file.parent
        if not folder.is_dir():
            yield fail("store", f"The data folder {folder} does not exist.", f"install -d -m 0700 {folder}")
            return
        if not os.access(folder, os.W_OK | os.X_OK):
            yield _unwritable(folder)
            return
    if isinstance(site.schema, str):
        yield fail("store", f"{site.schema}.", _unreachable(site))
    elif site.schema is Schema.ABSENT:
        yield ok("store", "There is no database yet: the first start makes it.")
    elif site.schema is Schema.OLDER:
        yield warn(
            "store", "The database is of an earlier version.", "Back it up; the next start brings it up to date."
        )
    elif site.schema is Schema.NEWER:
        yield fail("store", "The database was made by a later version.", "Install that version of mailguard again.")
    elif isinstance(site.store, str):
        remedy = "Put the key file of this database back." if "key" in site.store else _unreachable(site)
        yield fail("store", f"{site.store}.", remedy)
    else:
        yield from _writable(site)


def _unwritable(folder: Path) -> Line:
    if not os.statvfs(folder).f_flag & os.ST_RDONLY:
        return fail("store", f"The data folder {folder} cannot be written.", f"chown it to the relay's user: {folder}")
    at = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.is_mount())
    return fail(
        "store",
        f"The data folder {folder} is on a file system that is read-only.",
        f"A fault of the disk makes it so: look at dmesg and /etc/fstab, then mount -o remount,rw {at}",
    )


def _unreachable(site: Site) -> str:
    return _RESTORE if site.database_file is not None else "Start the database server, or correct [store] url."


def _writable(site: Site) -> Iterator[Line]:
    assert not isinstance(site.store, str)
    try:
        with site.store.write():
            pass  # beginning takes the write lock, as an acceptance does
    except StoreError as error:
        yield fail(
            "store", f"The database cannot be written: {error}.", "Look at the disk and at who holds the database."
        )
        return
    if site.vitals is None:
        yield fail("store", "The database cannot be read.", _RESTORE)
    else:
        yield ok("store", "The database is of this version, opens with this key and can be written.")


def queue(site: Site) -> Iterator[Line]:
    """Accepted mail: how long it waits to be judged, and to be delivered."""
    if site.vitals is None:
        return
    unjudged, queued = _age(site, site.vitals.oldest_unjudged), _age(site, site.vitals.oldest_queued)
    start = "" if site.running else " The relay is not running."
    if unjudged and unjudged > _UNJUDGED:
        yield fail(
            "queue",
            f"A message has waited {span(unjudged.total_seconds())} to be judged.{start}",
            "Start the relay, or read its log for worker-died and failure.",
        )
    if queued and queued > site.config.deliver.plan.delay_notice_after:
        yield fail(
            "queue",
            f"A message has waited {span(queued.total_seconds())} to be delivered.{start}",
            "See next-hop below; `mailguard queue list` shows what waits.",
        )
    elif queued and queued > _QUEUED:
        yield warn(
            "queue",
            f"A message has waited {span(queued.total_seconds())} to be delivered.{start}",
            "See next-hop below; `mailguard queue list` shows what waits.",
        )
    elif not (unjudged and unjudged > _UNJUDGED):
        yield ok("queue", "Nothing waits longer than it should.")


def held(site: Site) -> Iterator[Line]:
    """Held mail: whether somebody looks at it."""
    if site.vitals is None:
        return
    age, expiry = _age(site, site.vitals.oldest_held), site.config.hold_expire_after
    patience = min(_HELD, expiry / 2) if expiry else _HELD
    if age and age > patience:
        yield warn(
            "held",
            f"A message has been held for {span(age.total_seconds())} and nobody has decided.",
            "Ask the office to decide; `mailguard held list` shows what waits.",
        )
    else:
        yield ok("held", "Nothing has been held for long.")


def chain(site: Site) -> Iterator[Line]:
    """The audit trail's heads; the whole of it is for `mailguard audit verify`."""
    if site.vitals is None:
        return
    if site.vitals.broken_chains:
        yield fail(
            "audit",
            f"The audit trail of {', '.join(site.vitals.broken_chains)} was changed from outside.",
            "Run `mailguard audit verify`, keep a copy of the database and tell the data protection officer.",
        )
    else:
        yield ok("audit", "The heads of the audit trail are as they were written.")


def _age(site: Site, at: datetime | None) -> timedelta | None:
    return None if at is None else site.now - at
