"""Each format's sample is read, and says Sam Example."""

from mailguard.extract import read_file
from mailguard.extract.samples import samples


def test_every_sample_is_read_without_a_doubt() -> None:
    for name, data in samples():
        reading = read_file(data, name)
        text = "\n".join(segment.text for segment in reading.segments)
        assert "Sam" in text, name
        assert "Example" in text, name
        assert not reading.unreadable, name
