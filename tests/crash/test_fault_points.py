"""A fault at each durable step in turn: the kernel gives the relay an error, or kills it, at its n-th sync, write or
send. What was answered with 250 is delivered or held afterwards, nothing wrong is delivered, and nothing is held for
no reason."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from crash.test_relay_kill import Senders, number_of, numbers, settled
from dialogues.relaykit import Upstream
from dialogues.servekit import House

MESSAGES = 40

# The call, what becomes of it, at which times of its being called (strace's `when`).
QUICK = [
    ("fdatasync", "signal=KILL", "4"),
    ("pwrite64", "error=ENOSPC", "40..80"),
    ("fdatasync", "error=EIO", "3..6"),  # meets acceptance, verdicts, claims and outcomes in turn
]
SLOW = [
    *(("fdatasync", "signal=KILL", str(n)) for n in (1, 2, 5)),  # counted for each syncer
    *(("pwrite64", "signal=KILL", str(n)) for n in (1, 2, 7, 40)),
    *(("write", "signal=KILL", str(n)) for n in (1, 5, 20, 41, 63)),  # replies, commands to the next server, the log
    *(("sendmsg", "signal=KILL", str(n)) for n in (1, 2, 5)),
    ("pwrite64", "error=EIO", "5..60"),
    ("fdatasync", "error=ENOSPC", "2..4"),
    ("accept4", "error=EMFILE", "2..6"),
    ("memfd_create", "error=EMFILE", "1..8"),
    ("write", "error=EIO", "30..33"),
    ("sendmsg", "error=ENOBUFS", "2..4"),
]


async def inject(house: House, call: str, fault: str, when: str) -> asyncio.subprocess.Process:
    """Have the kernel do this to the relay itself, not to its workers, from now on."""
    program = shutil.which("strace")
    if program is None:
        pytest.fail("strace is missing: apt-get install strace")
    assert house.process
    threads = [int(each.name) for each in Path(f"/proc/{house.process.pid}/task").iterdir()]
    process = await asyncio.create_subprocess_exec(
        *(program, "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={when}"),
        *(word for thread in threads for word in ("-p", str(thread))),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    for _ in threads:  # one line each when it holds them
        assert b"attached" in await process.stderr.readline()
    return process


async def survive(folder: Path, call: str, fault: str, when: str) -> None:
    upstream = Upstream()
    await upstream.start()
    house = House(folder, upstream.address)
    await house.start()
    senders = Senders(house.port, MESSAGES, random.Random(call + when))
    tracer = await inject(house, call, fault, when)
    sending = asyncio.ensure_future(senders.run())
    assert house.process
    dying = asyncio.ensure_future(house.process.wait())
    await asyncio.wait((sending, dying), timeout=400, return_when=asyncio.FIRST_COMPLETED)
    if "KILL" in fault:
        assert dying.done(), "the relay never came to that step"
        await house.kill()  # its workers, if they are still there
        await house.start()
    else:
        dying.cancel()
        tracer.terminate()
    await tracer.wait()
    async with asyncio.timeout(400):
        await sending
    await settled(house)
    held = Counter(number_of(str(one["sender"])) for one in await house.ask("held", "list"))
    await house.stop()
    await upstream.stop()
    delivered = numbers(upstream)
    assert senders.accepted == set(range(MESSAGES))
    for n in range(MESSAGES):
        wrong = n % 5 == 0
        assert delivered[n] or held[n], f"{n}: accepted and lost"
        assert not (wrong and delivered[n]), f"{n}: delivered against its verdict"
        assert wrong or not held[n], f"{n}: held for no reason"


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("call", "fault", "when"), QUICK)
def test_a_fault_at_a_durable_step(tmp_path: Path, call: str, fault: str, when: str) -> None:
    asyncio.run(survive(tmp_path, call, fault, when))


@pytest.mark.long
@pytest.mark.parametrize(("call", "fault", "when"), SLOW)
def test_a_fault_at_every_step_in_turn(tmp_path: Path, call: str, fault: str, when: str) -> None:
    asyncio.run(survive(tmp_path, call, fault, when))
