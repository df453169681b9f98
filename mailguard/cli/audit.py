"""`mailguard audit`: prove and export the trail of every act."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from mailguard.cli.site import ConfigOption
from mailguard.cli.stored import JsonOption, opened
from mailguard.cli.talk import NOT_FINE, line, line_json, say, stop
from mailguard.store import audit
from mailguard.store.standing import unexplained

app = typer.Typer(help="The hash-chained trail of every act.", no_args_is_help=True)


KnownOption = Annotated[
    list[str] | None, typer.Option("--known", help="A head written down elsewhere (NODE:SEQ:LINK); repeated")
]


def _head(text: str) -> audit.Head:
    node, seq, link = [*text.rsplit(":", 2), "", ""][:3]
    if not (node and seq.isdigit() and link):
        stop(f"{text}: a head is written NODE:SEQ:LINK")
    return audit.Head(node, int(seq), link)


_COUNTS = frozenset({"recipients", "sent", "aware", "found"})


@app.command("verify")
def verify(config: ConfigOption, as_json: JsonOption = False, known: KnownOption = None) -> None:
    """Check every chain from its first entry to its head, and that no held mail has moved without an entry. Exit status
    1: something was edited, dropped or moved."""
    with opened(config) as (_, database), database.read() as tx:
        checked = audit.verify(tx, [_head(text) for text in known or ()])
        if not checked.faults:  # a broken chain explains nothing
            checked = replace(checked, faults=unexplained(tx))
    if as_json:
        line_json(
            {
                "entries": checked.entries,
                "heads": [{"node": h.node, "seq": h.seq, "link": h.link} for h in checked.heads],
                "faults": [{"node": f.node, "seq": f.seq, "what": f.what} for f in checked.faults],
            }
        )
    else:
        for head in checked.heads:
            line(f"{head.node}: {head.seq} entries, ends in {head.link}")
        for fault in checked.faults:
            line(f"{fault.node}: entry {fault.seq}: {fault.what}")
    if checked.faults:
        say("mailguard: the audit trail is not as it was written")
        raise SystemExit(NOT_FINE)


@app.command("export")
def export(config: ConfigOption) -> None:
    """Print every entry, oldest first, as one JSON object a line."""
    with opened(config) as (_, database), database.read() as tx:
        for recorded in audit.entries(tx):
            entry = recorded.entry
            line_json(
                {
                    "node": recorded.node,
                    "seq": recorded.seq,
                    "at": recorded.at.isoformat(timespec="seconds"),
                    "action": entry.action,
                    "by": entry.actor,
                    "message": entry.message_id,
                    "school": entry.school,
                    "reason": entry.reason,
                    "detail": _shown(entry),
                }
            )


def _shown(entry: audit.Entry) -> dict[str, object]:
    """An entry's detail, without whom mail was delivered to wrongly: that is for the console's readers."""
    if not entry.action.startswith("delivered-"):
        return entry.detail
    return {key: value for key, value in entry.detail.items() if key in _COUNTS}
