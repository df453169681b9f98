"""The screeners: the fork server whose children know the pupils of one roll and policy revision. It opens no files.

Run by the relay as `python -m mailguard.workers.screener_server`, never by hand. Roll and policy come with the first
packet; the guard is built once and shared, frozen, with every child.
"""

from __future__ import annotations

import importlib
from typing import Any

import msgspec

from mailguard.model import Envelope, Roll
from mailguard.policy import Policy
from mailguard.workers import forkserver, orders, protocol, stream

_READING_MOST = 1 << 30


def prepare(setup: orders.Setup, body: bytes) -> forkserver.Answer:
    """Build the guard from `body` (roll and policy, msgpack); return what a child does with one task."""
    module: Any = importlib.import_module(setup.module)
    roll, policy = msgspec.msgpack.decode(body, type=tuple[Roll, Policy])
    guard = module.build_guard(roll, policy)
    decode_envelope = msgspec.json.Decoder(Envelope).decode
    encode = msgspec.json.Encoder().encode

    def answer(packet: protocol.Packet) -> bytes:
        question = orders.decode_question(packet.head)
        written = [protocol.read_memory_file(fd, _READING_MOST) for fd in packet.fds]
        reading = stream.decode_pieces(written, question.death)
        screened = module.screen(reading, decode_envelope(packet.body), guard, question.stale)
        return encode((screened.verdict, screened.sightings))

    return answer


if __name__ == "__main__":
    forkserver.main(prepare, memory_files=True)
