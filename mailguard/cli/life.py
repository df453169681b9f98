"""`mailguard backup`, `restore` and `key rotate`: the store's life beyond one machine and one key."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mailguard.cli.site import ConfigOption, configured
from mailguard.cli.stored import login_name
from mailguard.cli.talk import NOT_FINE, line, say, stop
from mailguard.config import Config
from mailguard.model import RecipientState
from mailguard.store import Database, StoreError, audit, queue
from mailguard.store.backup import copy_out, put_back
from mailguard.store.rotation import rotate as rotate_key

key_app = typer.Typer(help="The key that held mail is locked with.", no_args_is_help=True)


def backup(
    config: ConfigOption,
    to: Annotated[str, typer.Argument(help="A new file NAME.db, or a folder for one named by date", metavar="TO")],
) -> None:
    """Copy the store while mail flows. The copy is encrypted; keep the key file apart from it."""
    settings = configured(config)
    target = _copy_at(to)
    try:
        with Database.open(settings.store) as database, database.read() as tx:
            heads = audit.heads(tx)  # before the copy, so that the copy has them
        size = copy_out(settings.store, target)
        with Database.open(settings.store) as database, database.write() as tx:
            audit.append(tx, [audit.Entry("backup-made", login_name(), detail={"bytes": size})])
    except FileExistsError:
        stop(f"{target} is there already: nothing was changed")
    except StoreError as error:
        stop(str(error), NOT_FINE)
    line(f"wrote {target}, {size >> 10} KB")
    for head in heads:
        line(f"audit head {head.node}:{head.seq}:{head.link}")


def _copy_at(to: str) -> Path:
    """Return the file of a copy; ends with status 2 where a folder is meant, or needed, that is not there: a file of
    its name would be one that is no copy among copies."""
    path = Path(to)
    if path.is_dir():
        return path / f"mailguard-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
    if not path.exists() and (to.endswith("/") or not path.suffix):
        stop(f"{to}: there is no such folder; make it (install -d -m 0700 {path}), or name a new file NAME.db")
    if not path.parent.is_dir():
        stop(f"{path.parent}: there is no such folder; make it (install -d -m 0700 {path.parent})")
    return path


def restore(
    config: ConfigOption,
    copy: Annotated[Path, typer.Argument(help="What `mailguard backup` wrote", metavar="FILE")],
    replace: Annotated[bool, typer.Option("--replace", help="Move the store that is there aside")] = False,
) -> None:
    """Put a copy of the store in its place; the relay must not run. The key file must be that of the copy."""
    settings = configured(config)
    if not copy.is_file():
        stop(f"{copy}: there is no such file")
    try:
        aside = put_back(settings.store, copy, replace=replace)
        counts = _after_restore(settings)
    except StoreError as error:
        stop(str(error), NOT_FINE)
    line(f"restored {copy}: {counts[RecipientState.HELD]} messages held, {counts[RecipientState.QUEUED]} queued")
    if aside is not None:
        line(f"the store that was there is now {aside}")
    if counts[RecipientState.QUEUED]:
        say("What was queued when the copy was made goes out at the next start, again if it was sent since.")


def _after_restore(settings: Config) -> dict[RecipientState, int]:
    """Bring the schema up to date, note the act, and count what is there."""
    with Database.open(settings.store) as database, database.write() as tx:
        audit.append(tx, [audit.Entry("restored", login_name())])
        found = queue.counts(tx).queue
    return {state: found.get(state.value, 0) for state in (RecipientState.HELD, RecipientState.QUEUED)}


@key_app.command("rotate")
def rotate(config: ConfigOption) -> None:
    """Give the store a new key; no relay may run. The old key stays beside it: backups made before need it."""
    settings = configured(config)
    try:
        rotated = rotate_key(settings.store, login_name())
    except StoreError as error:
        stop(str(error), NOT_FINE)
    line(f"key {rotated.key_id} is in force: {rotated.wraps} data keys were wrapped anew")
    line(f"the old key is {rotated.old_key}: destroy it together with the last backup that needs it")
