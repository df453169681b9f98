"""Every format under the full jail: read cold as well as outside, and once warm without loading anything more."""

from pathlib import Path

import pytest
from unit.workers.conftest import Running

from mailguard.extract import mailsamples, read_file, samples

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
    running = Running(reader_module="unit.workers.cold_reader", memory_bytes=1 << 30)
    yield running
    running.close()


@pytest.fixture(scope="module")
def watched():
    running = Running(reader_module="unit.workers.watched_reader", memory_bytes=1 << 30)
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
