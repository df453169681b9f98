"""Where a domain's mail goes, by DNS: MX in order of preference, null MX, address records (RFC 5321 section 5.1,
RFC 7505). For installations that deliver by themselves; most hand everything to a smart host.

What DNS says for good (no such domain, no mail wanted) is `NoRoute`, and the sender hears of it; what it cannot say now
is `Unavailable`, and is asked again later.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import idna

from mailguard.deliver.client import Target, Unavailable
from mailguard.deliver.replies import Reply, Stage

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver

_LIFETIME = 20.0
_MOST_SERVERS = 16
NO_DOMAIN = Reply(550, "5.1.2 The domain does not exist")
NO_MAIL = Reply(556, "5.1.10 The domain takes no mail")
NO_SERVER = Reply(550, "5.4.4 The domain has no mail server and no address")
A_CIRCLE = Reply(550, "5.4.6 This relay is itself the domain's best mail server")


class NoRoute(Exception):
    """The domain can never be reached; `reply` says why, as a server would."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class Directory:
    """DNS, asked for mail. `nameservers` are "address" or "address:port"; none means this machine's own."""

    def __init__(self, nameservers: Sequence[str] = (), port: int = 25) -> None:
        self._nameservers = tuple(nameservers)
        self._port = port
        self._resolver: Resolver | None = None

    async def servers(self, domain: str, own_name: str) -> list[Target]:
        """Return where to try, best first; equal ones in random order. `own_name` is what MX records call this relay:
        servers that are no better than it are left out, or mail would go in a circle. Raises NoRoute, Unavailable."""
        if literal := _literal(domain):
            return [Target(literal, self._port, literal)]
        name = _ascii(domain)
        exchanges = await self._exchanges(name, own_name)
        if exchanges is None:
            found = await self._addresses(name)
            if not found:
                raise NoRoute(NO_SERVER)
            return found
        places: list[Target] = []
        trouble: Unavailable | None = None
        for exchange in exchanges[:_MOST_SERVERS]:
            try:
                places += await self._addresses(exchange)
            except NoRoute:
                continue
            except Unavailable as error:
                trouble = error
        if not places:
            raise trouble or Unavailable(Stage.CONNECT, "no mail server of the domain has an address")
        return places[:_MOST_SERVERS]

    async def _exchanges(self, name: str, own_name: str) -> list[str] | None:
        """Return the names of MX records, best first; None where there are none. Raises NoRoute, Unavailable."""
        records = await self._ask(name, "MX")
        if not records:
            return None
        if len(records) == 1 and str(records[0].exchange) == ".":
            raise NoRoute(NO_MAIL)
        weighed = [(one.preference, random.random(), str(one.exchange).rstrip(".").lower()) for one in records]
        own = [preference for preference, _, exchange in weighed if exchange == own_name.rstrip(".").lower()]
        best = [
            exchange for preference, _, exchange in sorted(weighed) if exchange and not (own and preference >= min(own))
        ]
        if not best:
            raise NoRoute(A_CIRCLE)
        return best

    async def _addresses(self, name: str) -> list[Target]:
        """Return the addresses of a host, IPv6 first. Raises NoRoute where the name does not exist, Unavailable."""
        questions = (self._ask(name, kind) for kind in ("AAAA", "A"))
        answers: list[list[Any] | BaseException] = await asyncio.gather(*questions, return_exceptions=True)
        found = [str(one) for answer in answers if not isinstance(answer, BaseException) for one in answer]
        if not found:
            for answer in answers:
                if isinstance(answer, BaseException):
                    raise answer
        return [Target(name, self._port, address) for address in found]

    async def _ask(self, name: str, kind: str) -> list[Any]:
        """Return the records of one kind, none where the name has none of it."""
        # Imported here: it costs 75 ms, and most schools have a smart host.
        import dns.exception
        import dns.resolver

        try:
            return list(await self._dns().resolve(name, kind, search=False, lifetime=_LIFETIME))
        except dns.resolver.NXDOMAIN:
            raise NoRoute(NO_DOMAIN) from None
        except dns.resolver.NoAnswer:
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise Unavailable(Stage.CONNECT, f"{kind} lookup failed ({type(error).__name__})") from None

    def _dns(self) -> Resolver:
        if self._resolver is None:
            import dns.asyncresolver
            import dns.nameserver

            self._resolver = dns.asyncresolver.Resolver(configure=not self._nameservers)
            if self._nameservers:
                places = [_place(text) for text in self._nameservers]
                self._resolver.nameservers = [dns.nameserver.Do53Nameserver(*place) for place in places]
        return self._resolver


def parse_nameserver(text: str) -> None:
    """Raise ValueError unless `text` is "address" or "address:port"."""
    _place(text)


def _place(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = text, "53"
    return str(ipaddress.ip_address(host.strip("[]"))), int(port)


def _literal(domain: str) -> str:
    """Return the address in an address literal (RFC 5321 section 4.1.3), "" for a name."""
    if not domain.startswith("["):
        return ""
    text = domain.strip("[]")
    try:
        return str(ipaddress.ip_address(text[5:] if text[:5].lower() == "ipv6:" else text))
    except ValueError:
        raise NoRoute(NO_DOMAIN) from None


def _ascii(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode() if not domain.isascii() else domain.lower()
    except (idna.IDNAError, UnicodeError):
        raise NoRoute(NO_DOMAIN) from None
