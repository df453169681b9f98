"""`mailguard queue`: what is on its way and has not arrived."""

from __future__ import annotations

from typing import Annotated

import typer

from mailguard.cli.site import ConfigOption
from mailguard.cli.stored import AsOption, EmergencyOption, JsonOption, actor, opened
from mailguard.cli.talk import line, line_json, say, stop
from mailguard.enrol.actors import NOTERS, check
from mailguard.store.outgoing import Outgoing, on_the_way, remove, retry
from mailguard.store.queue import message_row

app = typer.Typer(help="Mail on its way.", no_args_is_help=True)


@app.command("list")
def list_(config: ConfigOption, as_json: JsonOption = False) -> None:
    """List messages on their way, oldest first, with the last answer of the server they go to."""
    with opened(config) as (_, database), database.read() as tx:
        found = on_the_way(tx)
    if as_json:
        line_json([_json(one) for one in found])
        return
    for one in found:
        line(f"{one.id}  {one.received_at:%Y-%m-%d %H:%M}  {one.size} bytes  {one.sender}")
        for each in one.recipients:
            again = f"next try {each.next_at:%H:%M:%S}, {each.attempts} so far" if each.next_at else "not yet judged"
            line(f"    {each.address}  {again}  {each.code or ''} {each.reply}".rstrip())
    if not found:
        say("The queue is empty.")


def _json(one: Outgoing) -> dict[str, object]:
    return {
        "id": one.id,
        "received": one.received_at.isoformat(timespec="seconds"),
        "size": one.size,
        "sender": one.sender,
        "recipients": [
            {
                "address": each.address,
                "state": each.state.value,
                "attempts": each.attempts,
                "next": each.next_at.isoformat(timespec="seconds") if each.next_at else None,
                "code": each.code,
                "reply": each.reply,
            }
            for each in one.recipients
        ],
    }


@app.command("retry")
def retry_(
    config: ConfigOption,
    message: Annotated[str | None, typer.Argument(help="One message's id; default: all", metavar="[ID]")] = None,
    as_json: JsonOption = False,
    as_: AsOption = "",
) -> None:
    """Try queued mail again now."""
    with opened(config) as (_, database), database.write() as tx:
        count = retry(tx, actor(as_).told, message)
    if as_json:
        line_json({"due": count})
    else:
        line(f"{count} recipients are due now")


@app.command("remove")
def remove_(
    message: Annotated[str, typer.Argument(help="The message's id", metavar="ID")],
    reason: Annotated[str, typer.Option(help="Why, in your own words; required")],
    config: ConfigOption,
    to: Annotated[list[str] | None, typer.Option(help="Only this recipient; repeated. Default: all queued")] = None,
    as_json: JsonOption = False,
    as_: AsOption = "",
    emergency: EmergencyOption = False,
) -> None:
    """Take a message out of the queue for good. Its sender is not told: do that yourself."""
    if not reason.strip():
        stop("a reason is required")
    who = actor(as_, emergency)
    with opened(config) as (_, database), database.write() as tx:
        check(tx, who, NOTERS, message_row(tx, message)["school"] or "")
        gone = remove(tx, who.told, message, reason.strip(), to)
    if as_json:
        line_json({"id": message, "removed": list(gone)})
        return
    for address in gone:
        line(f"removed {message} {address}")
