"""Encryption at rest: what was sealed opens only where it belongs, with the right key."""

import base64
import os

import pytest

from mailguard.store import Database, StoreError, Vault, write_key_file
from mailguard.store.crypto import CHUNK, Seal, new_wrapped_root, read_key_file

KEY = bytes(range(32))


@pytest.fixture
def vault():
    return Vault.unlock(KEY, new_wrapped_root(KEY))


def test_a_value_opens_only_in_its_place(vault):
    seal, wrapped = vault.new_seal("m1")
    sealed = seal.seal("subject", b"Zebedee")
    assert b"Zebedee" not in sealed
    assert vault.unwrap("m1", wrapped).open("subject", sealed) == b"Zebedee"
    for stranger, field in ((seal, "reply"), (vault.new_seal("m1")[0], "subject"), (vault.store, "subject")):
        with pytest.raises(StoreError):
            stranger.open(field, sealed)
    with pytest.raises(StoreError):
        vault.unwrap("m2", wrapped)
    with pytest.raises(StoreError):
        seal.open("subject", b"short")


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_content_is_whole_or_an_error(size):
    seal = Seal("m1", KEY)
    content = os.urandom(size)
    chunks = list(seal.seal_chunks(content))
    assert len(chunks) == max(1, -(-size // CHUNK))
    assert seal.open_chunks(chunks) == content
    damaged = [chunks[:-1], [*chunks, chunks[-1]], [b"x" * 40, *chunks[1:]]]
    if len(chunks) > 1:
        damaged += [chunks[1:], [chunks[1], chunks[0], *chunks[2:]]]
    for some in damaged:
        with pytest.raises(StoreError):
            seal.open_chunks(some)
    with pytest.raises(StoreError):
        Seal("m2", KEY).open_chunks(chunks)


def test_digests_need_the_key(vault):
    other = Vault.unlock(KEY, new_wrapped_root(KEY))
    assert vault.digest("address", "a@b") == vault.digest("address", "a@b")
    assert len({vault.digest("address", "a@b"), vault.digest("user", "a@b"), other.digest("address", "a@b")}) == 3


def test_a_new_key_file_is_private_and_never_replaced(tmp_path):
    write_key_file(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o400
    assert len(read_key_file(tmp_path / "key")) == 32
    with pytest.raises(FileExistsError):
        write_key_file(tmp_path / "key")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "does not exist"),
        (b"", "32 random bytes"),
        (b"not base64!\n", "32 random bytes"),
        (base64.b64encode(b"x" * 31), "32 random bytes"),
        (base64.b64encode(b"x" * 33), "32 random bytes"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_bad_key_file_stops_everything_and_says_why(kit, content, words):
    path = kit.settings.key_file
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreError, match=words):
        Database.open(kit.settings)
    assert not kit.settings.path.exists()


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_folder_or_a_pipe_is_no_key_file(kit, make):
    kit.settings.key_file.unlink()
    make(kit.settings.key_file)
    with pytest.raises(StoreError, match="cannot be read"):
        Database.open(kit.settings)


def test_another_key_does_not_open_the_database(kit):
    Database.open(kit.settings).close()
    kit.settings.key_file.unlink()
    write_key_file(kit.settings.key_file)
    with pytest.raises(StoreError, match="not hold the key of this database"):
        Database.open(kit.settings)
