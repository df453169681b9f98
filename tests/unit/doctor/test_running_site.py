"""The doctor beside a relay that runs: no false alarm, and faults that only a living one can have."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from mailguard.doctor import Line, Status, doors, examine
from mailguard.doctor.site import Site

from .sitekit import Installation, Served


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("site")
    folder.chmod(0o700)
    with Served() as upstream:
        site = Installation(folder, upstream.address)
        log = (folder / "log").open("wb")
        command = [sys.executable, "-m", "mailguard", "serve", "--config", str(site.config)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            while b'"started"' not in (folder / "log").read_bytes():
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.05)
            site.add_user()
            yield site
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def test_a_healthy_relay_raises_no_alarm(site: Installation) -> None:
    command = [sys.executable, "-m", "mailguard", "doctor", "--json", "--config", str(site.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line for line in lines if line["status"] != "OK"] == []
    assert done.returncode == 0
    assert {"check", "status", "text", "remedy"} == set(lines[0])
    said = {line["check"]: line["text"] for line in lines}
    assert said["relay"] == "The relay is running."
    assert "was refused" in said["open-relay"]
    assert "seccomp" in said["sandbox"]
    assert "Ready" in said["observe"]


def lines_of(site: Installation, *changes: tuple[str, str]) -> dict[str, Line]:
    """What the doctor says by a configuration that differs from what runs."""
    text = site.config.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    other = site.folder / "other.toml"
    other.write_text(text)
    return {line.check: line for line in examine(other)}


def test_a_listener_that_nobody_serves_is_told(site: Installation) -> None:
    found = lines_of(site, (f"127.0.0.1:{site.port}", "127.0.0.1:1"))
    assert found["listener"].status is Status.FAIL
    assert "Restart" in found["listener"].remedy


def test_health_that_nobody_serves_is_told(site: Installation) -> None:
    found = lines_of(site, (f"127.0.0.1:{site.observe}", "127.0.0.1:1"))
    assert found["relay"].status is Status.OK  # its lock tells
    assert found["observe"].status is Status.FAIL


def test_a_stranger_that_is_served_is_told(site: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    # As if 127.0.0.1 were a stranger, whom the relay serves.
    monkeypatch.setattr(doors, "_STRANGERS", ("127.0.0.1",))
    monkeypatch.setattr(doors, "AllowList", lambda networks: ())
    found = {line.check: line for line in examine(site.config)}
    assert found["open-relay"].status is Status.FAIL
    assert "allow" in found["open-relay"].remedy


def test_a_relay_of_another_version_is_told(site: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailguard.__version__", "99.0")
    found = {line.check: line for line in examine(site.config)}
    assert found["version"].status is Status.WARN
    assert "Restart" in found["version"].remedy


def test_the_lock_is_seen_and_not_taken(site: Installation) -> None:
    from datetime import UTC, datetime

    from mailguard.config import load_config

    looked = Site(site.config, load_config(site.config), datetime.now(UTC))
    assert looked._is_locked()
