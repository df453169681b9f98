"""`mailguard doctor`: look at an installation and say what to do."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from mailguard.cli.site import ConfigOption, configured
from mailguard.cli.stored import JsonOption
from mailguard.cli.talk import NOT_FINE, line, line_json, stop
from mailguard.doctor import Site, Status, examine
from mailguard.doctor.bundle import write_bundle


def doctor(config: ConfigOption, as_json: JsonOption = False) -> None:
    """Look at everything: files, store, roll, sandbox, listeners, next hop, console. One line each with its remedy.
    Exit status 1: something FAILs."""
    if not config.is_file():
        stop(f"{config}: there is no such file; `mailguard init` makes one.")
    failed = False
    for found in examine(config):
        failed |= found.status is Status.FAIL
        if as_json:
            line_json(asdict(found))
        else:
            remedy = f" Remedy: {found.remedy}" if found.remedy else ""
            line(f"{found.status.value:4}  {found.check}: {found.text}{remedy}")
    raise SystemExit(NOT_FINE if failed else 0)


def support_bundle(
    config: ConfigOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="The ZIP file to make")] = Path(
        "mailguard-support.zip"
    ),
    log: Annotated[Path | None, typer.Option(help="A file of mailguard's log (journalctl -u mailguard -o cat)")] = None,
) -> None:
    """Collect what helps to help: doctor, versions, masked settings, metrics, counts. No name, address or content."""
    settings = configured(config)
    site = Site(config, settings, datetime.now(UTC))
    try:
        names = write_bundle(output, site, examine(config), log)
    except FileExistsError:
        stop(f"{output} is there already: nothing was changed")
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}")
    finally:
        site.close()
    line(f"wrote {output}: {', '.join(names)}")
