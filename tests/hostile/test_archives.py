"""Archives made to hide, to swell, to lie and to break: read, or reported, within the budget."""

import base64
import bz2
import gzip
import hashlib
import hmac
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

import py7zr
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from mailguard import extract
from mailguard.extract import sevenzip
from mailguard.model import UnreadableReason

RECORD = b"Zara Quill was born on 1 February 2014 and has asthma."


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def tarred(*members: tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def shows_record(reading) -> bool:
    return any(RECORD.decode() in segment.text for segment in reading.segments)


def reasons(reading) -> set[UnreadableReason]:
    return {unreadable.reason for unreadable in reading.unreadable}


@pytest.mark.parametrize(
    "data",
    [
        zipped(("a.txt", RECORD)),
        zipped(("a.txt", RECORD), method=zipfile.ZIP_STORED),
        zipped(("a.txt", RECORD), method=zipfile.ZIP_BZIP2),
        zipped(("a.txt", RECORD), method=zipfile.ZIP_LZMA),
        zipped(("../../etc/passwd", b"x"), ("C:\\a.txt", RECORD)),
        zipped(("same.txt", b"x"), ("same.txt", RECORD)),
        zipped(("in.zip", zipped(("in.zip", zipped(("a.txt", RECORD)))))),
        gzip.compress(RECORD),
        gzip.compress(b"x\n\n") + gzip.compress(RECORD),
        gzip.compress(b"x")[:3] + b"\x10" + bytes(6) + RECORD + b"\0" + gzip.compress(b"x")[10:],
        gzip.compress(b"x")[:3] + b"\4" + bytes(6) + bytes([len(RECORD), 0]) + RECORD + gzip.compress(b"x")[10:],
        bz2.compress(RECORD),
        lzma.compress(RECORD),
        tarred(("a.txt", RECORD)),
        tarred(("a.txt", RECORD), form=tarfile.GNU_FORMAT),
        tarred(("a.txt", b"x")) + tarred(("b.txt", RECORD)),
        gzip.compress(tarred(("a.csv.gz", gzip.compress(RECORD)))),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08\x08\0\0\0\0" + bytes(40) + zipped(("a.txt", RECORD)),
    ],
    ids=range(18),
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_archives_hold_is_read(data):
    reading = extract.read_file(data, "file.dat")
    assert shows_record(reading)
    assert reading.unreadable == ()


def test_a_zip_behind_other_bytes_is_read_and_the_bytes_are_reported():
    reading = extract.read_file(b"Some text.\n" + zipped(("a.txt", RECORD)), "file.dat")
    assert shows_record(reading)
    assert reasons(reading) == {UnreadableReason.UNKNOWN_TYPE}


def test_old_tar_without_magic_is_read():
    data = bytearray(tarred(("a.txt", RECORD), form=tarfile.USTAR_FORMAT))
    data[257:265] = bytes(8)
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    assert shows_record(extract.read_file(bytes(data), "x"))


def test_a_member_that_the_directory_does_not_list_is_read_and_reported():
    hidden = zipped(("hidden.txt", RECORD))
    local = hidden[: hidden.index(b"PK\x01\x02")]
    reading = extract.read_file(local + zipped(("shown.txt", b"x")), "a.zip")
    assert shows_record(reading)
    assert UnreadableReason.AMBIGUOUS in reasons(reading)


def test_an_archive_without_its_directory_is_salvaged_and_reported():
    data = zipped(("a.txt", RECORD))
    reading = extract.read_file(data[: data.index(b"PK\x01\x02")], "a.zip")
    assert shows_record(reading)
    assert UnreadableReason.DAMAGED in reasons(reading)


def test_two_names_of_one_member_are_reported():
    data = zipped(("a.txt", RECORD)).replace(b"a.txt", b"b.txt", 1)
    assert reasons(extract.read_file(data, "a.zip"))


def test_a_member_with_a_wrong_checksum_is_read_and_reported():
    data = bytearray(zipped(("a.txt", RECORD), method=zipfile.ZIP_STORED))
    at = data.index(b"PK\x01\x02")
    data[at + 16 : at + 20] = b"\1\2\3\4"
    reading = extract.read_file(bytes(data), "a.zip")
    assert shows_record(reading)
    assert UnreadableReason.DAMAGED in reasons(reading)


def test_a_cut_gzip_is_read_so_far_and_reported():
    data = gzip.compress(RECORD * 1000)[:-8]
    reading = extract.read_file(data, "a.gz")
    assert shows_record(reading)
    assert UnreadableReason.DAMAGED in reasons(reading)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda d: zipped(("a.bin", d))])
def test_a_bomb_is_too_large(pack):
    reading = extract.read_file(pack(bytes(80 << 20)), "bomb")
    assert UnreadableReason.TOO_LARGE in reasons(reading)


def test_overlapping_members_are_reported_and_the_sum_is_capped():
    kernel = zlib.compress(bytes(4 << 20), 9)[2:-4]
    crc = zlib.crc32(bytes(4 << 20))
    header = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, crc, len(kernel), 4 << 20, 1, 0) + b"a"
    one = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, crc, len(kernel), 4 << 20, 1, 0, 0, 0, 0, 0, 0)
    directory = (one + b"a") * 500
    body = header + kernel
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 500, 500, len(directory), len(body), 0)
    assert UnreadableReason.DAMAGED in reasons(extract.read_file(body + directory + end, "a.zip"))


def test_an_archive_that_holds_itself_ends():
    data = zipped(("a.txt", RECORD))
    for _ in range(7):
        data = zipped(("a.zip", data), ("b.zip", data), ("c.zip", data))
    reading = extract.read_file(data, "a.zip")
    assert shows_record(reading)


def test_more_files_than_the_limit_are_reported():
    reading = extract.read_file(zipped(*((f"{n}.txt", b"%d" % n) for n in range(3000))), "a.zip")
    assert UnreadableReason.TOO_LARGE in reasons(reading)


def classic_locked(name: str, data: bytes, password: bytes) -> bytes:
    """Lock one stored member with the old cipher (APPNOTE 6.1), which the standard library only opens."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = zlib.crc32(bytes([byte]), keys[0] ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = zlib.crc32(bytes([keys[1] >> 24]), keys[2] ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

    for byte in password:
        update(byte)
    crc = zlib.crc32(data)
    locked = bytearray()
    for byte in bytes(11) + bytes([crc >> 24]) + data:
        key = keys[2] | 2
        locked.append(byte ^ ((key * (key ^ 1)) >> 8 & 0xFF))
        update(byte)
    head = struct.pack("<5H3I2H", 20, 1, 0, 0, 0, crc, len(locked), len(data), len(name), 0)
    body = b"PK\x03\x04" + head + name.encode() + bytes(locked)
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + head + struct.pack("<3H2I", 0, 0, 0, 0, 0) + name.encode()
    return body + entry + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(entry), len(body), 0)


def test_a_password_of_the_policy_or_the_message_opens_an_archive():
    data = classic_locked("a.txt", RECORD, b"Acorn2026")
    assert reasons(extract.read_file(data, "a.zip")) == {UnreadableReason.ENCRYPTED}
    assert shows_record(extract.read_file(data, "a.zip", passwords=("wrong", "Acorn2026")))
    mail = (
        b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nThe password is Acorn2026.\n"
        b"--b\nContent-Disposition: attachment; filename=a.zip\nContent-Transfer-Encoding: base64\n\n"
    )
    reading = extract.read_message(mail + base64.encodebytes(data) + b"\n--b--\n")
    assert shows_record(reading)
    assert reading.unreadable == ()


def aes_locked(name: str, data: bytes, password: bytes) -> bytes:
    """Lock one member with AES-256 as WinZip does (AE-2)."""
    salt = bytes(range(16))
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, 1000, 66)
    engine = Cipher(algorithms.AES(keys[:32]), modes.ECB()).encryptor()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    plain = packer.compress(data) + packer.flush()
    stream = b"".join(engine.update((n + 1).to_bytes(16, "little")) for n in range(len(plain) // 16 + 1))
    body = bytes(a ^ b for a, b in zip(plain, stream, strict=False))
    locked = salt + keys[64:66] + body + hmac.new(keys[32:64], body, "sha1").digest()[:10]
    extra = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 8)
    head = struct.pack("<5H3I2H", 51, 1, 99, 0, 0, 0, len(locked), len(data), len(name), len(extra))
    whole = b"PK\x03\x04" + head + name.encode() + extra + locked
    entry = b"PK\x01\x02" + struct.pack("<H", 51) + head + struct.pack("<3H2I", 0, 0, 0, 0, 0) + name.encode() + extra
    return whole + entry + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(entry), len(whole), 0)


def test_aes_is_opened_with_the_password_and_reported_without():
    data = aes_locked("a.txt", RECORD * 5000, b"Acorn2026")
    assert reasons(extract.read_file(data, "a.zip")) == {UnreadableReason.ENCRYPTED}
    assert reasons(extract.read_file(data, "a.zip", passwords=("wrong",))) == {UnreadableReason.ENCRYPTED}
    assert shows_record(extract.read_file(data, "a.zip", passwords=("Acorn2026",)))


def seven_zipped(password: str | None = None, hide_names: bool = False) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password=password, header_encryption=hide_names) as archive:
        archive.writestr(RECORD, "in/a.txt")
    return out.getvalue()


def test_7z_is_read():
    reading = extract.read_file(seven_zipped(), "a.7z")
    assert shows_record(reading)
    assert reading.unreadable == ()


@pytest.mark.parametrize("hide_names", [False, True])
def test_a_locked_7z_is_opened_with_the_password_and_reported_without(hide_names):
    data = seven_zipped("Acorn2026", hide_names)
    assert reasons(extract.read_file(data, "a.7z", passwords=("wrong",))) == {UnreadableReason.ENCRYPTED}
    assert shows_record(extract.read_file(data, "a.7z", passwords=("wrong", "Acorn2026")))


def test_a_cut_7z_is_damaged():
    assert reasons(extract.read_file(seven_zipped()[:-20], "a.7z")) == {UnreadableReason.DAMAGED}


def test_a_7z_without_the_extra_says_what_to_install(monkeypatch):
    monkeypatch.setattr(sevenzip, "INSTALLED", False)
    (unreadable,) = extract.read_file(seven_zipped(), "a.7z").unreadable
    assert unreadable.reason is UnreadableReason.NEEDS_EXTRA
    assert "mailguard[archives]" in unreadable.detail
