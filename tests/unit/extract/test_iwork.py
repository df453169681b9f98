"""Archives of Apple's programs: unpacking, messages without a schema, and what of a table cannot be told."""

import random

import pytest
from documents import odd_iwork

from mailguard.extract import iwa, read_file
from mailguard.extract.samples import archive, protobuf


def test_blocks_unpack_to_what_was_packed():
    message = protobuf((1, 300), (3, "Zo\u00eb Quill".encode() * 40))
    whole = iwa.unpacked(archive((5, 2001, message)) * 2, 1 << 20)
    assert [(found.number, found.kind, found.data) for found in iwa.objects(whole)] == [(5, 2001, message)] * 2


def test_a_copy_may_run_into_itself():
    block = bytes((12, 0)) + b"a" + bytes(((11 - 1) << 2 | 2, 1, 0))
    assert iwa.unpacked(b"\0" + len(block).to_bytes(3, "little") + block, 100) == b"a" * 12


@pytest.mark.parametrize(
    "block",
    [
        bytes((12, 0)) + b"a" + bytes(((11 - 1) << 2 | 2, 2, 0)),  # from before the beginning
        bytes((12, 0)) + b"a",  # less than promised
        bytes((1, 4)) + b"ab",  # more
        b"\xff" * 12,  # a size without end
    ],
)
def test_a_lying_block_is_refused(block):
    with pytest.raises(iwa.BadArchive):
        iwa.unpacked(b"\0" + len(block).to_bytes(3, "little") + block, 100)


def test_a_block_never_swells_past_its_limit():
    huge = b"\xff\xff\xff\x7f" + b"\0a" + bytes((252 | 2, 1, 0)) * 1000
    with pytest.raises(iwa.BadArchive):
        iwa.unpacked(b"\0" + len(huge).to_bytes(3, "little") + huge, 1 << 16)


def test_every_text_of_a_message_is_found_at_any_depth():
    inner = protobuf((9, b"deep"))
    for _ in range(30):
        inner = protobuf((1, 7), (2, inner))
    assert "deep" in list(iwa.texts(inner))
    for _ in range(2000):
        inner = protobuf((2, inner))
    list(iwa.texts(inner))


def test_rows_of_a_table_carry_days_numbers_and_texts_with_looks():
    reading = read_file(dict(odd_iwork.CASES)["cell.numbers"], "cell.numbers")
    rows = [(segment.place[1:], segment.text) for segment in reading.segments if segment.kind == "row"]
    assert rows == [
        (('table "Marks"', "row 1"), "Name"),
        (('table "Marks"', "row 2"), "Zara Quill | 29/12/2013 (2013-12-29) | 7.5 | Heron class"),
    ]
    assert reading.unreadable == ()


def test_noise_is_no_fault_of_the_reader():
    rng = random.Random(4)
    good = archive(*odd_iwork.table())
    for _ in range(300):
        data = bytearray(good)
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        reading = read_file(odd_iwork.iwork({"Index/Document.iwa": bytes(data)}), "a.numbers")
        assert all("Error" not in fact.detail for fact in reading.unreadable), reading.unreadable
