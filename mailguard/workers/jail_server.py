"""The jail: the fork server whose children open files. It knows no pupils: no roll, no policy, no store is imported.

Run by the relay as `python -m mailguard.workers.jail_server`, never by hand. A reading is written item by item into a
memory file that the relay handed in, so that what was read before a reader died is kept.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from typing import Any, Protocol

from mailguard.model import Unreadable, UnreadableReason
from mailguard.workers import bundle, forkserver, orders, protocol, stream

_SCANS = 40  # pictures and pages of one message whose text is recognised; about a second each
_NICE = 15
_TEXT_DEPTH = 1  # the bodies themselves and nothing inside them
_ANSWER_BYTES = protocol.INLINE - 1024


def prepare(setup: orders.Setup, _: bytes) -> forkserver.Answer:
    """Import and warm the readers; return what a child does with one task."""
    module: Any = importlib.import_module(setup.module)
    if hasattr(module, "warm"):
        module.warm()
    if hasattr(module, "practise"):
        module.practise()
    if setup.pictures:
        os.nice(_NICE)  # loading the model takes seconds: mail goes on meanwhile
        module.warm_pictures()

    def answer(packet: protocol.Packet) -> bytes:
        task = orders.decode_task(packet.head)
        if isinstance(task, orders.Texts):
            return _read_texts(module, task, packet.body)
        (out,) = packet.fds
        if task.look is not None:
            look = task.look
            protocol.write_all(out, module.look(packet.body, look.place, look.page, look.words, task.passwords))
            return b""
        found = _open(module, task, packet.body, setup.pictures)
        said = []
        for item in found:
            if isinstance(item, Unreadable):
                if task.text_only:
                    return orders.NOT_PLAIN
                if task.usual_only and item.reason is not UnreadableReason.PICTURE:
                    return orders.UNUSUAL
                if item.reason is UnreadableReason.ENCRYPTED:
                    said = [orders.LOCKED]
            protocol.write_all(out, stream.encode_item(item))
        protocol.write_all(out, stream.encode_end(found.canonical or task.of_message))
        if getattr(found, "pictures", False):
            said.append(orders.NOT_PLAIN if task.text_only else orders.PICTURES)
        return b" ".join(said)

    return answer


def _read_texts(module: Any, texts: orders.Texts, body: bytes) -> bytes:
    """Return the readings of small plain messages; None for one that holds more than text, or does not fit."""
    task = orders.Task(None, texts.passwords, text_only=True)
    readings: list[bytes | None] = []
    left = _ANSWER_BYTES
    for content in bundle.decode_contents(body):
        found = _open(module, task, content)
        lines: list[bytes] = []
        for item in found:
            if isinstance(item, Unreadable):
                break
            lines.append(stream.encode_item(item))
        else:
            reading = b"".join([*lines, stream.encode_end(found.canonical)])
            if len(reading) <= left and not getattr(found, "pictures", False):
                left -= len(reading)
                readings.append(reading)
                continue
        readings.append(None)
    return bundle.encode_readings(readings)


class _Walk(Protocol):
    """What the readers return: items, and afterwards whether the message could be read one way only."""

    canonical: bool

    def __iter__(self) -> Iterator[stream.Item]: ...


def _open(module: Any, task: orders.Task, content: bytes, pictures: bool = False) -> _Walk:
    limits = module.Limits(depth=_TEXT_DEPTH) if task.text_only else module.Limits()
    if pictures:
        limits = module.Limits(scans=_SCANS)
    found: _Walk
    if task.name is None:
        found = module.iter_message(content, limits, task.passwords)
    else:
        found = module.iter_file(content, task.name, limits, task.passwords)
    return found


if __name__ == "__main__":
    forkserver.main(prepare, short_lives=True)
