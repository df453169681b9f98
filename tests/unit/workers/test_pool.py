"""Workers from outside: verdicts, deaths that cost one message only, generations, refusals to start."""

import asyncio
import os
import signal

import pytest
from unit.workers.conftest import ENVELOPE, Running, message, within

from mailguard.model import Envelope, Outcome, Pupil, Roll, UnreadableReason
from mailguard.policy import default_policy
from mailguard.workers import WorkersError, pool


def reasons(screened):
    return [place.reason for place in screened.verdict.unreadable]


@pytest.mark.parametrize("attachment", [False, True])
def test_a_message_is_read_and_screened(running, attachment):
    deliver = running.run(running.workers.screen(message("hello", attachment), ENVELOPE))
    hold = running.run(running.workers.screen(message("a record", attachment), ENVELOPE))
    assert [deliver.verdict.outcome, hold.verdict.outcome] == [Outcome.DELIVER, Outcome.HOLD]
    assert deliver.verdict.roll_revision == "r1"
    assert deliver.read_seconds > 0
    assert deliver.screen_seconds > 0


def test_a_stale_roll_is_told_to_the_screener(running):
    assert (
        running.run(running.workers.screen(message("hello"), ENVELOPE, frozenset({"OAK"}))).verdict.outcome
        is Outcome.HOLD
    )


def test_plain_messages_share_a_child_and_others_do_not(running):
    def pid(attachment):
        return running.run(running.workers.read(message("ORDER pid", attachment))).segments[-1].text

    assert pid(False) == pid(False)
    assert len({pid(True), pid(True), pid(False)}) == 3


def test_a_file_is_read_by_its_name_and_a_message_without_one(running):
    reading = running.run(running.workers.read(b"content", "notes.txt"))
    assert [(segment.text, segment.place) for segment in reading.segments] == [("content", ("notes.txt",))]


def test_a_plain_message_that_holds_more_gets_a_child_of_its_own(running):
    screened = running.screen("ORDER unreadable")
    assert reasons(screened) == [UnreadableReason.DAMAGED]


@pytest.mark.parametrize("attachment", [False, True])
@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("segfault", UnreadableReason.CRASHED),
        ("raise", UnreadableReason.CRASHED),
        ("sleep 600", UnreadableReason.TIMEOUT),
        ("swell", UnreadableReason.TOO_LARGE),
        ("flood", UnreadableReason.TOO_LARGE),
    ],
)
def test_a_reader_that_dies_holds_its_own_message_only(running, order, reason, attachment):
    async def together():
        bad = running.workers.screen(message(f"ORDER {order}", attachment), ENVELOPE)
        good = [running.workers.screen(message("hello", risky), ENVELOPE) for risky in (False, True) * 4]
        return await asyncio.gather(bad, *good)

    bad, *good = running.run(together())
    assert bad.verdict.outcome is Outcome.HOLD
    assert reasons(bad) == [reason], bad.verdict.unreadable
    assert all(other.verdict.outcome is Outcome.DELIVER for other in good)


def test_what_was_read_before_the_death_is_kept(running):
    reading = running.run(running.workers.read(message("a record ORDER segfault", True)))
    assert "a record" in reading.segments[-1].text
    assert [place.reason for place in reading.unreadable] == [UnreadableReason.CRASHED]


@pytest.mark.parametrize(("order", "reason"), [("die", UnreadableReason.CRASHED), ("hang", UnreadableReason.TIMEOUT)])
def test_a_screener_that_dies_or_hangs_holds_the_message_for_everybody(running, order, reason):
    screened = running.screen(f"SCREENER {order}")
    assert [(held.address, held.outcome) for held in screened.verdict.recipients] == [
        (address, Outcome.HOLD) for address in ENVELOPE.recipients
    ]
    assert screened.verdict.recipients[0].findings[0].rule == "unreadable"
    assert reasons(screened) == [reason]
    assert screened.verdict.roll_revision == "r1"
    assert running.screen("hello").verdict.outcome is Outcome.DELIVER


def test_a_verdict_on_other_recipients_is_not_taken(running):
    screened = running.screen("SCREENER lie")
    assert screened.verdict.outcome is Outcome.HOLD
    assert len(screened.verdict.recipients) == 2


def test_thousands_of_recipients_and_a_long_message(running):
    envelope = Envelope("a@school.example", tuple(f"parent{n}@home{n}.example" for n in range(5000)))
    screened = running.screen("record " + "x" * (6 << 20), envelope)
    assert [held.findings[0].rule for held in screened.verdict.recipients] == ["other-family"] * 5000
    assert not screened.verdict.unreadable


def test_no_recipient_is_held(running):
    assert running.screen("hello", Envelope("a@school.example", ())).verdict.outcome is Outcome.HOLD


@pytest.mark.parametrize("server", ["jail", "screeners"])
def test_a_server_that_dies_is_started_again(running, server):
    crew = running.workers._readers.crew if server == "jail" else running.workers._generation.crew

    async def go():
        flight = [running.workers.screen(message("hello", n % 2), ENVELOPE) for n in range(12)]
        flight = [asyncio.ensure_future(one) for one in flight]
        await asyncio.sleep(0.005)
        os.kill(crew.pid, signal.SIGKILL)
        return await asyncio.gather(*flight)

    before = crew.pid
    assert before is not None
    outcomes = running.run(go())
    for screened in outcomes:  # what met the dying server twice is held, and says so
        delivered = screened.verdict.outcome is Outcome.DELIVER
        assert delivered or screened.verdict.unreadable[0].reason is UnreadableReason.CRASHED
    assert any(screened.verdict.outcome is Outcome.DELIVER for screened in outcomes)

    async def until_another_serves():
        async with asyncio.timeout(20):
            while crew.pid in (None, before):
                await running.workers.screen(message("hello", True), ENVELOPE)
                await asyncio.sleep(0.02)

    running.run(until_another_serves())


def test_a_new_revision_takes_over_while_messages_finish_on_the_old_one(running):
    async def go():
        slow = asyncio.ensure_future(running.workers.screen(message("ORDER sleep 0.5", True), ENVELOPE))
        await asyncio.sleep(0.1)
        old = running.workers._generation.crew
        await running.workers.replace(Roll(revision="r2"), default_policy())
        new = await running.workers.screen(message("hello"), ENVELOPE)
        slow = await slow
        await asyncio.gather(*running.workers._retiring)
        await running.workers.replace(Roll(revision="r1"), default_policy())
        return slow, new, old

    slow, new, old = running.run(go())
    assert (slow.verdict.roll_revision, new.verdict.roll_revision) == ("r1", "r2")
    assert old.pid is None


def test_a_revision_that_cannot_be_built_leaves_the_old_one_and_quotes_no_pupil(running):
    roll = Roll((Pupil("OAK", "1", "Unbuildable", "Secret"),), revision="bad")
    with pytest.raises(WorkersError) as error:
        running.run(running.workers.replace(roll, default_policy()))
    assert "ValueError" in str(error.value)
    assert "Secret" not in str(error.value)
    assert running.screen("hello").verdict.roll_revision == "r1"


def test_the_layers_are_told(running):
    assert set(pool.REQUIRED) <= set(running.workers.layers)


def test_a_required_layer_that_is_missing_refuses_to_start(monkeypatch):
    monkeypatch.setattr(pool, "REQUIRED", (*pool.REQUIRED, "moat"))
    with pytest.raises(WorkersError, match="moat"):
        Running(require_sandbox=True)


def test_closing_gives_messages_in_flight_no_verdict_and_leaves_no_process():
    running = Running()

    async def go():
        flight = asyncio.ensure_future(running.workers.screen(message("ORDER sleep 2", True), ENVELOPE))
        await asyncio.sleep(0.2)
        pids = [running.workers._readers.crew.pid, running.workers._generation.crew.pid]
        await running.workers.close()
        with pytest.raises(WorkersError):
            await flight
        return pids

    for pid in running.run(go()):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    running.close()


def test_light_mail_does_not_wait_for_what_takes_long_to_judge():
    running = Running(slow_after_seconds=0.2, slow_screeners=2, screen_wall_seconds=30.0)
    ended = []

    async def one(name, text):
        ended.append(
            (name, (await running.workers.screen(message(text, "SCREENER" in text), ENVELOPE)).verdict.outcome)
        )

    async def go():
        heavy = [asyncio.ensure_future(one(f"heavy {n}", "SCREENER slow")) for n in range(2)]
        await asyncio.sleep(0.5)
        for n in range(3):
            await one(f"light {n}", "hello")
        await asyncio.gather(*heavy)

    running.run(go())
    assert [name for name, _ in ended[:3]] == ["light 0", "light 1", "light 2"]
    assert {outcome for _, outcome in ended} == {Outcome.DELIVER}
    running.close()


@pytest.mark.parametrize("risky", [False, True])
@pytest.mark.parametrize("order", ["ORDER compute 0.15", "SCREENER compute"])
def test_whatever_takes_long_light_mail_of_its_kind_passes_it_and_it_is_judged_in_the_end(order, risky):
    """More heavy messages than there are places of any kind, small ones in the packets of the light ones."""
    running = Running(slow_readers=1, slow_screeners=1, read_cpu_seconds=30, quick_cpu_seconds=0.05)
    ended = []

    async def one(name, text):
        screened = await running.workers.screen(message(text, risky), ENVELOPE)
        ended.append((name, screened.verdict.outcome))

    async def go():
        heavy = [asyncio.ensure_future(one("heavy", order)) for _ in range(5)]
        await asyncio.sleep(0.1)
        for _ in range(3):
            await one("light", "hello")
        await asyncio.gather(*heavy)

    running.runner.run(within(go(), 600))  # at the lowest priority on a machine that may be very busy
    running.close()
    # Work in the slow lane goes on beside and may end meanwhile, the queue behind it does not.
    assert [name for name, _ in ended[-2:]] == ["heavy", "heavy"]
    assert {outcome for _, outcome in ended} == {Outcome.DELIVER}


def test_screening_before_start_is_a_mistake():
    async def go():
        await pool.Workers().screen(b"", ENVELOPE)

    with pytest.raises(RuntimeError):
        asyncio.run(go())
