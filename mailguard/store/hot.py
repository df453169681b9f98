"""Statements of the mail path: compiled once for each dialect, then run past SQLAlchemy's compiler by executemany.

On SQLite they go past all of SQLAlchemy, to the driver: its bookkeeping for one statement costs as much as SQLite takes
for a row of five. What the driver raises comes out as SQLAlchemy would have raised it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler


@dataclass(frozen=True, slots=True)
class _Compiled:
    text: str
    order: tuple[str, ...] | None  # names of positional parameters; None where the driver takes them by name
    constants: dict[str, Any]  # values that the statement itself brings


class Hot:
    """One statement with named parameters. The rows given to `many` are dicts that hold (at least) these."""

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = list(columns) if columns is not None else None
        self._compiled: dict[str, _Compiled] = {}

    def many(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
        """Run the statement for every row; returns how many rows of the table that touched."""
        if not rows:
            return 0
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection)
        constants, order = compiled.constants, compiled.order
        if constants:
            rows = [{**constants, **row} for row in rows]
        if order is None:
            return connection.exec_driver_sql(compiled.text, list(rows)).rowcount
        driver: Any = connection.connection.dbapi_connection
        try:
            cursor = driver.executemany(compiled.text, [tuple([row[name] for name in order]) for row in rows])
        except sqlite3.Error as error:
            raise DBAPIError(compiled.text, None, error) from None
        return int(cursor.rowcount)

    def _compile(self, connection: Connection) -> _Compiled:
        compiled = self._statement.compile(dialect=connection.dialect, column_keys=self._columns)
        assert isinstance(compiled, SQLCompiler)
        order = tuple(compiled.positiontup) if compiled.positiontup is not None else None
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._compiled[connection.dialect.name] = _Compiled(compiled.string, order, constants)
        return self._compiled[connection.dialect.name]
