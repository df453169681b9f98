"""The house keeps its own rules: sizes, words, dependencies, top level. Every list of exceptions may only shrink."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "mailguard").rglob("*.py"))
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60

# Files and functions that are longer, each with its reason. A line that is no longer needed fails the test.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {
    "mailguard/store/migrations/versions/0001_first.py:_messages": "the tables of one message, column by column",
}

# One word for one thing: names in code may not use the second word.
SECOND_WORDS = {
    "student": "pupil",
    "guardian": "contact",
    "quarantine": "hold",
    "quarantined": "held",
    "bounce": "dsn",
    "relayhost": "smart_host",
    "smarthost": "smart_host",
    "uninspectable": "unreadable",
    "classroom": "registration_group",
    "whitelist": "allow",
    "blacklist": "deny",
}
# Foreign words that are somebody else's headings or protocol, not ours.
FOREIGN = {"mailguard/roll/sources"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{relative(path)}:{node.name}", node


def test_files_are_short() -> None:
    long = {relative(p): n for p in SOURCES if (n := len(p.read_text(encoding="utf-8").splitlines())) > MAX_FILE_LINES}
    assert set(long) == set(LONG_FILES), f"over {MAX_FILE_LINES} lines: {long}; listed: {sorted(LONG_FILES)}"


def test_functions_are_short() -> None:
    long = {
        name: node.end_lineno - node.lineno + 1
        for path in SOURCES
        for name, node in functions(path)
        if node.end_lineno is not None and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    }
    assert set(long) == set(LONG_FUNCTIONS), f"over {MAX_FUNCTION_LINES} lines: {long}"


def test_one_word_for_one_thing() -> None:
    faults = []
    for path in SOURCES:
        if any(relative(path).startswith(folder) for folder in FOREIGN):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.name).lower())
                faults += [f"{relative(path)}: {node.name}: say {SECOND_WORDS[w]}" for w in words if w in SECOND_WORDS]
    assert not faults, "\n".join(faults)


def imported_modules() -> set[str]:
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found


def declared() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [re.split(r"[<>=!;\[ ]", line, maxsplit=1)[0].lower().replace("_", "-") for line in project["dependencies"]]


# Declared though not imported by name: a floor under a dependency of a dependency, for a reason of safety.
NOT_IMPORTED: dict[str, str] = {}


def test_every_declared_dependency_is_imported() -> None:
    modules = imported_modules()
    names: dict[str, set[str]] = {}
    for module, distributions in packages_distributions().items():
        for distribution in distributions:
            names.setdefault(distribution.lower().replace("_", "-"), set()).add(module)
    unused = {d for d in declared() if not names.get(d, {d}) & modules}
    assert unused == set(NOT_IMPORTED), f"declared but not imported: {unused}"


def test_every_imported_package_is_declared() -> None:
    import sys

    provided = packages_distributions()
    undeclared = set()
    for module in imported_modules() - set(sys.stdlib_module_names) - {"mailguard", "_typeshed"}:
        distributions = {d.lower().replace("_", "-") for d in provided.get(module, [module])}
        if not distributions & optional_and_declared():
            undeclared.add(module)
    assert not undeclared


def optional_and_declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project.get("optional-dependencies", {})
    lines = project["dependencies"] + [line for name, more in extras.items() if name != "test" for line in more]
    return {re.split(r"[<>=!;\[ ]", line, maxsplit=1)[0].lower().replace("_", "-") for line in lines}


def test_every_dependency_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("dependencies = [", 1)[1].split("\n]", 1)[0]
    silent = [line for line in block.splitlines() if line.strip() and "#" not in line]
    assert not silent, f"no reason given: {silent}"


def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail("git ls-files failed: the house is checked in a clone")
    return done.stdout.splitlines()


def test_top_level_holds_nothing_else() -> None:
    allowed = {"pyproject.toml", "mailguard", "policies", "deploy", "tests", "README.md", "LICENSE", "CHANGELOG.md"}
    extra = {name.split("/")[0] for name in tracked()} - allowed
    assert all(name.startswith(".") for name in extra), extra


def test_public_modules_and_functions_have_docstrings() -> None:
    silent = [relative(p) for p in SOURCES if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    silent = [name for name in silent if "/migrations/" not in name]
    assert not silent, f"no module docstring: {silent}"


def test_floors_are_complete() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(c for c in contracts if c["type"] == "layers")
    named = set(re.findall(r"\w+", " ".join(layers["layers"])))
    present = {p.stem for p in (ROOT / "mailguard").glob("*.py")} | {
        p.name for p in (ROOT / "mailguard").iterdir() if (p / "__init__.py").exists()
    }
    assert present - {"__init__", "__main__"} <= named
    assert layers["exhaustive"] is True
