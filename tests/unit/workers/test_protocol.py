"""Packets: small and large bodies, descriptors, and whatever is not a packet."""

import os
import socket
import struct
from pathlib import Path

import pytest

from mailguard.workers import protocol


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        yield ours, theirs


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("size", [0, 1, protocol.INLINE, protocol.INLINE + 1, 5 << 20])
def test_a_body_of_any_size_arrives_whole_and_leaks_no_descriptor(pair, size):
    before = open_descriptors()
    body = os.urandom(size)
    protocol.send(pair[0], b"head", body)
    assert protocol.receive(pair[1]) == (b"head", body, [], None)
    assert open_descriptors() == before


def test_a_body_too_long_to_be_read_at_once_is_left_in_its_file(pair):
    protocol.send(pair[0], b"head", b"x" * 100_001)
    packet = protocol.receive(pair[1], at_once=100_000)
    assert packet is not None
    assert packet[:3] == (b"head", b"", [])
    assert packet.apart is not None
    assert protocol.read_memory_file(packet.apart, 100_001) == b"x" * 100_001
    protocol.close_all([packet.apart])


def test_descriptors_travel_beside_a_large_body(pair):
    fd = protocol.memory_file(b"the other file")
    protocol.send(pair[0], b"", b"x" * 100_000, [fd])
    packet = protocol.receive(pair[1])
    assert packet is not None
    assert packet.body == b"x" * 100_000
    assert protocol.read_memory_file(packet.fds[0], 100) == b"the other file"
    protocol.close_all([fd, *packet.fds])


def test_the_end_of_the_stream_is_none(pair):
    pair[0].close()
    assert protocol.receive(pair[1]) is None


def test_a_body_over_the_limit_is_refused(pair):
    before = open_descriptors()
    protocol.send(pair[0], b"", b"x" * 100_000)
    with pytest.raises(protocol.ProtocolError):
        protocol.receive(pair[1], limit=99_999)
    assert open_descriptors() == before


@pytest.mark.parametrize(
    "packet", [b"x", struct.pack("!?I", False, 50) + b"short", struct.pack("!?I", True, 0), b"\0" * 4]
)
def test_what_is_not_a_packet_is_refused(pair, packet):
    pair[0].send(packet)
    with pytest.raises(protocol.ProtocolError):
        protocol.receive(pair[1])


def test_unwelcome_descriptors_are_refused_and_closed(pair):
    before = open_descriptors()
    fd = protocol.memory_file()
    protocol.send(pair[0], b"", b"", [fd])
    os.close(fd)
    with pytest.raises(protocol.ProtocolError):
        protocol.receive(pair[1], fds=0)
    assert open_descriptors() == before


def test_a_head_too_long_is_refused_before_it_is_sent(pair):
    with pytest.raises(protocol.ProtocolError):
        protocol.send(pair[0], b"h" * 100_000)


def test_a_sealed_file_cannot_be_changed():
    fd = protocol.memory_file(b"judged")
    protocol.seal(fd)
    for change in (lambda: os.pwrite(fd, b"x", 0), lambda: os.ftruncate(fd, 0), lambda: os.ftruncate(fd, 100)):
        with pytest.raises(PermissionError):
            change()
    os.close(fd)


def test_a_file_mapped_writable_by_its_writer_cannot_be_sealed():
    import mmap

    fd = protocol.memory_file(b"12345678")
    with mmap.mmap(fd, 8), pytest.raises(OSError, match="busy"):
        protocol.seal(fd)
    os.close(fd)
