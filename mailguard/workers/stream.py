"""The reading on its way from a jailed child to a screener: one line an item, readable however far it got.

A line is a letter for the item's type and its JSON. The child writes each line as soon as it has the item, so what it
had read before it died is kept. The last line says the reading is whole; a stream without it is not. Whoever decodes
treats the stream as hostile: types and lengths are checked, and a line that fails the check makes the message
unreadable rather than shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from mailguard.model import WHOLE_MESSAGE, HeaderAddress, Reading, Segment, Unreadable, UnreadableReason

_STEPS = 64
_STEP_CHARS = 4096

Item = Segment | Unreadable | HeaderAddress
_LETTERS: dict[type[object], bytes] = {Segment: b"S", Unreadable: b"U", HeaderAddress: b"A"}
_encode = msgspec.json.Encoder().encode
_decode_end = msgspec.json.Decoder(bool).decode
_END = ord("E")
_decoders: dict[int, Callable[[memoryview], Any]] = {
    ord("S"): msgspec.json.Decoder(Segment).decode,
    ord("U"): msgspec.json.Decoder(Unreadable).decode,
    ord("A"): msgspec.json.Decoder(HeaderAddress).decode,
}


def encode_item(item: Item) -> bytes:
    """Return one item as a line. Lone surrogates, which no encoding has, become question marks one for one."""
    try:
        return _LETTERS[type(item)] + _encode(item) + b"\n"
    except UnicodeEncodeError:
        return _LETTERS[type(item)] + _encode(_mend(msgspec.to_builtins(item))) + b"\n"


def encode_end(canonical: bool) -> bytes:
    """Return the last line of a whole reading; `canonical` is the reading's."""
    return b"E" + _encode(canonical) + b"\n"


def decode_reading(data: bytes, death: Unreadable | None = None) -> Reading:
    """Return the reading that a child wrote, strictly checked.

    `death` says how the child ended if it did not finish; it is added to the reading, and a line cut short is then no
    surprise. A stream that is not whole, or holds anything malformed, always has at least one unreadable place.
    """
    found: dict[type[object], list[Any]] = {Segment: [], Unreadable: [], HeaderAddress: []}
    canonical: bool | None = None
    malformed = False
    view, start = memoryview(data), 0  # lines are decoded in place: a long reading is not copied
    while (end := data.find(b"\n", start)) >= 0:
        letter, line = data[start], view[start + 1 : end]
        start = end + 1
        try:
            if canonical is not None:
                malformed = True  # something after the last line
            elif letter == _END:
                canonical = _decode_end(line)
            else:
                item = _decoders[letter](line)
                _check(item)
                found[type(item)].append(item)
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, ValueError, RecursionError):
            malformed = True
    if death is not None:
        found[Unreadable].append(death)
    elif malformed or start < len(data) or canonical is None:
        found[Unreadable].append(
            Unreadable(WHOLE_MESSAGE, UnreadableReason.CRASHED, "the reader gave a malformed answer")
        )
    return Reading(
        segments=tuple(found[Segment]),
        unreadable=tuple(found[Unreadable]),
        addresses=tuple(found[HeaderAddress]),
        canonical=bool(canonical) and death is None and not malformed,
    )


def decode_pieces(pieces: Sequence[bytes], death: Unreadable | None = None) -> Reading:
    """Return the reading that several children wrote, piece after piece; `death` is that of the last one."""
    last = len(pieces) - 1
    readings = [decode_reading(piece, death if number == last else None) for number, piece in enumerate(pieces)]
    if len(readings) == 1:
        return readings[0]
    return Reading(
        tuple(segment for reading in readings for segment in reading.segments),
        tuple(place for reading in readings for place in reading.unreadable),
        tuple(address for reading in readings for address in reading.addresses),
        all(reading.canonical for reading in readings),
    )


def _check(item: Item) -> None:
    """Raise ValueError for what types alone do not say: places of sane length, slices inside their text."""
    if isinstance(item, HeaderAddress):
        return
    place = item.place
    if len(place) > _STEPS or any(len(step) > _STEP_CHARS for step in place) or not 0 <= item.leaf <= len(place):
        raise ValueError("place")
    if isinstance(item, Segment) and item.cells:
        size = len(item.text)
        if not all(0 <= cell.start <= cell.end <= size for cell in item.cells):
            raise ValueError("cells")


def _mend(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {key: _mend(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_mend(inner) for inner in value]
    return value
