"""What the screeners judge by, as bytes: the relay packs it, their server unpacks it. Never known to the readers."""

from __future__ import annotations

import msgspec

from mailguard.model import Roll
from mailguard.policy import Policy
from mailguard.roll.packing import pack, unpack

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[list[bytes], str, Policy]).decode


def pack_guard(roll: Roll, policy: Policy) -> bytes:
    """Return a roll and a policy as bytes; takes a second for a large roll, in slices that let other threads run."""
    return _encode((list(pack(roll)), roll.revision, policy))


def unpack_guard(body: bytes) -> tuple[Roll, Policy]:
    """Return what `pack_guard` packed. msgspec.MsgspecError if it is something else."""
    slices, revision, policy = _decode(body)
    return unpack(slices, revision), policy
