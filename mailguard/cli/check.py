"""`mailguard check`: judge messages that lie in files, with the relay's own jail, limits and judgement; no network."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from mailguard.cli.envelope import from_headers
from mailguard.cli.inputs import NotReadable, content, messages
from mailguard.cli.present import verdict_json, verdict_lines
from mailguard.cli.talk import NOT_FINE, line, line_json, say, stop
from mailguard.enrol.sources import load_source
from mailguard.model import (
    WHOLE_MESSAGE,
    Envelope,
    Finding,
    Outcome,
    RecipientVerdict,
    Roll,
    Unreadable,
    Verdict,
)
from mailguard.policy import Policy, PolicyError, default_policy, load_policy
from mailguard.roll.problems import RollError
from mailguard.workers import Workers, WorkersError, WorkerSettings

MAX_BYTES = 128 << 20
Result = TypeVar("Result")


def check(
    paths: Annotated[list[Path], typer.Argument(help="Messages, and folders of *.eml", metavar="PATH")],
    roll: Annotated[Path, typer.Option(help="Folder of the roll (native CSV)")],
    policy: Annotated[Path | None, typer.Option(help="Policy file; default: the default rules")] = None,
    staff_domain: Annotated[list[str] | None, typer.Option(help="A staff domain, in place of a policy file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a message")] = False,
    from_: Annotated[str | None, typer.Option("--from", help="Envelope sender; default: the From header")] = None,
    to: Annotated[list[str] | None, typer.Option(help="Envelope recipient, repeated; default: To, Cc, Bcc")] = None,
) -> None:
    """Say for each message what the relay would do with it, and why. Exit status 1: something would be held."""
    if policy is not None and staff_domain:
        stop("give --policy or --staff-domain, not both")
    rules = _policy(policy, staff_domain or [])
    pupils = load_roll(roll)
    files = messages(paths)
    held = asyncio.run(_run(files, pupils, rules, as_json, from_, to or []))
    raise SystemExit(NOT_FINE if held else 0)


def _policy(path: Path | None, staff_domains: Sequence[str]) -> Policy:
    try:
        return load_policy(path) if path is not None else default_policy(tuple(staff_domains))
    except PolicyError as error:
        stop(error.problems)


def load_roll(folder: Path) -> Roll:
    """Return the roll of a folder, warnings told; exits with status 2 and every problem if it is refused."""
    try:
        loaded = load_source(folder)
    except RollError as error:
        stop(error.problems)
    for warning in loaded.warnings:
        say(f"mailguard: warning: {warning}")
    return loaded.roll


async def _run(
    files: Sequence[Path], roll: Roll, policy: Policy, as_json: bool, sender: str | None, recipients: Sequence[str]
) -> bool:
    """Judge all files on all cores, print in order; True if one is held."""
    cores = os.cpu_count() or 1
    workers = Workers(WorkerSettings(readers=cores, screeners=cores, picture_readers=cores))
    try:
        await workers.start(roll, policy)
    except WorkersError as error:
        await workers.close()
        stop(str(error), 3)

    async def judge(path: Path) -> tuple[Verdict, float]:
        started = time.perf_counter()
        verdict = await _judge(workers, path, sender, recipients)
        return verdict, (time.perf_counter() - started) * 1000

    held = False
    try:
        async with aclosing(in_order(files, judge, 4 * cores)) as verdicts:
            async for path, (verdict, ms) in verdicts:
                held |= verdict.outcome is Outcome.HOLD
                if as_json:
                    line_json(verdict_json(str(path), verdict, ms))
                else:
                    for text in verdict_lines(str(path), verdict):
                        line(text)
    finally:
        await workers.close()
    return held


async def _judge(workers: Workers, path: Path, sender: str | None, recipients: Sequence[str]) -> Verdict:
    try:
        data = content(path, MAX_BYTES)
    except NotReadable as error:
        return _unread(Envelope(sender or "", tuple(dict.fromkeys(recipients))), error)
    screened = await workers.screen(data, from_headers(data, sender, recipients))
    return screened.verdict


def _unread(envelope: Envelope, error: NotReadable) -> Verdict:
    """The verdict on a file that could not even be opened: hold, for everybody."""
    part = Unreadable(WHOLE_MESSAGE, error.reason, str(error))
    finding = Finding("unreadable", sentence=f"The message could not be read: {error}.")
    return Verdict(tuple(RecipientVerdict(a, Outcome.HOLD, (finding,)) for a in envelope.recipients), (part,))


async def in_order(
    items: Sequence[Path], work: Callable[[Path], Awaitable[Result]], at_once: int
) -> AsyncGenerator[tuple[Path, Result], None]:
    """Do `work` on `at_once` items side by side; yield the results in the order of the items, each as soon as all
    before it are out. Closing it early (`aclosing`) ends the work that has begun."""
    tasks: dict[int, asyncio.Future[Result]] = {}
    started = 0
    try:
        for number, item in enumerate(items):
            while started < len(items) and started < number + at_once:
                tasks[started] = asyncio.ensure_future(work(items[started]))
                started += 1
            yield item, await tasks.pop(number)
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
