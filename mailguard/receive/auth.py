"""Who may sign in (RFC 4954): names and argon2 hashes from a file, read again when it changes.

One user a line, `name:hash`; blank lines and lines that begin with # are passed over. A file that cannot be read lets
nobody in.
"""

from __future__ import annotations

import base64
import binascii
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mailguard.observe import log_failure

_HASHER = PasswordHasher()


@cache
def _nobody() -> str:
    """The hash that a name is tried against that does not exist; slow to make, so not at every start."""
    return _HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Return the hash to put into the file; slow by design (tens of milliseconds)."""
    return _HASHER.hash(password)


class Users:
    """The users of one file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp = (0, 0)
        self._hashes: dict[str, str] = {}

    def known(self, name: str, password: str) -> bool:
        """True if `password` is that of `name`. Slow, and as slow for a name that does not exist; call it in a
        thread."""
        self._refresh()
        expected = self._hashes.get(name)
        try:
            return _HASHER.verify(expected or _nobody(), password) and expected is not None
        except (VerificationError, InvalidHashError):
            return False

    def _refresh(self) -> None:
        try:
            status = self._file.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                lines = self._file.read_text(encoding="utf-8").splitlines()
                pairs = (line.partition(":") for line in lines if line.strip() and not line.startswith("#"))
                self._hashes = {name.strip(): hashed.strip() for name, _, hashed in pairs}
                self._stamp = stamp
        except (OSError, UnicodeDecodeError) as error:
            self._hashes, self._stamp = {}, (0, 0)
            log_failure(error, key="users")


def plain_credentials(response: str) -> tuple[str, str] | None:
    """Return name and password of a PLAIN response (RFC 4616), or None if it is none. An authorisation identity other
    than the name itself is refused: nobody acts for somebody else."""
    decoded = text_of(response)
    fields = decoded.split("\0") if decoded is not None else []
    if len(fields) != 3 or fields[0] not in ("", fields[1]):
        return None
    return fields[1], fields[2]


def text_of(response: str) -> str | None:
    """Return the text of a base64 response, or None if it is none."""
    try:
        return base64.b64decode(response, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
