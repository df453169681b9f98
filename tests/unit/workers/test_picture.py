"""Pictures from the jail: bare pixels in, a file of our own making out, and nothing that does not add up."""

import asyncio
import struct
import zlib

import pytest

from mailguard.extract import samples
from mailguard.workers import Workers
from mailguard.workers.picture import Picture, picture_of


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        struct.pack("!II", 2, 2),
        struct.pack("!II", 2, 2) + b"x" * 11,
        struct.pack("!II", 2, 2) + b"x" * 13,
        struct.pack("!II", 0, 2),
        struct.pack("!II", 1 << 20, 1) + b"x" * (3 << 20),
    ],
)
def test_sizes_that_do_not_add_up_are_no_picture(data: bytes) -> None:
    assert picture_of(data) is None


def test_the_file_holds_the_pixels() -> None:
    picture = Picture(2, 1, bytes((1, 2, 3, 4, 5, 6)))
    data = picture.png()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    start = data.index(b"IDAT") + 4
    size = struct.unpack("!I", data[start - 8 : start - 4])[0]
    assert zlib.decompress(data[start : start + size]) == b"\0" + picture.pixels


def test_a_page_is_painted_and_parts_fetched_under_the_full_jail() -> None:
    head = b"Subject: x\r\nContent-Type: application/pdf; name=form.pdf\r\nContent-Disposition: attachment\r\n"
    pdf = samples.pdf()
    import base64

    content = head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(pdf).replace(b"\n", b"\r\n")

    page = b"Subject: x\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n<p>Zo\xeb</p>\r\n"

    async def run() -> tuple[Picture | None, bytes, Picture | None, bytes, str, str]:
        workers = Workers()
        await workers.start()
        try:
            return (
                await workers.page_picture(content, ("form.pdf",), 1, ("Sam Example",)),
                await workers.part_bytes(content, ("form.pdf",)),
                await workers.page_picture(content, ("none.pdf",), 1, ()),
                await workers.part_bytes(content, ("none.pdf",)),
                await workers.looks(page, ("Zoë",)),
                await workers.looks(content, ()),
            )
        finally:
            await workers.close()

    picture, data, none, nothing, shown, unshown = asyncio.run(run())
    assert picture is not None
    assert picture.width > 500
    assert bytes((156, 31, 31)) * 10 in picture.pixels
    assert data == pdf
    assert (none, nothing) == (None, b"")
    assert "<p><mark>Zoë</mark></p>" in shown
    assert unshown == ""
