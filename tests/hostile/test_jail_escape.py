"""A reader taken over by a document tries to get out: every way is refused, and nothing is left behind."""

import socket
from pathlib import Path

import pytest
from unit.workers.conftest import ENVELOPE, Running, message

REFUSED = {
    "read_file /etc/passwd",
    "read_file /proc/self/environ",
    "read_file /proc/1/cmdline",
    "read_file {secret}",
    "write_file /tmp/mailguard-escape",
    "write_file /dev/null",
    "write_file {secret}",
    "socket inet tcp",
    "socket inet udp",
    "socket inet6 udp",
    "socket unix tcp",
    "socket unix udp",
    "fork",
    "exec",
    "kill_parent",
    "memory_file",
    "rename {secret}",
    "unlink {secret}",
    "chmod {secret}",
    "mkdir /tmp/mailguard-escape",
    "truncate {secret}",
    "link {secret}",
    "chdir_list /",
    "setuid",
    "limits",
    "namespace",
}


@pytest.fixture(scope="module")
def running():
    running = Running()
    yield running
    running.close()


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text("Amelia")
    path.chmod(0o666)
    return path


@pytest.mark.parametrize("attachment", [False, True], ids=["shared child", "own child"])
@pytest.mark.parametrize("order", sorted(REFUSED))
def test_refused(running, secret, order, attachment):
    text = message("ORDER " + order.format(secret=secret), attachment)
    reading = running.run(running.workers.read(text))
    assert reading.segments[-1].text.startswith("refused"), reading.segments[-1].text
    assert secret.read_text() == "Amelia"
    assert not Path("/tmp/mailguard-escape").exists()


def test_a_listening_port_beside_it_is_out_of_reach(running):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        reading = running.run(running.workers.read(message(f"ORDER connect {port}", True)))
        assert reading.segments[-1].text.startswith("refused")
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_an_answer_kept_writable_is_not_trusted(running):
    for text, attachment in (("x" * 9000 + " ORDER keep_mapping", False), ("ORDER keep_mapping", True)):
        reading = running.run(running.workers.read(message(text, attachment)))
        assert [place.reason for place in reading.unreadable] == ["crashed"]


@pytest.mark.parametrize("order", ["noise", "two_answers", "huge_head", "early_answer", "send_descriptors"])
def test_nonsense_to_the_relay_costs_its_own_message_only(running, order):
    for attachment in (False, True):
        before = len(list(Path("/proc/self/fd").iterdir()))
        # A reader of text, one of letters and a screener may be new among the descriptors.
        screened = running.run(running.workers.screen(message(f"ORDER {order}", attachment), ENVELOPE))
        assert screened.verdict.outcome in ("hold", "deliver")
        good = running.run(running.workers.screen(message("hello", attachment), ENVELOPE))
        assert good.verdict.outcome == "deliver"
        assert len(list(Path("/proc/self/fd").iterdir())) <= before + 3


def test_a_reader_that_will_not_die_of_signals_is_killed(running):
    reading = running.run(running.workers.read(message("ORDER stubborn", True)))
    assert [place.reason for place in reading.unreadable] == ["timeout"]
