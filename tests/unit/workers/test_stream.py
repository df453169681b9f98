"""The reading on the wire: what was written comes back, what was tampered with makes the message unreadable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.model import Cell, HeaderAddress, Segment, SegmentKind, Unreadable, UnreadableReason
from mailguard.workers.stream import decode_pieces, decode_reading, encode_end, encode_item

ROW = Segment(
    "Name: Amelia | UPN: A123456789012\nZoë",
    ("marks.xlsx", 'sheet "Y7" (hidden)', "row 14"),
    SegmentKind.ROW,
    False,
    1,
    (Cell("A", "Name", 6, 12), Cell("B", "UPN", 20, 33)),
)
DAMAGED = Unreadable(("a.zip", "b.pdf"), UnreadableReason.DAMAGED, "cut short", 2)
ADDRESS = HeaderAddress("To", "A. Parent", "parent@home.example")
ITEMS = (ROW, DAMAGED, ADDRESS, Segment("body", ("body",)))
STREAM = b"".join(encode_item(item) for item in ITEMS) + encode_end(True)


def crashed(reading):
    return [place for place in reading.unreadable if place.reason is UnreadableReason.CRASHED]


def test_items_come_back_as_they_were_in_order():
    reading = decode_reading(STREAM)
    assert reading.segments == (ROW, ITEMS[3])
    assert reading.unreadable == (DAMAGED,)
    assert reading.addresses == (ADDRESS,)
    assert reading.canonical


@given(st.text(), st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_any_text_survives(text, place):
    segment = Segment(text, tuple(place), leaf=len(place))
    mended = text.encode("utf-8", "replace").decode()
    reading = decode_reading(encode_item(segment) + encode_end(False))
    assert reading.segments[0].text == mended
    assert not reading.unreadable


def test_lone_surrogates_become_question_marks_one_for_one():
    segment = Segment("a\ud800b\udfff", ("body",), cells=(Cell("A", "\udc80", 2, 4),))
    reading = decode_reading(encode_item(segment) + encode_end(False))
    assert reading.segments == (Segment("a?b?", ("body",), cells=(Cell("A", "?", 2, 4),)),)


@pytest.mark.parametrize("end", range(len(STREAM)))
def test_a_stream_cut_anywhere_is_unreadable_and_keeps_whole_lines(end):
    reading = decode_reading(STREAM[:end])
    assert crashed(reading)
    assert not reading.canonical
    assert len(reading.segments) + len(reading.unreadable) - 1 + len(reading.addresses) <= STREAM[:end].count(b"\n")


def test_how_the_reader_died_is_told_instead_of_a_malformed_answer():
    death = Unreadable(("message",), UnreadableReason.TIMEOUT, "took longer than 30 seconds")
    reading = decode_reading(STREAM[: STREAM.index(b"\n") + 10], death)
    assert reading.segments == (ROW,)
    assert reading.unreadable == (death,)


def line(text):
    return text.encode() + b"\n"


@pytest.mark.parametrize(
    "hostile",
    [
        line("X{}"),
        line(""),
        line("S"),
        line('S{"text": 1, "place": ["body"]}'),
        line('S{"text": "x"}'),
        line('S{"text": "x", "place": "body"}'),
        line('S{"text": "x", "place": ["body"], "leaf": 2}'),
        line('S{"text": "x", "place": ["body"], "leaf": -1}'),
        line('S{"text": "x", "place": ["body"], "kind": "evil"}'),
        line('S{"text": "x", "place": ["body"], "cells": [{"column": "A", "head": "", "start": 0, "end": 2}]}'),
        line('S{"text": "x", "place": ["body"], "cells": [{"column": "A", "head": "", "start": -1, "end": 0}]}'),
        line('S{"text": "x", "place": ["body"], "cells": [{"column": "A", "head": "", "start": 1, "end": 0}]}'),
        line('U{"place": ["body"], "reason": "fine"}'),
        line('A{"header": "To"}'),
        line("S" + "[" * 100_000),
        b'S{"text": "\xff\xfe", "place": ["body"]}\n',
        line('S{"text": "x", "place": ["' + "y" * 5000 + '"]}'),
        line('S{"text": "x", "place": [' + ",".join(['"y"'] * 65) + "]}"),
        line("Etrue"),
        line("Enull"),
    ],
)
def test_a_malformed_line_never_passes_in_silence(hostile):
    reading = decode_reading(hostile + STREAM)
    assert crashed(reading)
    assert not reading.canonical
    if not hostile.startswith(b"Etrue"):
        assert reading.segments == (ROW, ITEMS[3])


def test_nothing_may_follow_the_last_line():
    assert crashed(decode_reading(STREAM + encode_item(ROW)))


@given(st.binary(max_size=300))
def test_noise_is_unreadable(noise):
    assert crashed(decode_reading(noise)) or noise.startswith(b"E")


def test_pieces_are_one_reading_and_only_the_last_may_have_died():
    death = Unreadable(("message",), UnreadableReason.TIMEOUT, "took longer than 30 seconds")
    reading = decode_pieces([STREAM, encode_item(ROW)], death)
    assert reading.segments == (ROW, ITEMS[3], ROW)
    assert reading.unreadable == (DAMAGED, death)
    assert not reading.canonical
    assert crashed(decode_pieces([encode_item(ROW), STREAM], death))
    assert decode_pieces([STREAM, STREAM]).canonical
