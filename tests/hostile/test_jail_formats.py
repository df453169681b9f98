"""Every format under the full jail: read cold as well as outside, and once warm without loading anything more."""

import base64
import io
from pathlib import Path

import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from unit.workers.conftest import Running

from mailguard.extract import mailsamples, read_file, read_message, samples

REAL = Path(__file__).parent.parent / "documents" / "real"  # made by real programs
SAMPLES = [
    *mailsamples.samples(),
    *samples.samples(),
    *((path.name, path.read_bytes()) for path in sorted(REAL.iterdir())),
]
UNKNOWN = (
    "unknown",
    b"\x00\x01\x02\x03",
)  # cold, the library that names it cannot load; then it is "crashed", and held


@pytest.fixture(scope="module")
def cold():
    running = Running(reader_module="unit.workers.cold_reader", memory_bytes=1 << 30, picture_readers=0)
    yield running
    running.close()


@pytest.fixture(scope="module")
def watched():
    running = Running(reader_module="unit.workers.watched_reader", memory_bytes=1 << 30, read_wall_seconds=30.0)
    yield running
    running.close()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample[0])
def test_a_cold_reader_in_the_jail_reads_what_it_reads_outside(cold, sample):
    name, data = sample
    outside = read_file(data, name)
    assert outside.segments or outside.unreadable
    assert cold.run(cold.workers.read(data, name)) == outside


@pytest.mark.parametrize("sample", [*SAMPLES, UNKNOWN], ids=lambda sample: sample[0])
def test_a_warm_reader_loads_nothing_more(watched, sample):
    name, data = sample
    reading = watched.run(watched.workers.read(data, name))
    assert [segment.text for segment in reading.segments] == []


def test_a_locked_document_is_unlocked_cold_by_the_password_in_the_letter(cold):
    locked = io.BytesIO()
    with (REAL / "letter.docx").open("rb") as document:
        OOXMLFile(document).encrypt("Puddle2026", locked)
    content = (
        b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\n\r\nThe password is Puddle2026\r\n"
        b"--b\r\nContent-Type: application/octet-stream; name=letter.docx\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(locked.getvalue()) + b"--b--\r\n"
    )
    outside = read_message(content)
    assert not outside.unreadable
    assert len(outside.segments) > 3
    assert cold.run(cold.workers.read(content)) == outside
