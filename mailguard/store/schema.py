"""How a database's schema stands to this version's, asked without changing or creating anything."""

from __future__ import annotations

from enum import Enum

from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from mailguard.store.backend import backend_of
from mailguard.store.database import reading, translated
from mailguard.store.errors import StoreError
from mailguard.store.settings import StoreSettings
from mailguard.store.tables import REVISION


class Schema(Enum):
    """What `schema_of` found."""

    ABSENT = "absent"
    """No database, or an empty one: the first start makes it."""
    CURRENT = "current"
    OLDER = "older"
    """The next start brings it to this version."""
    NEWER = "newer"
    """Made by a later version; this one does not open it."""


def schema_of(settings: StoreSettings) -> Schema:
    """Look at the database of a configuration. StoreError if it cannot be read."""
    if not settings.on_postgres and not settings.path.exists():
        return Schema.ABSENT
    engine = backend_of(settings, "office").open_engine()
    try:
        with translated(), engine.connect() as connection, reading(connection).begin():
            if not inspect(connection).has_table("alembic_version"):
                return Schema.ABSENT
            found = connection.execute(text("select version_num from alembic_version")).scalar_one_or_none()
    except SQLAlchemyError as error:
        raise StoreError(f"database cannot be read: {type(error).__name__}") from None
    finally:
        engine.dispose()
    if found == REVISION:
        return Schema.CURRENT
    # Revisions are numbered, and a number we do not know is one that came later.
    return Schema.OLDER if found is None or str(found) < REVISION else Schema.NEWER
