"""A small command starts quickly: it imports what it needs and nothing of what opens files, serves or judges."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mailguard.cli import COMMANDS, GROUPS

# Slow to import: readers of documents, servers, the web, the demo's painters, hashing of passwords, alembic.
HEAVY = {
    "aiosmtpd", "alembic", "argon2", "jinja2", "lxml", "numpy", "openpyxl", "pdfminer", "pdfplumber", "pikepdf", "PIL",
    "prometheus_client", "pypdfium2", "rapidfuzz", "reportlab", "starlette", "uvicorn", "xlrd",
}  # fmt: skip
PROGRAM = """\
import json, sys
from mailguard.cli import main
try:
    main()
finally:
    sys.stderr.write("\\n" + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def imported(*words: object, status: int = 0) -> set[str]:
    command = [sys.executable, "-c", PROGRAM, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return set(json.loads(done.stderr.rpartition("\n")[2]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "site"
    assert not HEAVY & imported("init", "--dir", folder, "--yes")
    imported("user", "add", "office", "--config", folder / "mailguard.toml")  # makes the store
    return folder / "mailguard.toml"


def test_the_version_needs_next_to_nothing() -> None:
    assert not (HEAVY | {"sqlalchemy", "cryptography", "msgspec"}) & imported("--version")


@pytest.mark.parametrize("words", ["held list", "queue list", "user list", "audit verify"])
def test_a_command_on_the_store_imports_no_readers_and_no_servers(site: Path, words: str) -> None:
    assert not HEAVY & imported(*words.split(), "--config", site)


def test_a_check_of_the_configuration_imports_no_readers_of_documents(site: Path) -> None:
    unneeded = HEAVY - {"lxml", "prometheus_client"}  # rolls in XML are read by lxml
    assert not unneeded & imported("check-config", "--config", site, status=1)  # the roll is empty yet


def test_every_command_is_in_the_table_once_and_can_be_asked_for_help() -> None:
    assert not COMMANDS.keys() & GROUPS.keys()
    everything = subprocess.run(
        [sys.executable, "-m", "mailguard", "--help"], capture_output=True, text=True, check=True
    )
    assert all(name in everything.stdout for name in (*COMMANDS, *GROUPS))
