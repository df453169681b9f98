"""`mailguard serve`: run the relay."""

from __future__ import annotations

import asyncio
import gc

from mailguard.cli.site import ConfigOption, configured
from mailguard.cli.talk import stop
from mailguard.config import load_config
from mailguard.observe import configure
from mailguard.serve import Relay, StartError
from mailguard.serve import serve as run_relay

try:
    from uvloop import new_event_loop
except ImportError:  # not offered for every system; the standard library's loop serves as well, at twice the CPU
    from asyncio import new_event_loop  # type: ignore[assignment]


_COLLECT = (20_000, 20, 50)
"""Objects made since the last look for garbage, and so on. A message leaves next to nothing that only a look finds;
Python's own thresholds have it done every few messages, for a tenth of the relay's time."""


def _settle_down(relay: Relay) -> None:
    """What is there once everything is open stays: never look through it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)


def serve(config: ConfigOption) -> None:
    """Run the relay until SIGTERM or Ctrl-C; SIGHUP reads configuration and policy again, if all of
    it passes check-config."""
    settings = configured(config)
    configure()
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(run_relay(settings, ready=_settle_down, reread=lambda: load_config(config)))
    except StartError as error:
        stop(error.problems)
    except asyncio.CancelledError:
        raise SystemExit(0) from None
