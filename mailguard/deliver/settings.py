"""Settings of the door out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mailguard.deliver.retry import RetryPlan


class TlsPolicy(StrEnum):
    """How much TLS an upstream server must speak."""

    NONE = "none"
    OPPORTUNISTIC = "opportunistic"
    """TLS where offered, whatever the certificate; plain text otherwise."""
    REQUIRED = "required"
    """No mail without TLS; the certificate is not looked at."""
    VERIFIED = "verified"
    """No mail without TLS and a certificate for the host's name that this system trusts."""


@dataclass(frozen=True, slots=True)
class Login:
    """How we sign in at a smart host (RFC 4954). Never sent in the clear unless the TLS policy is `none`."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds, by RFC 5321 section 4.5.3.2. A short one after the final dot makes duplicates: scanners upstream are
    slow."""

    connect: float = 30.0
    greeting: float = 300.0
    command: float = 300.0
    block: float = 180.0
    end: float = 600.0


@dataclass(frozen=True, slots=True)
class DeliverSettings:
    """`smart_hosts` are "host", "host:port" or "[v6]:port", in order of preference: the next is used while one is down;
    "mx" alone means delivery to the recipients' own servers by DNS, asked of `nameservers` (none: this machine's).
    `by_school` gives a school's own. `connections` bounds the connections to one route; `idle` seconds a connection is
    kept without work. `hostname` is our name in EHLO and reports ("" = this host's name). `stamp` marks what is handed
    to the smart hosts as passed by us, for a server that may hand it in again (mailguard.stamp)."""

    smart_hosts: tuple[str, ...] = ("127.0.0.1:2526",)
    by_school: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tls: TlsPolicy = TlsPolicy.OPPORTUNISTIC
    login: Login | None = None
    plan: RetryPlan = field(default_factory=RetryPlan)
    nameservers: tuple[str, ...] = ()
    mx_port: int = 25
    connections: int = 10
    idle: float = 15.0
    hostname: str = ""
    stamp: bool = False
    timeouts: Timeouts = field(default_factory=Timeouts)
