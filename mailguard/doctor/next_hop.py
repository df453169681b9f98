"""The way out: each smart host's name, reachability, TLS, sign-in, and whether it takes our mail. Nothing is sent: the
transaction ends after RCPT."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Iterator
from ipaddress import ip_address

from cryptography import x509

from mailguard.config import Config
from mailguard.deliver.client import IMPLICIT_TLS_PORT, Unavailable
from mailguard.deliver.mx import Directory, NoRoute
from mailguard.deliver.route import MX, Host, parse_host
from mailguard.deliver.settings import TlsPolicy
from mailguard.doctor.doors import validity
from mailguard.doctor.line import Line, fail, ok, warn
from mailguard.doctor.site import PATIENCE, Site

_TLS_FAULT = "Put a valid certificate on that server, or name it as its certificate does."


def next_hops(site: Site) -> Iterator[Line]:
    """Every server that mail goes on to, of all schools."""
    deliver = site.config.deliver
    texts = dict.fromkeys((*deliver.smart_hosts, *(text for hosts in deliver.by_school.values() for text in hosts)))
    for text in texts:
        if text == MX:
            yield _by_dns(site)
            continue
        try:
            host = parse_host(text)
        except ValueError:
            yield fail("next-hop", f'"{text}" is not a server.', 'Write smart_host = "host:port".')
            continue
        yield from _look_at(site, host)


def _by_dns(site: Site) -> Line:
    """Mail goes to the recipients' own servers: DNS must answer, tried for the domain of an office or of staff."""
    offices = [own.office.rpartition("@")[2] for own in site.config.schools.values() if own.office]
    staff = [
        domain for school in (site.found.policy.schools if site.found.policy else ()) for domain in school.staff_domains
    ]
    for domain in (*offices, *staff)[:1]:
        deliver = site.config.deliver
        try:
            servers = asyncio.run(Directory(deliver.nameservers).servers(domain, deliver.hostname))
        except NoRoute:
            return fail("next-hop", f"DNS knows no mail server for {domain}.", "Correct its MX record.")
        except Unavailable:
            remedy = "Look at /etc/resolv.conf, or at nameservers under [deliver]."
            return fail("next-hop", f"DNS does not answer for {domain}.", remedy)
        return ok("next-hop", f"Mail goes out by DNS; {domain} has {len(servers)} addresses.")
    return ok("next-hop", "Mail goes to the recipients' own servers, by DNS.")


def _look_at(site: Site, host: Host) -> Iterator[Line]:
    try:
        found = socket.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
    except OSError:
        yield fail(
            "next-hop",
            f"No address is known for {host.name}.",
            "Correct the name under [deliver] smart_host, or this machine's DNS (/etc/resolv.conf).",
        )
        return
    addresses = [str(place[0]) for *_, place in found]
    if _is_own(site.config, addresses, host.port):
        yield fail(
            "next-hop",
            f"{host} is mailguard's own listener: mail would go round in a circle.",
            "Set smart_host to the server that mail goes on to.",
        )
        return
    try:
        client = _connect(site.config, host)
    except (OSError, smtplib.SMTPException) as error:
        yield _unreachable(host, error)
        return
    with client:
        yield from _ask(site, host, client, addresses)


def _is_own(config: Config, addresses: list[str], port: int) -> bool:
    for listener in config.receive.listeners:
        if listener.port == port:
            everywhere = listener.host in ("0.0.0.0", "::")  # noqa: S104 (compared, not bound)
            if listener.host in addresses or (everywhere and any(ip_address(a).is_loopback for a in addresses)):
                return True
    return False


def _context(config: Config) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if config.deliver.tls is not TlsPolicy.VERIFIED:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _connect(config: Config, host: Host) -> smtplib.SMTP:
    name = config.deliver.hostname or None
    if host.port == IMPLICIT_TLS_PORT and config.deliver.tls is not TlsPolicy.NONE:
        return smtplib.SMTP_SSL(host.name, host.port, local_hostname=name, timeout=PATIENCE, context=_context(config))
    return smtplib.SMTP(host.name, host.port, local_hostname=name, timeout=PATIENCE)


def _unreachable(host: Host, error: Exception) -> Line:
    if isinstance(error, ssl.SSLError):
        return fail("next-hop", f"{host} offers no usable TLS ({_tls_reason(error)}).", _TLS_FAULT)
    if isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPServerDisconnected | smtplib.SMTPResponseException):
        return fail("next-hop", f"{host} does not greet as a mail server.", "See whether that port is its SMTP port.")
    reason = "refuses connections" if isinstance(error, ConnectionRefusedError) else "cannot be reached"
    return fail(
        "next-hop", f"{host} {reason}.", "Start that server, open the firewall, or correct [deliver] smart_host."
    )


def _ask(site: Site, host: Host, client: smtplib.SMTP, addresses: list[str]) -> Iterator[Line]:
    config = site.config
    faults: list[Line] = []
    try:
        client.ehlo_or_helo_if_needed()
        faults += _secure(config, host, client, addresses)
        if not any(line.status == "FAIL" for line in faults):
            faults += _date(site, host, client)
            faults += _sign_in(config, host, client)
            faults += _offer(site, host, client)
    except ssl.SSLError as error:
        faults.append(fail("next-hop", f"The TLS of {host} cannot be trusted ({_tls_reason(error)}).", _TLS_FAULT))
    except (OSError, smtplib.SMTPException):
        faults.append(fail("next-hop", f"{host} hangs up in the middle of a talk.", "Read that server's log."))
    yield from faults
    if not any(line.status == "FAIL" for line in faults):
        tls = "with TLS" if isinstance(client.sock, ssl.SSLSocket) else "without TLS"
        yield ok("next-hop", f"{host} answers {tls}.")


def _tls_reason(error: ssl.SSLError) -> str:
    return str(getattr(error, "verify_message", "") or error.reason or "handshake failed").lower().replace("_", " ")


def _secure(config: Config, host: Host, client: smtplib.SMTP, addresses: list[str]) -> Iterator[Line]:
    tls, secure = config.deliver.tls, isinstance(client.sock, ssl.SSLSocket)
    near = all(ip_address(address.partition("%")[0]).is_loopback for address in addresses)
    if tls is TlsPolicy.NONE or secure:
        if not secure and not near:
            yield warn("next-hop", f"Mail goes to {host} in the clear.", 'Set tls = "verified" under [deliver].')
        return
    if client.has_extn("starttls"):
        client.starttls(context=_context(config))
        client.ehlo()
    elif tls is not TlsPolicy.OPPORTUNISTIC:
        yield fail(
            "next-hop",
            f'tls = "{tls.value}", but {host} offers no STARTTLS: mail stays in the queue.',
            "Switch TLS on at that server, or use its submission port.",
        )
    elif not near:
        yield warn("next-hop", f"{host} offers no TLS: mail goes in the clear.", "Switch TLS on at that server.")


def _date(site: Site, host: Host, client: smtplib.SMTP) -> Iterator[Line]:
    if not isinstance(client.sock, ssl.SSLSocket):
        return
    raw = client.sock.getpeercert(binary_form=True)
    if raw:
        line = validity("next-hop", f"of {host}", x509.load_der_x509_certificate(raw), site.now)
        if line.status == "WARN" or (line.status == "FAIL" and site.config.deliver.tls is TlsPolicy.VERIFIED):
            yield line
        elif line.status == "FAIL":
            yield warn("next-hop", line.text, line.remedy)


def _sign_in(config: Config, host: Host, client: smtplib.SMTP) -> Iterator[Line]:
    login = config.deliver.login
    if login is None:
        return
    if not isinstance(client.sock, ssl.SSLSocket) and config.deliver.tls is not TlsPolicy.NONE:
        yield fail("next-hop", f"{host} would hear the password in the clear.", "Switch TLS on at that server.")
        return
    try:
        client.login(login.user, login.password)
    except smtplib.SMTPAuthenticationError:
        yield fail("next-hop", f"{host} refuses the sign-in.", "Correct user and password_file under [deliver].")
    except smtplib.SMTPNotSupportedError:
        yield fail("next-hop", f"{host} offers no sign-in.", "Use its submission port, or take `user` away.")


def _offer(site: Site, host: Host, client: smtplib.SMTP) -> Iterator[Line]:
    """Would it take the notices for the offices? The one recipient that is ours to try."""
    offices = sorted({own.office for own in site.config.schools.values() if own.office and own.office.isascii()})
    if not offices:
        return
    code, _ = client.mail("")
    if code == 250:
        code, _ = client.rcpt(offices[0])
    client.rset()
    if code >= 500:
        yield fail(
            "next-hop",
            f"{host} refuses mail for an office ({code}).",
            "Let that server relay for this machine, and correct the office's address.",
        )
    elif code >= 400:
        yield warn("next-hop", f"{host} puts mail for an office off ({code}).", "Try again; read that server's log.")
