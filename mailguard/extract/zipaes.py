"""Members of zip archives locked with AES (WinZip's AE-1 and AE-2): opened where the password is known."""

from __future__ import annotations

import hashlib
import hmac
import struct
import zipfile
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from mailguard.extract.budget import Budget, OverBudget
from mailguard.model import UnreadableReason

_EXTRA = 0x9901
_SALTS = {1: 8, 2: 12, 3: 16}
_ROUNDS = 1000
_CHECK = 2
_SEAL = 10
_BLOCK = 16
_BLOCKS_AT_ONCE = 1 << 16


def opened(data: bytes, entry: zipfile.ZipInfo, password: bytes, budget: Budget) -> bytes | None:
    """Return the member's content, None if the password is wrong. Raise OverBudget for one that swells."""
    strength, method = _settings(entry.extra)
    if strength not in _SALTS:
        return None
    name_length, extra_length = struct.unpack_from("<HH", data, entry.header_offset + 26)
    start = entry.header_offset + 30 + name_length + extra_length
    locked = data[start : start + entry.compress_size]
    salt_length, key_length = _SALTS[strength], 8 + 8 * strength
    salt = locked[:salt_length]
    # PBKDF2 with SHA-1 is what the format says; nothing of ours is locked with it.
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, _ROUNDS, 2 * key_length + _CHECK)
    if keys[-_CHECK:] != locked[salt_length : salt_length + _CHECK]:
        return None
    body, seal = locked[salt_length + _CHECK : -_SEAL], locked[-_SEAL:]
    if not hmac.compare_digest(hmac.new(keys[key_length : 2 * key_length], body, "sha1").digest()[:_SEAL], seal):
        return None
    plain = _counted(body, keys[:key_length])
    if method == 0:
        return plain
    limit = budget.limits.part_bytes
    engine = zlib.decompressobj(-15)
    content = engine.decompress(plain, limit)
    if engine.unconsumed_tail:
        raise OverBudget(UnreadableReason.TOO_LARGE, f"a part of more than {limit} bytes", local=True)
    return content


def _settings(extra: bytes) -> tuple[int, int]:
    """Return key strength and packing method from the member's extra field; (0, 0) if it has none."""
    at = 0
    while at + 4 <= len(extra):
        identity, length = struct.unpack_from("<HH", extra, at)
        if identity == _EXTRA and length >= 7:
            strength, method = struct.unpack_from("<BH", extra, at + 8)
            return strength, method
        at += 4 + length
    return 0, 0


def _counted(body: bytes, key: bytes) -> bytes:
    """Undo AES in counter mode with the little-endian counter that this format alone uses."""
    # The counter is not the library's own, so its blocks are made here and enciphered one by one.
    engine = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  (blocks of a counter, not of a text)
    out: list[bytes] = []
    step = _BLOCK * _BLOCKS_AT_ONCE
    for at in range(0, len(body), step):
        piece = body[at : at + step]
        first = at // _BLOCK + 1
        blocks = b"".join(n.to_bytes(_BLOCK, "little") for n in range(first, first + -(-len(piece) // _BLOCK)))
        stream = engine.update(blocks)[: len(piece)]
        mixed = int.from_bytes(piece, "big") ^ int.from_bytes(stream, "big")
        out.append(mixed.to_bytes(len(piece), "big"))
    return b"".join(out)
