"""Bodies of packets that carry several small messages at once (see `together`), as msgpack."""

from __future__ import annotations

import msgspec

encode_contents = msgspec.msgpack.Encoder().encode
decode_contents = msgspec.msgpack.Decoder(tuple[bytes, ...]).decode
"""The bodies of a packet for a reader: contents of messages."""
encode_readings = msgspec.msgpack.Encoder().encode
decode_readings = msgspec.msgpack.Decoder(tuple[bytes | None, ...]).decode
"""A reader's answer: for each message the stream of its reading, None if it is not plain or does not fit."""


class Asked(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One message for a screener: its envelope (JSON), its reading as it was written, schools with too old a roll."""

    envelope: bytes
    reading: bytes
    stale: frozenset[str]


encode_asked = msgspec.msgpack.Encoder().encode
decode_asked = msgspec.msgpack.Decoder(tuple[Asked, ...]).decode
encode_answers = msgspec.msgpack.Encoder().encode
decode_answers = msgspec.msgpack.Decoder(tuple[bytes, ...]).decode
"""A screener's answer: for each message its verdict and sightings (see `answer`)."""
