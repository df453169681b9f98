"""The relay's end of a fork server: start, fork, ask, kill, bury, and what happens when the server is no more."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from unit.workers.conftest import STAND_INS, message, within

from mailguard.model import UnreadableReason
from mailguard.workers import orders, protocol
from mailguard.workers.server import ChildDied, Evicted, Server, ServerError

SETUP = orders.Setup(STAND_INS["reader_module"], 256 << 20, 2, 8 << 20, 3, 64 << 20)
TASK = orders.encode(orders.Task(None))


def run(coroutine):
    return asyncio.run(within(coroutine, 60))


async def start(**changes):
    fields = {name: getattr(SETUP, name) for name in SETUP.__struct_fields__}
    return await Server.start("jail_server", orders.Setup(**{**fields, **changes}), b"", seconds=30)


async def ask(child, text, seconds=10.0):
    out = protocol.memory_file()
    try:
        said = await child.ask(TASK, message(text), [out], seconds)
        return said, protocol.read_memory_file(out, 1 << 30)
    finally:
        os.close(out)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


async def until(condition, seconds=10):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def test_a_child_answers_several_tasks_and_retires_when_told():
    async def go():
        server = await start(recycle_messages=3)
        child = await server.fork()
        pids = set()
        for turn in range(3):
            assert not child.tired
            said, written = await ask(child, "ORDER pid")
            assert said == b""
            pids.add(written)
            assert child.tired == (turn == 2)
        assert len(pids) == 1
        assert await child.gone() == 0
        await server.close()
        assert not is_running(server.pid)

    run(go())


def test_a_child_that_grew_retires():
    async def go():
        server = await start(recycle_messages=1000, recycle_growth_bytes=1 << 20, output_bytes=128 << 20)
        child = await server.fork()
        await ask(child, "ORDER flood")
        assert child.tired
        await server.close()

    run(go())


@pytest.mark.parametrize(
    ("order", "reason", "detail"),
    [
        ("segfault", UnreadableReason.CRASHED, "ended by SIGSEGV"),
        ("abort", UnreadableReason.CRASHED, "ended by SIGABRT"),
        ("exit", UnreadableReason.CRASHED, "ended by exit code 3"),
        ("raise", UnreadableReason.CRASHED, "ended by exit code 70"),
        ("swell", UnreadableReason.TOO_LARGE, "used up its memory"),
        ("flood", UnreadableReason.TOO_LARGE, "its text is longer than the limit"),
        ("loop", UnreadableReason.TIMEOUT, "used up its processor time"),
        ("sleep 600", UnreadableReason.TIMEOUT, "took longer than"),
    ],
)
def test_how_a_child_died_is_told_and_nothing_of_the_message(order, reason, detail):
    async def go():
        server = await start()
        child = await server.fork()
        with pytest.raises(ChildDied) as death:
            await ask(child, f"ORDER {order}", 2.0 if order.startswith("sleep") else 20.0)
        assert (death.value.reason, death.value.alone) == (reason, True)
        assert death.value.detail.startswith(detail)
        assert child.dead.done()
        said, _ = await ask(await server.fork(), "next")
        assert said == b""
        await server.close()

    run(go())


def test_cancelling_a_task_kills_its_child():
    async def go():
        server = await start()
        child = await server.fork()
        task = asyncio.get_running_loop().create_task(ask(child, "ORDER sleep 600", 600))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await child.gone() == -signal.SIGKILL
        await server.close()

    run(go())


def test_a_child_runs_at_the_priority_it_was_forked_with_and_gives_way_when_told():
    def priority(child):
        return os.getpriority(os.PRIO_PROCESS, child.pid)

    async def go():
        server = await start()
        here = os.getpriority(os.PRIO_PROCESS, 0)
        ordinary, lowered = await server.fork(), await server.fork(5)
        for child in (ordinary, lowered):
            await ask(child, "begun")
        assert [priority(ordinary), priority(lowered)] == [here, min(here + 5, 19)]
        for child in (ordinary, lowered):
            child.slow_down()
            assert child.tired
            await until(lambda child=child: priority(child) == min(here + orders.SLOWED, 19))
        await server.close()

    run(go())


def test_a_child_that_has_to_make_room_has_ended_when_that_is_told():
    async def go():
        server = await start(cpu_seconds=30)
        child = await server.fork()
        task = asyncio.ensure_future(ask(child, "ORDER loop"))
        used = child.cpu_seconds()
        await until(lambda: child.cpu_seconds() > used + 0.05)
        child.evict()
        with pytest.raises(Evicted):
            await task
        assert child.dead.done()
        assert (await ask(await server.fork(), "still here"))[0] == b""
        await server.close()

    run(go())


def test_a_child_that_has_to_make_room_before_it_has_its_task_says_the_same():
    async def go():
        server = await start()
        child = await server.fork()
        task = asyncio.ensure_future(ask(child, "x" * (8 << 20)))
        await asyncio.sleep(0)  # the first slice of it is on its way
        child.evict()
        with pytest.raises(Evicted):
            await task
        await server.close()

    run(go())


def test_a_long_body_leaves_others_the_event_loop():
    async def go():
        server = await start()
        child = await server.fork()
        rounds = 0

        async def other():
            nonlocal rounds
            while not sent.done():
                rounds += 1
                await asyncio.sleep(0)

        sent = asyncio.ensure_future(ask(child, "x" * (8 << 20)))
        await other()
        assert rounds >= 8
        with pytest.raises(ChildDied):  # the reading was longer than this child may write
            await sent
        await server.close()

    run(go())


def test_an_idle_child_whose_socket_closes_ends_by_itself():
    async def go():
        server = await start()
        child = await server.fork()
        child.hang_up()
        assert await child.gone() == 0
        await server.close()

    run(go())


def test_a_killed_server_takes_its_children_along_and_says_so():
    async def go():
        server = await start()
        child = await server.fork()
        _, written = await ask(child, "ORDER pid")
        task = asyncio.get_running_loop().create_task(ask(child, "ORDER sleep 600", 600))
        await asyncio.sleep(0.1)
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(ChildDied) as death:
            await task
        assert not death.value.alone
        assert not server.alive
        with pytest.raises(ServerError):
            await server.fork()
        child_pid = int(written.split(b"SORDER pid")[0].split(b'"text":"')[-1].split(b'"')[0])
        await until(lambda: not is_running(child_pid))
        await server.close()

    run(go())


def test_signals_from_a_terminal_do_not_end_the_server():
    async def go():
        server = await start()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(server.pid, number)
        assert (await ask(await server.fork(), "still here"))[0] == b""
        assert os.getpgid(server.pid) != os.getpgid(0)
        await server.close()

    run(go())


@pytest.mark.parametrize("module", ["no.such.module", "unit.workers.threaded_reader"])
def test_a_server_that_cannot_start_says_why_without_values(module):
    async def go():
        with pytest.raises(ServerError) as error:
            await start(module=module)
        assert ("threads after warming" if "threaded" in module else "No module named") in str(error.value)

    run(go())


def test_a_program_that_is_not_there_is_an_error():
    async def go():
        with pytest.raises(ServerError):
            await Server.start("no_such_program", SETUP, b"", seconds=30)

    run(go())


def test_the_jail_holds_no_module_that_knows_pupils():
    async def go():
        server = await start(module="unit.workers.curious_reader")
        _, written = await ask(await server.fork(), "which modules?")
        modules = written.decode()
        assert "mailguard.extract" in modules
        for name in ("policy", "roll", "recognise", "judge", "screening", "store", "workers.pool"):
            assert f"mailguard.{name}" not in modules
        assert "asyncio" not in modules
        await server.close()

    run(go())
