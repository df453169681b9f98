"""TLS and sign-in towards the next server, by policy."""

from __future__ import annotations

import asyncio
import base64
import datetime
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from dialogues.relaykit import FAST_TIMEOUTS, LETTER, Upstream, either_loop

from mailguard.deliver import Login, TlsPolicy, client
from mailguard.deliver.client import Rcpt, Target, Transaction, Unavailable, connect
from mailguard.deliver.replies import Stage


@pytest.fixture(params=["asyncio", "uvloop"], autouse=True)
def loop_kind(request: pytest.FixtureRequest) -> Iterator[None]:
    yield from either_loop(request.param)


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    """A server's context with a certificate for upstream.test, written to `tmp_path`/certificate.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "upstream.test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("upstream.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    return made


def sent(upstream: Upstream, policy: TlsPolicy, login: Login | None = None, host: str = "upstream.test") -> None:
    """Send one message under a policy; raises Unavailable."""

    async def story() -> None:
        await upstream.start()
        try:
            target = Target(host, int(upstream.address.rpartition(":")[2]), "127.0.0.1")
            connection = await connect(target, name="relay.test", tls=policy, timeouts=FAST_TIMEOUTS, login=login)
            [result] = await connection.send(Transaction("a@oakfield.example", [Rcpt("b@family.test")], LETTER))
            assert result.reply
            assert result.reply.ok
            await connection.close()
        finally:
            await upstream.stop()

    asyncio.run(story())


def verbs(upstream: Upstream) -> list[str]:
    return [line.split()[0] for line in upstream.log]


@pytest.mark.parametrize("policy", [TlsPolicy.OPPORTUNISTIC, TlsPolicy.REQUIRED])
def test_tls_is_used_where_offered_whatever_the_certificate(context: ssl.SSLContext, policy: TlsPolicy) -> None:
    upstream = Upstream(tls=context)
    sent(upstream, policy)
    assert verbs(upstream)[:3] == ["EHLO", "STARTTLS", "EHLO"]
    assert len(upstream.got) == 1


def test_policy_none_speaks_plainly(context: ssl.SSLContext) -> None:
    upstream = Upstream(tls=context)
    sent(upstream, TlsPolicy.NONE)
    assert "STARTTLS" not in verbs(upstream)


def test_opportunistic_does_without(context: ssl.SSLContext) -> None:
    upstream = Upstream()
    sent(upstream, TlsPolicy.OPPORTUNISTIC)
    assert len(upstream.got) == 1


@pytest.mark.parametrize("policy", [TlsPolicy.REQUIRED, TlsPolicy.VERIFIED])
def test_a_stripped_offer_keeps_the_message_here(policy: TlsPolicy) -> None:
    upstream = Upstream()
    with pytest.raises(Unavailable) as refused:
        sent(upstream, policy)
    assert refused.value.stage is Stage.TLS
    assert verbs(upstream) == ["EHLO"]


def test_verified_needs_a_certificate_that_is_trusted(context: ssl.SSLContext) -> None:
    upstream = Upstream(tls=context)
    with pytest.raises(Unavailable) as refused:
        sent(upstream, TlsPolicy.VERIFIED)
    assert refused.value.stage is Stage.TLS
    assert not upstream.got


@pytest.mark.parametrize(("host", "accepted"), [("upstream.test", True), ("other.test", False)])
def test_verified_needs_the_right_name(
    context: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, accepted: bool
) -> None:
    trusting = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
    monkeypatch.setattr(client, "_context", lambda policy: trusting)
    upstream = Upstream(tls=context)
    if accepted:
        sent(upstream, TlsPolicy.VERIFIED, host=host)
        assert len(upstream.got) == 1
    else:
        with pytest.raises(Unavailable):
            sent(upstream, TlsPolicy.VERIFIED, host=host)


def test_a_password_is_not_told_in_the_clear() -> None:
    upstream = Upstream(offers=["AUTH PLAIN LOGIN"])
    with pytest.raises(Unavailable) as refused:
        sent(upstream, TlsPolicy.OPPORTUNISTIC, Login("relay", "secret"))
    assert refused.value.stage is Stage.LOGIN
    assert "AUTH" not in verbs(upstream)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_sign_in_under_tls(context: ssl.SSLContext, mechanism: str) -> None:
    replies = iter(["235 2.7.0 ok"] if mechanism == "PLAIN" else ["334 VXNlcm5hbWU6"])
    upstream = Upstream(
        {
            "AUTH": lambda line: next(replies),
            base64.b64encode(b"relay").decode().upper(): "334 UGFzc3dvcmQ6",
            base64.b64encode(b"secret").decode().upper(): "235 2.7.0 ok",
        },
        offers=[f"AUTH {mechanism}"],
        tls=context,
    )
    sent(upstream, TlsPolicy.REQUIRED, Login("relay", "secret"))
    assert len(upstream.got) == 1


def test_a_refused_sign_in_is_trouble_of_the_route(context: ssl.SSLContext) -> None:
    upstream = Upstream({"AUTH": "535 5.7.8 no"}, offers=["AUTH PLAIN"], tls=context)
    with pytest.raises(Unavailable) as refused:
        sent(upstream, TlsPolicy.REQUIRED, Login("relay", "wrong"))
    assert refused.value.reply
    assert refused.value.reply.code == 535
    assert "wrong" not in str(refused.value)


def test_text_injected_before_tls_is_not_believed(context: ssl.SSLContext) -> None:
    upstream = Upstream({"STARTTLS": "220 2.0.0 go\r\n250-upstream.test\r\n250 AUTH PLAIN"}, tls=context)
    with pytest.raises(Unavailable):
        sent(upstream, TlsPolicy.REQUIRED)
