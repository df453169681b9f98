"""Upstream servers that refuse, stall, drop and change their mind: nothing is lost, nothing goes twice without need,
and the sender hears exactly what failed."""

from __future__ import annotations

import asyncio
import email
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.message import Message as MailMessage
from pathlib import Path

import pytest
from dialogues.relaykit import LETTER, Relay, Upstream, eventually, relay, send

from mailguard.deliver import DeliverSettings, RetryPlan, runner
from mailguard.deliver.client import BLOCK, _dotted
from mailguard.model import Envelope, Message

SOON = RetryPlan(schedule=(timedelta(milliseconds=200),))
SENDER = "office@oakfield.example"


def played(
    folder: Path,
    upstream: Upstream,
    story: Callable[[Relay], Awaitable[None]],
    plan: RetryPlan = SOON,
    more: tuple[Upstream, ...] = (),
) -> None:
    async def run() -> None:
        for server in (upstream, *more):
            await server.start()
        async with relay(folder, [server.address for server in (upstream, *more)], plan=plan) as house:
            await story(house)
        for server in (upstream, *more):
            await server.stop()

    asyncio.run(run())


async def states(house: Relay) -> dict[str, int]:
    return {state: count for state, count in (await house.store.counts()).queue.items() if count}


async def emptied(house: Relay) -> None:
    """Wait until nothing is left to do."""
    async with asyncio.timeout(20):
        while (await states(house)).get("queued") or (await states(house)).get("received"):
            await asyncio.sleep(0.02)


def reports(upstream: Upstream) -> list[MailMessage]:
    return [email.message_from_bytes(got.content) for got in upstream.got if got.sender == ""]


def letters(upstream: Upstream) -> list[list[str]]:
    return [got.recipients for got in upstream.got if got.sender]


def fields(report: MailMessage) -> list[MailMessage]:
    [part] = [part for part in report.walk() if part.get_content_type() == "message/delivery-status"]
    return part.get_payload()  # type: ignore[return-value]


def once(first: str | None, then: str) -> Callable[[str], str | None]:
    """An answer that is `first` the first time."""
    answers = [first]
    return lambda line: answers.pop() if answers else then


def test_one_of_several_recipients_refused_is_reported_and_the_rest_delivered(tmp_path: Path) -> None:
    upstream = Upstream({"RCPT": lambda line: "550 5.1.1 no such user" if "b@" in line else "250 2.1.5 ok"})

    async def story(house: Relay) -> None:
        await send(house.port, recipients=("a@family.test", "b@family.test", "c@family.test"))
        await eventually(lambda: len(upstream.got) == 2)
        await emptied(house)

    played(tmp_path, upstream, story)
    assert letters(upstream) == [["a@family.test", "c@family.test"]]
    [report] = reports(upstream)
    assert report["To"] == f"<{SENDER}>"
    assert report["Auto-Submitted"] == "auto-replied"
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    message, recipient = fields(report)
    assert message["Reporting-MTA"] == "dns; relay.test"
    assert recipient["Final-Recipient"] == "rfc822; b@family.test"
    assert (recipient["Action"], recipient["Status"]) == ("failed", "5.1.1")
    assert recipient["Diagnostic-Code"] == "smtp; 550 5.1.1 no such user"
    assert "See you there" not in report.as_string()
    assert "Subject: Trip" in report.as_string()


def test_a_report_never_carries_the_body(tmp_path: Path) -> None:
    upstream = Upstream({"END": lambda line: "554 5.7.1 refused" if SENDER in line else "250 ok"})

    async def story(house: Relay) -> None:
        await send(house.port, LETTER + b"Secret: Ann Example, 1 Jan 2015\r\n\r\nmore\r\n")
        await eventually(lambda: bool(upstream.got))

    played(tmp_path, upstream, story)
    [report] = upstream.got
    assert b"Secret" not in report.content
    assert b"Content-Type: text/rfc822-headers" in report.content


def test_temporary_refusal_of_one_recipient_is_tried_again_for_it_alone(tmp_path: Path) -> None:
    greylist = once("450 4.7.1 greylisted", "250 ok")
    upstream = Upstream({"RCPT": lambda line: greylist(line) if "b@" in line else "250 ok"})

    async def story(house: Relay) -> None:
        await send(house.port, recipients=("a@family.test", "b@family.test"))
        await eventually(lambda: len(upstream.got) == 2)
        await emptied(house)

    played(tmp_path, upstream, story)
    assert letters(upstream) == [["a@family.test"], ["b@family.test"]]


def test_temporary_failure_at_the_last_dot_is_tried_again(tmp_path: Path) -> None:
    upstream = Upstream({"END": once("451 4.3.0 try later", "250 ok")})

    async def story(house: Relay) -> None:
        await send(house.port)
        await eventually(lambda: len(upstream.got) == 1)
        await emptied(house)

    played(tmp_path, upstream, story)
    assert letters(upstream) == [["p@family.test"]]


def test_connection_dropped_in_the_middle_of_the_content(tmp_path: Path) -> None:
    upstream = Upstream({"BODY": once(None, "go")})

    async def story(house: Relay) -> None:
        await send(house.port, LETTER + b"x" * 100_000 + b"\r\n")
        await eventually(lambda: len(upstream.got) == 1)
        await emptied(house)

    played(tmp_path, upstream, story)
    assert letters(upstream) == [["p@family.test"]]


def test_lost_reply_after_the_dot_is_a_duplicate_and_never_a_loss(tmp_path: Path) -> None:
    upstream = Upstream({"END": once(None, "250 ok")})

    async def story(house: Relay) -> None:
        await send(house.port)
        await eventually(lambda: len(upstream.got) == 2)
        await emptied(house)

    played(tmp_path, upstream, story)
    assert letters(upstream) == [["p@family.test"], ["p@family.test"]]
    assert upstream.got[0].content == upstream.got[1].content


def test_too_many_recipients_goes_on_at_once_with_the_rest(tmp_path: Path) -> None:
    counts: dict[str, int] = {}

    def answer(line: str) -> str:
        counts["n"] = counts.get("n", 0) + 1
        return "452 4.5.3 too many" if counts["n"] in (3, 4, 5) else "250 ok"

    upstream = Upstream({"RCPT": answer})
    everyone = tuple(f"p{n}@family.test" for n in range(5))

    async def story(house: Relay) -> None:
        await send(house.port, recipients=everyone)
        await eventually(lambda: len(upstream.got) == 2)
        assert house.counter.attempts == {"sent": 5}

    played(tmp_path, upstream, story, RetryPlan(schedule=(timedelta(hours=1),)))
    assert letters(upstream) == [list(everyone[:2]), list(everyone[2:])]


def test_a_full_mailbox_is_not_too_many_recipients(tmp_path: Path) -> None:
    upstream = Upstream({"RCPT": lambda line: "452 4.2.2 mailbox full" if "b@" in line else "250 ok"})

    async def story(house: Relay) -> None:
        await send(house.port, recipients=("a@family.test", "b@family.test"))
        await eventually(lambda: house.counter.attempts.get("deferred") == 1)
        assert await states(house) == {"queued": 1}

    played(tmp_path, upstream, story, RetryPlan())


def test_a_server_that_closes_idle_connections_costs_no_attempt(tmp_path: Path) -> None:
    upstream = Upstream(
        {"MAIL": lambda line: "421 4.4.2 idle" if upstream.connections == 1 and upstream.got else "250 ok"}
    )

    async def story(house: Relay) -> None:
        await send(house.port)
        await eventually(lambda: len(upstream.got) == 1)
        await send(house.port)
        await eventually(lambda: len(upstream.got) == 2)
        assert house.counter.attempts == {"sent": 2}

    played(tmp_path, upstream, story, RetryPlan(schedule=(timedelta(hours=1),)))
    assert upstream.connections == 2


def test_one_connection_carries_many_messages(tmp_path: Path) -> None:
    upstream = Upstream()

    async def story(house: Relay) -> None:
        for n in range(5):
            await send(house.port)
            await eventually(lambda n=n: len(upstream.got) == n + 1)

    played(tmp_path, upstream, story)
    assert upstream.connections == 1


def test_a_message_that_waits_for_the_outcome_of_another_has_it_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outcomes wait for company; not while the next message on that connection waits for them."""
    monkeypatch.setattr("mailguard.store.writer._LATER_SECONDS", 3600)
    upstream = Upstream()

    async def run() -> None:
        await upstream.start()
        one = DeliverSettings(smart_hosts=(upstream.address,), connections=1, hostname="relay.test")
        async with relay(tmp_path, [], deliver=one) as house:
            for n in range(3):
                letter = Message(f"m{n}", Envelope(SENDER, ("p@family.test",)), LETTER, datetime.now(UTC))
                due = await house.store.enqueue(letter, handover=True)
                assert due
                house.runner.hand_over(due, LETTER)
            await eventually(lambda: len(upstream.got) == 3)
        await upstream.stop()

    asyncio.run(run())


def test_a_server_that_is_away_keeps_everything_and_gets_it_after(tmp_path: Path) -> None:
    async def run() -> None:
        upstream = Upstream()
        await upstream.start()
        port = int(upstream.address.rpartition(":")[2])
        await upstream.stop()
        async with relay(tmp_path, [upstream.address], plan=RetryPlan(schedule=(timedelta(hours=1),))) as house:
            for _ in range(20):
                await send(house.port)
            await eventually(lambda: house.counter.attempts.get("deferred") == 20)
            assert await states(house) == {"queued": 20}
            await upstream.start(port)
            await eventually(lambda: len(upstream.got) == 20)
            await emptied(house)
            assert house.counter.attempts == {"deferred": 20, "sent": 20}
        await upstream.stop()
        assert not reports(upstream)

    asyncio.run(run())


def test_a_backlog_goes_as_fast_as_the_server_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More is due than a lane takes: the rest is called back when it is nearly empty, not at its time."""
    monkeypatch.setattr(runner, "POSTPONED", timedelta(hours=1))
    backlog = 3 * runner.WAITING

    async def run() -> None:
        upstream = Upstream()
        await upstream.start()
        await upstream.stop()
        async with relay(tmp_path, [upstream.address], plan=RetryPlan(schedule=(timedelta(hours=1),))) as house:
            for _ in range(backlog):
                await send(house.port)
            await eventually(lambda: house.counter.attempts.get("deferred") == backlog)
            await upstream.start(upstream.port)
            await eventually(lambda: len(upstream.got) == backlog, seconds=60)
            await emptied(house)
            assert house.counter.attempts == {"deferred": backlog, "sent": backlog}
        await upstream.stop()

    asyncio.run(run())


def test_the_second_smart_host_takes_over(tmp_path: Path) -> None:
    refusing, working = Upstream({"CONNECT": "554 5.3.2 not today"}), Upstream()

    async def story(house: Relay) -> None:
        for _ in range(3):
            await send(house.port)
        await eventually(lambda: len(working.got) == 3)
        assert house.counter.attempts == {"sent": 3}

    played(tmp_path, refusing, story, more=(working,))
    assert not refusing.got


def test_a_refusal_of_the_relay_itself_is_no_reason_to_bounce(tmp_path: Path) -> None:
    upstream = Upstream({"MAIL": lambda line: "550 5.7.1 you may not relay"})

    async def story(house: Relay) -> None:
        await send(house.port)
        await eventually(lambda: house.counter.attempts.get("deferred") == 1)
        assert await states(house) == {"queued": 1}

    played(tmp_path, upstream, story, RetryPlan())
    assert not upstream.got


def test_the_end_of_patience_is_reported_once_for_all_recipients(tmp_path: Path) -> None:
    upstream = Upstream({"RCPT": lambda line: "250 ok" if SENDER in line else "451 4.2.0 later"})
    plan = RetryPlan(schedule=(timedelta(milliseconds=50),), expire_after=timedelta(milliseconds=200))

    async def story(house: Relay) -> None:
        await send(house.port, recipients=("a@family.test", "b@family.test"))
        await eventually(lambda: bool(upstream.got))
        await emptied(house)

    played(tmp_path, upstream, story, plan)
    [report] = reports(upstream)
    assert [part["Final-Recipient"] for part in fields(report)[1:]] == [
        "rfc822; a@family.test",
        "rfc822; b@family.test",
    ]
    assert {part["Status"] for part in fields(report)[1:]} == {"4.2.0"}


def test_a_delay_is_told_once(tmp_path: Path) -> None:
    upstream = Upstream({"RCPT": lambda line: "250 ok" if SENDER in line else "451 4.2.0 later"})
    plan = RetryPlan(schedule=(timedelta(milliseconds=100),), delay_notice_after=timedelta(0))

    async def story(house: Relay) -> None:
        await send(house.port)
        await eventually(lambda: house.counter.attempts.get("deferred", 0) >= 4)

    played(tmp_path, upstream, story, plan)
    [report] = reports(upstream)
    assert fields(report)[1]["Action"] == "delayed"
    assert fields(report)[1]["Will-Retry-Until"]


def test_no_report_for_a_null_sender_or_against_the_senders_wish(tmp_path: Path) -> None:
    upstream = Upstream({"RCPT": "550 5.1.1 no such user"}, offers=["PIPELINING"])

    async def story(house: Relay) -> None:
        await send(house.port, sender="")
        await send(house.port, rcpt_options=" NOTIFY=NEVER")
        await send(house.port, rcpt_options=" NOTIFY=SUCCESS,DELAY")
        await eventually(lambda: house.counter.attempts.get("failed") == 3)
        await emptied(house)  # outcomes are counted before they are written
        assert await states(house) == {}

    played(tmp_path, upstream, story)
    assert not upstream.got


def test_success_is_reported_as_relayed_where_the_next_server_sends_no_reports(tmp_path: Path) -> None:
    upstream = Upstream(offers=["PIPELINING"])

    async def story(house: Relay) -> None:
        await send(
            house.port, mail_options=" ENVID=order+2B66", rcpt_options=" NOTIFY=SUCCESS ORCPT=rfc822;P+2B1@old.test"
        )
        await eventually(lambda: len(upstream.got) == 2)

    played(tmp_path, upstream, story)
    [report] = reports(upstream)
    message, recipient = fields(report)
    assert message["Original-Envelope-Id"] == "order+66"
    assert (recipient["Action"], recipient["Original-Recipient"]) == ("relayed", "rfc822; P+1@old.test")


def test_report_parameters_are_passed_on_where_the_next_server_takes_them(tmp_path: Path) -> None:
    upstream = Upstream()

    async def story(house: Relay) -> None:
        await send(
            house.port,
            mail_options=" RET=HDRS ENVID=Id+2B1 BODY=8BITMIME",
            rcpt_options=" NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Old@family.test",
        )
        await eventually(lambda: len(upstream.got) == 1)

    played(tmp_path, upstream, story)
    [got] = upstream.got
    assert " BODY=8BITMIME RET=HDRS ENVID=Id+2B1" in got.mail_line
    assert got.rcpt_lines == ["RCPT TO:<p@family.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Old@family.test"]


def test_without_pipelining_the_same_story(tmp_path: Path) -> None:
    upstream = Upstream({"RCPT": lambda line: "550 5.1.1 no" if "b@" in line else "250 ok"}, offers=[])

    async def story(house: Relay) -> None:
        await send(house.port, recipients=("a@family.test", "b@family.test"))
        await send(house.port, recipients=("b@family.test",))
        await eventually(lambda: len(upstream.got) == 3)

    played(tmp_path, upstream, story)
    assert letters(upstream) == [["a@family.test"]]
    assert len(reports(upstream)) == 2


def test_a_server_that_wants_content_for_nobody_gets_a_lone_dot(tmp_path: Path) -> None:
    upstream = Upstream({"RCPT": lambda line: "250 ok" if SENDER in line else "550 5.1.1 no", "DATA": "354 go on"})

    async def story(house: Relay) -> None:
        await send(house.port)
        await send(house.port, recipients=(SENDER,))
        await eventually(lambda: len(upstream.got) == 3)

    played(tmp_path, upstream, story)
    contents = {tuple(got.recipients): got.content for got in upstream.got}
    assert contents[()] == b""
    assert set(contents) == {(), (SENDER,)}
    assert len(reports(upstream)) == 1


def test_an_address_beyond_ascii_needs_a_server_that_knows_it(tmp_path: Path) -> None:
    upstream = Upstream(offers=["PIPELINING", "8BITMIME"])

    async def story(house: Relay) -> None:
        await send(house.port, recipients=("josé@family.test",), mail_options=" SMTPUTF8")
        await eventually(lambda: len(upstream.got) == 1)

    played(tmp_path, upstream, story)
    [report] = reports(upstream)
    assert fields(report)[1]["Status"] == "5.6.7"
    assert fields(report)[1]["Final-Recipient"] == r"utf-8; jos\x{E9}@family.test"


def test_too_large_for_the_next_server_is_said_without_sending_it(tmp_path: Path) -> None:
    upstream = Upstream(offers=["PIPELINING", "SIZE 2000"])

    async def story(house: Relay) -> None:
        await send(house.port, LETTER + b"x" * 5000 + b"\r\n")
        await eventually(lambda: len(upstream.got) == 1)

    played(tmp_path, upstream, story)
    assert fields(reports(upstream)[0])[1]["Status"] == "5.3.4"


def test_a_server_that_talks_nonsense_loses_nothing(tmp_path: Path) -> None:
    upstream = Upstream({"RCPT": once("hello there", "250 ok")})

    async def story(house: Relay) -> None:
        await send(house.port)
        await eventually(lambda: len(upstream.got) == 1)

    played(tmp_path, upstream, story)


def test_slow_server_holds_up_no_acceptance(tmp_path: Path) -> None:
    upstream = Upstream(delay=0.3)

    async def story(house: Relay) -> None:
        replies = [await send(house.port) for _ in range(10)]
        assert all(reply.startswith("250") for reply in replies)
        await eventually(lambda: len(upstream.got) == 10)

    played(tmp_path, upstream, story)
    assert upstream.connections <= DeliverSettings().connections


@pytest.mark.parametrize("shift", range(-4, 5))
def test_dots_are_doubled_wherever_the_blocks_of_a_large_message_meet(shift: int) -> None:
    content = b".x\r\n" + b"y" * (BLOCK - 4 + shift) + b"\r\n.\r\n..z\r\n" + b"y" * (2 * BLOCK) + b"\r\n.end\r\n"
    assert b"".join(_dotted(content)) == b"." + content.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def test_a_message_of_nothing_is_a_dot() -> None:
    assert b"".join(_dotted(b"")) == b".\r\n"
