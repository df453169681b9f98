"""`mailguard read`: what mailguard sees in files or messages, in the same jail as the relay's."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import typer

from mailguard.cli.check import MAX_BYTES, in_order
from mailguard.cli.inputs import NotReadable, content
from mailguard.cli.present import reading_json, reading_lines
from mailguard.cli.talk import NOT_FINE, line, line_json, stop
from mailguard.model import Reading, Unreadable
from mailguard.workers import Workers, WorkersError, WorkerSettings


def read(
    paths: Annotated[list[Path], typer.Argument(help="Files or messages; the kind is told by content", metavar="PATH")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a file")] = False,
) -> None:
    """Show every piece of text that is read and where it stands. Exit status 1: something was unreadable."""
    missing = [path for path in paths if not path.exists()]
    if missing:
        stop(f"{path}: there is no such file" for path in missing)
    files = sorted({file for path in paths for file in _files(path)}, key=str)
    raise SystemExit(NOT_FINE if asyncio.run(_run(files, as_json)) else 0)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return [Path(root, name) for root, _, names in os.walk(path) for name in names if not Path(root, name).is_symlink()]


async def _run(files: Sequence[Path], as_json: bool) -> bool:
    cores = os.cpu_count() or 1
    workers = Workers(WorkerSettings(readers=cores, picture_readers=cores))
    try:
        await workers.start()
    except WorkersError as error:
        await workers.close()
        stop(str(error), 3)

    async def reading_of(path: Path) -> Reading:
        try:
            return await workers.read(content(path, MAX_BYTES), path.name)
        except NotReadable as error:
            return Reading(unreadable=(Unreadable((path.name,), error.reason, str(error)),))

    unreadable = False
    try:
        async with aclosing(in_order(files, reading_of, 2 * cores)) as readings:
            async for path, reading in readings:
                unreadable |= bool(reading.unreadable)
                if as_json:
                    line_json(reading_json(str(path), reading))
                else:
                    for text in reading_lines(str(path), reading):
                        line(text)
    finally:
        await workers.close()
    return unreadable
