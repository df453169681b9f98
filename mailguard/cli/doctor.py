"""`mailguard doctor`: look at an installation and say what to do."""

from __future__ import annotations

from dataclasses import asdict

from mailguard.cli.site import ConfigOption
from mailguard.cli.stored import JsonOption
from mailguard.cli.talk import NOT_FINE, line, line_json, stop
from mailguard.doctor import Status, examine


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
