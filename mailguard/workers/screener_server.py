"""The screeners: the fork server whose children know the pupils of one roll and policy revision. It opens no files.

Run by the relay as `python -m mailguard.workers.screener_server`, never by hand. Roll and policy come with the first
packet; the guard is built once and shared, frozen, with every child.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import msgspec

from mailguard.model import Envelope, Reading
from mailguard.workers import answer, bundle, forkserver, guarded, orders, protocol, stream

_READING_MOST = 1 << 30


def prepare(setup: orders.Setup, body: bytes) -> forkserver.Answer:
    """Build the guard from `body` (see guarded.pack_guard); return what a child does with one task."""
    module: Any = importlib.import_module(setup.module)
    roll, policy = guarded.unpack_guard(body)
    guard = module.build_guard(roll, policy)
    decode_envelope = msgspec.json.Decoder(Envelope).decode

    def respond(packet: protocol.Packet) -> bytes:
        question = orders.decode_question(packet.head)
        if isinstance(question, orders.Questions):
            return bundle.encode_answers([judge(*asked) for asked in _read_apart(packet.body)])
        written = [protocol.read_memory_file(fd, _READING_MOST) for fd in packet.fds]
        reading = stream.decode_pieces(written, question.death)
        return judge(reading, packet.body, question.stale)

    def judge(reading: Reading, envelope: bytes, stale: frozenset[str]) -> bytes:
        screened = module.screen(reading, decode_envelope(envelope), guard, stale)
        return answer.encode(screened.verdict, screened.sightings)

    return respond


def _read_apart(body: bytes) -> Iterator[tuple[Reading, bytes, frozenset[str]]]:
    for asked in bundle.decode_asked(body):
        yield stream.decode_reading(asked.reading), asked.envelope, asked.stale


if __name__ == "__main__":
    forkserver.main(prepare, memory_files=True)
