"""The office of the demo: people who can sign in, and the console in a process of its own, as where it is for real."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mailguard.console.passwords import hash_password
from mailguard.store import Store, Transaction, users
from mailguard.store.users import Role, User

WAIT_SECONDS = 60.0
_LOOK_SECONDS = 0.1
_USUAL_PORT = 8080
_PEOPLE = {
    "office": Role.OFFICE,
    "head": Role.APPROVER,
    "dpo": Role.DPO,
    "technician": Role.TECHNICIAN,
    "trust": Role.TRUST,
    "auditor": Role.AUDITOR,
}


class DeskError(Exception):
    """The console did not start."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where to sign in, the names there are, and the password of them all, made for this one run."""

    url: str
    names: tuple[str, ...]
    password: str = field(repr=False)


def free_port() -> int:
    """The port that people expect a page on, or a free one where it is taken."""
    for wanted in (_USUAL_PORT, 0):
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", wanted))
            return int(sock.getsockname()[1])
    raise DeskError("no free port")


@asynccontextmanager
async def open_desk(store: Store, folder: Path, port: int) -> AsyncIterator[Desk]:
    """Add the users and run the console of the configuration in `folder` until the block ends. DeskError if it does
    not start."""
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    hashed = await asyncio.to_thread(hash_password, password)
    await store.write(_add_people, hashed)
    process = subprocess.Popen(  # noqa: S603, ASYNC220 (our own program; a start takes no time)
        [sys.executable, "-m", "mailguard", "console", "--config", str(folder / "mailguard.toml")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await _answering(process, port)
        yield Desk(f"http://127.0.0.1:{port}", tuple(_PEOPLE), password)
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _add_people(tx: Transaction, hashed: str) -> None:
    for name, role in _PEOPLE.items():
        users.add(tx, User(name, (role,)), "demo", hashed)


async def _answering(process: subprocess.Popen[bytes], port: int) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + WAIT_SECONDS
    while loop.time() < until and process.poll() is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(_LOOK_SECONDS)
            continue
        writer.close()
        return
    raise DeskError("the console did not start")
