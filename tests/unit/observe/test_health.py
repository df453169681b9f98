"""/metrics, /healthz and /readyz over a real socket."""

import json
import socket
import struct
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from mailguard.observe import Metrics, Server, Snapshot


def broken() -> bool:
    raise RuntimeError("secret")


class Fixture:
    def __init__(self) -> None:
        self.ready = True
        self.snapshot = Snapshot
        metrics = Metrics(lambda: self.snapshot(), ["other-family"])
        self.server = Server("127.0.0.1", 0, metrics.registry, {"store": lambda: self.ready, "roll": lambda: True})

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture
def site() -> Iterator[Fixture]:
    fixture = Fixture()
    fixture.server.start()
    yield fixture
    fixture.server.close()


def test_an_address_that_is_taken_is_named(site: Fixture) -> None:
    with pytest.raises(OSError, match=rf"\[observe\] listen 127.0.0.1:{site.server.port}"):
        Server("127.0.0.1", site.server.port, CollectorRegistry(), {})


def test_alive_and_ready(site: Fixture) -> None:
    assert site.get("/healthz")[0] == 200
    assert site.get("/readyz")[0] == 200


def test_not_ready_names_the_probe(site: Fixture) -> None:
    site.ready = False
    status, body = site.get("/readyz")
    assert status == 503
    assert json.loads(body)["failing"] == ["store"]


def test_metrics_are_served_and_all_else_is_not_found(site: Fixture) -> None:
    status, body = site.get("/metrics")
    assert status == 200
    assert "mailguard_held_messages" in body
    assert site.get("/etc/passwd")[0] == 404


def test_a_store_that_fails_is_told_and_what_the_process_counts_is_served(site: Fixture) -> None:
    assert "\nmailguard_store_up 1.0\n" in site.get("/metrics")[1]
    site.snapshot = broken  # type: ignore[assignment]
    status, body = site.get("/metrics")
    assert status == 200
    assert "secret" not in body
    assert "\nmailguard_store_up 0.0\n" in body
    assert 'mailguard_intake_refused_total{reason="store-down"} 0.0' in body
    # No figure of the store is made up.
    assert not any(f"mailguard_{name}" in body for name in ("held", "queue", "decisions", "incident"))
    assert site.get("/healthz")[0] == 200


def test_clients_that_say_nothing_or_vanish_write_no_trace(site: Fixture, capfd, monkeypatch) -> None:
    monkeypatch.setattr("mailguard.observe.health._QuietHandler.timeout", 0.1)
    slow = [socket.create_connection(("127.0.0.1", site.server.port)) for _ in range(20)]
    for one in slow:
        one.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-")
    gone = socket.create_connection(("127.0.0.1", site.server.port))
    gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    gone.sendall(b"GET /metrics HTTP/1.1\r\n")
    time.sleep(0.05)
    gone.close()  # a reset
    for one in slow:
        one.settimeout(10)
        assert one.recv(1) == b""
        one.close()
    assert site.get("/healthz")[0] == 200
    time.sleep(0.1)
    assert capfd.readouterr().err == ""
