"""A new key for a store: every data key and the root are wrapped anew; what they sealed stays as it is.

No relay may run meanwhile: it would wrap with the old key. The new key is written beside the old one first, then all
wraps change in one transaction, then the file takes the old one's place. Whatever instant the power goes at, one of the
two files opens the store, and the next `rotate` finishes what was begun.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Table, select, update

from mailguard.store import audit
from mailguard.store.crypto import Vault, read_key_file, write_key_file
from mailguard.store.database import Database, Transaction
from mailguard.store.errors import StoreError
from mailguard.store.rows import from_stored
from mailguard.store.settings import StoreSettings
from mailguard.store.tables import message, meta, node, roll_revision

_SLICE = 1000
_ALIVE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was wrapped anew, the new key's id, and where the old key lies now: old backups need it."""

    wraps: int
    key_id: str
    old_key: Path


def rotate(settings: StoreSettings, by: str) -> Rotated:
    """Give the store a new key. StoreError, with the old key in force, if a relay or another rotation runs or
    anything cannot be opened."""
    old_file, new_file = settings.key_file, settings.key_file.with_name(settings.key_file.name + ".new")
    with _only_one(old_file):
        return _rotate(settings, by, old_file, new_file)


@contextmanager
def _only_one(key_file: Path) -> Iterator[None]:
    """Two rotations at once would each remove the new key of the other, which may be the only one that opens it all."""
    busy = StoreError("another `mailguard key rotate` is at work with this key file: wait until it has ended")
    read_key_file(key_file)
    with key_file.open("rb") as ours:
        try:
            fcntl.flock(ours, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise busy from None
        if not os.path.samestat(os.fstat(ours.fileno()), key_file.stat()):
            raise busy
        yield


def _rotate(settings: StoreSettings, by: str, old_file: Path, new_file: Path) -> Rotated:
    finished = _finish(settings, new_file)
    if finished is not None:
        return finished
    new_file.unlink(missing_ok=True)
    write_key_file(new_file)
    try:
        with Database.open(settings) as database, _alone(database):
            new_key = read_key_file(new_file)
            with database.write() as tx:
                _no_relay(tx)
                wraps = _wrap_all(tx, new_key)
                audit.append(tx, [audit.Entry("key-rotated", by, detail={"wraps": wraps})])
    except BaseException:
        new_file.unlink(missing_ok=True)
        raise
    return Rotated(wraps, _key_id(new_key), _take_over(old_file, new_file))


def _finish(settings: StoreSettings, new_file: Path) -> Rotated | None:
    """Finish a rotation that was cut off after its transaction: the new file opens the store, the old one does not."""
    if not new_file.exists():
        return None
    try:
        with Database.open(settings):
            return None
    except StoreError:
        pass
    changed = StoreSettings(settings.url, new_file)
    with Database.open(changed) as database:
        key_id = database.vault.key_id
    return Rotated(0, key_id, _take_over(settings.key_file, new_file))


def _take_over(old_file: Path, new_file: Path) -> Path:
    """Put the new file in the old one's place; the old key stays beside it under its id."""
    kept = old_file.with_name(f"{old_file.name}.old-{_key_id(read_key_file(old_file))}")
    if not kept.exists():
        os.link(old_file, kept)
    status = old_file.stat()
    os.chown(new_file, status.st_uid, status.st_gid)
    new_file.replace(old_file)
    descriptor = os.open(old_file.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return kept


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    database.backend.take()
    try:
        yield
    finally:
        database.backend.drop()


def _no_relay(tx: Transaction) -> None:
    """On PostgreSQL no lock tells of relays on other machines; their beats do."""
    if tx.alone:
        return
    beats = tx.connection.execute(select(node.c.name, node.c.heartbeat)).all()
    alive = [row.name for row in beats if tx.now - from_stored(row.heartbeat) < _ALIVE]
    if alive:
        raise StoreError(f"relays are running ({', '.join(alive)}): stop every node and wait a minute")


def _wrap_all(tx: Transaction, new_key: bytes) -> int:
    root = tx.connection.execute(select(meta.c.value).where(meta.c.name == "root")).scalar_one()
    old = tx.vault
    wrapped_root = old.rewrap_root(bytes(root), new_key)
    new = Vault.unlock(new_key, wrapped_root)
    tx.connection.execute(update(meta).where(meta.c.name == "root").values(value=wrapped_root))
    wraps = 1
    for row in tx.connection.execute(
        select(roll_revision.c.number, roll_revision.c.token, roll_revision.c.wrapped_key)
    ):
        owner = f"roll|{row.token or row.number}"
        _set(tx, roll_revision, roll_revision.c.number == row.number, old.rewrap(owner, row.wrapped_key, new), new)
        wraps += 1
    last = ""
    while True:
        query = select(message.c.id, message.c.wrapped_key).where(message.c.id > last).order_by(message.c.id)
        found = tx.connection.execute(query.limit(_SLICE)).all()
        if not found:
            return wraps
        for message_id, wrapped in found:
            _set(tx, message, message.c.id == message_id, old.rewrap(message_id, wrapped, new), new)
        wraps, last = wraps + len(found), found[-1].id


def _set(tx: Transaction, table: Table, which: object, wrapped: bytes, vault: Vault) -> None:
    tx.connection.execute(update(table).where(which).values(wrapped_key=wrapped, key_id=vault.key_id))  # type: ignore[arg-type]


def _key_id(key: bytes) -> str:
    return Vault(key, b"\0" * 32).key_id
