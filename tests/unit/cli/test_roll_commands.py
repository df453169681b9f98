"""`roll preview` as a technician types it."""

import os
from pathlib import Path

import pytest

EXPORT = (
    "Surname,Forename,Contact Name,PR,Contact Email,Court Order Notes\nKerr,Ada,Una Kerr,Y,una@home.example,see file\n"
)


def test_an_export_is_previewed_and_its_mapping_saved_once(mailguard, tmp_path: Path) -> None:
    export, mapping = tmp_path / "export.csv", tmp_path / "oak.toml"
    export.write_text(EXPORT, encoding="utf-8")
    shown = mailguard("roll", "preview", export, "--save", mapping)
    assert shown.status == 0, shown.err
    assert "Contact Email: contact 1 email" in shown.out
    assert "Court Order Notes: not read, and it seems to say who may not receive" in shown.out
    assert "una@home.example" not in shown.out
    saved = mapping.read_text(encoding="utf-8")
    assert "Court Order Notes" not in saved
    again = mailguard("roll", "preview", export, "--mapping", mapping, "--save", mapping)
    assert again.status != 0
    assert mapping.read_text(encoding="utf-8") == saved
    assert mailguard("roll", "preview", tmp_path / "none.csv").status == 2


@pytest.mark.parametrize("name", ["oak.xml", "oak.zip", "folder", "pipe.csv"])
def test_what_has_no_columns_to_map_is_not_previewed(mailguard, tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    if name == "folder":
        source.mkdir()
    elif name == "pipe.csv":
        os.mkfifo(source)
    else:
        source.write_text("<CTfile/>", encoding="utf-8")
    shown = mailguard("roll", "preview", source)
    assert shown.status == 1
    assert f"{name}: this is no CSV or XLSX" in shown.out
    assert "--dry-run" in shown.out
