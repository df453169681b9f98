"""`mailguard store`: the database behind it all."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mailguard.cli.site import ConfigOption, configured
from mailguard.cli.stored import AsOption, actor
from mailguard.cli.talk import line, say, stop
from mailguard.store import StoreError
from mailguard.store.move import move

app = typer.Typer(help="The store.", no_args_is_help=True)


@app.command("migrate")
def migrate(
    config: ConfigOption,
    to: Annotated[str, typer.Option(help="The PostgreSQL database: postgresql://user@host/name; it must be empty")],
    as_: AsOption = "",
) -> None:
    """Move the store from SQLite to PostgreSQL, held mail and all. Stop the relay first; broken off, run it again."""
    settings = configured(config).store
    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("rows", total=None)
        try:
            rows = move(
                settings, to, actor(as_).told, lambda done, total: bar.update(task, completed=done, total=total)
            )
        except StoreError as error:
            stop(str(error))
    line(f"moved {rows} rows")
    say("Now set [store] url to the new database and start the relay. The old file is marked as moved; keep it safe.")
