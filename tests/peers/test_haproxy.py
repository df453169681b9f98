"""HAProxy with the shipped configuration in front of a relay that believes its PROXY
header, asks it whether it is ready, and leaves out a node that is down."""

from __future__ import annotations

import shutil
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dialogues.servekit import House, free_port

CONFIG = Path(__file__).parents[2] / "deploy" / "haproxy" / "haproxy.cfg"

pytestmark = pytest.mark.peer


@pytest.fixture
def front(tmp_path: Path) -> Iterator[int]:
    """The balancer's port; behind it one relay that lives and one that does not."""
    program = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/sbin")
    assert program, "haproxy is missing: apt-get install haproxy"
    (tmp_path / "house").mkdir()
    house, observe, port = House(tmp_path / "house", f"127.0.0.1:{free_port()}"), free_port(), free_port()
    text = house.config.read_text()
    listener = f'listen = [{{ address = "127.0.0.1:{house.port}", proxy = ["127.0.0.1/32"] }}]'
    text = text.replace(f'listen = ["127.0.0.1:{house.port}"]', f'{listener}\nallow = ["127.0.0.5/32"]')
    house.config.write_text(text.replace('"127.0.0.1:0"', f'"127.0.0.1:{observe}"'))
    shipped = CONFIG.read_text(encoding="utf-8")
    for before, after in (
        ("bind :25", f"bind 127.0.0.1:{port}"),
        ("10.20.0.11:2525", f"127.0.0.1:{house.port}"),
        ("10.20.0.12:2525", f"127.0.0.1:{free_port()}"),
    ):
        assert before in shipped
        shipped = shipped.replace(before, after)
    dead, alive = shipped.rindex("check port 9125"), shipped.index("check port 9125")
    assert dead != alive
    shipped = shipped[:dead] + f"check port {free_port()}" + shipped[dead + 15 :]
    shipped = shipped.replace("check port 9125", f"check port {observe}").replace("inter 5s", "inter 200ms")
    (tmp_path / "haproxy.cfg").write_text(shipped)
    serve = [sys.executable, "-m", "mailguard", "serve", "--config", house.config]
    with (tmp_path / "log").open("wb") as log:
        relay = subprocess.Popen(serve, stdout=log, stderr=log)
        balancer = subprocess.Popen([program, "-f", tmp_path / "haproxy.cfg", "-db"], stdout=log, stderr=log)
    try:
        yield port
    finally:
        for process in (balancer, relay):
            process.terminate()
            process.wait(60)


def greeted(port: int, source: str) -> smtplib.SMTP:
    """A connection through the balancer, once it has found the node that lives."""
    for _ in range(300):
        try:
            client = smtplib.SMTP("127.0.0.1", port, timeout=60, source_address=(source, 0))
            client.ehlo("client.test")
            return client
        except (OSError, smtplib.SMTPException):
            time.sleep(0.2)
    raise AssertionError("no node was found")


def test_the_real_client_counts_and_not_the_balancer(front: int) -> None:
    with greeted(front, "127.0.0.5") as client:
        assert client.mail("office@oakfield.example")[0] == 250
        assert client.rcpt("rowan@quillfeather.test")[0] == 250
    with greeted(front, "127.0.0.1") as stranger:  # the balancer's own address is not the client's
        stranger.mail("office@oakfield.example")
        assert stranger.rcpt("rowan@quillfeather.test")[0] == 550
