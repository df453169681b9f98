"""A certificate that is renewed while the relay runs."""

from __future__ import annotations

import ssl
from pathlib import Path
from time import monotonic

from mailguard.observe import Event, log_failure

LOOK_SECONDS = 5.0


class Certificate:
    """One TLS context for all connections of a listener. When the files change, new handshakes use the new certificate;
    files that cannot be used (half written, key of another certificate) leave the old one in force."""

    def __init__(self, certificate: Path, private_key: Path) -> None:
        """Raises OSError or ssl.SSLError if the files cannot be used now."""
        self._files = (certificate, private_key)
        self._context = self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._seen = self._stamp()
        self._looked = monotonic()

    @property
    def context(self) -> ssl.SSLContext:
        """The context, with the certificate that the files hold (looked at every few seconds)."""
        if monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = monotonic()
            self.reload()
        return self._context

    def reload(self) -> None:
        """Look at the files now."""
        try:
            stamp = self._stamp()
            if stamp != self._seen:
                self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))  # a bad pair would break the one in force
                self._load(self._context)
                self._seen = stamp
        except (OSError, ssl.SSLError) as error:
            log_failure(error, Event.FAILURE, key="certificate")

    def _load(self, context: ssl.SSLContext) -> ssl.SSLContext:
        context.load_cert_chain(*self._files)
        return context

    def _stamp(self) -> tuple[tuple[int, int], ...]:
        return tuple((status.st_mtime_ns, status.st_ino) for status in (file.stat() for file in self._files))
