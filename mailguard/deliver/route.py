"""Which servers a recipient's mail goes to: the school's smart hosts, or those of the whole installation."""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import dataclass

from mailguard.deliver.client import Target, Unavailable
from mailguard.deliver.replies import Stage
from mailguard.deliver.settings import DeliverSettings

DEFAULT_PORT = 25
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
    """Servers in order of preference. `smart` ones are ours by configuration, so their refusals may be our fault."""

    hosts: tuple[Host, ...]
    smart: bool = True

    @property
    def name(self) -> str:
        """What the route is called in logs and in the queue."""
        return ",".join(str(host) for host in self.hosts)[:255]


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

    def of(self, school: str) -> Route:
        """Return the route for a message of `school` (its code, or "unknown")."""
        return self._by_school.get(school, self._default)


def _route(hosts: tuple[str, ...]) -> Route:
    if not hosts:
        raise ValueError("at least one smart host is needed")
    return Route(tuple(parse_host(host) for host in hosts))


async def targets(host: Host) -> list[Target]:
    """Return the addresses of a server in the resolver's order; raises Unavailable if there is none."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
    except OSError:
        raise Unavailable(Stage.CONNECT, "no address found") from None
    return [Target(host.name, host.port, str(address[0])) for *_, address in found]
