"""`mailguard demo`: a made-up trust on loopback, real mail through the real relay, a line a message."""

from __future__ import annotations

import asyncio
import logging
import signal
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from mailguard.cli.talk import NOT_FINE, line, say, stop
from mailguard.demo import write
from mailguard.demo.desk import Desk, DeskError, free_port, open_desk
from mailguard.demo.live import Live, Shown, live
from mailguard.model import Outcome
from mailguard.observe import configure
from mailguard.serve import StartError


def demo(
    exit_: Annotated[bool, typer.Option("--exit", help="End when all mail is through")] = False,
    seed: Annotated[int, typer.Option(help="Other names, documents and faults")] = 0,
    folder: Annotated[
        Path | None, typer.Option("--write", help="Only write roll, policy and mail of the demo here", metavar="DIR")
    ] = None,
) -> None:
    """Show the guard at work on a made-up trust of two schools. Exit status 1: a verdict was not as expected."""
    if folder is not None:
        try:
            made = write(folder, seed)
        except OSError as error:
            stop(f"{error.filename}: {error.strerror}")
        line(f"wrote {len(made.cases)} messages, roll and policy to {folder}")
        return
    configure(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="mailguard-demo-") as place:
        try:
            unexpected = asyncio.run(_run(Path(place), seed, exit_))
        except StartError as error:
            stop(error.problems, 3)
        except DeskError as error:
            stop(str(error), 3)
    raise SystemExit(NOT_FINE if unexpected else 0)


async def _run(folder: Path, seed: int, ends: bool) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    port = free_port()
    async with live(folder, seed, port) as running:
        unexpected = total = held = 0
        async for shown in running.run():
            total += 1
            held += shown.held
            unexpected += not shown.as_expected
            line(_line(shown))
            if stopped.is_set():
                break
        say(f"{total} messages: {total - held} delivered, {held} held, {unexpected} not as expected (seed {seed})")
        if not ends and not stopped.is_set():
            async with open_desk(running.relay.store, folder, port) as desk:
                _say_where(running, folder, desk)
                await stopped.wait()
    return unexpected


def _line(shown: Shown) -> str:
    expected = "held" if shown.case.outcome is Outcome.HOLD else "delivered"
    verdict = "held" if shown.held else "delivered"
    mark = "ok " if shown.as_expected else "NOT"
    why = f"{shown.reason} at {shown.place}" if shown.reason else ""
    return f"{mark} {shown.number:02d} expected {expected:9} got {verdict:9}  {shown.case.name}  {why}".rstrip()


def _say_where(running: Live, folder: Path, desk: Desk) -> None:
    host, port = running.relay.addresses[0]
    say("")
    say(f"The office console: {desk.url}    user: {desk.names[0]}    password: {desk.password}")
    say(f"(also as {', '.join(desk.names[1:])}; the password is for this run only)")
    say("")
    say(f"The relay takes mail at {host}:{port}; metrics: http://127.0.0.1:{running.relay.observe_port}/metrics")
    say(f"Held mail: mailguard held list --config {folder / 'mailguard.toml'}")
    say("Ctrl-C ends the demo.")
