"""A whole installation in a folder, healthy until a fault is planted, with a mail server to go on to."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from dialogues.relaykit import Upstream
from dialogues.servekit import free_port

from mailguard.enrol.door import DatabaseDoor
from mailguard.enrol.imports import bring_in
from mailguard.enrol.sources import load_source
from mailguard.store import Database, StoreSettings, users, write_key_file
from mailguard.store.users import User

PUPILS = """\
school,pupil_id,upn,uln,forename,middle_names,surname,preferred_forename,preferred_surname,date_of_birth,year_group,\
registration_group,address,postcode,email,status
OAK,P1,,,Ama,,Osei,,,2014-03-14,4,4B,1 Hill Road,ZZ9 9AA,,current
OAK,P2,,,Leo,,Brennan,,,2013-05-01,5,5A,2 Mill Lane,ZZ9 8BB,,current
"""
CONTACTS = """\
contact_id,title,forename,surname,emails,phones,address,postcode,confidential
C1,Mrs,Efua,Osei,efua@home.example,07700 900111,1 Hill Road,ZZ9 9AA,n
C2,Mr,Tom,Brennan,tom@home.example,07700 900222,2 Mill Lane,ZZ9 8BB,n
"""
RELATIONSHIPS = """\
pupil_id,contact_id,relationship,parental_responsibility,may_receive,priority
P1,C1,mother,y,y,1
P2,C2,father,y,y,1
"""
PERSONAL = ("Ama", "Osei", "Brennan", "home.example", "2014-03-14")
POLICY = '[[school]]\ncode = "OAK"\nname = "Oakfield"\nstaff_domains = ["oakfield.test"]\n'
CONFIG = """\
mode = "enforce"
[school.OAK]
office = "office@oakfield.test"
[store]
url = "sqlite:///data/mailguard.db"
key_file = "key"
[receive]
listen = ["127.0.0.1:{port}"]
[deliver]
smart_host = "{upstream}"
tls = "opportunistic"
[roll]
source = "roll"
[policy]
file = "policy.toml"
[observe]
listen = "127.0.0.1:{observe}"
"""


class Served:
    """A mail server that answers as told, in a thread of its own."""

    def __init__(self, upstream: Upstream | None = None) -> None:
        self.upstream = upstream or Upstream()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Upstream:
        self._thread.start()
        self.start()
        return self.upstream

    def start(self, port: int = 0) -> None:
        """Let it listen, on a free port or on the one it had."""
        asyncio.run_coroutine_threadsafe(self.upstream.start(port), self._loop).result(30)

    def stop(self) -> None:
        """Let it vanish: nothing listens, connections are cut."""
        asyncio.run_coroutine_threadsafe(self.upstream.stop(), self._loop).result(30)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()


class Installation:
    """Configuration, policy, key, roll and store of one school in `folder`; mail goes on to `upstream`."""

    def __init__(self, folder: Path, upstream: str) -> None:
        self.folder = folder
        self.config = folder / "mailguard.toml"
        self.port, self.observe = free_port(), free_port()
        for name in ("roll", "data"):
            (folder / name).mkdir(mode=0o700)
        for name, text in (("pupils", PUPILS), ("contacts", CONTACTS), ("relationships", RELATIONSHIPS)):
            (folder / "roll" / f"{name}.csv").write_text(text, encoding="utf-8")
        (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
        self.config.write_text(CONFIG.format(port=self.port, upstream=upstream, observe=self.observe), encoding="utf-8")
        write_key_file(folder / "key")

    @property
    def settings(self) -> StoreSettings:
        return StoreSettings(f"sqlite:///{self.folder}/data/mailguard.db", self.folder / "key")

    def import_roll(self) -> None:
        with Database.open(self.settings) as database:
            bring_in(DatabaseDoor(database), load_source(self.folder / "roll"), "test")

    def add_user(self, school: str = "") -> None:
        with Database.open(self.settings) as database, database.write() as tx:
            users.add(tx, User("office", school=school), "test")

    def change(self, name: str, before: str, after: str) -> None:
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf-8")


def certificate(folder: Path, days: float, name: str = "mail.oakfield.example") -> tuple[Path, Path]:
    """A self-signed certificate that ends in `days` (negative: it has), and its key, mode 0600."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=90))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "private.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    private.chmod(0o600)
    return certificate, private
