"""Whose time is up: a process that sleeps, not one that computes or waits for a processor."""

import asyncio
import subprocess
import sys
from contextlib import contextmanager
from unittest import mock

import pytest

from mailguard.workers import clock
from mailguard.workers.clock import Limits, Watch


@contextmanager
def process(program):
    with subprocess.Popen([sys.executable, "-c", program]) as started:
        try:
            yield started.pid
        finally:
            started.kill()


def watched(pid, limits, seconds):
    """True if the watch expired within `seconds`."""

    async def go():
        expired = asyncio.Event()
        watch = Watch(pid, limits, expired.set)
        try:
            async with asyncio.timeout(seconds):
                await expired.wait()
        except TimeoutError:
            return False
        finally:
            watch.cancel()
        return True

    return asyncio.run(go())


def test_a_process_that_sleeps_is_stopped():
    with process("import time; time.sleep(600)") as pid:
        assert watched(pid, Limits(0.5, 60), 30)


def hidden(pid, wall):
    return clock._Busy(wall, clock.cpu_seconds(pid) or 0.0, None)


@pytest.mark.parametrize("told", [True, False])
def test_a_process_that_computes_is_not_stopped_for_the_time_it_takes(told):
    with process("while True: pass") as pid, mock.patch.object(clock, "_busy", clock._busy if told else hidden):
        assert not watched(pid, Limits(1.0, 60), 2.5)


def test_a_process_that_waits_for_a_processor_is_not_stopped():
    samples = iter([clock._Busy(0.0, 0.0, 0.0), *(clock._Busy(n, 0.0, n) for n in map(float, range(1, 100)))])
    with mock.patch.object(clock, "_busy", side_effect=samples):
        assert not watched(1, Limits(0.2, 60), 1.0)


def test_a_process_that_ignores_the_end_of_its_processor_time_is_stopped():
    with process("while True: pass") as pid, mock.patch.object(clock, "_GRACE", 0.1):
        assert watched(pid, Limits(2.0, 0.2), 60)


def test_where_waiting_is_not_told_nobody_is_let_go_on_for_ever():
    untold = mock.patch.object(clock, "_busy", hidden)
    with process("while True: pass") as pid, mock.patch.object(clock, "MOST_WINDOWS", 2), untold:
        assert watched(pid, Limits(0.5, 600), 60)


def test_a_process_that_has_gone_tells_no_time():
    with subprocess.Popen([sys.executable, "-c", ""]) as started:
        pid = started.pid
    assert clock.cpu_seconds(pid) is None
