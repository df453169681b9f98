"""What the jail is asked to read, and what it is not asked again."""

import asyncio
import os
import re
from pathlib import Path

import pytest
from unit.workers.conftest import Running

from mailguard.workers import orders, protocol
from mailguard.workers.kept import Kept
from mailguard.workers.readers import owner_of
from mailguard.workers.route import split

FILE = "Content-Type: application/pdf; name=a.pdf\r\n\r\n{}"


@pytest.fixture(scope="module")
def keeping():
    running = Running(kept_files=4, kept_bytes=64 << 10, kept_seconds=2.0)
    yield running
    running.close()


@pytest.fixture(autouse=True)
def forgetful(keeping):
    keeping.workers._readers._kept.clear()


def mail(words, *files, boundary="b"):
    parts = ["\r\n" + words, *(FILE.format(text) for text in files)]
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    head = f"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary={boundary}\r\n\r\n"
    return f"{head}{body}--{boundary}--\r\n".encode()


def read(running, data, passwords=()):
    async def go():
        written = await running.workers._readers.read(data, orders.Task(None, passwords))
        try:
            return [os.pread(fd, 1 << 20, 0).decode() for fd in written.fds], written.death
        finally:
            written.close()

    return running.run(go())


def pid(running, data, passwords=()):
    pieces, death = read(running, data, passwords)
    assert death is None
    return pieces[-1].split('"text":"')[-1].split('"')[0]


def test_the_same_files_are_read_once_whatever_the_letter_says(keeping):
    one = read(keeping, mail("Dear Mrs A", "ORDER pid"))
    two = read(keeping, mail("Dear Mr B", "ORDER pid", boundary="other"))
    assert "Mrs A" in one[0][0]
    assert "Mr B" in two[0][0]
    assert one[0][1] == two[0][1]


def test_anything_that_may_change_the_reading_is_read_again(keeping):
    seen = [
        pid(keeping, mail("x", "ORDER pid")),
        pid(keeping, mail("x", "ORDER pid", "ORDER pid")),
        pid(keeping, mail("x", "ORDER pid"), ("password",)),
        pid(keeping, mail("x", "ORDER pid ")),
        pid(keeping, mail("x", "ORDER pid").replace(b"a.pdf", b"b.pdf")),
    ]
    assert len(set(seen)) == 5


def test_the_end_of_one_file_is_not_the_start_of_the_next(keeping):
    kept = keeping.workers._readers._kept
    task = orders.Task(None)
    assert kept.key((b"ab", b"c"), task) != kept.key((b"a", b"bc"), task)
    assert kept.key((b"ab",), task) != kept.key((b"ab", b""), task)


@pytest.mark.parametrize("order", ["segfault", "sleep 600", "locked", "flood_little"])
def test_a_death_something_locked_or_a_long_reading_is_not_kept(keeping, order):
    read(keeping, mail("x", f"ORDER {order}"))
    assert not keeping.workers._readers._kept._entries


def test_a_locked_file_is_read_again_with_the_whole_letter(keeping):
    pieces, death = read(keeping, mail("The password is Puddle", "ORDER locked"))
    assert death is None
    assert len(pieces) == 1
    assert "Puddle" in pieces[0]
    assert "encrypted" in pieces[0]


def memory_files():
    """How many of them this process has open; the relay's other descriptors come and go with its children."""
    return sum(str(fd.readlink()).startswith("/memfd:") for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink())


def test_no_more_is_kept_than_allowed_and_no_longer(keeping, monkeypatch):
    kept = keeping.workers._readers._kept
    monkeypatch.setattr(kept, "_seconds", 3600.0)
    files = memory_files()
    for number in range(10):
        read(keeping, mail("x", f"ORDER pid {number}"))
    assert len(kept._entries) == 4
    assert memory_files() == files + 4
    last = pid(keeping, mail("x", "ORDER pid 9"))
    assert pid(keeping, mail("y", "ORDER pid 9")) == last
    kept.clear()
    monkeypatch.setattr(kept, "_seconds", 0.2)
    last = pid(keeping, mail("x", "ORDER pid 9"))

    async def forgotten():  # by the clock alone: no message comes
        async with asyncio.timeout(60):
            while kept._entries:
                await asyncio.sleep(0.05)

    keeping.run(forgotten())
    assert memory_files() == files
    assert pid(keeping, mail("x", "ORDER pid 9")) != last


def test_many_small_readings_stay_below_the_bytes_allowed():
    async def go():
        kept = Kept(1000, 1000, 60)
        for number in range(100):
            fd = protocol.memory_file(b"x" * 100)
            kept.put(str(number).encode(), (fd,), None)
            os.close(fd)
        assert len(kept._entries) == 10
        assert kept.get(b"0") is None
        kept.clear()

    asyncio.run(go())


def shared_by(running, sender, words, kind="text/html"):
    """Who reads the text of a message of this sender: alone, in a packet, and beside a file."""
    text = f"Content-Type: {kind}\r\n\r\n{words} ORDER pid\r\n"
    alone = text.replace("\r\n\r\n", "\r\n\r\n" + "x" * 9000, 1)
    beside = mail("", "x").replace(b"\r\n\r\n\r\n", b"\r\n" + text.encode() + b"\r\n", 1)

    async def go():
        readers, found = running.workers._readers, []
        for data in (text.encode(), alone.encode(), beside):
            written = await readers.read(data, orders.Task(None), sender)
            found.append(os.pread(written.fds[0], 1 << 20, 0).decode())
            written.close()
        packet = [text.encode()] * 2
        owner = owner_of(split(packet[0]), sender)
        found += [reading.decode() for reading in await readers.read_texts(packet, (), owner)]
        return {int(re.findall(r'"text":"(\d+)"', one)[-1]) for one in found}

    return running.run(go())


def test_html_shares_a_reader_with_the_same_senders_only(keeping):
    one, two = (shared_by(keeping, f"{name}@school.example", "<p>Dear</p>") for name in ("a", "b"))
    again = shared_by(keeping, "a@school.example", "<p>Dear</p>")
    everybody = shared_by(keeping, "a@school.example", "Dear", "text/plain")
    everybody_too = shared_by(keeping, "b@school.example", "Dear", "text/plain")
    assert one == again
    assert everybody == everybody_too
    assert not one & two
    assert not (one | two) & everybody


def test_only_so_many_senders_readers_are_kept(keeping):
    first = shared_by(keeping, "first@school.example", "<p>Dear</p>")
    for number in range(10):
        shared_by(keeping, f"other{number}@school.example", "<p>Dear</p>")
    assert not first & shared_by(keeping, "first@school.example", "<p>Dear</p>")
    owners = {owner for _, owner in keeping.workers._readers.crew._idle if owner}
    assert len(owners) <= 8


def files_by(running, sender, order, size=0):
    """Who reads the file of a letter of this sender, and how the reading ended."""

    async def go():
        data = mail("Dear parents", f"ORDER {order}\r\n" + "x" * size)
        written = await running.workers._readers.read(data, orders.Task(None), sender)
        text = os.pread(written.fds[-1], 1 << 20, 0).decode()
        written.close()
        return re.findall(r'"text":"(\d+)"', text), text, written.death

    return running.run(go())


def pid_by(running, sender, order="pid", size=0):
    (found,), _, death = files_by(running, sender, order, size)
    assert death is None
    return int(found)


@pytest.fixture(scope="module")
def sharing():
    running = Running(shared_files=4)
    yield running
    running.close()


def test_files_share_a_reader_with_the_same_senders_only(sharing):
    one, two = ({pid_by(sharing, f"{name}@school.example") for _ in range(3)} for name in ("a", "b"))
    nobodys = {pid_by(sharing, "") for _ in range(3)}
    assert (len(one), len(two), len(nobodys)) == (1, 1, 3)
    assert not one & two
    assert not (one | two) & nobodys
    assert not one & shared_by(sharing, "a@school.example", "<p>Dear</p>")


def test_a_senders_reader_of_files_ends_after_so_many(sharing):
    pids = [pid_by(sharing, "many@school.example") for _ in range(9)]
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [4, 4, 1]


def test_a_large_file_has_a_reader_of_its_own(sharing):
    assert len({pid_by(sharing, "large@school.example", size=300_000) for _ in range(2)}) == 2


def test_a_kept_reading_stands_for_its_senders_mail_only(keeping):
    one = [pid_by(keeping, "one@school.example") for _ in range(2)]
    two = pid_by(keeping, "two@school.example")
    nobodys = pid_by(keeping, "")
    assert one[0] == one[1]
    assert len({one[0], two, nobodys}) == 3


@pytest.mark.parametrize("order", ["locked", "segfault", "exit"])
def test_trouble_is_read_again_by_a_new_reader_and_the_sender_gets_another(sharing, order):
    before = pid_by(sharing, "trouble@school.example")
    _, text, death = files_by(sharing, "trouble@school.example", order)
    assert death is not None or "encrypted" in text
    assert pid_by(sharing, "trouble@school.example") != before


def test_what_one_file_did_to_its_reader_does_not_cost_the_next_one_its_reading(sharing):
    first = pid_by(sharing, "grudge@school.example", "die_if_not_the_first")
    second = pid_by(sharing, "grudge@school.example", "die_if_not_the_first")
    assert first != second


def test_a_senders_idle_readers_end(sharing, monkeypatch):
    monkeypatch.setattr("mailguard.workers.crew._IDLE_SECONDS", 0.05)
    crew = sharing.workers._readers.crew
    if crew._sweeping is not None:
        crew._sweeping.cancel()
        crew._sweeping = None
    reader = pid_by(sharing, "idle@school.example")

    async def gone():
        async with asyncio.timeout(60):
            while Path(f"/proc/{reader}").exists():
                await asyncio.sleep(0.02)

    sharing.run(gone())
    assert not [key for key in crew._idle if key[1]]
    assert crew._sweeping is None


def test_sharing_of_files_can_be_turned_off():
    running = Running(shared_files=0)
    try:
        assert len({pid_by(running, "a@school.example") for _ in range(3)}) == 3
    finally:
        running.close()
