"""Statements of the mail path: compiled once for each dialect, then run past SQLAlchemy's compiler by executemany."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler


class Hot:
    """One statement with named parameters. The rows given to `many` are dicts that hold (at least) these."""

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = list(columns) if columns is not None else None
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def many(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> CursorResult[Any] | None:
        """Run the statement for every row; None if there are none."""
        if not rows:
            return None
        text, order = self._prepared(connection)
        if order is None:
            return connection.exec_driver_sql(text, list(rows))
        return connection.exec_driver_sql(text, [tuple([row[name] for name in order]) for row in rows])

    def _prepared(self, connection: Connection) -> tuple[str, list[str] | None]:
        name = connection.dialect.name
        if name not in self._compiled:
            compiled = self._statement.compile(dialect=connection.dialect, column_keys=self._columns)
            assert isinstance(compiled, SQLCompiler)
            order = list(compiled.positiontup) if compiled.positiontup is not None else None
            self._compiled[name] = (compiled.string, order)
        return self._compiled[name]
