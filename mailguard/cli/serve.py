"""`mailguard serve`: run the relay."""

from __future__ import annotations

import asyncio

from mailguard.cli.site import ConfigOption, configured
from mailguard.cli.talk import stop
from mailguard.config import load_config
from mailguard.observe import configure
from mailguard.serve import StartError
from mailguard.serve import serve as run_relay

try:
    from uvloop import new_event_loop
except ImportError:  # not offered for every system; the standard library's loop serves as well, at twice the CPU
    from asyncio import new_event_loop  # type: ignore[assignment]


def serve(config: ConfigOption) -> None:
    """Run the relay until SIGTERM or Ctrl-C; SIGHUP reads configuration and policy again, if all of
    it passes check-config."""
    settings = configured(config)
    configure()
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(run_relay(settings, reread=lambda: load_config(config)))
    except StartError as error:
        stop(error.problems)
    except asyncio.CancelledError:
        raise SystemExit(0) from None
