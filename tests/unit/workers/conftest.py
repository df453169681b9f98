"""Workers with stand-ins for readers and screening, one set for each test module."""

import asyncio

import pytest

from mailguard.model import Envelope, Roll
from mailguard.policy import default_policy
from mailguard.workers import Workers, WorkerSettings

STAND_INS = {
    "reader_module": "unit.workers.evil_reader",
    "screener_module": "unit.workers.plain_screener",
    "read_wall_seconds": 3.0,
    "read_cpu_seconds": 3,
    "screen_wall_seconds": 2.0,
    "memory_bytes": 256 << 20,
    "result_bytes": 8 << 20,
    "kept_files": 0,
}
ENVELOPE = Envelope("office@school.example", ("one@home.example", "two@home.example"))


class Running:
    """Workers in an event loop of their own, for tests that are not coroutines."""

    def __init__(self, **settings):
        self.runner = asyncio.Runner()
        self.workers = Workers(WorkerSettings(**{**STAND_INS, **settings}))
        self.run(self.workers.start(Roll(revision="r1"), default_policy()))

    def run(self, coroutine):
        return self.runner.run(within(coroutine, 60))

    def screen(self, text, envelope=ENVELOPE):
        return self.run(self.workers.screen(message(text), envelope))

    def close(self):
        self.run(self.workers.close())
        self.runner.close()


async def within(coroutine, seconds):
    return await asyncio.wait_for(coroutine, seconds)


def message(text, attachment=False):
    """A message whose body is `text`: plain, or with an attachment so that it is read by a child of its own."""
    if not attachment:
        return f"From: office@school.example\r\nSubject: x\r\n\r\n{text}\r\n".encode()
    return (
        "From: office@school.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        f"--b\r\n\r\nDear parents\r\n--b\r\nContent-Type: application/pdf\r\n\r\n{text}\r\n--b--\r\n"
    ).encode()


@pytest.fixture(scope="module")
def running():
    running = Running()
    yield running
    running.close()
