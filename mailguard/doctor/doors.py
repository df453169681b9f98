"""The doors in: addresses that are listened on, their certificates, and whether a stranger could relay through them."""

from __future__ import annotations

import errno
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from cryptography import x509

from mailguard.doctor.line import Line, fail, ok, span, warn
from mailguard.doctor.site import PATIENCE, Site, reachable
from mailguard.receive.access import AllowList
from mailguard.receive.settings import ListenerSettings, ListenerTls

RENEW_SECONDS = 14 * 86400
_STRANGERS = ("127.0.0.2", "127.53.25.7", "127.201.99.3")
_BIND = {
    errno.EADDRINUSE: ("another program listens there", "Stop it, or choose another address under [receive]."),
    errno.EACCES: ("ports below 1024 are for root", "Use mailguard.socket, or a port from 1024 on."),
    errno.EPERM: ("this user may not listen there", "Use mailguard.socket, or a port from 1024 on."),
    errno.EADDRNOTAVAIL: ("this machine has no such address", "Choose an address of this machine."),
}


def where(listener: ListenerSettings) -> str:
    """Return a listener's address as it is written."""
    return f"[{listener.host}]:{listener.port}" if ":" in listener.host else f"{listener.host}:{listener.port}"


def listeners(site: Site) -> Iterator[Line]:
    """Each listener answers as mailguard if the relay runs, or could be listened on if it does not."""
    for listener in site.config.receive.listeners:
        if not listener.port:
            continue
        yield _answers(listener) if site.running else _free(listener)
        if listener.auth and site.config.receive.users is None:
            yield fail("listener", f"{where(listener)} asks for a password, but nobody has one.", 'Set users = "...".')
    users = site.config.receive.users
    if users is not None and not users.is_file():
        yield fail("listener", f"The file of users {users} cannot be read.", "Make it, or take `users` away.")


def _answers(listener: ListenerSettings) -> Line:
    if listener.proxy_from:
        return ok("listener", f"{where(listener)} is behind a balancer and was not asked.")
    try:
        with _greeted(listener) as client:
            code, _ = client.ehlo()
    except (OSError, smtplib.SMTPException):
        return fail(
            "listener",
            f"{where(listener)} does not answer although the relay runs.",
            "Restart the relay; read its log.",
        )
    if code != 250:
        return fail(
            "listener", f"{where(listener)} answers EHLO with {code}.", "See which program listens there: ss -ltnp"
        )
    return ok("listener", f"{where(listener)} answers.")


def _greeted(listener: ListenerSettings, source: str = "") -> smtplib.SMTP:
    host, origin = reachable(listener.host), (source, 0) if source else None
    if listener.tls is ListenerTls.IMPLICIT:
        return smtplib.SMTP_SSL(host, listener.port, timeout=PATIENCE, context=_unchecked(), source_address=origin)
    return smtplib.SMTP(host, listener.port, timeout=PATIENCE, source_address=origin)


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _free(listener: ListenerSettings) -> Line:
    family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listener.host, listener.port))
            probe.listen(1)
        except OSError as error:
            what, remedy = _BIND.get(
                error.errno or 0, (error.strerror or "it cannot be used", "Choose another address.")
            )
            return fail("listener", f"{where(listener)} cannot be listened on: {what}.", remedy)
    return ok("listener", f"{where(listener)} is free for the relay.")


def certificates(site: Site) -> Iterator[Line]:
    """Each certificate: usable with its key, in force, and not about to end."""
    pairs = {
        (listener.certificate, listener.private_key)
        for listener in site.config.receive.listeners
        if listener.certificate and listener.private_key
    }
    for certificate, private_key in sorted(pairs):
        yield _certificate(site, certificate, private_key)


def _certificate(site: Site, certificate: Path, private_key: Path) -> Line:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, private_key)
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ssl.SSLError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return fail(
            "certificate",
            f"{certificate} and {private_key} cannot be used together: {reason}.",
            "Put the certificate and its own private key there, both in PEM.",
        )
    return validity("certificate", str(certificate), found, site.now)


def validity(check: str, name: str, found: x509.Certificate, now: datetime) -> Line:
    """Judge the dates of a certificate."""
    left = (found.not_valid_after_utc - now).total_seconds()
    if left < 0:
        return fail(check, f"The certificate {name} has expired {span(-left)} ago.", "Renew it.")
    if now < found.not_valid_before_utc:
        return fail(check, f"The certificate {name} is not valid yet.", "Set the clock, or put the right one there.")
    if left < RENEW_SECONDS:
        return warn(check, f"The certificate {name} ends in {span(left)}.", "Renew it.")
    return ok(check, f"The certificate {name} is valid for {span(left)}.")


def open_relay(site: Site) -> Iterator[Line]:
    """Nobody outside the allowed networks may relay: by what is written, and by trying it."""
    config = site.config.receive
    wide = {text for text in (*config.allow, *(t for one in config.listeners for t in one.allow)) if too_wide(text)}
    for text in sorted(wide):
        yield fail(
            "open-relay",
            f"allow = {text} lets strangers relay.",
            "Name only the machines that hand in the school's mail.",
        )
    if wide:
        return
    tried = 0
    for listener in config.listeners if site.running else ():
        taken = _try_as_stranger(listener, AllowList((*config.allow, *listener.allow)))
        if taken:
            yield fail(
                "open-relay",
                f"{where(listener)} took a stranger's recipient from an address that is not allowed.",
                "Stop the relay: see which program listens there (ss -ltnp), then look at [receive] allow.",
            )
        tried += taken is not None
        if taken:
            return
    how = "A stranger was refused." if tried else "The allowed networks are narrow (not tried: no address to try from)."
    yield ok(
        "open-relay", how if site.running else "The allowed networks are narrow (not tried: the relay is not running)."
    )


def too_wide(text: str) -> bool:
    """Whether a network holds hosts that no school owns: everything, or a large piece of the public Internet."""
    network = ip_network(text)
    if network.prefixlen == 0:
        return True
    if network.is_private or network.is_loopback or network.is_link_local:
        return False
    least = {IPv4Network: 16, IPv6Network: 32}[type(network)]
    return network.prefixlen < least


def _try_as_stranger(listener: ListenerSettings, allowed: AllowList) -> bool | None:
    """Ask to relay from a loopback address that is not allowed; None where that cannot be tried."""
    if listener.proxy_from or not listener.port or ":" in listener.host:
        return None
    strangers = [address for address in _STRANGERS if address not in allowed]
    if not strangers or not reachable(listener.host).startswith("127."):
        return None
    with suppress(OSError, smtplib.SMTPException), _greeted(listener, strangers[0]) as client:
        client.ehlo("doctor.example.org")
        if client.mail("doctor@example.org")[0] != 250:
            return False
        code, _ = client.rcpt("stranger@example.net")
        client.rset()
        return 200 <= code < 300
    return False
