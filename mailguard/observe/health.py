"""/metrics, /healthz and /readyz on a listener of their own, served by threads beside the event loop.

/healthz says that the process runs; /readyz says 200 only if every injected probe is fine, else 503 with the names of
those that are not. A probe or a collector that raises is a fault told by name, never a trace.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import make_wsgi_app

from mailguard.observe.logs import log_failure

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

Probe = Callable[[], bool]


class _ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away or stays silent is no fault of ours; anything else is one line of the log."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, ConnectionError | TimeoutError):
            log_failure(error)


class _QuietHandler(WSGIRequestHandler):
    timeout = 10  # seconds a client may be silent; a scraper is never that slow

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged: a path may carry anything."""


def ask(probe: Probe) -> bool:
    """Ask one probe; one that raises is not fine."""
    try:
        return probe()
    except Exception as error:  # a probe may fail in any way; that is its answer
        log_failure(error)
        return False


def application(registry: CollectorRegistry, probes: Mapping[str, Probe]) -> WSGIApplication:
    """Return the WSGI application that answers the three paths and 404 for all else."""
    metrics: WSGIApplication = make_wsgi_app(registry)

    def answer(start: StartResponse, status: str, body: object) -> Iterable[bytes]:
        start(status, [("Content-Type", "application/json"), ("Cache-Control", "no-store")])
        return [json.dumps(body).encode() + b"\n"]

    def app(environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            try:
                return metrics(environ, start)
            except Exception as error:
                log_failure(error)
                return answer(start, "503 Service Unavailable", {"status": "metrics unavailable"})
        if path == "/healthz":
            return answer(start, "200 OK", {"status": "alive"})
        if path == "/readyz":
            failing = sorted(name for name, probe in probes.items() if not ask(probe))
            status = "503 Service Unavailable" if failing else "200 OK"
            return answer(start, status, {"status": "not ready" if failing else "ready", "failing": failing})
        return answer(start, "404 Not Found", {"status": "not found"})

    return app


class Server:
    """Serves `application` on (host, port) in daemon threads; port 0 takes a free one, `port` tells which.

    Raises OSError if the address cannot be bound."""

    def __init__(self, host: str, port: int, registry: CollectorRegistry, probes: Mapping[str, Probe]) -> None:
        try:
            self._server = make_server(
                host, port, application(registry, probes), server_class=_ThreadingServer, handler_class=_QuietHandler
            )
        except OSError as error:  # the system's own words name no address
            raise OSError(error.errno, error.strerror, f"[observe] listen {host}:{port}") from None
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="observe", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering and free the address."""
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()
