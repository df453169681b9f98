"""Settings of the office console, `[console]` in the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mailguard.console.sign_in import SignIn, is_loopback

_URL = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?")

_PROMETHEUS = re.compile(_URL.pattern + r"(?:/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """Where the console listens, the URL people reach it by, how long a session lasts unused and at most.

    `certificate` and `private_key` make it speak TLS itself; behind a web server on its own machine it need not.
    `sign_in` is whose accounts may sign in beside the local ones; `prometheus` is the URL of what keeps the figures of
    the dashboards, "" where there is none."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://127.0.0.1:8080"
    session_idle: timedelta = timedelta(minutes=30)
    session_most: timedelta = timedelta(hours=12)
    certificate: Path | None = None
    private_key: Path | None = None
    sign_in: tuple[SignIn, ...] = ()
    prometheus: str = ""

    @property
    def secure(self) -> bool:
        """Whether browsers reach the console by TLS."""
        return self.public_url.startswith("https://")

    @property
    def cookie_name(self) -> str:
        """The session cookie's name; browsers accept the prefix only with Secure, path / and no domain."""
        return "__Host-mailguard" if self.secure else "mailguard"

    @property
    def link(self) -> str:
        """The URL that may stand in a mail; "" where it is of use on this machine only."""
        found = _URL.fullmatch(self.public_url)
        return self.public_url if found and not is_loopback(found[2].strip("[]")) else ""

    def problems(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong: key, fault and remedy."""
        found = _URL.fullmatch(self.public_url)
        if found is None:
            remedy = 'Write scheme, host and port only: "https://mail-check.oak.example".'
            yield "public_url", f'"{self.public_url}" is not the URL of a host.', remedy
        elif found[1] == "http" and not is_loopback(found[2].strip("[]")):
            remedy = "Write https:// and let a web server, or certificate and private_key here, do TLS."
            yield "public_url", "passwords and pupils' data would cross the network in the clear.", remedy
        if self.prometheus and not _PROMETHEUS.fullmatch(self.prometheus):
            remedy = 'Write scheme, host, port and, where it has one, its path: "http://127.0.0.1:9090".'
            yield "prometheus", "this is not the URL of a Prometheus.", remedy
        if (self.certificate is None) != (self.private_key is None):
            there, missing = ("certificate", "private_key") if self.certificate else ("private_key", "certificate")
            yield there, "certificate and private_key go together.", f'Add {missing} = "...".'
