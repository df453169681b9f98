"""What answers by HTTP: the relay's health, and the console."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from mailguard.console.sign_in import secret_faults
from mailguard.doctor.line import Line, fail, ok, warn
from mailguard.doctor.site import Site, ask, reachable

_NOT_READY = {
    "store": "See store, disk and queue above.",
    "workers": "See sandbox above and the relay's log for worker-died.",
}


_START = "systemctl start mailguard"


def relay(site: Site) -> Iterator[Line]:
    """Whether the relay runs. One that ran before and does not is no mail for anybody; one that never ran is an
    installation that is not finished, and beside other nodes that carry the mail it is a lesser thing."""
    if site.running:
        yield ok("relay", "The relay is running.")
    elif site.other_nodes:
        text = f"The relay of this machine is not running; mail passes by {len(site.other_nodes)} others."
        yield warn("relay", text, _START)
    elif site.ran_before:
        yield fail("relay", "The relay is not running: no mail passes.", _START)
    else:
        yield warn("relay", "The relay was never started: no mail passes yet.", _START)


def renamed(site: Site) -> Iterator[Line]:
    """Whether the node is called otherwise than when it last started: names stand in the audit trail, where each has a
    chain of its own. On PostgreSQL other names are other nodes."""
    beats = site.vitals.heartbeats if site.vitals else {}
    last = max(beats, key=lambda name: beats[name], default=site.config.node)
    if last != site.config.node and not site.config.store.on_postgres:
        yield warn(
            "node",
            f"The relay last started as node {last}; the configuration calls it {site.config.node}.",
            f'If it is meant, restart the relay (the audit trail has a chain for each name); else set node = "{last}".',
        )


def observe(site: Site) -> Iterator[Line]:
    """The relay's own listener: metrics and health."""
    host, port = site.observe
    if not site.running or not port:
        return
    if not site.healthz:
        yield fail(
            "observe",
            f"/healthz does not answer on {host}:{port}.",
            "Free that address or change [observe] listen, then restart the relay.",
        )
        return
    status, body = ask(host, port, "/readyz")
    failing = _failing(body)
    for name in failing:
        yield fail("observe", f"/readyz says that {name} is not well.", _NOT_READY.get(name, "Read the relay's log."))
    if status != 200 and not failing:
        yield fail("observe", f"/readyz answers {status}.", "Read the relay's log.")
    elif status == 200:
        yield ok("observe", f"Ready; metrics on http://{host}:{port}/metrics.")


def _failing(body: bytes) -> list[str]:
    try:
        return [str(name) for name in json.loads(body).get("failing", [])]
    except (ValueError, AttributeError):
        return []


def console(site: Site) -> Iterator[Line]:
    """The console, where one is configured: it can start, it answers, and links to it are safe to follow."""
    for table, fault in secret_faults(site.config.console.sign_in):
        text, _, remedy = fault.partition("; ")
        yield fail("console", f"[{table}]: {text}.", remedy or "Write the provider's secret in the first line.")
    listen = site.config.console
    host, port = reachable(listen.host), listen.port
    status, _ = ask(host, port, "/") if port else (200, b"")
    if not status and "console" not in site.tables:
        yield ok("console", "No [console] is configured and none runs: decisions are made by command.")
    elif not status:
        yield warn(
            "console",
            f"The console does not answer on {host}:{port}: the office cannot decide.",
            "systemctl start mailguard-console",
        )
    elif status >= 500:
        yield fail("console", f"The console answers {status}.", "Read the console's log.")
    else:
        yield from list(_link(site)) or [ok("console", f"The console answers on {host}:{port}.")]
    yield from _figures(listen.prometheus)


def _figures(url: str) -> Iterator[Line]:
    """The Prometheus whose figures the console draws, where it is reached in the clear: it answers as one."""
    place = urlsplit(url)
    if place.scheme != "http":
        return
    status, _ = ask(place.hostname or "", place.port or 80, f"{place.path}/api/v1/query?query=1")
    if status != 200:
        yield warn(
            "console",
            f"No Prometheus answers at {url}: the dashboards are empty.",
            "Start it, or correct prometheus under [console].",
        )


def _link(site: Site) -> Iterator[Line]:
    """Notices carry public_url: it must lead somewhere, and not in the clear over a network."""
    url = urlsplit(site.config.console.public_url)
    name = url.hostname or ""
    if url.scheme not in ("http", "https") or not name:
        yield fail("console", "public_url is no address of a web page.", 'Write public_url = "https://..."')
        return
    if url.scheme == "http" and not _is_loopback(name):
        yield warn("console", "public_url is http: passwords would cross the network in the clear.", "Use https.")
    if _is_loopback(name) and (own := url.port or {"http": 80, "https": 443}[url.scheme]) != site.config.console.port:
        # Some other program may stand there and hand on to the console; it has to let people in, then.
        status, _ = ask("127.0.0.1" if name == "localhost" else name, own, "/")
        if status in (0, 421) and url.scheme == "http":
            yield warn(
                "console",
                f"public_url is on port {own}, but the console listens on {site.config.console.port}: nobody gets in.",
                f'Write public_url = "http://{name}:{site.config.console.port}", or leave it away.',
            )
    try:
        socket.getaddrinfo(name, url.port or 443)
    except OSError:
        yield warn("console", f"The name {name} in public_url is not known to DNS.", "Enter it in DNS.")


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
