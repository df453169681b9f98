"""Readings of files met lately, for the next message that carries exactly the same ones."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from mailguard.model import Unreadable
from mailguard.workers import orders, protocol


@dataclass(frozen=True, slots=True)
class _Entry:
    fds: tuple[int, ...]
    death: Unreadable | None
    size: int
    until: float


class Kept:
    """Sealed memory files: so many readings, so many bytes, so long. The digests are keyed, so that a memory image does
    not tell which known files went through."""

    def __init__(self, most: int, most_bytes: int, seconds: float) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._secret = secrets.token_bytes(32)
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._bytes = 0
        self._busy: dict[bytes, tuple[asyncio.Lock, int]] = {}

    def key(self, leaves: tuple[bytes, ...], task: orders.Task, owner: str = "") -> bytes:
        """Return the digest of everything that the reading of these leaves depends on; `owner` is whose shared reader
        reads them, "" where it is one of their own."""
        digest = hashlib.blake2b(orders.encode(task), key=self._secret, digest_size=32)
        digest.update(len(owner.encode(errors="surrogatepass")).to_bytes(8) + owner.encode(errors="surrogatepass"))
        for leaf in leaves:
            digest.update(len(leaf).to_bytes(8))
            digest.update(leaf)
        return digest.digest()

    @asynccontextmanager
    async def one_at_a_time(self, key: bytes) -> AsyncIterator[None]:
        """Wait while somebody else reads the same: four hundred letters that come at once need one reading."""
        lock, waiting = self._busy.get(key, (asyncio.Lock(), 0))
        self._busy[key] = lock, waiting + 1
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._busy.pop(key)
            if waiting > 1:
                self._busy[key] = lock, waiting - 1

    def get(self, key: bytes) -> tuple[tuple[int, ...], Unreadable | None] | None:
        """Return descriptors of the caller's own for the reading kept under `key`, and how its reader died."""
        self._forget()
        found = self._entries.get(key)
        return None if found is None else (tuple(map(os.dup, found.fds)), found.death)

    def put(self, key: bytes, fds: tuple[int, ...], death: Unreadable | None) -> None:
        """Keep a sealed reading, unless it is too large to be worth it."""
        size = sum(os.fstat(fd).st_size for fd in fds)
        if size > self._most_bytes // 4 or not self._most or key in self._entries:
            return
        loop = asyncio.get_running_loop()
        self._entries[key] = _Entry(tuple(map(os.dup, fds)), death, size, loop.time() + self._seconds)
        self._bytes += size
        self._forget()
        loop.call_later(self._seconds + 1, self._forget)  # also when no further message comes

    def clear(self) -> None:
        """Forget everything."""
        while self._entries:
            self._drop()

    def _forget(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._entries:
            until = next(iter(self._entries.values())).until
            if until > now and len(self._entries) <= self._most and self._bytes <= self._most_bytes:
                return
            self._drop()

    def _drop(self) -> None:
        _, entry = self._entries.popitem(last=False)
        protocol.close_all(entry.fds)
        self._bytes -= entry.size
