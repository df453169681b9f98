"""However the relay ends, its workers end with it; and thousands of messages leave nothing behind."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from unit.workers import locked
from unit.workers.conftest import ENVELOPE, Running, message

RELAY = """
import asyncio, sys
from unit.workers.conftest import STAND_INS, ENVELOPE, message
from mailguard.model import Roll
from mailguard.policy import default_policy
from mailguard.workers import Workers, WorkerSettings
async def main():
    workers = Workers(WorkerSettings(**{**STAND_INS, "read_wall_seconds": 60.0}))
    await workers.start(Roll(revision="r1"), default_policy())
    verdict = (await workers.screen(message("hello"), ENVELOPE)).verdict
    loop = asyncio.get_running_loop()
    flight = [loop.create_task(workers.screen(message("ORDER sleep 60", n % 2), ENVELOPE)) for n in range(4)]
    await asyncio.sleep(0.3)
    print(verdict.outcome, *workers.layers, flush=True)
    WAIT
asyncio.run(main())
"""


def workers_of(relay):
    """Process ids of all workers below a relay, told by their command line, zombies included."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    below, found = {relay}, set()
    while fresh := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= fresh
        found |= fresh
    return found


def eventually(condition):
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def threads_of(pid):
    try:
        return len(list(Path(f"/proc/{pid}/task").iterdir()))
    except OSError:
        return 0  # it has just ended


def start_relay():
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]}
    code = RELAY.replace("WAIT", "await asyncio.gather(*flight)")
    relay = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
    assert relay.stdout.readline().startswith("deliver")
    return relay


def is_there(pid):
    return Path(f"/proc/{pid}").exists()


def test_a_killed_relay_leaves_no_worker():
    relay = start_relay()
    workers = workers_of(relay.pid)
    assert len(workers) >= 6  # two servers, four readers, a screener
    relay.kill()
    relay.wait()
    relay.stdout.close()
    assert eventually(lambda: not any(is_there(pid) for pid in workers))


def test_an_interrupt_from_the_terminal_reaches_no_worker():
    relay = start_relay()
    workers = workers_of(relay.pid)
    for pid in workers:
        os.kill(pid, signal.SIGINT)
    time.sleep(0.2)
    assert all(is_there(pid) for pid in workers)
    relay.kill()
    relay.wait()
    relay.stdout.close()


@pytest.mark.parametrize("user", locked.USERS)
def test_it_all_works_for_root_and_for_a_user_without_rights(user):
    outcome, *layers = locked.run(
        RELAY.replace("WAIT", "for task in flight: task.cancel()\n    await workers.close()"), user
    ).split()
    assert outcome == "deliver"
    assert {"landlock", "no-network", "rlimits", "seccomp"} <= set(layers)


def flood(running, count):
    async def go():
        for start in range(0, count, 100):
            batch = [message("ORDER exit" if n % 50 == 7 else "hello", n % 10 == 0) for n in range(start, start + 100)]
            await asyncio.gather(*(running.workers.screen(one, ENVELOPE) for one in batch))

    running.runner.run(go())


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_many_messages_leave_no_descriptor_no_zombie_and_no_memory(count):
    others = workers_of(os.getpid())  # what other tests of this process left is theirs to answer for

    def workers():
        return workers_of(os.getpid()) - others

    running = Running(recycle_messages=100)
    flood(running, 300)
    assert max(threads_of(pid) for pid in workers()) == 1
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    flood(running, count)
    # Two servers, in each of two lanes two readers of text, two of the sender's files, a screener.
    assert eventually(lambda: len(workers()) <= 10)
    # A few more or fewer as readers come and go; one left by each message, or by each death, would be many.
    assert eventually(lambda: len(list(Path("/proc/self/fd").iterdir())) <= descriptors + 4)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 << 10
    running.close()
    assert eventually(lambda: not workers())
