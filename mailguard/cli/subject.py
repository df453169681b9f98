"""`mailguard subject`: what is kept about one pupil, for requests of access and erasure."""

from __future__ import annotations

from typing import Annotated

import typer

from mailguard.cli.site import ConfigOption
from mailguard.cli.stored import AsOption, JsonOption, login_name, opened
from mailguard.cli.talk import NOT_FINE, line, line_json, say
from mailguard.model import PupilKey
from mailguard.store import audit
from mailguard.store.subjects import Shown, erase, messages_about

app = typer.Typer(help="What is kept about one pupil.", no_args_is_help=True)

SchoolArgument = Annotated[str, typer.Argument(help="Code of the school", metavar="SCHOOL")]
PupilArgument = Annotated[str, typer.Argument(help="The pupil's id on the roll", metavar="PUPIL")]


@app.command("find")
def find(
    school: SchoolArgument, pupil: PupilArgument, config: ConfigOption, as_json: JsonOption = False, as_: AsOption = ""
) -> None:
    """List every message kept that showed a pupil. The question is itself written to the audit trail."""
    with opened(config) as (_, database), database.write() as tx:
        found = messages_about(tx, PupilKey(school, pupil))
        detail: dict[str, object] = {"messages": len(found)}
        audit.append(tx, [audit.Entry("subject-sought", as_ or login_name(), school=school, detail=detail)])
    if as_json:
        line_json([_json(one) for one in found])
        return
    for one in found:
        line(_text(one))
    if not found:
        say("No message that is kept showed this pupil.")


@app.command("erase")
def erase_(
    school: SchoolArgument,
    pupil: PupilArgument,
    reason: Annotated[str, typer.Option(help="Why; required, and without the pupil's name")],
    config: ConfigOption,
    as_: AsOption = "",
) -> None:
    """Erase content, findings and sightings of settled messages that showed a pupil. Exit status 1: some are still open
    and were left."""
    with opened(config) as (_, database), database.write() as tx:
        done, left = erase(tx, PupilKey(school, pupil), as_ or login_name(), reason)
    for message_id in done:
        line(f"erased {message_id}")
    for one in left:
        say(f"left, decide first: {_text(one)}")
    raise SystemExit(NOT_FINE if left else 0)


def _text(one: Shown) -> str:
    kept = "content kept" if one.content_kept else "content erased"
    found = ", ".join(one.rules) or "seen"
    return f"{one.id}  {one.received_at:%Y-%m-%d %H:%M}  {one.school}  {', '.join(one.states)}  {found}  {kept}"


def _json(one: Shown) -> dict[str, object]:
    return {
        "id": one.id,
        "reference": one.reference,
        "received": one.received_at.isoformat(timespec="seconds"),
        "school": one.school,
        "states": list(one.states),
        "rules": list(one.rules),
        "content_kept": one.content_kept,
    }
