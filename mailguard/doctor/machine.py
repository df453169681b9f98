"""This machine: versions, clock, and which layers of the sandbox it offers."""

from __future__ import annotations

import asyncio
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import mailguard
from mailguard import compiled
from mailguard.doctor.line import Line, fail, ok, span, warn
from mailguard.doctor.site import Site
from mailguard.workers import Workers, WorkersError
from mailguard.workers.pictures import installed
from mailguard.workers.sandbox import REQUIRED

_SLACK = timedelta(minutes=5)
_SET_CLOCK = "Let this machine follow a time server: timedatectl set-ntp true."
_LAYERS = {
    "rlimits": "start mailguard without lower hard limits (systemd: no LimitAS, LimitNPROC)",
    "landlock": "boot a kernel of 5.13 or later with landlock in lsm=",
    "seccomp": "use a kernel with seccomp filters, on x86-64 or ARM64",
    "no-network": "allow user namespaces, or keep the seccomp layer",
}


def version(site: Site) -> Iterator[Line]:
    """Which mailguard, which Python, whether recognition is compiled; whether the running relay is of this version."""
    running = site.vitals.versions.get(site.config.node) if site.vitals and site.running else None
    if running and running != mailguard.__version__:
        yield warn(
            "version",
            f"The relay that runs is mailguard {running}, this is {mailguard.__version__}.",
            "Restart the relay: systemctl restart mailguard",
        )
    else:
        import_module("mailguard.recognise")  # it says only then which form it found
        speed = "compiled" if compiled.in_use() else "not compiled"
        python = f"Python {platform.python_version()}, {sys.platform}"
        yield ok("version", f"mailguard {mailguard.__version__}, {python}, recognition {speed}.")


def clock(site: Site) -> Iterator[Line]:
    """The clock: not before this program was installed, nor before what the store already holds."""
    installed = datetime.fromtimestamp(Path(mailguard.__file__).stat().st_mtime, UTC)
    if site.now < installed - _SLACK:
        yield fail("clock", "The clock stands before the day on which mailguard was installed.", _SET_CLOCK)
        return
    newest = site.vitals.newest if site.vitals else None
    if newest is not None and newest > site.now + _SLACK:
        behind = span((newest - site.now).total_seconds())
        yield fail("clock", f"The clock is {behind} behind the newest entry of the store.", _SET_CLOCK)
        return
    if Path("/run/systemd/system").is_dir() and not _in_container() and not _follows_time_server():
        yield warn("clock", "The kernel says that nothing keeps the clock right.", _SET_CLOCK)
        return
    yield ok("clock", f"It is {site.now:%Y-%m-%d %H:%M} UTC.")


def _in_container() -> bool:
    return Path("/run/systemd/container").exists()


def _follows_time_server() -> bool:
    """Whether a time server is followed. Unknown counts as yes: only what is known to be wrong is told."""
    import ctypes

    buffer = ctypes.create_string_buffer(256)  # struct timex, all zero: modes = 0 only asks
    try:
        return bool(ctypes.CDLL(None, use_errno=True).adjtimex(buffer) != 5)  # TIME_ERROR
    except (OSError, AttributeError):
        return True


def sandbox(site: Site) -> Iterator[Line]:
    """Which walls hold around the readers, tried in a real one."""
    try:
        layers = asyncio.run(_layers(site))
    except WorkersError as error:
        yield fail("sandbox", f"The readers do not start: {error}.", _advice(REQUIRED))
        return
    missing = tuple(layer for layer in REQUIRED if layer not in layers)
    if missing:
        yield warn("sandbox", f"The readers run without {', '.join(missing)}.", _advice(missing))
    else:
        yield ok("sandbox", f"The readers are locked in by {', '.join(layers)}.")


def pictures(site: Site) -> Iterator[Line]:
    """Whether text in pictures is recognised, tried with a real start of its readers."""
    if site.config.workers.picture_readers == 0:
        text = (
            "Text in pictures is not recognised: [workers] picture_readers is 0. Every picture that could show a record"
        )
        yield warn("pictures", f"{text} is held.", "Set [workers] picture_readers to 1.")
    elif not installed():
        text = "Text in pictures is not recognised: every picture that could show a record is held."
        yield warn("pictures", text, 'Install the extra: pip install "mailguard[ocr]".')
    else:
        try:
            layers = asyncio.run(_picture_layers(site))
        except WorkersError as error:
            remedy = 'Install the extra anew: pip install --force-reinstall "mailguard[ocr]".'
            yield fail("pictures", f"The readers of text in pictures do not start: {error}.", remedy)
            return
        yield ok("pictures", f"Text in pictures is recognised; its readers are locked in by {', '.join(layers)}.")


async def _picture_layers(site: Site) -> tuple[str, ...]:
    workers = Workers(site.config.workers)
    try:
        return await workers.start_pictures()
    finally:
        await workers.close()


def _advice(missing: tuple[str, ...]) -> str:
    return "; ".join(f"{layer}: {_LAYERS[layer]}" for layer in missing) + "."


async def _layers(site: Site) -> tuple[str, ...]:
    workers = Workers(site.config.workers)
    try:
        await workers.start()
        return workers.layers
    finally:
        await workers.close()
