"""Encryption at rest: AES-256-GCM, a key for each message, every one wrapped by the key file's key.

The key file is one line: 32 random bytes in base64. It lies outside the data folder, so that a stolen disk, backup or
database is unreadable without it. Every sealed value is bound (AAD) to where it belongs, so that pieces cannot be
swapped, dropped or moved between messages unseen. Erasing a wrapped key erases what it sealed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mailguard.store.errors import StoreError

CHUNK = 256 << 10
_NONCE = 12
_DRAWN = 4096


class _Random(threading.local):
    """Random bytes of the system, drawn for many values at once. Each thread has its own, so none is given twice, and
    a forked process draws anew."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Draw anew."""
        self._bytes = b""
        self._at = 0

    def __call__(self, count: int) -> bytes:
        if self._at + count > len(self._bytes):
            self._bytes, self._at = os.urandom(_DRAWN), 0
        self._at += count
        return self._bytes[self._at - count : self._at]


_random = _Random()
os.register_at_fork(after_in_child=lambda: _random.forget())


class Seal:
    """One data key: seals and opens values that belong to `owner` (a message id, a roll revision, the store)."""

    def __init__(self, owner: str, key: bytes) -> None:
        self._owner = owner.encode()
        self._cipher = AESGCM(key)

    def seal(self, field: str, data: bytes) -> bytes:
        """Encrypt the value of one named field: nonce and ciphertext with tag."""
        nonce = _random(_NONCE)
        return nonce + self._cipher.encrypt(nonce, data, self._owner + b"|" + field.encode())

    def open(self, field: str, sealed: bytes) -> bytes:
        """Decrypt what `seal` made for the same owner and field. StoreError if it was damaged or belongs elsewhere."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._owner + b"|" + field.encode())
        except (InvalidTag, ValueError):
            raise StoreError("a stored value is damaged or belongs elsewhere") from None

    def seal_chunks(self, content: bytes) -> Iterator[bytes]:
        """Encrypt content in chunks of CHUNK bytes (at least one); the last one is bound to be the last."""
        view, count = memoryview(content), max(1, -(-len(content) // CHUNK))
        for n in range(count):
            nonce = _random(_NONCE)
            chunk = view[n * CHUNK : (n + 1) * CHUNK]
            yield nonce + self._cipher.encrypt(nonce, chunk, self._chunk_place(n, n == count - 1))

    def open_chunks(self, chunks: list[bytes]) -> bytes:
        """Join what `seal_chunks` made. StoreError if a chunk is missing, moved or damaged."""
        if not chunks:
            raise StoreError("stored content has no chunks")
        try:
            return b"".join(
                self._cipher.decrypt(c[:_NONCE], c[_NONCE:], self._chunk_place(n, n == len(chunks) - 1))
                for n, c in enumerate(chunks)
            )
        except (InvalidTag, ValueError):
            raise StoreError("stored content is damaged or incomplete") from None

    def _chunk_place(self, n: int, last: bool) -> bytes:
        return b"%s|%d|%d" % (self._owner, n, last)


class Vault:
    """Makes and unwraps data keys, and keyed digests for lookups of sealed values.

    The key file's key only wraps: it wraps the data keys and one random root, kept in the database, from which the keys
    of digests, audit chain and small values are derived. A new key file therefore needs new wraps and nothing else."""

    def __init__(self, key: bytes, root: bytes) -> None:
        self._wrapping = AESGCM(_derive(key, b"wrap"))
        self._digest = _derive(root, b"digest")
        self._audit = _derive(root, b"audit")
        self.store = Seal("store", _derive(root, b"store"))
        self.key_id = hashlib.blake2b(_derive(key, b"id"), digest_size=8).hexdigest()

    @classmethod
    def unlock(cls, key: bytes, wrapped_root: bytes) -> Vault:
        """The vault of a database whose root was wrapped by `key`. StoreError if it was another key."""
        try:
            root = AESGCM(_derive(key, b"wrap")).decrypt(wrapped_root[:_NONCE], wrapped_root[_NONCE:], b"root")
        except (InvalidTag, ValueError):
            raise StoreError("the key file does not hold the key of this database") from None
        return cls(key, root)

    def new_seal(self, owner: str) -> tuple[Seal, bytes]:
        """A new data key for `owner`, and the same key wrapped for the database."""
        key, nonce = _random(32), _random(_NONCE)
        return Seal(owner, key), nonce + self._wrapping.encrypt(nonce, key, owner.encode())

    def unwrap(self, owner: str, wrapped: bytes) -> Seal:
        """The data key of `owner`. StoreError if it was wrapped by another key or for another owner."""
        return Seal(owner, self._opened(owner, wrapped))

    def rewrap(self, owner: str, wrapped: bytes, other: Vault) -> bytes:
        """The data key of `owner`, wrapped by the key of another vault. StoreError as of `unwrap`."""
        nonce = os.urandom(_NONCE)
        return nonce + other._wrapping.encrypt(nonce, self._opened(owner, wrapped), owner.encode())

    def rewrap_root(self, wrapped_root: bytes, key: bytes) -> bytes:
        """The root of the database, wrapped by another key."""
        nonce = os.urandom(_NONCE)
        root = self._opened("root", wrapped_root)
        return nonce + AESGCM(_derive(key, b"wrap")).encrypt(nonce, root, b"root")

    def _opened(self, owner: str, wrapped: bytes) -> bytes:
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], owner.encode())
        except (InvalidTag, ValueError):
            raise StoreError("a data key is damaged or was wrapped by another key") from None

    def digest(self, field: str, value: str) -> bytes:
        """16 bytes that stand for a value in lookups and tell nothing without the key."""
        return hashlib.blake2b(field.encode() + b"\0" + value.encode(), key=self._digest, digest_size=16).digest()

    def chain(self, data: bytes) -> bytes:
        """The MAC that links the audit chain: without the key nobody can forge a link."""
        return hashlib.blake2b(data, key=self._audit, digest_size=32).digest()


def read_key_file(path: Path) -> bytes:
    """The key in the key file. StoreError that says what is wrong with it and what to do."""
    try:
        if path.exists() and not path.is_file():  # nobody may be writing into a pipe: it would be waited for
            raise StoreError(f"key file {path} cannot be read: not a regular file")
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise StoreError(f"key file {path} does not exist; `mailguard init` makes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"key file {path} cannot be read: {type(error).__name__}") from None
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise StoreError(f"key file {path} is not one line of 32 random bytes in base64")
    return key


def new_wrapped_root(key: bytes) -> bytes:
    """A new random root for a new database, wrapped by `key`."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_derive(key, b"wrap")).encrypt(nonce, os.urandom(32), b"root")


def _derive(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, b"mailguard " + purpose, "sha256")


def write_key_file(path: Path) -> None:
    """Make a new key file, mode 0400. FileExistsError if there is one: a key is never overwritten."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(os.urandom(32)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
