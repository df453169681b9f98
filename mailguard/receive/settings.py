"""Settings of the door in. Every value has a default that is safe on the open Internet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class ListenerTls(StrEnum):
    """How a listener speaks TLS."""

    NONE = "none"
    STARTTLS = "starttls"
    REQUIRED = "required"
    """STARTTLS, and no mail before it (530 5.7.0)."""
    IMPLICIT = "implicit"


class OnHold(StrEnum):
    """What the sender of a message that must be held is told."""

    HOLD = "hold"
    """250: the message is ours, and a person decides."""
    REJECT = "reject"
    """550 while the sender is still connected, for programs that show a refusal at once."""


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """One address that is listened on, and the rules of that address.

    `port` 0 takes a free port (tests). `school` is the school of every message that comes in here unless its sender's
    domain says otherwise. `allow` adds to the networks of `ReceiveSettings.allow`. `proxy_from` are the networks whose
    hosts must open with a PROXY protocol header (load balancers); a header from anyone else is refused."""

    host: str = "127.0.0.1"
    port: int = 2525
    tls: ListenerTls = ListenerTls.NONE
    certificate: Path | None = None
    private_key: Path | None = None
    auth: bool = False
    proxy_from: tuple[str, ...] = ()
    school: str | None = None
    on_hold: OnHold = OnHold.HOLD
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiveSettings:
    """Listeners and limits. Times in seconds, sizes in bytes.

    `hostname` is our name in greetings and trace ("" = this host's name); `node` tells our own Received fields from
    those of other mailguards in the same mail path ("" = hostname). `users` is a file of `name:argon2-hash` lines for
    AUTH. `minimum_rate` bytes a second must arrive during DATA, averaged over `rate_window` seconds.
    Peers are few and the school's own, so one of them may open a quarter of `max_connections`: some that hang must not
    shut it out. `junk_commands` are those a client may send without moving any mail. `in_flight_bytes` bounds the
    bodies that are being received at one time, over all connections: past it, 452."""

    listeners: tuple[ListenerSettings, ...] = (ListenerSettings(),)
    allow: tuple[str, ...] = ("127.0.0.1/32", "::1/128")
    hostname: str = ""
    node: str = ""
    users: Path | None = None
    max_message_bytes: int = 50 << 20
    max_recipients: int = 1000
    max_connections: int = 1000
    max_connections_per_peer: int = 250
    command_timeout: float = 300.0
    data_timeout: float = 180.0
    minimum_rate: int = 1024
    rate_window: float = 60.0
    junk_commands: int = 100
    in_flight_bytes: int = 256 << 20
    drain_timeout: float = 20.0
