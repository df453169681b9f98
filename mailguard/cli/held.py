"""`mailguard held`: see and decide on held mail, as a named user, under the console's rules."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from mailguard.cli.site import ConfigOption
from mailguard.cli.stored import AsOption, JsonOption, login_name, opened, policy_in_force, roll_in_force
from mailguard.cli.talk import NOT_FINE, line, line_json, say
from mailguard.config import Config
from mailguard.hold.decisions import By, Decided, NeedsSecond, Reason, Review, ask, refuse, release, review
from mailguard.hold.shown import listed, shown, summary
from mailguard.model import Message, Verdict
from mailguard.store import Database, audit, holds

app = typer.Typer(help="Mail that waits for a person.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(help="The message's id, or its reference (MG-...)", metavar="ID")]
ReasonOption = Annotated[str, typer.Option(help="Why, in your own words; required")]
KindOption = Annotated[Reason, typer.Option(help="What the decision is counted under")]
ToOption = Annotated[list[str] | None, typer.Option(help="Only for this recipient; repeated. Default: all held")]
EmergencyOption = Annotated[bool, typer.Option("--emergency", help="Root only: no user needed; loud in the audit")]


@app.command("list")
def list_(
    config: ConfigOption,
    as_json: JsonOption = False,
    school: Annotated[str, typer.Option(help="Only of this school")] = "",
) -> None:
    """List messages with a recipient for whom they are held, oldest first."""
    with opened(config) as (_, database), database.read() as tx:
        found = holds.waiting(tx, school)
    if as_json:
        line_json([listed(held) for held in found])
        return
    for held in found:
        line(f"{held.id}  {held.reference}  {held.received_at:%Y-%m-%d %H:%M}  {held.school}  {held.sender}")
        for one in held.recipients:
            line(f"    {one.state.value:8} {one.address}  {', '.join(one.rules)}")
    if not found:
        say("No message is waiting.")


@app.command("show")
def show(message: IdArgument, config: ConfigOption, as_json: JsonOption = False, as_: AsOption = "") -> None:
    """Show one message: why it is held and what was done about it. Looking is itself written down."""
    with opened(config) as (_, database), database.write() as tx:
        message_id = holds.find(tx, message)
        held = holds.details(tx, message_id)
        audit.append(tx, [audit.Entry("viewed", as_ or login_name(), message_id, held.school)])
    if as_json:
        line_json(shown(held))
        return
    line(f"{held.id}  {held.reference}  {held.received_at:%Y-%m-%d %H:%M}  {held.school}  {summary(held)}")
    line(f"from {held.sender}: {held.subject}")
    for one in held.recipients:
        line(f"  {one.state.value:8} {one.address}  {one.code or ''} {one.reply}".rstrip())
        for finding in one.findings:
            line(f"    {finding.rule}: {finding.sentence}")
    for entry in held.history:
        line(f"  {entry.at:%Y-%m-%d %H:%M} {entry.entry.action} by {entry.entry.actor}  {entry.entry.reason}")


@app.command("release")
def release_(
    message: IdArgument,
    reason: ReasonOption,
    config: ConfigOption,
    to: ToOption = None,
    as_: AsOption = "",
    kind: KindOption = Reason.OTHER,
    emergency: EmergencyOption = False,
) -> None:
    """Send a held message to its held recipients, or only to those named. It is judged again if roll or policy have
    changed since, and the answer is said; the decision stays yours."""
    by = _by(as_, reason, kind, emergency)
    with opened(config) as (settings, database):
        today = _review(settings, database, message)
        try:
            with database.write() as tx:
                decided = release(tx, message, by, to, today)
        except NeedsSecond:
            with database.write() as tx:
                asked = ask(tx, message, by, to)
            line(f"second-person-asked {asked.id}")
            say("It is sensitive, or a register: a second person, neither sender nor you, has to release it as well.")
            raise SystemExit(NOT_FINE) from None
    _tell("released", decided)


@app.command("refuse")
def refuse_(
    message: IdArgument,
    reason: ReasonOption,
    config: ConfigOption,
    to: ToOption = None,
    as_: AsOption = "",
    kind: KindOption = Reason.OTHER,
    emergency: EmergencyOption = False,
) -> None:
    """Stop a held message for good, for its held recipients or only for those named."""
    by = _by(as_, reason, kind, emergency)
    with opened(config) as (_, database), database.write() as tx:
        decided = refuse(tx, message, by, to)
    _tell("refused", decided)


def _by(named: str, reason: str, kind: Reason, emergency: bool) -> By:
    """Who decides; where nobody was named it is said whose name was taken, since it stands in the audit trail."""
    name = named or login_name()
    if not named:
        say(f"Deciding as {name}, your login name; --as NAME decides as another user.")
    return By(name, reason, kind, emergency)


def _tell(word: str, decided: Decided) -> None:
    for address in decided.moved:
        line(f"{word} {decided.message_id} {address}")
    if decided.review.changed:
        still = [address for address in decided.review.still_held if address in decided.moved]
        say(
            "Roll or policy have changed since it was held; judged again: "
            + (f"it would still be held for {', '.join(still)}." if still else "it would be delivered today.")
        )
    for address in decided.left:
        say(f"still held for {address}")


def _review(config: Config, database: Database, message: str) -> Review:
    """Judge again where roll or policy are no longer those of the verdict."""
    from mailguard.workers import Workers  # only who releases needs them; `held list` starts without

    roll, policy = roll_in_force(config, database), policy_in_force(config)

    def judge(held: Message) -> Verdict:
        async def run() -> Verdict:
            workers = Workers(config.workers)
            try:
                await workers.start(roll, policy)
                return (await workers.screen(held.content, held.envelope)).verdict
            finally:
                await workers.close()

        return asyncio.run(run())

    with database.read() as tx:
        return review(tx, message, (roll.revision, policy.revision), judge)
