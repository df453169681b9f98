"""A verdict on its way from a screener to the relay: in one piece, or in many where it is long.

A sheet that shows every pupil to a dozen families makes a verdict of many megabytes, and to decode one takes 10 ms a
megabyte, in which no connection would be served. So a long one comes in pieces, and others have the event loop between
two of them. Whoever decodes checks lengths and types: what does not fit is an error, never a shorter verdict.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from itertools import chain
from typing import Any, TypeVar

import msgspec

from mailguard.model import Finding, Sightings, Unreadable, Verdict

_IN_ONE = 64
"""Findings, sightings and unreadable places in one piece: a millisecond's work."""

_LENGTH = struct.Struct("!I")
_KINDS = tuple(field.name for field in fields(Sightings))

T = TypeVar("T")


class _More(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """A further piece: findings of the recipients with these numbers, and more of the rest."""

    recipients: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    sightings: Sightings = Sightings()


_encode = msgspec.msgpack.Encoder().encode
_decode_first = msgspec.msgpack.Decoder(tuple[Verdict, Sightings, bool]).decode  # True: more pieces follow
_decode_more = msgspec.msgpack.Decoder(_More).decode
_decode_count = msgspec.msgpack.Decoder(int).decode


def encode(verdict: Verdict, sightings: Sightings) -> bytes:
    """Return verdict and sightings as `decode` takes them."""
    count = len(verdict.unreadable) + sum(len(one.findings) for one in verdict.recipients)
    if count + sum(len(getattr(sightings, kind)) for kind in _KINDS) <= _IN_ONE:
        return _framed(_encode((verdict, sightings, False)))
    bare = replace(verdict, recipients=tuple(replace(one, findings=()) for one in verdict.recipients), unreadable=())
    more = list(map(_encode, _pieces(verdict, sightings)))
    first = (_encode((bare, Sightings(), True)), _encode(len(more)))
    return b"".join(map(_framed, chain(first, more)))


async def decode(data: bytes) -> tuple[Verdict, Sightings]:
    """Return what `encode` was given. Raises msgspec.MsgspecError or ValueError for anything else."""
    frames = _frames(data)
    verdict, sightings, long = _decode_first(next(frames, b""))
    if long:
        verdict, sightings = await _decode_rest(verdict, sightings, frames)
    elif next(frames, None) is not None:
        raise ValueError("more than was announced")
    return verdict, sightings


async def _decode_rest(
    verdict: Verdict, sightings: Sightings, frames: Iterator[memoryview]
) -> tuple[Verdict, Sightings]:
    findings: list[list[Finding]] = [list(one.findings) for one in verdict.recipients]
    unreadable = list(verdict.unreadable)
    seen: dict[str, list[Any]] = {kind: list(getattr(sightings, kind)) for kind in _KINDS}
    left = _decode_count(next(frames, b""))
    for frame in frames:
        more = _decode_more(frame)
        for number in more.recipients:
            if not 0 <= number < len(findings):
                raise ValueError("findings of nobody")
            findings[number] += more.findings
        unreadable += more.unreadable
        for kind in _KINDS:
            seen[kind] += getattr(more.sightings, kind)
        left -= 1
        await asyncio.sleep(0)
    if left:
        raise ValueError("not as many pieces as were announced")
    recipients = tuple(
        replace(one, findings=tuple(found)) for one, found in zip(verdict.recipients, findings, strict=True)
    )
    whole = replace(verdict, recipients=recipients, unreadable=tuple(unreadable))
    found: dict[str, tuple[Any, ...]] = {kind: tuple(some) for kind, some in seen.items()}
    return whole, replace(sightings, **found)


def _pieces(verdict: Verdict, sightings: Sightings) -> Iterator[_More]:
    sharing: dict[int, list[int]] = {}  # those of one standing have the very same findings
    for number, one in enumerate(verdict.recipients):
        sharing.setdefault(id(one.findings), []).append(number)
    for numbers in sharing.values():
        for findings in _slices(verdict.recipients[numbers[0]].findings):
            yield _More(tuple(numbers), findings=findings)
    for unreadable in _slices(verdict.unreadable):
        yield _More(unreadable=unreadable)
    for kind in _KINDS:
        for some in _slices(getattr(sightings, kind)):
            yield _More(sightings=replace(Sightings(), **{kind: some}))


def _slices(some: Sequence[T]) -> Iterator[tuple[T, ...]]:
    for start in range(0, len(some), _IN_ONE):
        yield tuple(some[start : start + _IN_ONE])


def _framed(piece: bytes) -> bytes:
    return _LENGTH.pack(len(piece)) + piece


def _frames(data: bytes) -> Iterator[memoryview]:
    view, start = memoryview(data), 0
    while start < len(data):
        if start + _LENGTH.size > len(data):
            raise ValueError("a cut length")
        (length,) = _LENGTH.unpack_from(view, start)
        start += _LENGTH.size
        if start + length > len(data):
            raise ValueError("a cut piece")
        yield view[start : start + length]
        start += length
