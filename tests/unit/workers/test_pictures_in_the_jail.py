"""Text in pictures, recognised under the full jail: once for all who get it, within limits of its own."""

import asyncio
import base64
import io
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from bench import scans
from unit.workers.conftest import Running

from mailguard.extract import Limits, read_file
from mailguard.model import Pupil, SegmentKind, UnreadableReason
from mailguard.workers.sandbox import REQUIRED

PUPIL = Pupil("OAK", "1", "Ama", "Osei-Quill", date(2014, 3, 14), "H801200001001", registration_group="7B")
PHOTOGRAPH = Path(__file__).parents[2] / "documents" / "real" / "photo.heic"
REAL = {
    "reader_module": "mailguard.extract",
    "memory_bytes": 1 << 30,
    "read_wall_seconds": 60.0,
    "read_cpu_seconds": 20,
    "kept_files": 8,
}


@pytest.fixture(scope="module")
def page():
    """A form's upper half; two seconds to read."""
    page = scans.scan(scans.paper(random.Random(2), [PUPIL], "lines").pdf, 120)
    return page.crop((60, 60, page.width - 60, page.height // 2))


@pytest.fixture(scope="module")
def able():
    running = Running(**REAL)
    yield running
    running.close()


def saved(*pages, kind="PNG"):
    stream = io.BytesIO()
    if len(pages) == 1:
        pages[0].save(stream, kind)
    else:
        pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    return stream.getvalue()


def letter(words, data, other=b""):
    head = "From: a@school.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    file = "Content-Type: image/png; name=scan.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    coded = base64.encodebytes(data).decode().replace("\n", "\r\n")
    more = f"--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n{other.decode()}\r\n" if other else ""
    return f"{head}--b\r\n\r\n{words}\r\n{more}--b\r\n{file}{coded}\r\n--b--\r\n".encode()


def recognised(reading):
    return "\n".join(segment.text for segment in reading.segments if segment.kind is SegmentKind.OCR)


def test_a_scan_is_read_in_the_jail_as_outside(able, page):
    outside = read_file(saved(page), "scan.png", Limits(scans=40))
    assert "H801200001001" in recognised(outside)
    assert able.run(able.workers.read(saved(page), "scan.png")) == outside
    assert set(REQUIRED) <= set(able.workers._readers.pictures.crew.layers)


def test_a_photograph_of_a_telephone_is_read_in_the_jail_as_outside(able):
    """Tiles of HEVC: their decoder starts a thread, which no other reader may."""
    outside = read_file(PHOTOGRAPH.read_bytes(), "photo.heic", Limits(scans=40))
    assert "Qxphotograph" in recognised(outside)
    assert "2014" in recognised(outside)
    assert not outside.unreadable
    assert able.run(able.workers.read(PHOTOGRAPH.read_bytes(), "photo.heic")) == outside


def test_a_photograph_that_is_cut_short_is_reported(able):
    data = PHOTOGRAPH.read_bytes()
    for length in (600, len(data) // 2, len(data) - 1):
        reading = able.run(able.workers.read(data[:length], "photo.heic"))
        assert [item.reason for item in reading.unreadable] == ["picture"]


def test_nothing_more_is_loaded_to_read_a_scan(page):
    """What a library loads on first use would be out of reach of a locked process."""
    watched = Running(**{**REAL, "reader_module": "unit.workers.watched_reader"})
    turned = page.rotate(90, expand=True)
    try:
        for name, data in (
            ("a.png", saved(page)),
            ("a.tif", saved(turned, turned)),
            ("a.jpg", saved(page, kind="JPEG")),
            ("a.heic", PHOTOGRAPH.read_bytes()),
        ):
            reading = watched.run(watched.workers.read(data, name))
            assert [segment.text for segment in reading.segments] == [], name
            assert not reading.unreadable, name
    finally:
        watched.close()


def test_letters_with_the_same_scan_have_it_read_once(able, page, monkeypatch):
    pictures = able.workers._readers.pictures
    read, calls = pictures.read, []

    async def counted(*asked):
        calls.append(asked)
        return await read(*asked)

    monkeypatch.setattr(pictures, "read", counted)
    scan = saved(page.rotate(180))

    async def together():
        return await asyncio.gather(*(able.workers.read(letter(f"Dear family {n}", scan)) for n in range(5)))

    readings = able.run(together())
    readings.append(able.run(able.workers.read(letter("Dear family 9", scan))))
    for number in range(3):  # a file of its own beside it changes nothing
        reading = able.run(able.workers.read(letter("Dear family", scan, b"%%PDF-1.4 %d" % number)))
        assert {item.place for item in reading.unreadable} == {("a.pdf",)}
        readings.append(replace(reading, unreadable=()))
    for reading in readings:
        assert "H801200001001" in recognised(reading)
        assert not reading.unreadable
    assert len(calls) == 1


def test_others_do_not_wait_for_a_scan(able, page):
    async def together():
        scan = asyncio.ensure_future(able.workers.read(saved(*[page] * 4), "scan.tif"))
        async with asyncio.timeout(50):
            for number in range(10):
                reading = await able.workers.read(b"%%PDF-1.4 %d" % number, "a.pdf")
                assert reading.unreadable
        waited = scan.done()
        await scan
        return waited

    assert not able.run(together())


def test_a_scan_that_takes_too_long_is_held_with_what_was_read():
    quick = Running(**REAL, picture_cpu_seconds=1)
    pages = [scans.scan(scans.paper(random.Random(n), [PUPIL], "letter").pdf, 150) for n in range(6)]
    try:
        reading = quick.run(quick.workers.read(letter("Dear parents", saved(*pages))))
    finally:
        quick.close()
    assert {item.reason for item in reading.unreadable} == {UnreadableReason.PICTURE, UnreadableReason.TIMEOUT}
    assert any("Dear parents" in segment.text for segment in reading.segments)


def test_without_the_extra_a_scan_stays_a_picture(page):
    running = Running(**REAL, picture_readers=0)
    try:
        reading = running.run(running.workers.read(saved(page), "scan.png"))
    finally:
        running.close()
    assert [item.reason for item in reading.unreadable] == [UnreadableReason.PICTURE]


def test_a_server_that_does_not_start_leaves_the_picture_held_and_is_left_alone_for_a_while(page):
    broken = Running(**{**REAL, "reader_module": "unit.workers.pictureless_reader"})
    try:
        reading = broken.run(broken.workers.read(saved(page), "scan.png"))
        assert not broken.workers._readers.pictures.crew.layers

        async def able():
            return broken.workers._readers.pictures.able

        assert not broken.run(able())
    finally:
        broken.close()
    assert {item.reason for item in reading.unreadable} == {UnreadableReason.PICTURE, UnreadableReason.CRASHED}
