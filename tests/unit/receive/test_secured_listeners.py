"""Listeners with TLS, sign-in, PROXY headers and their own rules."""

from __future__ import annotations

import asyncio
import base64
import datetime
import smtplib
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from dialogues.relaykit import either_loop

from mailguard.model import Message
from mailguard.receive import ListenerSettings, ListenerTls, OnHold, ReceiveSettings, Server, session, tls
from mailguard.receive.auth import hash_password

LETTER = "Subject: x\r\n\r\ntext\r\n"
MAIL = ("a@oakfield.example", ["b@family.test"], LETTER)


@pytest.fixture(params=["asyncio", "uvloop"], autouse=True)
def loop_kind(request: pytest.FixtureRequest) -> Iterator[None]:
    yield from either_loop(request.param)


class TakesAll:
    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.reject = False

    def check_room(self, size: int) -> None:
        pass

    async def let_in(self) -> None:
        pass

    async def take(self, message: Message) -> None:
        self.taken.append(message)

    async def take_or_reject(self, message: Message) -> bool:
        if not self.reject:
            self.taken.append(message)
        return not self.reject


def write_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def with_server(client: Callable[[int], Any], listener: ListenerSettings, **settings: Any) -> TakesAll:
    """Run `client` with the port of a server that has one listener; returns what the house took."""
    intake = TakesAll()
    intake.reject = listener.on_hold is OnHold.REJECT

    async def run() -> None:
        server = Server(ReceiveSettings(listeners=(listener,), hostname="relay.test", **settings), intake)
        await server.start()
        try:
            await asyncio.to_thread(client, server.addresses[0][1])
        finally:
            await server.stop()

    asyncio.run(run())
    return intake


@contextmanager
def smtp(port: int) -> Any:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        yield client


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return write_certificate(tmp_path, "relay.test")


@pytest.fixture
def users(tmp_path: Path) -> Path:
    file = tmp_path / "users"
    file.write_text(f"# who may sign in\n\nmis:{hash_password('Correct horse')}\n")
    return file


def secured(files: tuple[Path, Path], tls: ListenerTls, **more: Any) -> ListenerSettings:
    return ListenerSettings(port=0, tls=tls, certificate=files[0], private_key=files[1], **more)


def test_starttls_hides_the_mail_and_is_named_in_the_trace(files: tuple[Path, Path]) -> None:
    def client(port: int) -> None:
        with smtp(port) as server:
            server.ehlo()
            assert server.has_extn("starttls")
            server.starttls(context=trusting())
            server.ehlo()
            assert not server.has_extn("starttls")
            server.sendmail(*MAIL)

    [message] = with_server(client, secured(files, ListenerTls.STARTTLS)).taken
    assert b"with ESMTPS id" in message.content


def test_what_was_said_in_the_clear_is_forgotten(files: tuple[Path, Path]) -> None:
    def client(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.recv(1000)
            raw.sendall(b"EHLO plain.test\r\n")
            raw.recv(1000)
            raw.sendall(b"MAIL FROM:<a@oakfield.example>\r\n")
            raw.recv(1000)
            raw.sendall(b"STARTTLS\r\nRCPT TO:<injected@family.test>\r\nDATA\r\n")
            assert raw.recv(1000) == b"220 Ready to start TLS\r\n"
            with trusting().wrap_socket(raw) as secure:
                secure.sendall(b"NOOP\r\n")
                assert secure.recv(1000).startswith(b"250 2.0.0")
                secure.sendall(b"MAIL FROM:<a@oakfield.example>\r\n")
                assert secure.recv(1000).startswith(b"503 5.5.1")

    assert not with_server(client, secured(files, ListenerTls.STARTTLS)).taken


def test_required_tls_takes_no_mail_in_the_clear(files: tuple[Path, Path]) -> None:
    def client(port: int) -> None:
        with smtp(port) as server, pytest.raises(smtplib.SMTPSenderRefused) as refused:
            server.sendmail(*MAIL)
        assert (refused.value.smtp_code, refused.value.smtp_error[:5]) == (530, b"5.7.0")

    assert not with_server(client, secured(files, ListenerTls.REQUIRED)).taken


def test_implicit_tls(files: tuple[Path, Path]) -> None:
    def client(port: int) -> None:
        with smtplib.SMTP_SSL("127.0.0.1", port, context=trusting(), timeout=10) as server:
            server.ehlo()
            assert not server.has_extn("starttls")
            server.sendmail(*MAIL)

    [message] = with_server(client, secured(files, ListenerTls.IMPLICIT)).taken
    assert b"with ESMTPS id" in message.content


@pytest.mark.parametrize("kind", [ListenerTls.STARTTLS, ListenerTls.IMPLICIT])
def test_a_renewed_certificate_is_used_without_a_restart(
    tmp_path: Path, files: tuple[Path, Path], kind: ListenerTls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "LOOK_SECONDS", 0.0)

    def shown(port: int) -> bytes:
        if kind is ListenerTls.IMPLICIT:
            server: smtplib.SMTP = smtplib.SMTP_SSL("127.0.0.1", port, context=trusting(), timeout=10)
        else:
            server = smtplib.SMTP("127.0.0.1", port, timeout=10)
            server.starttls(context=trusting())
        with server:
            assert isinstance(server.sock, ssl.SSLSocket)
            return server.sock.getpeercert(binary_form=True) or b""

    def client(port: int) -> None:
        first = shown(port)
        assert first == shown(port)
        write_certificate(tmp_path, "renewed.test")
        renewed = shown(port)
        assert renewed != first
        files[1].write_text("half written")
        assert shown(port) == renewed

    with_server(client, secured(files, kind))


def login(port: int, command: Callable[[smtplib.SMTP], Any], secure: bool = True) -> Any:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
        server.ehlo()
        if secure:
            server.starttls(context=trusting())
            server.ehlo()
        return command(server)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("initial", [True, False])
def test_a_signed_in_client_may_relay_from_anywhere(
    files: tuple[Path, Path], users: Path, mechanism: str, initial: bool
) -> None:
    def sign_in(server: smtplib.SMTP) -> None:
        server.user, server.password = "mis", "Correct horse"  # type: ignore[attr-defined]
        step = server.auth_plain if mechanism == "PLAIN" else server.auth_login
        server.auth(mechanism, step, initial_response_ok=initial)
        server.sendmail(*MAIL)

    listener = secured(files, ListenerTls.STARTTLS, auth=True)
    [message] = with_server(lambda port: login(port, sign_in), listener, users=users, allow=()).taken
    assert b"with ESMTPSA id" in message.content


def test_without_sign_in_there_is_no_relaying(files: tuple[Path, Path], users: Path) -> None:
    def client(port: int) -> None:
        code, _ = login(
            port, lambda server: (server.docmd("MAIL FROM:<a@x.test>"), server.docmd("RCPT TO:<b@x.test>"))[1]
        )
        assert code == 530

    assert not with_server(client, secured(files, ListenerTls.STARTTLS, auth=True), users=users, allow=()).taken


def test_sign_in_needs_tls(files: tuple[Path, Path], users: Path) -> None:
    def client(port: int) -> None:
        secret = base64.b64encode(b"\0mis\0Correct horse").decode()
        code, text = login(port, lambda server: server.docmd("AUTH PLAIN", secret), secure=False)
        assert (code, text[:6]) == (538, b"5.7.11")

    with_server(client, secured(files, ListenerTls.STARTTLS, auth=True), users=users)


def test_wrong_passwords_are_few_and_slow(
    files: tuple[Path, Path], users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "LOGIN_DELAY", 0.1)

    def guess(server: smtplib.SMTP) -> list[int]:
        secrets = (b"\0mis\0correct horse", b"\0nobody\0x", b"\0mis\0")
        return [server.docmd("AUTH PLAIN", base64.b64encode(secret).decode())[0] for secret in secrets]

    def client(port: int) -> None:
        began = time.monotonic()
        assert login(port, lambda server: (guess(server), server.close())[0]) == [535, 535, 421]
        assert time.monotonic() - began >= 0.3

    with_server(client, secured(files, ListenerTls.STARTTLS, auth=True), users=users)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("AUTH CRAM-MD5", 504),
        ("AUTH PLAIN !!!", 501),
        ("AUTH PLAIN " + base64.b64encode(b"other\0mis\0Correct horse").decode(), 501),
        ("AUTH PLAIN " + base64.b64encode(b"\xff\0\xff\0x").decode(), 501),
        ("AUTH", 504),
    ],
)
def test_odd_sign_ins(files: tuple[Path, Path], users: Path, command: str, code: int) -> None:
    def client(port: int) -> None:
        assert login(port, lambda server: server.docmd(command))[0] == code

    with_server(client, secured(files, ListenerTls.STARTTLS, auth=True), users=users)


def proxy_v2(source: str) -> bytes:
    body = socket.inet_aton(source) + socket.inet_aton("192.0.2.9") + struct.pack("!HH", 40000, 25)
    return b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H", len(body)) + body


def told(port: int, opening: bytes) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(opening + b"EHLO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nQUIT\r\n")
        return b"".join(iter(lambda: raw.recv(1000), b"")).decode()


def test_the_client_behind_a_balancer_is_the_one_that_counts() -> None:
    def client(port: int) -> None:
        assert "250 2.1.5" in told(port, proxy_v2("192.0.2.1"))
        assert "550 5.7.1" in told(port, proxy_v2("192.0.2.2"))
        assert "250 2.1.5" in told(port, b"PROXY TCP4 192.0.2.1 192.0.2.9 40000 25\r\n")
        assert "250" not in told(port, b"")
        assert "250" not in told(port, b"\r\n\r\n\0\r\nQUIT\nbroken")

    with_server(client, ListenerSettings(port=0, proxy_from=("127.0.0.1/32",)), allow=("192.0.2.1/32",))


def test_a_proxy_header_from_anyone_else_is_no_passport() -> None:
    def client(port: int) -> None:
        assert "250 2.1.5" not in told(port, b"PROXY TCP4 192.0.2.1 192.0.2.9 40000 25\r\n")

    with_server(client, ListenerSettings(port=0), allow=("192.0.2.1/32",))


def test_a_listener_may_refuse_what_would_be_held() -> None:
    def client(port: int) -> None:
        with smtp(port) as server, pytest.raises(smtplib.SMTPDataError) as refused:
            server.sendmail(*MAIL)
        assert (refused.value.smtp_code, refused.value.smtp_error[:5]) == (550, b"5.7.1")

    assert not with_server(client, ListenerSettings(port=0, on_hold=OnHold.REJECT)).taken


def test_the_school_of_a_listener_is_the_school_of_its_mail() -> None:
    def client(port: int) -> None:
        with smtp(port) as server:
            server.sendmail(*MAIL)

    [message] = with_server(client, ListenerSettings(port=0, school="OAK")).taken
    assert message.envelope.school == "OAK"


@pytest.mark.parametrize(
    "listener",
    [
        ListenerSettings(port=0, tls=ListenerTls.STARTTLS),
        ListenerSettings(port=0, auth=True),
        ListenerSettings(port=0, allow=("10.0.0.1/8",)),
    ],
)
def test_a_listener_that_could_not_keep_its_rules_does_not_open(listener: ListenerSettings) -> None:
    with pytest.raises(ValueError):
        with_server(lambda port: None, listener)
