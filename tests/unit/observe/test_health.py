"""/metrics, /healthz and /readyz over a real socket."""

import json
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
