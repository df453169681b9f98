"""`mailguard init` makes a configuration, a policy, a key and the roll's empty tables; `check-config` says whether a
configuration and everything it names can be used."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from mailguard.cli.talk import NOT_FINE, line, say, stop
from mailguard.config import Config, ConfigError, load_config
from mailguard.roll.columns import CONTACTS, PUPILS, RELATIONSHIPS, STAFF
from mailguard.roll.problems import abridged
from mailguard.store import write_key_file

SYSTEM_FOLDER = Path("/etc/mailguard")
ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        help="The configuration file; default: /etc/mailguard/mailguard.toml",
        default_factory=lambda: SYSTEM_FOLDER / "mailguard.toml",
        show_default=False,
    ),
]

_TABLES = {"pupils.csv": PUPILS, "contacts.csv": CONTACTS, "relationships.csv": RELATIONSHIPS, "staff.csv": STAFF}

_CONFIGURATION = Path(__file__).with_name("mailguard.toml")
"""Every key with its meaning, made by deploy/reference.py; what `init` asks stands there in braces."""

_NO_ANSWER = (
    "init asks six questions, and nobody answers: run it in a terminal, pipe the answers in (one a line: code, name, "
    "staff domain, office, where mail comes in, the server it goes on to), or take the defaults with --yes. "
    "Nothing was written"
)

_POLICY = """\
# Whose mail this is and what may pass. Every key has a default; the rules stand in policies/default.toml.
[[school]]
code = "{code}"                   # as in the school column of the roll
name = "{name}"
staff_domains = ["{domain}"]
"""


def configuration_text(answers: Mapping[str, str]) -> str:
    """The commented configuration with these answers: code, office, url, listen, smart_host."""
    return _CONFIGURATION.read_text(encoding="utf-8").format(**answers)


def init(
    folder: Annotated[Path, typer.Option("--dir", help="Where to put the files")] = SYSTEM_FOLDER,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take the defaults")] = False,
) -> None:
    """Make a configuration: answer six questions, then look through the files it wrote."""
    taken = [path for path in (folder / "mailguard.toml", folder / "policy.toml", folder / "key") if path.exists()]
    if taken:
        stop(f"{path} is there already: nothing was changed" for path in taken)

    def ask(question: str, default: str) -> str:
        # Answers stand inside quotes of TOML: what could end them is left out.
        try:
            answer = default if yes else typer.prompt(question, default=default, err=True)
        except typer.Abort:
            if sys.stdin.isatty():
                raise
            stop(_NO_ANSWER)
        return re.sub(r'["\\\x00-\x1f]', "", str(answer)).strip()

    code = re.sub(r"[^A-Za-z0-9_-]", "", ask("The school's code in the roll", "OAK")) or "OAK"
    answers = {
        "code": code,
        "name": ask("The school's name", "Oakfield Primary School"),
        "domain": (domain := ask("The staff's mail domain", "oakfield.example")),
        "office": ask("The office's address, told of held mail", f"office@{domain}"),
        "listen": ask("Where mail comes in", "127.0.0.1:2525"),
        "smart_host": ask("The mail server mail goes on to", "127.0.0.1:2526"),
        "url": "sqlite:////var/lib/mailguard/mailguard.db"
        if folder == SYSTEM_FOLDER
        else "sqlite:///data/mailguard.db",
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "roll").mkdir(mode=0o700, exist_ok=True)
        if folder != SYSTEM_FOLDER:
            (folder / "data").mkdir(mode=0o700, exist_ok=True)
        (folder / "mailguard.toml").write_text(configuration_text(answers), encoding="utf-8")
        (folder / "policy.toml").write_text(_POLICY.format(**answers), encoding="utf-8")
        write_key_file(folder / "key")
        for name, columns in _TABLES.items():
            table = folder / "roll" / name
            if not table.exists():
                table.write_text(",".join((*columns.required, *columns.optional)) + "\n", encoding="utf-8")
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}")
    for name in ("mailguard.toml", "policy.toml", "key", "roll/"):
        line(f"wrote {folder / name}")
    if yes:
        say(f"Nothing was asked: school, domain and office are examples; put your own into {folder / 'mailguard.toml'}")
        say(f"and {folder / 'policy.toml'}, or nobody is told of held mail.")
    line(f"next: fill {folder / 'roll'}, then: mailguard check-config --config {folder / 'mailguard.toml'}")


def configured(path: Path) -> Config:
    """Return a configuration; exits with status 2 and every problem if it cannot be used."""
    try:
        return load_config(path)
    except ConfigError as error:
        stop(error.problems)


def shown(problems: Sequence[object]) -> Iterator[object]:
    """Problems for a person who looks whether all is well: a few of each kind, and where all of them are listed."""
    few = abridged(problems)
    yield from few
    if len(few) < len(problems):
        yield "`mailguard roll import SOURCE --dry-run` lists every line of a source."


def check_config(config: ConfigOption) -> None:
    """Say what is wrong with a configuration, its policy, roll and key. Exit status 1: something is."""
    from mailguard.console.sign_in import secret_faults
    from mailguard.preflight import preflight  # reads rolls: other commands need no readers

    settings = configured(config)
    found = preflight(settings)
    if found.problems:
        stop([*shown(found.problems)], NOT_FINE)
    for table, fault in secret_faults(settings.console.sign_in):
        line(f"warning: [{table}] client_secret_file: {fault}. The console does not start before.")
    if found.policy and found.loaded:
        roll = found.loaded.roll
        for warning in shown(found.loaded.warnings):
            line(f"warning: {warning}")
        line(f"fine: {len(roll.pupils)} pupils, {len(roll.contacts)} contacts, policy {found.policy.revision}")
