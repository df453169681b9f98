"""`mailguard policy test`: run a policy's table of cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mailguard.cli.talk import NOT_FINE, line, stop
from mailguard.judge.cases import cases_path, report, try_policy
from mailguard.policy import PolicyError
from mailguard.roll.problems import RollError

app = typer.Typer(help="The rules and their cases.", no_args_is_help=True)


@app.command("test")
def run_cases(
    file: Annotated[Path, typer.Argument(help="The policy; its cases stand beside it in NAME.cases.csv")],
    roll: Annotated[Path | None, typer.Option(help="Folder of a roll; default: the examples' own")] = None,
) -> None:
    """Run every case of a policy. Exit status 1: one has another verdict than the table says."""
    if not cases_path(file).exists():
        stop(f"{cases_path(file)}: there is no such file; it holds the cases of {file.name}")
    try:
        results = try_policy(file, roll)
    except (PolicyError, RollError) as error:
        stop(error.problems)
    for text in report(results):
        line(text)
    raise SystemExit(0 if all(result.passed for result in results) else NOT_FINE)
