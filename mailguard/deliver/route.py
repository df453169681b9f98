"""Which servers a recipient's mail goes to: the school's smart hosts, or those of the whole installation, or the
servers of the recipient's own domain."""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import dataclass

from mailguard.deliver.client import Target, Unavailable
from mailguard.deliver.replies import Stage
from mailguard.deliver.settings import DeliverSettings

DEFAULT_PORT = 25
MX = "mx"
"""In place of a smart host: deliver to each recipient's own mail servers."""
_HOST = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[^\s:\[\]]+))(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Host:
    """A server by name or address."""

    name: str
    port: int

    def __str__(self) -> str:
        return f"{self.name}:{self.port}"


@dataclass(frozen=True, slots=True)
class Route:
    """Smart hosts in order of preference, or a `domain` whose own servers are asked of DNS."""

    hosts: tuple[Host, ...] = ()
    domain: str = ""

    @property
    def smart(self) -> bool:
        """True for servers that are ours by configuration: their refusals may be our fault."""
        return not self.domain

    @property
    def name(self) -> str:
        """What the route is called in logs and in the queue."""
        return (self.domain or ",".join(str(host) for host in self.hosts))[:255]


def parse_host(text: str) -> Host:
    """Return the server that "host", "host:port" or "[v6]:port" names; raises ValueError."""
    found = _HOST.fullmatch(text.strip())
    port = int(found["port"] or DEFAULT_PORT) if found else 0
    if not found or not 0 < port < 65536:
        raise ValueError(f"not a server: {text!r} (expected host, host:port or [address]:port)")
    return Host(found["v6"] or found["name"], port)


class Routes:
    """The routes of one configuration; raises ValueError for a smart host that is none."""

    def __init__(self, settings: DeliverSettings) -> None:
        self._default = _route(settings.smart_hosts)
        self._by_school = {school: _route(hosts) for school, hosts in settings.by_school.items()}

    def stamped(self, route: Route) -> bool:
        """True for the route that everybody's mail takes: what comes back goes that way, whatever its school's own."""
        return route == self._default

    def of(self, school: str, address: str) -> Route:
        """Return the route of a recipient of a message of `school` (its code, or "unknown")."""
        return self._by_school.get(school, self._default) or Route(domain=address.rpartition("@")[2].lower())


def _route(hosts: tuple[str, ...]) -> Route | None:
    """Return the route over smart hosts, None where each domain has its own."""
    if not hosts:
        raise ValueError("at least one smart host is needed")
    if hosts == (MX,):
        return None
    return Route(tuple(parse_host(host) for host in hosts))


async def targets(host: Host) -> list[Target]:
    """Return the addresses of a server in the resolver's order; raises Unavailable if there is none."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
    except OSError:
        raise Unavailable(Stage.CONNECT, "no address found") from None
    return [Target(host.name, host.port, str(address[0])) for *_, address in found]
