"""The command line: one short function a subcommand.

Exit status: 0 fine, 1 the thing asked about is not fine, 2 usage, configuration or missing input, 3 internal error.
stdout is data, stderr is talk. An internal error is told by type and place, never by its text: it may quote a message.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated, Any

import typer

from mailguard import __version__

# Command -> its module and what it is there: a function, or a group of commands. Only the module of the command that is
# run is imported, so that a small command starts in a fraction of a second.
COMMANDS = {
    "check": ("check", "check"),
    "read": ("read", "read"),
    "serve": ("serve", "serve"),
    "console": ("console", "console"),
    "init": ("site", "init"),
    "check-config": ("site", "check_config"),
    "doctor": ("doctor", "doctor"),
    "support-bundle": ("doctor", "support_bundle"),
    "backup": ("life", "backup"),
    "restore": ("life", "restore"),
    "demo": ("demo", "demo"),
}
GROUPS = {
    "key": ("life", "key_app"),
    "roll": ("roll", "app"),
    "policy": ("policy", "app"),
    "held": ("held", "app"),
    "queue": ("queue", "app"),
    "store": ("store", "app"),
    "subject": ("subject", "app"),
    "user": ("user", "app"),
    "audit": ("audit", "app"),
}


def command_line(only: str | None = None) -> typer.Typer:
    """The whole command line, or only the command or group of that name ("": none)."""
    app = typer.Typer(
        name="mailguard",
        help="Holds any message that would send one child's record to another family.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=True,
    )
    app.callback()(_options)
    for name, (module, part) in COMMANDS.items():
        if only in (None, name):
            app.command(name)(getattr(import_module(f"mailguard.cli.{module}"), part))
    for name, (module, part) in GROUPS.items():
        if only in (None, name):
            app.add_typer(getattr(import_module(f"mailguard.cli.{module}"), part), name=name)
    return app


def _tell_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"mailguard {__version__}\n")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which version this is")
    ] = False,
) -> None:
    """Holds any message that would send one child's record to another family."""


def __getattr__(name: str) -> Any:
    """`app`: the whole command line, for those who look at all of it."""
    if name == "app":
        globals()["app"] = command_line()
        return globals()["app"]
    raise AttributeError(name)


def main() -> None:
    """Run the command line and exit."""
    word = sys.argv[1] if len(sys.argv) > 1 else None
    only = "" if word == "--version" else word if word in {*COMMANDS, *GROUPS} else None
    try:
        command_line(only)()
    except BrokenPipeError:
        # The reader of our output went away; say nothing more, not even at interpreter exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        if os.environ.get("MAILGUARD_DEBUG"):
            raise
        from mailguard.observe.logs import describe_failure

        print(f"mailguard: internal error: {describe_failure(error)}", file=sys.stderr)  # noqa: T201 (stderr is talk)
        raise SystemExit(3) from None
