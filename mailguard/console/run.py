"""Runs the console: uvicorn in a process of its own."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable

import uvicorn

from mailguard.console.app import make_app
from mailguard.console.site import Site, settle_memory
from mailguard.observe import Event, log


async def serve(site: Site, ready: Callable[[str, int], None] = lambda host, port: None) -> None:
    """Serve until SIGTERM or SIGINT; `ready` hears where. OSError if the address cannot be had."""
    settings = site.settings
    sock = _listen(settings.host, settings.port)
    host, port = sock.getsockname()[:2]
    await site.start()
    settle_memory()
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(site),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=10,
            limit_concurrency=200,
            h11_max_incomplete_event_size=64 << 10,
            ssl_certfile=settings.certificate,
            ssl_keyfile=settings.private_key,
        )
    )
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, _stop, server)
    log(Event.STARTED, listener=(f"{host}:{port}",))
    ready(str(host), int(port))
    try:
        # `serve` would take the signals for itself and raise them again at its end.
        await server._serve([sock])
    finally:
        sock.close()
        await site.close()
        log(Event.STOPPED)


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError as error:  # the system's own words name no address
        sock.close()
        raise OSError(error.errno, error.strerror, f"[console] listen {host}:{port}") from None
    return sock
