"""Line ends, dots, hops, trace: the pure rules of the wire."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.receive import wire

PIECES = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"", b"\r\n.", b"\0"])).map(b"".join)
AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@given(PIECES)
def test_clean_lines_agrees_with_the_slow_definition(data: bytes) -> None:
    assert wire.clean_lines(data) == (re.search(rb"(?<!\r)\n|\r(?!\n)", data) is None)
    assert wire.clean_lines(memoryview(data)) == wire.clean_lines(data)


@given(PIECES)
def test_unstuff_takes_one_dot_from_each_line_but_the_first(data: bytes) -> None:
    first, *lines = data.split(b"\r\n")
    assert wire.unstuff_lines(data) == b"\r\n".join([first, *(line.removeprefix(b".") for line in lines)])


@pytest.mark.parametrize(
    ("content", "block"),
    [
        (b"A: b\r\n\r\nbody", b"A: b\r\n"),
        (b"A: b\r\nC: d\r\n", b"A: b\r\nC: d\r\n"),
        (b"\r\nbody\r\n\r\n", b""),
        (b"", b""),
    ],
)
def test_header_block(content: bytes, block: bytes) -> None:
    assert wire.header_block(content) == block


def trace(**more: str) -> bytes:
    values = {"helo": "client.test", "peer": "192.0.2.1", "hostname": "relay.test", "node": "n1", "message_id": "id1"}
    return wire.received_header(protocol="ESMTPS", at=AT, **{**values, **more})


def test_the_trace_is_a_folded_field_with_a_readable_date() -> None:
    field = trace()
    assert wire.clean_lines(field)
    assert re.findall(rb"\r\n(?![\t]|$)", field) == []
    assert parsedate_to_datetime(field.decode().rpartition(";")[2].strip()) == AT
    assert b" for " not in field


@pytest.mark.parametrize("helo", ["a\r\nBcc: x", "a) for <b@c.test> (", "\x00\x7f", "é" * 300, "", "x" * 5000])
def test_nothing_can_be_written_into_the_trace(helo: str) -> None:
    field = trace(helo=helo)
    assert field.isascii()
    assert field.count(b"\r\n") == 3
    assert b"<" not in field
    assert len(field) < 600


def test_loops_are_counted_in_the_header_alone() -> None:
    own = trace()
    assert not wire.looping(own * 2 + b"\r\n", "n1")
    assert wire.looping(own * 3 + b"\r\n", "n1")
    assert not wire.looping(own * 3 + b"\r\n", "n2")
    assert not wire.looping(own * 2 + b"Subject: (mailguard n1)\r\n\r\n" + own * 60, "n1")
    assert wire.looping(b"received: x\r\n" * 51 + b"\r\n", "n1")
    assert not wire.looping(b"Received: x\r\n" * 50 + b"\r\n", "n1")
    assert not wire.looping(b"X-Received: x\r\n" * 60 + b"\r\n", "n1")


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ((False, False, False, False), "SMTP"),
        ((True, False, False, False), "ESMTP"),
        ((True, True, False, False), "ESMTPS"),
        ((True, True, True, False), "ESMTPSA"),
        ((True, True, True, True), "UTF8SMTPSA"),
    ],
)
def test_protocol_names(facts: tuple[bool, bool, bool, bool], name: str) -> None:
    extended, tls, authenticated, utf8 = facts
    assert wire.protocol_name(extended=extended, tls=tls, authenticated=authenticated, utf8=utf8) == name
