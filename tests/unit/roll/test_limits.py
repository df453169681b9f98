"""A file that is far beyond any roll is refused before it takes the machine's memory."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mailguard.roll import limits
from mailguard.roll.problems import Loaded, RollError
from mailguard.roll.sources.mapped import load_mapped
from mailguard.roll.sources.native import load_native
from mailguard.roll.sources.oneroster import load_oneroster

HEAD = "Forename,Surname,Parent 1 Email\n"
ROW = "Ada,Kerr,una@home.example\n"
LONG = "x" * (limits.LONGEST_LINE + 1)


def mapped(path: Path) -> Loaded:
    return load_mapped(path, "OAK")


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(("text", "line"), [(LONG, 1), (HEAD + ROW + LONG, 3), (HEAD + LONG + "\n" + ROW, 2)])
def test_a_line_that_is_too_long_is_named(tmp_path: Path, text: str, line: int, ends: str, encoding: str) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(text.replace("\n", ends).encode(encoding))
    with pytest.raises(RollError) as refused:
        mapped(path)
    (problem,) = refused.value.problems
    assert (problem.file, problem.line) == ("export.csv", line)
    assert "longer than 1 MB" in problem.message
    assert problem.remedy


@pytest.mark.parametrize(("read", "name"), [(load_native, "pupils.csv"), (load_oneroster, "users.csv")])
def test_tables_of_known_columns_have_the_same_bound(tmp_path: Path, read: Callable[[Path], Loaded], name: str) -> None:
    (tmp_path / name).write_text(HEAD + LONG)
    with pytest.raises(RollError) as refused:
        read(tmp_path)
    assert [p.line for p in refused.value.problems if "longer than 1 MB" in p.message] == [2]


@pytest.mark.parametrize("name", ["export.csv", "export.xlsx"])
def test_a_file_that_is_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    path = tmp_path / name
    path.write_text(HEAD + ROW)
    assert len(mapped(path).roll.pupils) == 1
    monkeypatch.setattr(limits, "LARGEST_FILE", path.stat().st_size - 1)
    with pytest.raises(RollError) as refused:
        mapped(path)
    assert "the file is larger than" in refused.value.problems[0].message


def test_many_lines_are_not_one(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(HEAD + "".join(f"Ada{n},Kerr,una@home.example\n" for n in range(50_000)))
    assert path.stat().st_size > limits.LONGEST_LINE
    assert limits.too_much(path.read_bytes()) is None


def test_a_file_of_one_line_takes_no_memory_but_its_own(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    with path.open("wb") as file:
        for _ in range(128):
            file.write(b"x" * (1 << 20))
    code = (
        "import resource, sys; from pathlib import Path; from mailguard.enrol.sources import load_source\n"
        "from mailguard.roll.problems import RollError\n"
        "resource.setrlimit(resource.RLIMIT_AS, (640 << 20, 640 << 20))\n"
        "try: load_source(Path(sys.argv[1]), 'csv', 'OAK')\n"
        "except RollError as error: print(error)"
    )
    ran = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=300)
    assert "line 1: the line is longer than 1 MB." in ran.stdout, ran.stderr[-500:]
