"""Moving a store from SQLite to PostgreSQL: every row as it is, sealed as it is, under the same key.

At no moment two stores are fit for use: the target is marked as unfinished before the first row and opens only when it
is whole, and the source is marked as moved just before. Broken off, the same command goes on: content, which is nearly
all of it, is not copied twice, and the rest is copied anew, so that it does not matter what happened to the source
meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, text

from mailguard.store import audit
from mailguard.store.backend import Backend, backend_of
from mailguard.store.database import MOVED, UNFINISHED, Database, migrate, translated
from mailguard.store.errors import StoreError
from mailguard.store.settings import StoreSettings
from mailguard.store.tables import content, meta, metadata

_ROWS = 500
_CHUNK_ROWS = 32
_NODE = "office"

Progress = Callable[[int, int], None]
"""Told the rows that are there and the rows there will be."""


def move(settings: StoreSettings, to: str, actor: str, progress: Progress = lambda done, total: None) -> int:
    """Copy the SQLite store of `settings` to the PostgreSQL database at the URL `to` and leave the source marked as
    moved. Returns the rows that the target now has.

    StoreError, with the source as it was, if the source is no SQLite store or in use by a relay, if the target cannot
    be reached or holds another store, or if the copy is not equal to the source."""
    goal = replace(settings, url=to)
    if settings.on_postgres or not goal.on_postgres:
        raise StoreError("only a store on SQLite can be moved, and only to PostgreSQL")
    with Database.open(settings, _NODE, moved=True) as source:
        source.backend.take()  # no relay uses it, and none will meanwhile
        try:
            return _move(source, backend_of(goal, _NODE), goal, actor, progress)
        finally:
            source.backend.drop()


def _move(source: Database, backend: Backend, goal: StoreSettings, actor: str, progress: Progress) -> int:
    engine = backend.open_engine()
    try:
        with translated():
            with engine.begin() as there:
                backend.serialise(there)
                migrate(there)
            with source.engine.connect() as here, here.begin(), engine.connect() as there:
                with there.begin():
                    _mark_unfinished(here, there)
                total = sum(_count(here, table) for table in metadata.sorted_tables)
                done = _copy(here, there, lambda rows: progress(rows, total))
                _compare(here, there)
            with source.engine.begin() as here:
                here.execute(delete(meta).where(meta.c.name == MOVED))
                here.execute(insert(meta).values(name=MOVED, value=b""))
            with engine.begin() as there:
                there.execute(delete(meta).where(meta.c.name.in_((UNFINISHED, MOVED))))
    finally:
        engine.dispose()
    with Database.open(goal, _NODE) as target, target.write() as tx:
        audit.append(tx, [audit.Entry("store-moved", actor, detail={"rows": done})])
    return done


def _mark_unfinished(here: Connection, there: Connection) -> None:
    """Make the target ours: it is new, or holds what an earlier try left of this very store."""
    ours = here.execute(select(meta.c.value).where(meta.c.name == "root")).scalar_one()
    theirs = there.execute(select(meta.c.value).where(meta.c.name == "root")).scalar_one_or_none()
    if theirs is not None and bytes(theirs) != bytes(ours):
        raise StoreError("the target holds another store; name an empty database")
    if theirs is None:
        there.execute(insert(meta).values(name="root", value=bytes(ours)))
        there.execute(insert(meta).values(name=UNFINISHED, value=b""))
    elif not there.execute(select(meta.c.name).where(meta.c.name == UNFINISHED)).first():
        raise StoreError("this store was moved to that database before; set [store] url to it")


def _copy(here: Connection, there: Connection, progress: Callable[[int], None]) -> int:
    with there.begin():
        for table in reversed(metadata.sorted_tables):
            if table not in (meta, content):
                there.execute(delete(table))
    done = 0
    for table in metadata.sorted_tables:
        if table is meta:
            continue
        for rows in _slices(_rows(here, there, table), _CHUNK_ROWS if table is content else _ROWS):
            with there.begin():
                there.execute(insert(table), rows)
            done += len(rows)
            progress(done)
        with there.begin():
            _set_counter(there, table)
    with there.begin():
        return sum(_count(there, table) for table in metadata.sorted_tables if table is not meta)


def _rows(here: Connection, there: Connection, table: Table) -> Iterator[dict[str, Any]]:
    """The rows that the target lacks. Leases are not moved: they were those of a relay that is not running."""
    there_already: set[tuple[Any, ...]] = set()
    if table is content:
        there_already = _drop_strange(here, there)
    for row in here.execution_options(yield_per=_CHUNK_ROWS).execute(select(table)).mappings():
        if table is content and (row["message_id"], row["n"]) in there_already:
            continue
        found = dict(row)
        if "lease_until" in found:
            found |= {"lease_node": None, "lease_until": None}
        yield found


def _drop_strange(here: Connection, there: Connection) -> set[tuple[Any, ...]]:
    """Return the keys of the chunks that both have; what the source has no more goes from the target."""
    keys = select(content.c.message_id, content.c.n)
    with there.begin():
        ours = {tuple(row) for row in here.execute(keys)}
        theirs = {tuple(row) for row in there.execute(keys)}
        for message_id, n in theirs - ours:
            there.execute(delete(content).where(content.c.message_id == message_id, content.c.n == n))
    return ours & theirs


def _slices(rows: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    rows = iter(rows)
    while some := list(islice(rows, size)):
        yield some


def _set_counter(there: Connection, table: Table) -> None:
    """Let the database's own numbering go on after the highest number that was copied."""
    column = table.autoincrement_column
    if column is None or len(table.primary_key.columns) != 1:
        return
    highest = there.execute(select(func.max(column))).scalar()
    if highest is not None:
        name = f'"{table.name}"'
        there.execute(
            text("select setval(pg_get_serial_sequence(:t, :c), :n)"), {"t": name, "c": column.name, "n": highest}
        )


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _compare(here: Connection, there: Connection) -> None:
    """StoreError unless both have the same number of rows everywhere and the same bytes of content."""
    size = select(func.coalesce(func.sum(func.length(content.c.sealed)), 0))
    with there.begin():
        for table in metadata.sorted_tables:
            if table is not meta and _count(here, table) != _count(there, table):
                raise StoreError(f"the copy of {table.name} is not whole; run the command again")
        if here.execute(size).scalar_one() != there.execute(size).scalar_one():
            raise StoreError("the copy of the content is not whole; run the command again")
