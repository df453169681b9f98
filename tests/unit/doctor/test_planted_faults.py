"""Each planted fault is found, with its remedy; a healthy installation raises no alarm, running or not."""

from __future__ import annotations

import base64
import os
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from dialogues.relaykit import Upstream
from dialogues.servekit import free_port

from mailguard import __version__, doctor
from mailguard.config import load_config
from mailguard.doctor import Line, Site, Status, examine, files, machine, pages, storage
from mailguard.store import Database, StoreSettings, nodes
from mailguard.store.vitals import Vitals
from mailguard.workers import WorkersError

from .sitekit import PERSONAL, PUPILS, Installation, Served, certificate


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Installation]:
    with Served() as upstream:
        yield Installation(tmp_path, upstream.address)


@pytest.fixture(autouse=True)
def walls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real reader is started by the test of the command alone; here it would cost seconds a fault."""
    monkeypatch.setattr(
        doctor,
        "CHECKS",
        tuple(one for one in doctor.CHECKS if one[0] not in ("sandbox", "pictures")),
    )


def alarms(site: Installation, now: datetime | None = None) -> list[Line]:
    lines = list(examine(site.config, now))
    for line in lines:
        assert (line.status is Status.OK) == (not line.remedy), line
        assert not [word for word in PERSONAL if word in line.text + line.remedy], line
    return [line for line in lines if line.status is not Status.OK]


def test_a_healthy_installation_raises_no_alarm(site: Installation) -> None:
    assert [line for line in alarms(site) if line.check != "relay"] == []
    site.import_roll()
    site.add_user()
    assert [line for line in alarms(site) if line.check != "relay"] == []


def test_looking_creates_nothing(site: Installation) -> None:
    before = sorted(site.folder.rglob("*"))
    alarms(site)
    assert sorted(site.folder.rglob("*")) == before


Plant = Callable[[Installation], None]
FAULTS: dict[str, tuple[Plant, str, Status, str]] = {}
"""name -> what is done to the installation, the check that must speak, its status, a word of its remedy."""


def fault(check: str, status: str, remedy: str) -> Callable[[Plant], Plant]:
    def note(plant: Plant) -> Plant:
        FAULTS[plant.__name__] = (plant, check, Status(status), remedy)
        return plant

    return note


@fault("configuration", "FAIL", "smart_host")
def misspelt_key(site: Installation) -> None:
    site.change("mailguard.toml", "smart_host =", "smarthost =")


@fault("configuration", "FAIL", "enforce")
def wrong_word(site: Installation) -> None:
    site.change("mailguard.toml", '"enforce"', '"enforced"')


SIGN_IN = """
[console]
[console.sign_in.school]
kind = "entra"
tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"
client_id = "c"
client_secret_file = "secret"
"""


def secret(site: Installation, text: str | None, mode: int = 0o600) -> None:
    with site.config.open("a") as config:
        config.write(SIGN_IN)
    if text is not None:
        (site.folder / "secret").write_text(text)
        (site.folder / "secret").chmod(mode)


@fault("console", "FAIL", "first line")
def no_secret_of_the_sign_in(site: Installation) -> None:
    secret(site, None)


@fault("console", "FAIL", "first line")
def empty_secret_of_the_sign_in(site: Installation) -> None:
    secret(site, "\n")


@fault("console", "FAIL", "Value")
def number_of_the_secret_in_its_place(site: Installation) -> None:
    secret(site, "0f8fad5b-d9cb-469f-a165-70867728950e\n")


@fault("permissions", "FAIL", "chmod 0640")
def secret_of_the_sign_in_for_everybody(site: Installation) -> None:
    secret(site, "abc8Q~xyz\n", 0o644)


@fault("key", "FAIL", "saved copy")
def no_key(site: Installation) -> None:
    (site.folder / "key").unlink()


@fault("key", "FAIL", "saved copy")
def half_a_key(site: Installation) -> None:
    (site.folder / "key").chmod(0o600)
    (site.folder / "key").write_text("c2hvcnQ=\n")


@fault("permissions", "FAIL", "chmod o-w")
def configuration_that_anybody_may_write(site: Installation) -> None:
    site.config.chmod(0o666)


@fault("permissions", "FAIL", "chmod o-w")
def policy_that_anybody_may_write(site: Installation) -> None:
    (site.folder / "policy.toml").chmod(0o646)


@fault("owner", "FAIL", "chown root")
def key_of_a_stranger(site: Installation) -> None:
    os.chown(site.folder / "key", 65534, 65534)


@fault("users", "WARN", "user add .* --school OAK")
def nobody_who_may_decide(site: Installation) -> None:
    site.import_roll()


@fault("users", "WARN", "user add")
def somebody_who_decides_elsewhere(site: Installation) -> None:
    site.import_roll()
    site.add_user("ELM")


@fault("roll", "FAIL", "Export it again")
def roll_of_nobody(site: Installation) -> None:
    (site.folder / "roll" / "pupils.csv").write_text(PUPILS.splitlines()[0] + "\n")


@fault("key", "FAIL", "chmod 0400")
def key_for_everybody(site: Installation) -> None:
    (site.folder / "key").chmod(0o444)


@fault("store", "FAIL", "key file")
def key_of_another_database(site: Installation) -> None:
    site.import_roll()
    (site.folder / "key").chmod(0o600)
    (site.folder / "key").write_bytes(base64.b64encode(os.urandom(32)) + b"\n")
    (site.folder / "key").chmod(0o400)


@fault("store", "FAIL", "install -d")
def no_data_folder(site: Installation) -> None:
    (site.folder / "data").rmdir()


@fault("permissions", "FAIL", "chmod 0700")
def data_folder_open_to_all(site: Installation) -> None:
    (site.folder / "data").chmod(0o777)


@fault("permissions", "WARN", "chmod 0700")
def data_folder_shown_to_all(site: Installation) -> None:
    (site.folder / "data").chmod(0o755)


@fault("permissions", "FAIL", "chmod 0600")
def database_readable_by_all(site: Installation) -> None:
    site.import_roll()
    (site.folder / "data" / "mailguard.db").chmod(0o644)


@fault("owner", "FAIL", "chown")
def files_left_by_root(site: Installation) -> None:
    site.import_roll()
    os.chown(site.folder / "data", 65534, 65534)


@fault("store", "FAIL", "restore")
def database_overwritten(site: Installation) -> None:
    site.import_roll()
    (site.folder / "data" / "mailguard.db").write_bytes(os.urandom(65536))


@fault("store", "FAIL", "later version|Install that version")
def database_of_the_future(site: Installation) -> None:
    site.import_roll()
    with sqlite3.connect(site.folder / "data" / "mailguard.db") as database:
        database.execute("update alembic_version set version_num = '9999'")


@fault("audit", "FAIL", "audit verify")
def audit_head_edited(site: Installation) -> None:
    site.import_roll()
    with sqlite3.connect(site.folder / "data" / "mailguard.db") as database:
        database.execute("update audit_head set seq = seq + 1")


@fault("policy", "FAIL", "other-family")
def misspelt_rule(site: Installation) -> None:
    with (site.folder / "policy.toml").open("a") as policy:
        policy.write('[rules]\nother-famly = "hold"\n')


@fault("policy", "WARN", "hold")
def policy_that_holds_nothing(site: Installation) -> None:
    with (site.folder / "policy.toml").open("a") as policy:
        policy.write('[rules]\nother-family = "deliver"\n')


@fault("policy", "WARN", "staff_domains")
def school_without_staff(site: Installation) -> None:
    site.change("policy.toml", 'staff_domains = ["oakfield.test"]\n', "")


@fault("roll", "FAIL", "pupils.csv|date")
def wrong_date_in_the_roll(site: Installation) -> None:
    site.change("roll/pupils.csv", "2014-03-14", "14/03/2014")


@fault("roll", "FAIL", "")
def no_roll(site: Installation) -> None:
    shutil.rmtree(site.folder / "roll")


@fault("roll", "WARN", "contacts.csv")
def nobody_to_write_to(site: Installation) -> None:
    site.change("roll/contacts.csv", "efua@home.example", "")


@fault("schools", "FAIL", "same code")
def roll_of_another_school(site: Installation) -> None:
    site.change("roll/pupils.csv", "OAK,P1", "ELM,P1")


@fault("schools", "WARN", "office")
def school_without_an_office(site: Installation) -> None:
    site.change("mailguard.toml", 'office = "office@oakfield.test"', "")


@fault("schools", "WARN", "office")
def office_of_an_example(site: Installation) -> None:
    site.change("policy.toml", "oakfield.test", "oakfield.example")
    site.change("mailguard.toml", "oakfield.test", "oakfield.example")


@fault("schools", "WARN", "staff_domains")
def office_of_another_house(site: Installation) -> None:
    site.change("mailguard.toml", "office@oakfield.test", "office@oakfeild.test")


@fault("configuration", "FAIL", "goes on to")
def smart_host_that_is_ourselves(site: Installation) -> None:
    text = site.config.read_text(encoding="utf-8")
    site.config.write_text(re.sub('smart_host = ".*"', f'smart_host = "localhost:{site.port}"', text))


@fault("roll-age", "FAIL", "--confirm")
def roll_that_shrank(site: Installation) -> None:
    many = PUPILS + "".join(
        f"OAK,X{n},,,Forename{n},,Surname{n},,,2014-01-01,4,4B,{n} Low Road,ZZ9 7CC,,current\n" for n in range(60)
    )
    (site.folder / "roll/pupils.csv").write_text(many)
    site.import_roll()
    (site.folder / "roll/pupils.csv").write_text(PUPILS)
    future = datetime.now(UTC).timestamp() + 120
    os.utime(site.folder / "roll/pupils.csv", (future, future))


@fault("listener", "FAIL", r"\[receive\]")
def port_taken(site: Installation) -> None:
    taken = socket.socket()
    taken.bind(("127.0.0.1", site.port))
    taken.listen(1)
    site.taken = taken  # type: ignore[attr-defined]  # kept open for the length of the test


@fault("listener", "FAIL", "address of this machine")
def address_of_another_machine(site: Installation) -> None:
    site.change("mailguard.toml", f"127.0.0.1:{site.port}", f"192.0.2.7:{site.port}")


@fault("open-relay", "FAIL", "Name only")
def everybody_may_relay(site: Installation) -> None:
    site.change("mailguard.toml", "[receive]\n", '[receive]\nallow = ["127.0.0.1/32", "0.0.0.0/0"]\n')


def _tls_listener(site: Installation, days: float) -> None:
    pair = certificate(site.folder, days)
    site.change(
        "mailguard.toml",
        f'listen = ["127.0.0.1:{site.port}"]',
        f'[[receive.listen]]\naddress = "127.0.0.1:{site.port}"\ntls = "starttls"\n'
        f'certificate = "{pair[0]}"\nprivate_key = "{pair[1]}"',
    )


@fault("certificate", "FAIL", "Renew")
def certificate_expired(site: Installation) -> None:
    _tls_listener(site, -3)


@fault("certificate", "WARN", "Renew")
def certificate_about_to_expire(site: Installation) -> None:
    _tls_listener(site, 5)


@fault("certificate", "FAIL", "own private key")
def key_of_another_certificate(site: Installation) -> None:
    _tls_listener(site, 200)
    other = site.folder / "other"
    other.mkdir()
    shutil.copy(certificate(other, 200)[1], site.folder / "private.pem")


@fault("permissions", "FAIL", "chmod 0640")
def private_key_for_everybody(site: Installation) -> None:
    _tls_listener(site, 200)
    (site.folder / "private.pem").chmod(0o644)


@fault("next-hop", "FAIL", "DNS")
def next_hop_without_an_address(site: Installation) -> None:
    text = site.config.read_text()
    site.config.write_text(
        text.replace(next(x for x in text.splitlines() if "smart_host" in x), 'smart_host = "mail.invalid:25"')
    )


@fault("next-hop", "FAIL", "nameservers")
def dns_that_does_not_answer(site: Installation) -> None:
    text = site.config.read_text()
    line = next(x for x in text.splitlines() if "smart_host" in x)
    dns = f'smart_host = "mx"\nnameservers = ["127.0.0.1:{free_port()}"]'
    site.config.write_text(text.replace(line, dns))


@fault("next-hop", "FAIL", "Start that server")
def next_hop_down(site: Installation) -> None:
    text = site.config.read_text()
    line = next(x for x in text.splitlines() if "smart_host" in x)
    site.config.write_text(text.replace(line, f'smart_host = "127.0.0.1:{free_port()}"'))


@fault("next-hop", "FAIL", "server that mail goes on to")
def next_hop_is_mailguard(site: Installation) -> None:
    text = site.config.read_text()
    line = next(x for x in text.splitlines() if "smart_host" in x)
    # Read as an address by the system alone: what the texts tell is a fault of the configuration.
    site.config.write_text(text.replace(line, f'smart_host = "127.1:{site.port}"'))


@fault("next-hop", "FAIL", "Switch TLS on")
def next_hop_without_tls(site: Installation) -> None:
    site.change("mailguard.toml", '"opportunistic"', '"required"')


@fault("next-hop", "FAIL", "Switch TLS on")
def password_in_the_clear(site: Installation) -> None:
    site.change("mailguard.toml", "[deliver]\n", '[deliver]\nuser = "oak"\npassword_file = "password"\n')
    (site.folder / "password").write_text("not-a-secret\n")
    (site.folder / "password").chmod(0o600)


@fault("console", "WARN", "prometheus under")
def prometheus_that_is_not_there(site: Installation) -> None:
    with site.config.open("a") as config:
        config.write(f'[console]\nprometheus = "http://127.0.0.1:{free_port()}/watch"\n')


@fault("console", "WARN", "mailguard-console")
def console_down(site: Installation) -> None:
    with site.config.open("a") as config:
        config.write(f'[console]\nlisten = "127.0.0.1:{free_port()}"\n')


def test_a_roll_that_is_not_in_force_is_not_called_young_as_well(site: Installation) -> None:
    site.import_roll()
    fine = [line.status for line in examine(site.config) if line.check == "roll-age"]
    assert fine == [Status.OK]
    site.change("roll/pupils.csv", "2014-03-14", "14/03/2014")
    assert [line for line in examine(site.config) if line.check == "roll-age"] == []
    assert any(line.check == "roll" and line.status is Status.FAIL for line in examine(site.config))
    roll_that_shrank_again = FAULTS["roll_that_shrank"][0]
    site.change("roll/pupils.csv", "14/03/2014", "2014-03-14")
    roll_that_shrank_again(site)
    assert [line.status for line in examine(site.config) if line.check == "roll-age"] == [Status.FAIL]


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A web server that answers everything with one status; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def test_a_public_url_that_leads_past_the_console_is_told(site: Installation) -> None:
    def found(url: str) -> list[Line]:
        site.config.write_text(f'{plain}[console]\nlisten = "127.0.0.1:{port}"\npublic_url = "{url}"\n')
        return [line for line in examine(site.config) if line.check == "console"]

    plain = site.config.read_text()
    with answering(303) as port, answering(421) as other, answering(200) as proxy:
        for wrong in (free_port(), other):
            for name in ("127.0.0.1", "localhost"):
                [line] = found(f"http://{name}:{wrong}")
                assert line.status is Status.WARN
                assert f'"http://{name}:{port}"' in line.remedy
        for right in (f"http://127.0.0.1:{port}", f"http://localhost:{proxy}", f"https://localhost:{free_port()}"):
            assert [line.status for line in found(right)] == [Status.OK]


def test_there_are_at_least_twenty_faults() -> None:
    assert len(FAULTS) >= 20


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_with_its_remedy(name: str, site: Installation) -> None:
    plant, check, status, remedy = FAULTS[name]
    plant(site)
    found = [line for line in alarms(site) if line.check == check and line.status is status]
    assert [line for line in found if re.search(remedy, line.remedy) or re.search(remedy, line.text)], alarms(site)


def ran(site: Installation, node: str = "local") -> None:
    """As if a relay of that name had been started once."""
    with Database.open(site.settings, node) as database, database.write() as tx:
        nodes.recover(tx, __version__)


def test_a_relay_that_does_not_run_is_a_fault_once_it_ran(site: Installation) -> None:
    def said() -> Line:
        return next(line for line in examine(site.config) if line.check == "relay")

    site.import_roll()
    assert (said().status, "never started" in said().text) == (Status.WARN, True)
    ran(site)
    assert (said().status, "no mail passes" in said().text) == (Status.FAIL, True)
    assert "start" in said().remedy
    assert run(site).returncode == 1


def test_before_the_first_import_no_roll_is_said_to_be_in_force(site: Installation) -> None:
    def said() -> list[Line]:
        return [line for line in examine(site.config) if line.check == "roll-age"]

    assert [(line.status, "No roll is in force yet" in line.text) for line in said()] == [(Status.OK, True)]
    ran(site)
    assert [(line.status, "No roll was imported yet" in line.text) for line in said()] == [(Status.WARN, True)]
    site.import_roll()
    assert [(line.status, "was read" in line.text) for line in said()] == [(Status.OK, True)]


def test_a_node_that_is_called_otherwise_is_told(site: Installation) -> None:
    ran(site, "old")
    site.change("mailguard.toml", "[store]", '[store]\nnode = "new"')
    assert [line.text for line in alarms(site) if line.check == "node"] == [
        "The relay last started as node old; the configuration calls it new."
    ]
    ran(site, "new")
    assert not [line for line in examine(site.config) if line.check == "node"]


def test_beside_other_nodes_a_relay_that_does_not_run_is_a_lesser_thing(
    site: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StoreSettings, "on_postgres", True)
    now = datetime.now(UTC)
    for ago, status in ((30, Status.WARN), (120, Status.FAIL)):
        seen = Site(site.config, load_config(site.config), now)
        beats = {"local": now - timedelta(hours=1), "other": now - timedelta(seconds=ago)}
        seen.__dict__ |= {"vitals": Vitals(heartbeats=beats), "database_file": None}
        assert [line.status for line in pages.relay(seen)] == [status]


@pytest.mark.parametrize(("flag", "remedy"), [(os.ST_RDONLY, "mount -o remount,rw /"), (0, "chown")])
def test_a_data_folder_that_cannot_be_written_is_told_by_its_cause(
    site: Installation, monkeypatch: pytest.MonkeyPatch, flag: int, remedy: str
) -> None:
    monkeypatch.setattr(storage.os, "access", lambda path, mode: False)
    monkeypatch.setattr(storage.os, "statvfs", lambda path: SimpleNamespace(f_flag=flag))
    [line] = list(storage.store(Site(site.config, load_config(site.config), datetime.now(UTC))))
    assert (line.status, remedy in line.remedy) == (Status.FAIL, True)
    assert ("read-only" in line.text) == bool(flag)


def test_a_planted_fault_raises_no_other_alarm(site: Installation) -> None:
    """One fault is told once: who reads ten lines for one cause mends the wrong one."""
    next_hop_down(site)
    assert {line.check for line in alarms(site)} == {"relay", "next-hop"}


# --- faults that time, the disk or the next server plant -------------------------------------------------------------


def test_an_old_roll_is_told(site: Installation) -> None:
    site.import_roll()
    late = datetime.now(UTC) + timedelta(days=9)
    assert ("roll-age", Status.WARN) in {(line.check, line.status) for line in alarms(site, late)}
    with (site.folder / "policy.toml").open("a") as policy:
        policy.write('[mail]\nstale_roll = "hold"\n')
    assert ("roll-age", Status.FAIL) in {(line.check, line.status) for line in alarms(site, late)}


def test_observe_mode_that_was_forgotten_is_told(site: Installation) -> None:
    site.import_roll()
    site.change("mailguard.toml", '"enforce"', '"observe"')
    assert "schools" not in {line.check for line in alarms(site, datetime.now(UTC) + timedelta(days=40))}
    late = {line.check: line for line in alarms(site, datetime.now(UTC) + timedelta(days=45))}
    assert late["schools"].status is Status.WARN
    assert "enforce" in late["schools"].remedy


def test_a_clock_that_was_set_back_is_told(site: Installation) -> None:
    site.import_roll()
    site.add_user()
    early = datetime.now(UTC) - timedelta(hours=3)
    found = {line.check: line for line in alarms(site, early)}
    assert found["clock"].status is Status.FAIL
    assert "set-ntp" in found["clock"].remedy


@pytest.mark.parametrize(("free", "status"), [(100 << 20, Status.FAIL), (700 << 20, Status.WARN)])
def test_a_disk_that_fills_up_is_told(
    site: Installation, monkeypatch: pytest.MonkeyPatch, free: int, status: Status
) -> None:
    class Full:
        f_bavail, f_frsize, f_blocks, f_files, f_favail = free // 4096, 4096, 1 << 24, 1000, 900

    monkeypatch.setattr(files.os, "statvfs", lambda path: Full)
    found = {line.check: line for line in alarms(site)}
    assert found["disk"].status is status
    assert "Make room" in found["disk"].remedy


def _wait(site: Installation, state: str) -> None:
    site.import_roll()
    with Database.open(site.settings) as database, database.write() as tx:
        seal, wrapped = tx.vault.new_seal("m1")
        old = tx.stamp - 5 * 86400 * 1_000_000
        tx.connection.exec_driver_sql(
            "insert into message (id, node, received_at, size, own, key_id, wrapped_key, sealed_envelope,"
            " sender_digest, judged_at, school) values ('m1', 'local', ?, 10, 0, 'k', ?, ?, x'00', ?, 'OAK')",
            (old, wrapped, seal.seal("envelope", b"x"), None if state == "received" else old),
        )
        tx.connection.exec_driver_sql(
            "insert into recipient (message_id, n, address_digest, state, attempts, queued_at, next_at)"
            " values ('m1', 0, x'00', ?, 0, ?, ?)",
            (state, old, old),
        )


@pytest.mark.parametrize(
    ("state", "check", "status"),
    [("received", "queue", Status.FAIL), ("queued", "queue", Status.FAIL), ("held", "held", Status.WARN)],
)
def test_mail_that_waits_too_long_is_told(site: Installation, state: str, check: str, status: Status) -> None:
    _wait(site, state)
    assert (check, status) in {(line.check, line.status) for line in alarms(site)}


@contextmanager
def spoken(folder: Path, upstream: Upstream) -> Iterator[Installation]:
    with Served(upstream) as server:
        yield Installation(folder, server.address)


def _tls(folder: Path, days: float) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder, days))
    return context


def test_a_next_hop_whose_certificate_is_not_trusted_is_told(tmp_path: Path) -> None:
    with spoken(tmp_path, Upstream(tls=_tls(tmp_path, 60))) as site:
        assert [line for line in alarms(site) if line.check != "relay"] == []  # opportunistic: any certificate will do
        site.change("mailguard.toml", '"opportunistic"', '"verified"')
        found = [line for line in alarms(site) if line.check == "next-hop"]
        assert found[0].status is Status.FAIL
        assert "certificate" in found[0].remedy


def test_a_next_hop_whose_certificate_ends_soon_is_told(tmp_path: Path) -> None:
    with spoken(tmp_path, Upstream(tls=_tls(tmp_path, 4))) as site:
        found = [line for line in alarms(site) if line.check == "next-hop"]
        assert [(line.status, line.remedy) for line in found] == [(Status.WARN, "Renew it.")]


@pytest.mark.parametrize(("answer", "status"), [("550 5.7.1 no", Status.FAIL), ("451 4.3.0 later", Status.WARN)])
def test_a_next_hop_that_does_not_take_our_mail_is_told(tmp_path: Path, answer: str, status: Status) -> None:
    with spoken(tmp_path, Upstream(answers={"RCPT": answer})) as site:
        found = [line for line in alarms(site) if line.check == "next-hop"]
        assert [line.status for line in found] == [status]
        assert "oakfield" not in found[0].text


def test_a_next_hop_that_is_no_mail_server_is_told(tmp_path: Path) -> None:
    with spoken(tmp_path, Upstream(answers={"EHLO": None, "HELO": None})) as site:
        assert [line.status for line in alarms(site) if line.check == "next-hop"] == [Status.FAIL]


def test_a_machine_without_walls_is_told(site: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    async def none(_: object) -> tuple[str, ...]:
        return ("rlimits",)

    monkeypatch.setattr(machine, "_layers", none)
    monkeypatch.setattr(doctor, "CHECKS", (("sandbox", machine.sandbox),))
    found = alarms(site)
    assert "landlock" in found[0].text
    assert "kernel" in found[0].remedy


def test_pictures_that_are_not_read_are_told(site: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (("pictures", machine.pictures),))
    assert alarms(site) == []
    monkeypatch.setattr(machine, "installed", lambda: False)
    assert "mailguard[ocr]" in alarms(site)[0].remedy
    monkeypatch.setattr(machine, "installed", lambda: True)

    async def broken(_: object) -> tuple[str, ...]:
        raise WorkersError("ImportError at ocr.py:9")

    monkeypatch.setattr(machine, "_picture_layers", broken)
    assert [line.status for line in alarms(site)] == [Status.FAIL]


def test_a_check_that_fails_itself_is_told_and_the_others_go_on(
    site: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> list[Line]:
        raise RuntimeError("Ama Osei")

    monkeypatch.setattr(doctor, "CHECKS", (("disk", broken), ("key", files.key)))
    lines = list(examine(site.config))
    assert [(line.check, line.status) for line in lines[1:]] == [("disk", Status.FAIL), ("key", Status.OK)]
    assert "Ama" not in lines[1].text


# --- the command ------------------------------------------------------------------------------------------------------


def run(site: Installation, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailguard", "doctor", "--config", str(site.config), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_exits_1_for_a_fault_and_2_without_a_configuration(site: Installation) -> None:
    next_hop_down(site)
    done = run(site)
    assert done.returncode == 1
    assert "FAIL  next-hop: 127.0.0.1:" in done.stdout
    assert "Remedy: Start that server" in done.stdout
    site.config.unlink()
    assert run(site).returncode == 2
