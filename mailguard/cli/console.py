"""`mailguard console`: run the office console, beside the relay and in a process of its own."""

from __future__ import annotations

import asyncio
import socket

from mailguard.cli.site import ConfigOption, configured
from mailguard.cli.talk import say, stop
from mailguard.console.oidc import providers_of
from mailguard.console.run import serve
from mailguard.console.site import Site
from mailguard.observe import configure, systemd
from mailguard.policy import PolicyError
from mailguard.store import StoreError


def console(config: ConfigOption) -> None:
    """Run the office console until SIGTERM or Ctrl-C. It needs no running relay."""
    settings = configured(config)
    configure()
    try:
        providers = providers_of(settings.console)
    except ValueError as error:
        stop(f"[console.sign_in]: {error}")
    hostname = settings.receive.hostname or socket.getfqdn()
    try:
        site = Site.open(
            settings.store,
            settings.console,
            settings.policy_file,
            workers=settings.workers,
            hostname=hostname,
            providers=providers,
            notices=settings.notices,
        )
        site.policy()
        asyncio.run(serve(site, _ready))
    except (StoreError, OSError) as error:
        stop(str(error))
    except PolicyError as error:
        stop(error.problems)


def _ready(host: str, port: int) -> None:
    systemd.notify("READY=1")
    say(f"The console listens on {host} port {port}.")
