"""`mailguard serve`: run the relay."""

from __future__ import annotations

import asyncio

from mailguard.cli.site import ConfigOption, configured
from mailguard.cli.talk import stop
from mailguard.observe import configure
from mailguard.serve import StartError
from mailguard.serve import serve as run_relay

try:
    from uvloop import run
except ImportError:  # not offered for every system; the loop of the standard library serves as well, at twice the CPU
    from asyncio import run


def serve(config: ConfigOption) -> None:
    """Run the relay until SIGTERM or Ctrl-C; SIGHUP reads roll and policy again."""
    settings = configured(config)
    configure()
    try:
        run(run_relay(settings))
    except StartError as error:
        stop(error.problems)
    except asyncio.CancelledError:
        raise SystemExit(0) from None
