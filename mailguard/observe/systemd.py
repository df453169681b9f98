"""What systemd and its services tell each other: readiness, life signs, sockets that were opened before us.

The protocol is one datagram to a socket named in the environment (sd_notify(3)), and file descriptors from 3 on
(sd_listen_fds(3)). Without systemd all of it does nothing.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

_FIRST_DESCRIPTOR = 3


def notify(*states: str) -> None:
    """Tell systemd one or more states: "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=...". Never raises."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect("\0" + address[1:] if address.startswith("@") else address)
        sock.sendall("\n".join(states).encode())


def watchdog_seconds() -> float:
    """How often at least systemd wants a life sign from this process, in seconds; 0 if it wants none."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    wanted = os.environ.get("WATCHDOG_USEC", "")
    return int(wanted) / 1e6 if wanted.isdigit() else 0.0


def credential(name: str, otherwise: Path) -> Path:
    """The file of a credential that a unit was given (LoadCredential=NAME:...), or another file where it was not."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    found = Path(folder) / name if folder else otherwise
    return found if found.is_file() else otherwise


def inherited_sockets() -> dict[tuple[str, int], socket.socket]:
    """Listening TCP sockets that a .socket unit opened for this process, by host and port. They are taken once: the
    variables go, so that no child takes them for its own."""
    count, mine = os.environ.pop("LISTEN_FDS", ""), os.environ.pop("LISTEN_PID", "") == str(os.getpid())
    os.environ.pop("LISTEN_FDNAMES", None)
    found = {}
    for descriptor in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + int(count or 0)) if mine else ():
        os.set_inheritable(descriptor, False)
        sock = socket.socket(fileno=descriptor)
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            found[sock.getsockname()[0], sock.getsockname()[1]] = sock
    return found
