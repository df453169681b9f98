"""Compiled recognition is used only where it was made from the sources that stand there, and is never needed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from mailguard import compiled

ROOT = Path(__file__).parents[2]
LOOK = """
import sys, pathlib
from mailguard import compiled
compiled.home = lambda: pathlib.Path(sys.argv[1])
from mailguard.recognise import years
print(compiled.in_use(), years.MADE_OF)
"""


class Tree:
    """A house of a few files, and what was compiled from it."""

    def __init__(self, folder: Path) -> None:
        self.package = folder / "mailguard"
        self.home = folder / "compiled"
        for name in ("roll", "policy", "recognise"):
            (self.package / name).mkdir(parents=True)
            (self.package / name / "__init__.py").touch()
        for name in ("__init__.py", "model.py"):
            (self.package / name).touch()
        shutil.copy(compiled.__file__, self.package)
        shutil.copy(ROOT / "mailguard/recognise/__init__.py", self.package / "recognise")
        for name, words in {
            "building": "build_index", "index": "Index", "recogniser": "recognise",
            "lexicon": "Lexicon = default_lexicon = load_lexicon = parse_lexicon",
        }.items():  # fmt: skip
            (self.package / "recognise" / f"{name}.py").write_text(f"{words} = None\n")
        (self.package / "recognise/years.py").write_text("MADE_OF = 'source'\n")
        self.made = self.home / compiled.digest(self.package)
        self.made.mkdir(parents=True)
        (self.made / "years.py").write_text("MADE_OF = 'machine code'\n")
        (self.made / "machine__mypyc.py").touch()

    def look(self, wish: str = "") -> str:
        environment = {**os.environ, "MAILGUARD_COMPILED": wish}
        command = [sys.executable, "-c", LOOK, str(self.home)]
        done = subprocess.run(
            command, cwd=self.home.parent, env=environment, capture_output=True, text=True, check=False
        )
        return done.stdout.strip() or done.stderr.splitlines()[-1]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_what_was_made_of_these_sources_is_used(tree: Tree) -> None:
    assert tree.look() == "True machine code"
    assert tree.look("must") == "True machine code"
    assert tree.look("no") == "False source"


@pytest.mark.parametrize(
    "name", ["recognise/years.py", "recognise/__init__.py", "model.py", "roll/new.py", "compiled.py"]
)
def test_a_source_that_was_changed_since_runs_itself(tree: Tree, name: str) -> None:
    with (tree.package / name).open("a") as file:
        file.write("# one more thought\n")
    assert tree.look() == "False source"
    assert tree.look("must").startswith("ImportError: recognition is not compiled from these sources")


def test_a_source_taken_away_counts_as_changed(tree: Tree) -> None:
    (tree.package / "policy/__init__.py").rename(tree.package / "policy/other.py")
    assert tree.look() == "False source"


def test_what_cannot_be_loaded_here_is_not_used(tree: Tree) -> None:
    (tree.made / "machine__mypyc.py").write_text("raise ImportError('made for another machine')\n")
    assert tree.look() == "False source"


def test_a_folder_or_source_that_cannot_be_looked_at_keeps_nobody_from_starting(tree: Tree) -> None:
    (tree.package / "roll/.#new.py").symlink_to("nobody@nowhere")
    assert tree.look() == "False source"
    assert tree.look("must").startswith("ImportError: recognition is not compiled from these sources")


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """deploy/compile.py in an environment in which nothing was compiled."""
    spec = importlib.util.spec_from_file_location("compile_recognition", ROOT / "deploy/compile.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(compiled, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(module, "_missing", lambda: "")
    monkeypatch.setattr(module, "_compiler_packages", lambda new, talk: {})
    mask = os.umask(0)
    yield module
    os.umask(mask)


def test_without_a_compiler_all_stays_as_it_is(compiler: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", "")
    assert compiler._missing() == "C compiler"


def test_what_is_missing_is_told_in_one_line(
    compiler: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compiler, "_missing", lambda: "C compiler")
    assert compiler.main() == 0
    [line] = capsys.readouterr().err.splitlines()
    assert "apt-get install gcc python3-dev" in line
    assert not compiled.home().exists()


def test_a_compilation_that_fails_leaves_nothing(
    compiler: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compiler, "build", None)
    monkeypatch.setattr(compiler.sys, "executable", "/bin/false")
    assert compiler.main() == 1
    assert "plain Python" in capsys.readouterr().err
    assert [path.name for path in compiled.home().iterdir()] == ["log"]


@pytest.mark.parametrize(("answers", "status"), [(("same", "same"), 0), (("one", "another"), 1)])
def test_what_answers_otherwise_is_not_kept(
    compiler: ModuleType, monkeypatch: pytest.MonkeyPatch, answers: tuple[str, str], status: int
) -> None:
    turns = iter(answers)

    def run(step: str, command: list[str], talk: object, **more: object) -> None:
        if step == "compiling":
            (Path(str(more["cwd"])) / "library/mailguard/recognise").mkdir(parents=True)
        if "answer" in command:
            Path(command[-1]).write_text(next(turns))

    monkeypatch.setattr(compiler, "_run", run)
    old = compiled.home() / "of-older-sources"
    old.mkdir(parents=True)
    assert compiler.main() == status
    kept = {path.name for path in compiled.home().iterdir() if path.is_dir()}
    for name in kept - {old.name}:
        assert stat.S_IMODE((compiled.home() / name).stat().st_mode) == 0o755
    assert kept == ({old.name} if status else {compiled.digest(ROOT / "mailguard")})
