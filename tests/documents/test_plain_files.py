"""Ordinary files that a reader once took for broken: each is read in all, and nothing of it is reported.

A mail that is held for a file which any office program opens costs as much trust as one that leaks."""

import io
import zipfile

import pytest
from documents.compound_file import compound

from mailguard.extract import read_file, samples

LETTER = "The fair is on 4 July"


def with_members(data, members):
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as container:
        for name, content in members.items():
            container.writestr(name, content)
    return out.getvalue()


def chart_of_libreoffice():
    """An object of LibreOffice inside a file of old Office: its own file in a stream of a name that only it uses."""
    inside = samples.opendocument("text", f"<text:p>{LETTER}</text:p>")
    return compound({"\x01Ole": bytes(20), "\x01CompObj": bytes(80), "package_stream": inside})


FILES = {
    "openoffice.odt": with_members(
        samples.opendocument("text", f"<text:p>{LETTER}</text:p>"), {"Configurations2/accelerator/current.xml": b""}
    ),
    "empty part.docx": with_members(
        samples.docx(f"<w:p><w:r><w:t>{LETTER}</w:t></w:r></w:p>"), {"word/people.xml": b""}
    ),
    "object.bin": chart_of_libreoffice(),
    "anyone may open it.pdf": samples.pdf(f"BT /F1 12 Tf 72 720 Td ({LETTER}) Tj ET".encode(), owner="office"),
}


@pytest.mark.parametrize("name", list(FILES))
def test_an_ordinary_file_is_read_in_all(name):
    reading = read_file(FILES[name], name)
    assert any(LETTER in segment.text for segment in reading.segments)
    assert reading.unreadable == ()
