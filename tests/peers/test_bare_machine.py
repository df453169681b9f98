"""From a bare Debian to a held test mail, by what the documents say: their blocks are cut out and run as they stand,
under a living systemd, behind a Postfix as Debian installs it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dialogues.servekit import RECORD, ROLL
from docs.guidekit import blocks
from peers.machinekit import Debian, Machine

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCE = "/root/mailguard"
# What a school has already: a mail server. Its mail goes to a sink that stands for the world.
ANSWERS = "OAK\nOakfield Primary School\noakfield.example\noffice@oakfield.example\n127.0.0.1:2525\n127.0.0.1:2526\n"
SINK = """\
import asyncio, pathlib
from aiosmtpd.controller import Controller
class Sink:
    async def handle_DATA(self, server, session, envelope):
        n = len(list(pathlib.Path("/root/world").iterdir()))
        pathlib.Path(f"/root/world/{n}").write_text(" ".join(envelope.rcpt_tos) + "\\n" + envelope.content.decode())
        return "250 ok"
pathlib.Path("/root/world").mkdir()
Controller(Sink(), hostname="127.0.0.1", port=2599).start()
asyncio.new_event_loop().run_forever()
"""

pytestmark = [pytest.mark.long, pytest.mark.peer, pytest.mark.timeout(2400)]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Debian:
    debian = Debian.make(tmp_path_factory.mktemp("bare") / "debian")
    debian.bring_source(ROOT)
    return debian


@pytest.fixture(scope="module")
def machine(bare: Debian) -> Iterator[Machine]:
    """An ordinary server: the same Debian with systemd, booted, and a Postfix that delivers by itself."""
    _run_the_two_commands(bare)
    bare.install("systemd", "systemd-sysv", "dbus", "postfix")
    with Machine(bare) as machine:
        machine.wait("Postfix runs", "postfix status")
        yield machine


_ran: dict[str, str] = {}


def _run_the_two_commands(bare: Debian) -> None:
    """The front page's first line in a Debian that has not even Python."""
    if not _ran:
        assert not (bare.root / "usr/bin/python3").exists()
        [line] = re.findall(r"(?m)^(deploy/venv && \S+mailguard demo --exit)", README)
        _ran["demo"] = bare.run(f"cd {SOURCE}\n{line}")


def test_two_commands_from_the_front_page_run_the_demo_on_a_bare_debian(bare: Debian) -> None:
    _run_the_two_commands(bare)
    lines = _ran["demo"].splitlines()
    assert len(lines) > 20
    assert all(line.startswith("ok ") for line in lines)


def test_the_steps_of_the_guides_lead_to_a_held_test_mail(machine: Machine) -> None:
    begun = time.monotonic()
    package, init, roll, start, hold, proof = blocks("INSTALL.md", under="Debian 12, ten minutes")
    export = machine.debian.root / SOURCE[1:] / "export"
    export.mkdir()
    for name, text in ROLL.items():
        (export / name).write_text(text, encoding="utf-8")
    here = f"cd {SOURCE}\n"
    machine.run(here + package, network=True)
    machine.run(here + init, user_input=ANSWERS)
    assert "2 pupils" in machine.run(here + roll)
    machine.run(here + start)
    _stand_for_the_world(machine)
    for block in blocks("postfix/README.md", under="Steps"):
        _once_the_relay_runs(machine, here + block)
    machine.run("postconf -c /etc/postfix-out -e 'relayhost = [127.0.0.1]:2599' && postmulti -i postfix-out -p reload")
    machine.run(here + hold)
    shown = machine.run(here + proof)
    assert re.search(r"held +somebody@example.org +unknown-upn", shown)
    assert "FAIL" not in shown
    assert re.search(r"(?m)^OK +pictures", shown)
    print(f"\nthe documented steps took {time.monotonic() - begun:.0f} s")


def _once_the_relay_runs(machine: Machine, block: str) -> None:
    machine.wait("the relay is there", "systemctl is-active mailguard mailguard-console postfix")
    machine.run(block)


def _stand_for_the_world(machine: Machine) -> None:
    (machine.debian.root / "root/sink.py").write_text(SINK)
    machine.run("systemd-run --unit=world /opt/mailguard/bin/python3 /root/sink.py")


def _sent(machine: Machine, to: str) -> None:
    mail = f"From: office@oakfield.example\nTo: {to}\nSubject: Report\n\n{RECORD.decode()}".replace("\r", "")
    machine.run(f"sendmail -f office@oakfield.example {to}", user_input=mail)


def test_a_record_reaches_its_own_family_and_not_another(machine: Machine) -> None:
    _sent(machine, "petra@marrowgate.test")
    _sent(machine, "rowan@quillfeather.test")
    machine.wait("it came through", "grep -l rowan@quillfeather.test /root/world/*")
    held = machine.wait(
        "the other is held",
        "runuser -u mailguard -- mailguard held list --config /etc/mailguard/mailguard.toml | grep -A1 other-family",
    )
    assert "petra@marrowgate.test" in held
    assert "petra@marrowgate.test" not in machine.run("head -qn1 /root/world/*")


def _events(machine: Machine, unit: str = "mailguard") -> list[dict[str, Any]]:
    lines = machine.run(f"journalctl -u {unit} -o cat --no-pager").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def _pid(machine: Machine, unit: str) -> int:
    return int(machine.run(f"systemctl show -P MainPID {unit}"))


def test_all_walls_stand_under_the_unit_of_a_living_systemd(machine: Machine) -> None:
    [walls] = [event["layers"] for event in _events(machine) if event["event"] == "sandbox"]
    assert set(walls) >= {"landlock", "no-network", "no-new-privileges", "rlimits", "seccomp"}
    status = machine.run(f"cat /proc/{_pid(machine, 'mailguard')}/status")
    for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        assert line in status
    for unit in ("mailguard", "mailguard-console"):
        score = re.search(r"exposure level for \S+: ([\d.]+)", machine.run(f"systemd-analyze security {unit}"))
        assert score
        assert float(score[1]) <= 1.5


def test_a_relay_that_is_killed_or_hangs_comes_back_with_what_it_holds(machine: Machine) -> None:
    listed = "runuser -u mailguard -- mailguard held list --config /etc/mailguard/mailguard.toml"
    before = machine.run(listed)
    machine.run(
        "mkdir -p /etc/systemd/system/mailguard.service.d\n"
        "printf '[Service]\\nWatchdogSec=6\\n' > /etc/systemd/system/mailguard.service.d/watchdog.conf\n"
        "systemctl daemon-reload && systemctl restart mailguard"
    )
    for blow in ("KILL", "STOP"):  # the second is noticed by the watchdog alone
        pid = _pid(machine, "mailguard")
        machine.run(f"kill -{blow} {pid}")
        again = f"[ $(systemctl show -P MainPID mailguard) != {pid} ] && systemctl is-active mailguard"
        machine.wait(f"it is back after {blow}", again, 120)
    assert machine.run(listed) == before
    assert machine.run("systemctl is-active mailguard-console").strip() == "active"


def test_a_configuration_that_cannot_be_used_is_not_taken_by_a_reload(machine: Machine) -> None:
    machine.run("echo 'mod = 1' >> /etc/mailguard/policy.toml && systemctl reload mailguard")
    machine.wait("it is refused", "journalctl -u mailguard -o cat --no-pager | grep -F config-refused")
    assert machine.run("systemctl is-active mailguard").strip() == "active"
    machine.run("sed -i '$d' /etc/mailguard/policy.toml && systemctl reload mailguard")


def test_the_way_back_of_the_postfix_guide_leads_around_the_guard(machine: Machine) -> None:
    [back] = blocks("postfix/README.md", under="Way back")
    machine.run(back)
    assert machine.run("postconf -h relayhost").strip() == ""


def test_the_socket_gives_port_25_and_a_credential_keeps_the_key_with_root(machine: Machine) -> None:
    unit = machine.debian.root / "etc/systemd/system/mailguard.service.d"
    shipped = ROOT / "deploy/systemd/mailguard.service.d/credential.conf"
    (unit / "credential.conf").write_bytes(shipped.read_bytes())
    machine.run("systemctl stop postfix mailguard mailguard-console")
    machine.run("sed -i 's/^listen = .*:2525.*/listen = [\"0.0.0.0:25\"]/' /etc/mailguard/mailguard.toml")
    machine.run("chown root:root /etc/mailguard/key && systemctl daemon-reload")
    machine.run("systemctl start mailguard.socket mailguard")
    hello = "import smtplib; print(smtplib.SMTP('127.0.0.1', 25, timeout=30).ehlo()[0])"
    assert machine.run(f'/opt/mailguard/bin/python3 -c "{hello}"').strip() == "250"
    machine.run("systemctl stop mailguard mailguard.socket")
    assert machine.run("systemctl show -P Result mailguard").strip() == "success"


def test_the_package_goes_and_leaves_held_mail_and_key(machine: Machine) -> None:
    root = machine.debian.root
    assert (root / "usr/share/man/man1/mailguard.1.gz").exists()
    machine.run("dpkg --purge mailguard")
    assert not (root / "usr/bin/mailguard").is_symlink()
    assert (root / "var/lib/mailguard/mailguard.db").exists()
    assert (root / "etc/mailguard/key").exists()


def test_a_machine_without_a_network_installs_from_a_wheelhouse(machine: Machine) -> None:
    wheels, install = blocks("INSTALL.md", under="Offline")
    machine.run(f"cd {SOURCE}\n{wheels}", network=True)
    machine.run(f"rm -rf /opt/mailguard\ncd {SOURCE}\n{install}")  # loopback is all there is
    lines = machine.run("/opt/mailguard/bin/mailguard demo --exit").splitlines()
    assert len(lines) > 20
    assert all(line.startswith("ok ") for line in lines)
