"""The command line: one short function a subcommand.

Exit status: 0 fine, 1 the thing asked about is not fine, 2 usage, configuration or missing input, 3 internal error.
stdout is data, stderr is talk. An internal error is told by type and place, never by its text: it may quote a message.
"""

from __future__ import annotations

import os
import sys

import typer

from mailguard.cli import (
    audit,
    check,
    console,
    demo,
    doctor,
    held,
    life,
    policy,
    queue,
    read,
    roll,
    serve,
    site,
    store,
    subject,
    user,
)
from mailguard.observe.logs import describe_failure

app = typer.Typer(
    name="mailguard",
    help="Holds any message that would send one child's record to another family.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
app.command("check")(check.check)
app.command("read")(read.read)
app.command("serve")(serve.serve)
app.command("console")(console.console)
app.command("init")(site.init)
app.command("check-config")(site.check_config)
app.command("doctor")(doctor.doctor)
app.command("support-bundle")(doctor.support_bundle)
app.command("backup")(life.backup)
app.command("restore")(life.restore)
app.add_typer(life.key_app, name="key")
app.command("demo")(demo.demo)
app.add_typer(roll.app, name="roll")
app.add_typer(policy.app, name="policy")
app.add_typer(held.app, name="held")
app.add_typer(queue.app, name="queue")
app.add_typer(store.app, name="store")
app.add_typer(subject.app, name="subject")
app.add_typer(user.app, name="user")
app.add_typer(audit.app, name="audit")


def main() -> None:
    """Run the command line and exit."""
    try:
        app()
    except BrokenPipeError:
        # The reader of our output went away; say nothing more, not even at interpreter exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        if os.environ.get("MAILGUARD_DEBUG"):
            raise
        print(f"mailguard: internal error: {describe_failure(error)}", file=sys.stderr)  # noqa: T201 (stderr is talk)
        raise SystemExit(3) from None
