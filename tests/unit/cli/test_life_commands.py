"""`backup`, `restore`, `key rotate` and `audit verify --known` as a technician types them."""

import re
import shutil
from pathlib import Path

import pytest

from .conftest import CONTACTS, PUPILS, RELATIONSHIPS


@pytest.fixture
def site(mailguard, tmp_path: Path) -> list[object]:
    folder = tmp_path / "site"
    assert mailguard("init", "--dir", folder, "--yes").status == 0
    for name, text in (("pupils", PUPILS), ("contacts", CONTACTS), ("relationships", RELATIONSHIPS)):
        (folder / "roll" / f"{name}.csv").write_text(text, encoding="utf-8")
    config = ["--config", folder / "mailguard.toml"]
    assert mailguard("user", "add", "office", *config).status == 0
    return config


def test_a_store_comes_back_from_its_backup_under_a_new_key_and_its_trail_is_whole(mailguard, site, tmp_path) -> None:
    made = mailguard("backup", tmp_path, *site)
    assert made.status == 0, made.err
    copy = re.search(r"wrote (\S+mailguard-\d{8}T\d{6}Z\.db), \d+ KB", made.out)
    head = re.search(r"audit head (local:\d+:\w+|office:\d+:\w+)", made.out)
    assert copy
    assert head
    assert mailguard("user", "add", "later", *site).status == 0
    refused = mailguard("restore", copy[1], *site)
    assert refused.status == 1
    assert "--replace" in refused.err
    restored = mailguard("restore", copy[1], "--replace", *site)
    assert restored.status == 0, restored.err
    assert "0 messages held" in restored.out
    assert "before-restore-1" in restored.out
    assert restored.err == ""
    assert "later" not in mailguard("user", "list", *site).out
    rotated = mailguard("key", "rotate", *site)
    assert rotated.status == 0, rotated.err
    assert "in force" in rotated.out
    assert "office" in mailguard("user", "list", *site).out
    assert mailguard("audit", "verify", "--known", head[1], *site).status == 0
    forged = head[1].rsplit(":", 1)[0] + ":0123456789abcdef"
    assert mailguard("audit", "verify", "--known", forged, *site).status == 1


def test_a_copy_from_before_the_key_was_changed_comes_back_with_the_old_key(mailguard, site, tmp_path) -> None:
    copy, key = tmp_path / "copy.db", tmp_path / "site" / "key"
    assert mailguard("backup", copy, *site).status == 0
    assert mailguard("key", "rotate", *site).status == 0
    refused = mailguard("restore", copy, "--replace", *site)
    assert refused.status == 1
    assert refused.err.count("\n") == 1  # the remedy, and no traceback of a thread
    assert "made under another key" in refused.err
    (old,) = key.parent.glob("key.old-*")
    key.rename(key.with_name("key.new"))
    shutil.copy2(old, key)
    restored = mailguard("restore", copy, "--replace", *site)
    assert (restored.status, restored.err) == (0, "")
    assert mailguard("key", "rotate", *site).status == 0
    assert "office" in mailguard("user", "list", *site).out


@pytest.mark.parametrize("to", ["copies", "copies/", "copies.d/", "copies/a.db"])
def test_a_backup_to_a_folder_that_is_not_there_says_so(mailguard, site, tmp_path, to: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    done = mailguard("backup", f"{tmp_path}/{to}", *site)
    assert done.status == 2
    assert "there is no such folder; make it (install -d -m 0700" in done.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_backup_overwrites_nothing(mailguard, site, tmp_path) -> None:
    (tmp_path / "mine").write_text("mine")
    done = mailguard("backup", tmp_path / "mine", *site)
    assert done.status == 2
    assert (tmp_path / "mine").read_text() == "mine"
