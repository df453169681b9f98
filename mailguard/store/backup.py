"""Copies of an embedded store: made while mail flows, and put back.

A copy is taken under one snapshot, a slice at a time: writers never wait for it (SQLite's WAL), the log only grows
until it ends. What is copied is encrypted already; the key is not part of it, and without the key nobody reads it. A
PostgreSQL store is copied by its own tools (pg_dump, pg_basebackup).
"""

from __future__ import annotations

import glob
import os
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from mailguard.store.crypto import Vault, read_key_file
from mailguard.store.errors import StoreError
from mailguard.store.settings import StoreSettings
from mailguard.store.sqlite import SQLite

_SLICE_PAGES = 256
_BREATH_SECONDS = 0.005
_DEAD_SECONDS = 3600.0  # a copy that is being made is written to all the time
_SIDE_FILES = ("-wal", "-shm")

Progress = Callable[[int, int], None]


def copy_out(settings: StoreSettings, target: Path, progress: Progress = lambda done, total: None) -> int:
    """Copy the store to a new file, mode 0600, and look through the copy. Returns its size in bytes.

    What earlier copies to this folder that were cut off left behind is removed. `progress` is told pages done and in
    all. StoreError, with nothing left behind, if anything fails; FileExistsError if `target` is there."""
    source = _embedded(settings)
    if not source.is_file():
        raise StoreError(f"there is no database {source}")
    if target.exists():
        raise FileExistsError(target)
    _sweep(target)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")  # a copy that is cut off never bears a copy's name
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        # A read transaction held open on this connection is what keeps the copy from beginning anew at each write.
        with closing(_open(source, "ro")) as old, closing(_open(part, "rw")) as new:
            old.execute("begin")
            old.execute("select count(*) from sqlite_schema").fetchone()
            old.backup(
                new,
                pages=_SLICE_PAGES,
                sleep=_BREATH_SECONDS,
                progress=lambda _, left, total: progress(total - left, total),
            )
            new.execute("pragma journal_mode=delete")  # one file, nothing beside it
            _check(new)
        _sync(part)
        part.replace(target)
        _sync(target.parent)
        return target.stat().st_size
    except (sqlite3.Error, OSError, StoreError) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
            part.with_name(part.name + "-journal").unlink(missing_ok=True)
        raise _told(error) from None


def put_back(settings: StoreSettings, copy: Path, *, replace: bool = False) -> Path | None:
    """Put a copy in the store's place; only while no relay runs. Returns where the store that was there lies now.

    StoreError, with nothing changed, if a relay runs, the copy is damaged, its key is another one, or a store is there
    and `replace` is not given."""
    target, key = _embedded(settings), read_key_file(settings.key_file)
    backend = SQLite(target)
    if not target.parent.is_dir():
        raise StoreError(f"folder {target.parent} of the database does not exist")
    backend.take()
    fresh = target.with_name(target.name + ".restoring")
    try:
        if target.exists() and not replace:
            raise StoreError(f"database {target} is there: restore replaces it only with --replace")
        fresh.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(_open(copy, "ro")) as old, closing(_open(fresh, "rw")) as new:
            _check(old)
            root = old.execute("select value from meta where name = 'root'").fetchone()
            if root is None:
                raise StoreError("this is not a copy of a mailguard store")
            _must_open(key, root[0])
            old.backup(new)
            new.execute("pragma journal_mode=delete")
        _sync(fresh)
        aside = _aside(target) if target.exists() else None
        fresh.replace(target)
        _sync(target.parent)
        return aside
    except (sqlite3.Error, OSError) as error:
        raise _told(error) from None
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        backend.drop()


def _sweep(target: Path) -> None:
    """Remove parts of copies that were cut off by a kill or a power cut: of the same name, or named by date."""
    dead = time.time() - _DEAD_SECONDS
    for name in (glob.escape(target.name), "mailguard-*.db"):
        for part in target.parent.glob(f".{name}.*.part*"):
            if re.fullmatch(r"\..+\.\d+\.part(-journal)?", part.name):
                with suppress(OSError):
                    if part.is_file() and not part.is_symlink() and part.stat().st_mtime < dead:
                        part.unlink()


def _must_open(key: bytes, wrapped_root: bytes) -> None:
    try:
        Vault.unlock(key, wrapped_root)
    except StoreError:
        raise StoreError(
            "the copy was made under another key. Put that key in the key file's place (rotate leaves it beside the "
            "key file as NAME.old-ID), restore, then rotate again"
        ) from None


def _embedded(settings: StoreSettings) -> Path:
    if settings.on_postgres:
        raise StoreError("a store on PostgreSQL is copied by pg_dump and put back by pg_restore: see deploy/BACKUP.md")
    return settings.path


def _open(path: Path, mode: str) -> sqlite3.Connection:
    # isolation_level None: the driver begins no transactions of its own.
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=15)


def _check(connection: sqlite3.Connection) -> None:
    found = connection.execute("pragma quick_check(1)").fetchone()
    if found is None or found[0] != "ok":
        raise StoreError("the copy is damaged")


def _aside(target: Path) -> Path:
    """Move the store that is there out of the way, its side files with it."""
    n = 1
    while (aside := target.with_name(f"{target.name}.before-restore-{n}")).exists():
        n += 1
    target.replace(aside)
    for end in _SIDE_FILES:
        side = target.with_name(target.name + end)
        if side.exists():
            side.replace(aside.with_name(aside.name + end))
    return aside


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _told(error: Exception) -> Exception:
    if isinstance(error, StoreError | FileExistsError):
        return error
    if isinstance(error, sqlite3.Error) and error.sqlite_errorcode in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE):
        return StoreError("the copy failed: no room is left where it goes")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return StoreError(f"the copy failed: {reason}")
