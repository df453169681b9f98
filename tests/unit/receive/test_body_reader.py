"""The body reader: any split, any end, bounded memory."""

from __future__ import annotations

import asyncio
import re
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.receive.body import NO_ROOM, TOO_LARGE, Allowance, BodyRefused, read_body, received

TRACE = b"Received: x\r\n"


def fed(pieces: list[bytes], limit: int = 1000, room: int = 10_000, waits: bool = False) -> tuple[bytes, bytes]:
    """Feed the pieces (`waits`: no faster than they are read); returns what was read and what was left for later."""

    async def story() -> tuple[bytes, bytes]:
        reader = asyncio.StreamReader()
        allowance = Allowance(room)

        async def feed() -> None:
            for piece in pieces:
                reader.feed_data(piece)
                await asyncio.sleep(0)
                while waits and received(reader):
                    await asyncio.sleep(0)
            reader.feed_eof()

        feeding = asyncio.ensure_future(feed())
        try:
            content = await read_body(reader, TRACE, limit, allowance, lambda count: None)
        finally:
            if waits:
                feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
            assert allowance.used == 0
        return content, await reader.read()

    return asyncio.run(story())


@given(st.lists(st.integers(1, 40), max_size=5))
def test_the_end_is_found_however_it_is_split(cuts: list[int]) -> None:
    stream, pieces = b"a\r\n..\r\n.b\r\n\r\n.\r\nMAIL FROM:<>\r\n", []
    for cut in cuts:
        pieces.append(stream[:cut])
        stream = stream[cut:]
    content, rest = fed([piece for piece in [*pieces, stream] if piece])
    assert content == TRACE + b"a\r\n.\r\nb\r\n\r\n"
    assert rest == b"MAIL FROM:<>\r\n"


@settings(max_examples=500)
@given(
    st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"\r\n.", b"\r\n..\r\n", b"\n.\r\n", b"long" * 9])),
    st.lists(st.integers(1, 12), max_size=30),
)
def test_a_body_in_pieces_is_read_as_one_in_one_piece(parts: list[bytes], cuts: list[int]) -> None:
    """Whatever comes however: the definition, a line at a time, says the same."""
    stream = b"".join(parts) + b"\r\n.\r\nQUIT\r\n"
    body, rest = (b"\r\n" + stream).split(b"\r\n.\r\n", 1)
    bare = re.search(rb"(?<!\r)\n|\r(?!\n)", body + b"\r\n")
    lines = [line.removeprefix(b".") for line in body.split(b"\r\n")[1:]]
    pieces, left = [], stream
    for cut in cuts:
        pieces.append(left[:cut])
        left = left[cut:]
    fed_with = [piece for piece in [*pieces, left] if piece]
    if bare:
        with pytest.raises(BodyRefused, match="Bare"):
            fed(fed_with, waits=True)
    else:
        assert fed(fed_with) == (TRACE + b"".join(line + b"\r\n" for line in lines), rest)


def test_a_large_body_comes_whole_and_dots_go_wherever_its_pieces_meet() -> None:
    line = b"..%07d\r\n"
    body = b"".join(line % n for n in range(400_000))
    pieces = [body[at : at + 65_521] for at in range(0, len(body), 65_521)]
    content, _ = fed([*pieces, b".\r\n"], limit=10 << 20, room=20 << 20)
    assert content == TRACE + b"".join(b".%07d\r\n" % n for n in range(400_000))


def test_a_body_in_many_small_pieces_takes_no_more_memory_than_it_is_long() -> None:
    tracemalloc.start()
    content, _ = fed([*[b"x" * 20 + b"\r\n"] * 20_000, b".\r\n"], limit=1 << 20, room=1 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(content) == len(TRACE) + 440_000
    assert peak < 3 << 20


def test_an_empty_message_is_a_dot_alone() -> None:
    assert fed([b".\r\n"]) == (TRACE, b"")


@pytest.mark.parametrize(("size", "fits"), [(998, True), (999, False)])
def test_the_limit_is_exact(size: int, fits: bool) -> None:
    body = b"x" * size + b"\r\n.\r\n"
    if fits:
        assert len(fed([body])[0]) == len(TRACE) + 1000
    else:
        with pytest.raises(BodyRefused, match="552"):
            fed([body])


@pytest.mark.parametrize(("limit", "room", "reply"), [(1000, 100_000, TOO_LARGE), (100_000, 1000, NO_ROOM)])
def test_what_does_not_fit_is_read_to_its_end_and_dropped(limit: int, room: int, reply: str) -> None:
    with pytest.raises(BodyRefused) as refused:
        fed([b"x" * 500 + b"\r\n"] * 20 + [b".", b"\r\n"], limit, room)
    assert refused.value.reply == reply


def test_a_client_that_never_ends_is_cut_off_in_bounded_memory() -> None:
    tracemalloc.start()
    with pytest.raises(ConnectionAbortedError):
        fed([b"x" * 65536] * 1000, limit=10_000, waits=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 << 20


def test_a_client_that_leaves_has_sent_nothing() -> None:
    with pytest.raises(asyncio.IncompleteReadError):
        fed([b"half\r\n"])
