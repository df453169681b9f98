"""Readiness, life signs and inherited sockets, as systemd gives and hears them."""

from __future__ import annotations

import asyncio
import os
import signal
import smtplib
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from dialogues.servekit import House, free_port

from mailguard.observe import systemd


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(str(tmp_path / "notify"))
    sock.settimeout(60)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    return sock


def test_states_go_to_the_socket_that_is_named(heard: socket.socket) -> None:
    systemd.notify("READY=1", "STATUS=fine")
    assert heard.recv(100) == b"READY=1\nSTATUS=fine"


def test_an_abstract_socket_is_known_by_its_at_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        name = f"mailguard-test-{os.getpid()}"
        sock.bind(f"\0{name}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        systemd.notify("WATCHDOG=1")
        assert sock.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "vsock:2:3"])
def test_without_systemd_nothing_happens(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    systemd.notify("READY=1")


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [("", "", 0.0), ("60000000", "own", 60.0), ("60000000", "1", 0.0), ("x", "own", 0.0)],
)
def test_the_watchdog_is_asked_for_by_time_and_process(
    usec: str, pid: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    if pid:
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if pid == "own" else pid)
    assert systemd.watchdog_seconds() == seconds


def test_the_relay_tells_when_it_is_ready_that_it_lives_and_that_it_stops(
    heard: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "house").mkdir()
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")

    async def story() -> None:
        house = House(tmp_path / "house", f"127.0.0.1:{free_port()}")
        await house.start()
        said = b""
        while said.count(b"WATCHDOG=1") < 2 or b"READY=1" not in said:
            said += await asyncio.to_thread(heard.recv, 200) + b"\n"
        assert b"READY=1" in said.splitlines()
        await house.stop()
        while b"STOPPING=1" not in said:
            said += await asyncio.to_thread(heard.recv, 200) + b"\n"

    asyncio.run(story())


def test_a_credential_goes_before_the_file_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailguard.config import parse_config

    text = '[store]\nkey_file = "key"\n'
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert parse_config(text, Path("/etc/mailguard")).store.key_file == Path("/etc/mailguard/key")
    (tmp_path / "mailguard-key").write_text("x")
    assert parse_config(text, Path("/etc/mailguard")).store.key_file == tmp_path / "mailguard-key"


STARTER = """
import os, socket, sys
sock = socket.socket(); sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.bind(("127.0.0.1", int(sys.argv[1]))); sock.listen(5)
os.dup2(sock.fileno(), 3); os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="smtp")
os.execv(sys.executable, [sys.executable, "-m", "mailguard", "serve", "--config", sys.argv[2]])
"""


def test_a_socket_that_systemd_opened_is_served(tmp_path: Path) -> None:
    """The port is bound before the relay starts, as root would for port 25; the relay must not bind it again."""
    house = House(tmp_path, f"127.0.0.1:{free_port()}")
    log = (tmp_path / "log").open("wb")
    command = [sys.executable, "-c", STARTER, str(house.port), str(house.config)]
    process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        for _ in range(600):
            assert process.poll() is None, (tmp_path / "log").read_text()
            if b'"started"' in (tmp_path / "log").read_bytes():
                break
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
        with smtplib.SMTP("127.0.0.1", house.port, timeout=60) as client:
            assert client.ehlo()[0] == 250
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
