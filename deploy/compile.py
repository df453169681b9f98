"""Compiles recognition to machine code for this environment: .venv/bin/python deploy/compile.py

It then takes two thirds of the time. Needs a C compiler and the headers of Python (apt-get install gcc python3-dev) and
changes nothing without them. It takes a minute of one core and 400 MB of memory. What was made is kept only if it
answers the mail of the demo as the sources do, and is used only as long as the sources are these: see
mailguard/compiled.py.
Says what came of it in one line on stderr. Exit status: 0 compiled, or left as it is for want of a compiler;
1 compiling failed, which leaves recognition as it is too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import requires
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mailguard import compiled

SOURCE = Path(compiled.__file__).parent
SLOWER = "recognition runs as plain Python, which takes half as long again"
LONGEST = 1800  # seconds for one step, on a slow and busy machine


class NotCompiledError(Exception):
    """A step failed; its text says which."""


def main() -> int:
    """Compile, unless that is done already or cannot be."""
    home = compiled.home()
    if (home / compiled.digest(SOURCE)).is_dir():
        return 0
    if missing := _missing():
        _say(f"there is no {missing}, so {SLOWER}; to compile it: apt-get install gcc python3-dev, then run this again")
        return 0
    _say("compiling recognition (about a minute)")
    log = home / "log"
    os.umask(0o022)  # whoever runs the relay must be able to read it, and nobody else to change it
    try:
        home.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home, prefix="new-") as new, log.open("w") as talk:
            made = _compile(Path(new), _compiler_packages(Path(new), talk), talk)
            _compare(Path(new), made, talk)
            _install(made)
    except (NotCompiledError, OSError, subprocess.SubprocessError) as error:
        _say(f"{error if isinstance(error, NotCompiledError) else type(error).__name__} (see {log}), so {SLOWER}")
        return 1
    return 0


def _say(text: str) -> None:
    sys.stderr.write(f"deploy/compile.py: {text}\n")


def _missing() -> str:
    """Return what is not there of what compiling needs, or nothing."""
    if not _compiler():
        return "C compiler"
    return "" if Path(sysconfig.get_path("platinclude"), "Python.h").is_file() else "header file of Python"


def _compiler() -> str | None:
    own = (sysconfig.get_config_var("CC") or "cc").split()[0]
    return os.environ.get("CC") or next((name for name in (own, "cc", "gcc", "clang") if shutil.which(name)), None)


def _run(step: str, command: list[str], talk: Any, **more: Any) -> None:
    done = subprocess.run(command, stdout=talk, stderr=talk, timeout=LONGEST, check=False, **more)  # noqa: S603 (our own)
    if done.returncode:
        raise NotCompiledError(f"{step} failed")


def _compiler_packages(new: Path, talk: Any) -> dict[str, str]:
    """Return the environment in which mypyc is found; it is fetched for the while where it is not installed."""
    environment = {**os.environ, "CC": _compiler() or ""}
    if find_spec("mypyc") and find_spec("setuptools"):
        return environment
    wanted = [
        line.split(";")[0].strip() for line in requires("mailguard") or () if "'compile'" in line.replace('"', "'")
    ]
    target = new / "packages"
    fetch = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", str(target)]
    _run("fetching mypyc", [*fetch, *wanted], talk)
    return environment | {"PYTHONPATH": str(target)}


def _compile(new: Path, environment: dict[str, str], talk: Any) -> Path:
    """Compile a copy of the sources, so that what is named by their digest is made from these; return the folder."""
    for path in (SOURCE / "__init__.py", *compiled.sources(SOURCE)):
        target = new / "mailguard" / path.relative_to(SOURCE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    _run("compiling", [sys.executable, __file__, "build"], talk, cwd=new, env=environment)
    made = new / "made" / compiled.digest(new / "mailguard")
    made.parent.mkdir()
    shutil.move(new / "library" / "mailguard" / compiled.PACKAGE, made)
    return made


def build() -> None:
    """Compile what stands in the current folder; run apart, since mypyc ends the process where it finds a fault."""
    from mypyc.build import mypycify
    from setuptools import Distribution

    modules = sorted(str(path) for path in Path("mailguard", compiled.PACKAGE).glob("*.py") if path.stem != "__init__")
    flags = ["--config-file=", "--ignore-missing-imports"]
    name = compiled.LIBRARY.removesuffix("__mypyc")
    # One file of C a module: a third of the memory and time of a single one. -O2 was measured no faster than -O1.
    extensions = mypycify([*flags, *modules], opt_level="1", debug_level="0", multi_file=True, group_name=name)
    for extension in extensions:
        extension.include_dirs.append(f"build/mailguard/{compiled.PACKAGE}")
    command = Distribution({"name": "mailguard", "ext_modules": extensions}).get_command_obj("build_ext")
    command.build_lib, command.build_temp = "library", "objects"
    command.ensure_finalized()
    command.run()


def _compare(new: Path, made: Path, talk: Any) -> None:
    """Let the sources and what was made of them judge the mail of the demo; raise where an answer differs."""
    mail = new / "demo"
    _run("writing the demo", [sys.executable, "-m", "mailguard", "demo", "--write", str(mail)], talk)
    answers = []
    for wish in ("no", "must"):
        answer = new / f"answers-{wish}"
        command = [sys.executable, __file__, "answer", str(made.parent), str(mail), str(answer)]
        _run("trying what was compiled", command, talk, env={**os.environ, "MAILGUARD_COMPILED": wish})
        answers.append(answer.read_text(encoding="utf-8"))
    if answers[0] != answers[1]:
        raise NotCompiledError("what was compiled answers otherwise")


def answer(made: Path, mail: Path, to: Path) -> None:
    """Write what is recognised in the mail of a demo, by the modules compiled into a folder or by the sources."""
    compiled.home = lambda: made  # where they are before they are put in their place
    from mailguard.extract import read_message
    from mailguard.policy import load_policy
    from mailguard.recognise import build_index, recognise
    from mailguard.roll.sources.native import load_native

    index = build_index(load_native(mail / "roll").roll, load_policy(mail / "policy.toml"))
    readings = [read_message(path.read_bytes()) for path in sorted((mail / "mail").glob("*.eml"))]
    to.write_text("".join(f"{recognise(reading, index, None)}\n" for reading in readings), encoding="utf-8")


def _install(made: Path) -> None:
    """Put the folder in its place, whole or not at all, and take those of other sources away."""
    home = compiled.home()
    if not (home / made.name).is_dir():
        made.rename(home / made.name)
    for other in home.iterdir():
        if other.is_dir() and other.name != made.name and not other.name.startswith("new-"):
            gone = made.parent / other.name  # one taken away by halves must never be found by its name
            other.rename(gone)
            shutil.rmtree(gone)


if __name__ == "__main__":
    if sys.argv[1:2] == ["build"]:
        build()
    elif sys.argv[1:2] == ["answer"]:
        answer(*map(Path, sys.argv[2:]))
    else:
        sys.exit(main())
