"""Passwords of local accounts: argon2id with the library's defaults, slow by design, few at once."""

from __future__ import annotations

import threading
import time

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
_AT_ONCE = 2
_MOST_WAITING = 8
_FREE_TRIES = 5
_LONGEST_WAIT = 300.0
_REMEMBERED = 10_000

_hasher = PasswordHasher()
_turns = threading.BoundedSemaphore(_AT_ONCE)
# Whoever waits for a turn holds one of the threads that pages are made in: some few may, so that those who are signed
# in go on working while somebody tries passwords by the hundred.
_waiting = threading.BoundedSemaphore(_MOST_WAITING)


def hash_password(password: str) -> str:
    """The hash to keep. ValueError if the password is too short."""
    if len(password) < SHORTEST:
        raise ValueError(f"a password needs at least {SHORTEST} characters")
    with _turns:
        return _hasher.hash(password)


class Busy(Exception):
    """So many sign-ins wait that a further one is not looked at."""


class Doorkeeper:
    """Checks passwords and slows guessing down: after a few failures for a name, tries are refused for a while that
    doubles with every further one. The same for names that do not exist."""

    def __init__(self) -> None:
        self._nobody = _hasher.hash("nobody has this password")
        self._failures: dict[bytes, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def wait(self, name: bytes) -> float:
        """Seconds until the next try for this name is looked at."""
        with self._lock:
            count, at = self._failures.get(name, (0, 0.0))
        pause = min(_LONGEST_WAIT, 2.0 ** (count - _FREE_TRIES)) if count > _FREE_TRIES else 0.0
        return max(0.0, at + pause - time.monotonic())

    def is_right(self, name: bytes, expected: str | None, password: str) -> bool:
        """Whether `password` is the one of `expected` (None: there is no such user, which takes as long). Busy if
        too many wait for that."""
        if not _waiting.acquire(blocking=False):
            raise Busy
        try:
            with _turns:
                right = _hasher.verify(expected or self._nobody, password) and expected is not None
        except (VerificationError, InvalidHashError):
            right = False
        finally:
            _waiting.release()
        self.note(name, right)
        return right

    def note(self, name: bytes, right: bool) -> None:
        """Note a try for a name: a right one forgets the failures before it."""
        with self._lock:
            if right:
                self._failures.pop(name, None)
            else:
                if len(self._failures) >= _REMEMBERED:
                    self._failures.pop(next(iter(self._failures)))
                self._failures[name] = (self._failures.pop(name, (0, 0.0))[0] + 1, time.monotonic())
