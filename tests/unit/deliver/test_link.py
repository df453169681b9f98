"""Replies of an upstream server, however they come in pieces, and what is no reply at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.deliver.link import Link, Lost, joined

GROUP = b"250 2.1.0 ok\r\n250-first\r\n250-second\n250 last\r\n354 go\r\n"


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


def played(story: Callable[[Link, Wire], Awaitable[None]]) -> None:
    async def play() -> None:
        link, wire = Link(), Wire()
        link.connection_made(cast(asyncio.BaseTransport, wire))
        async with asyncio.timeout(20):
            await story(link, wire)
        link.close()
        assert wire.closed

    asyncio.run(play())


@given(st.lists(st.integers(1, 30), max_size=6))
def test_a_group_of_replies_is_heard_however_it_is_split(cuts: list[int]) -> None:
    async def story(link: Link, wire: Wire) -> None:
        heard = asyncio.ensure_future(link.hear(3, 60))
        await asyncio.sleep(0)
        stream = GROUP
        for cut in cuts:
            link.data_received(stream[:cut])
            stream = stream[cut:]
        link.data_received(stream)
        await heard
        assert [str(joined(lines)) for lines in link.take(3)] == ["250 2.1.0 ok", "250 first second last", "354 go"]
        assert link.silent

    played(story)


def test_what_came_before_the_end_counts() -> None:
    async def story(link: Link, wire: Wire) -> None:
        link.data_received(b"250 ok\r\n421 4.3.2 bye\r\n")
        link.eof_received()
        with pytest.raises(Lost):
            await link.hear(3, 60)
        assert [joined(lines).code for lines in link.take(3)] == [250, 421]
        assert link.ended

    played(story)


@pytest.mark.parametrize(
    "noise",
    [b"hello\r\n", b"\r\n", b"x" * 70_000, b"250-on and on\r\n" * 200, b"250 ok\r\n" * 5000],
    ids=["no code", "empty", "endless line", "endless reply", "endless replies"],
)
def test_a_server_that_makes_no_sense_is_given_up(noise: bytes) -> None:
    async def story(link: Link, wire: Wire) -> None:
        link.data_received(noise)
        link.take(10_000)
        with pytest.raises(Lost):
            await link.hear(1, 60)

    played(story)


def test_silence_ends_by_the_deadline_of_the_moment() -> None:
    """One timer, set far ahead by an earlier wait, serves a shorter one and a longer one after it."""

    async def story(link: Link, wire: Wire) -> None:
        link.data_received(b"250 ok\r\n")
        await link.hear(1, 300)
        waiting = asyncio.ensure_future(link.hear(2, 300))
        await asyncio.sleep(0)
        link.data_received(b"250 ok\r\n")
        await waiting
        link.take(2)
        with pytest.raises(TimeoutError):
            await link.hear(1, 0.01)
        link.data_received(b"250 late\r\n")
        await link.hear(1, 0.01)

    played(story)


def test_a_slow_server_is_waited_for_and_a_lost_one_is_not() -> None:
    async def story(link: Link, wire: Wire) -> None:
        link.pause_writing()
        with pytest.raises(TimeoutError):
            await link.drain(0.01)
        draining = asyncio.ensure_future(link.drain(60))
        await asyncio.sleep(0)
        link.resume_writing()
        await draining
        link.pause_writing()
        draining = asyncio.ensure_future(link.drain(60))
        await asyncio.sleep(0)
        link.connection_lost(None)
        await draining
        with pytest.raises(Lost):
            await link.hear(1, 60)
        wire.close()
        link.write(b"nobody hears this")
        assert not wire.written

    played(story)
