"""The SMTP client: one connection to one upstream server, many transactions (RFC 5321, RFC 2920).

MAIL, every RCPT and DATA leave in one write where the server offers PIPELINING. The content goes onward byte for byte;
only dots are doubled on the wire. A transaction never raises: each recipient has a `Result`, and a lost connection is
one of them. `connect` raises `Unavailable`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from mailguard.deliver.link import Link, Lost, joined
from mailguard.deliver.replies import Reply, Result, Stage
from mailguard.deliver.settings import Login, Timeouts, TlsPolicy

BLOCK = 256 * 1024
IMPLICIT_TLS_PORT = 465


class Unavailable(Exception):
    """No usable connection; nothing was said about any message. `reply` is None where the server said nothing."""

    def __init__(self, stage: Stage, detail: str, reply: Reply | None = None) -> None:
        super().__init__(f"{stage}: {detail}")
        self.stage = stage
        self.detail = detail
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Rcpt:
    """One recipient of a transaction, with its RFC 3461 parameters."""

    address: str
    notify: str = ""
    orcpt: str = ""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One message for recipients that share a route."""

    sender: str
    recipients: Sequence[Rcpt]
    content: bytes = field(repr=False)
    body_type: str = "7BIT"
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""

    @property
    def needs_utf8(self) -> bool:
        """True if an address or the header really holds more than ASCII (RFC 6531 section 3.4)."""
        return self.smtputf8 and not (
            self.sender.isascii()
            and all(rcpt.address.isascii() for rcpt in self.recipients)
            and self.content[: self.content.find(b"\r\n\r\n")].isascii()
        )


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect: `host` is the name that a certificate must carry, `address` where it is."""

    host: str
    port: int
    address: str


class Upstream:
    """An open connection to the server called `remote`; `usable` until it is not."""

    def __init__(self, link: Link, timeouts: Timeouts, remote: str = "") -> None:
        self.remote = remote
        self.offers: dict[str, str] = {}
        self.usable = True
        self._link = link
        self._timeouts = timeouts

    # --- opening -------------------------------------------------------------------------------------------------

    async def greet(self, name: str) -> None:
        """Hear the greeting and say EHLO, or HELO to a server that does not know it."""
        greeting, _ = await self._hear_at(Stage.GREETING, self._timeouts.greeting)
        if greeting.code != 220:
            raise Unavailable(Stage.GREETING, "refused at greeting", greeting)
        await self.hello(name)

    async def hello(self, name: str) -> None:
        """Say EHLO and note what is offered."""
        self._write(f"EHLO {name}\r\n")
        reply, lines = await self._hear_at(Stage.HELLO, self._timeouts.command)
        if reply.permanent:
            self._write(f"HELO {name}\r\n")
            reply, _ = await self._hear_at(Stage.HELLO, self._timeouts.command)
            lines = []
        if not reply.ok:
            raise Unavailable(Stage.HELLO, "EHLO refused", reply)
        offers = (line.partition(" ") for line in lines[1:])
        self.offers = {keyword.upper(): value for keyword, _, value in offers}

    async def start_tls(self, host: str, context: ssl.SSLContext) -> None:
        """Change to TLS (RFC 3207); what the server sent in the clear after its reply makes the connection useless."""
        self._write("STARTTLS\r\n")
        reply, _ = await self._hear_at(Stage.TLS, self._timeouts.command)
        if reply.code != 220:
            raise Unavailable(Stage.TLS, "STARTTLS refused", reply)
        if not self._link.silent:
            raise Unavailable(Stage.TLS, "text injected before TLS")
        try:
            await self._link.start_tls(host, context, self._timeouts.connect)
        except (Lost, OSError, TimeoutError) as error:
            raise Unavailable(Stage.TLS, f"handshake failed ({type(error).__name__})") from None

    async def sign_in(self, login: Login) -> None:
        """Authenticate with PLAIN (RFC 4616) or, where only that is offered, LOGIN."""
        mechanisms = self.offers.get("AUTH", "").upper().split()
        if "PLAIN" in mechanisms:
            secret = _base64(f"\0{login.user}\0{login.password}")
            steps = [f"AUTH PLAIN {secret}"]
        elif "LOGIN" in mechanisms:
            steps = ["AUTH LOGIN", _base64(login.user), _base64(login.password)]
        else:
            raise Unavailable(Stage.LOGIN, "neither PLAIN nor LOGIN is offered")
        for n, step in enumerate(steps, 1):
            self._write(step + "\r\n")
            reply, _ = await self._hear_at(Stage.LOGIN, self._timeouts.command)
            if reply.code != (235 if n == len(steps) else 334):
                raise Unavailable(Stage.LOGIN, "sign-in refused", reply)

    # --- transactions --------------------------------------------------------------------------------------------

    async def send(self, mail: Transaction, earlier: asyncio.Future[None] | None = None) -> list[Result]:
        """Send one message; returns one result a recipient, in their order. Leaves the connection ready for the next
        transaction, or not `usable`. The content leaves only when `earlier` is done."""
        if impossible := self._impossible(mail):
            return [Result(Stage.MAIL, impossible)] * len(mail.recipients)
        replies: list[Reply] = []
        end: Reply | None = None
        try:
            await self._envelope(mail, replies)
            if len(replies) == len(mail.recipients) + 2 and replies[-1].code == 354:
                if earlier is not None and not earlier.done():
                    await asyncio.wait((earlier,))
                end = await self._content(mail, wanted=replies[0].ok and any(reply.ok for reply in replies[1:-1]))
            elif not any(reply.code == 421 for reply in replies):
                await self._reset()
        except Lost:
            self.usable = False
        if self._link.ended or any(reply.code == 421 for reply in (*replies, end) if reply):
            self.usable = False
        return _results(len(mail.recipients), replies, end)

    def _impossible(self, mail: Transaction) -> Reply | None:
        """Return why this server cannot be asked at all, as the reply that it would have given."""
        if mail.needs_utf8 and "SMTPUTF8" not in self.offers:
            return Reply(553, "5.6.7 The next server does not take internationalised addresses")
        limit = self.offers.get("SIZE", "")
        if limit.isdigit() and 0 < int(limit) < len(mail.content):
            return Reply(552, "5.3.4 The next server does not take messages of this size")
        return None

    async def _envelope(self, mail: Transaction, replies: list[Reply]) -> None:
        """Send MAIL, RCPT and DATA; appends the replies as they come. Without PIPELINING it stops where the server has
        refused everything."""
        commands = [self._mail_line(mail), *(self._rcpt_line(rcpt) for rcpt in mail.recipients), "DATA\r\n"]
        if "PIPELINING" in self.offers:
            self._write("".join(commands))
            await self._hear(replies, len(commands), self._timeouts.command)
            return
        for n, command in enumerate(commands):
            if (n == 1 and not replies[0].ok) or (n == len(commands) - 1 and not any(r.ok for r in replies[1:])):
                return
            self._write(command)
            await self._hear(replies, 1, self._timeouts.command)

    def _mail_line(self, mail: Transaction) -> str:
        line = f"MAIL FROM:<{mail.sender}>"
        if "SIZE" in self.offers:
            line += f" SIZE={len(mail.content)}"
        if mail.body_type == "8BITMIME" and "8BITMIME" in self.offers:
            line += " BODY=8BITMIME"
        if mail.smtputf8 and "SMTPUTF8" in self.offers:
            line += " SMTPUTF8"
        if "DSN" in self.offers:
            line += (f" RET={mail.ret}" if mail.ret else "") + (f" ENVID={mail.envid}" if mail.envid else "")
        return line + "\r\n"

    def _rcpt_line(self, rcpt: Rcpt) -> str:
        line = f"RCPT TO:<{rcpt.address}>"
        if "DSN" in self.offers:
            line += (f" NOTIFY={rcpt.notify}" if rcpt.notify else "") + (f" ORCPT={rcpt.orcpt}" if rcpt.orcpt else "")
        return line + "\r\n"

    async def _content(self, mail: Transaction, *, wanted: bool) -> Reply:
        """Send the message and hear the reply to its last dot. A server that asks for content although it has refused
        the sender or every recipient gets the dot alone (RFC 2920 section 3.1)."""
        try:
            for block in _dotted(mail.content) if wanted else (b".\r\n",):
                self._link.write(block)
                await self._link.drain(self._timeouts.block)
        except TimeoutError:
            raise Lost from None
        replies: list[Reply] = []
        await self._hear(replies, 1, self._timeouts.end)
        return replies[0]

    async def _reset(self) -> None:
        self._write("RSET\r\n")
        replies: list[Reply] = []
        await self._hear(replies, 1, self._timeouts.command)
        self.usable = replies[0].ok

    async def close(self, *, politely: bool = True) -> None:
        """End the connection, with QUIT if the server still listens."""
        with contextlib.suppress(Lost):
            if politely and self.usable:
                self._write("QUIT\r\n")
                await self._hear([], 1, 2.0)
        self.usable = False
        self._link.close()

    # --- wire ----------------------------------------------------------------------------------------------------

    def _write(self, text: str) -> None:
        self._link.write(text.encode("utf-8"))

    async def _hear(self, replies: list[Reply], count: int, seconds: float) -> None:
        """Read `count` replies into `replies`, as far as they come; raises Lost."""
        try:
            await self._link.hear(count, seconds)
        except TimeoutError:
            raise Lost from None
        finally:
            replies += map(joined, self._link.take(count))

    async def _hear_at(self, stage: Stage, seconds: float) -> tuple[Reply, list[str]]:
        """Read one reply while opening the connection; raises Unavailable."""
        try:
            await self._link.hear(1, seconds)
        except TimeoutError:
            raise Unavailable(stage, "timeout") from None
        except Lost:
            raise Unavailable(stage, "connection lost") from None
        (lines,) = self._link.take(1)
        return joined(lines), [line[4:] for line in lines]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _dotted(content: bytes) -> Iterator[bytes]:
    """Yield a message as it goes over the wire, in blocks: the dot at the start of a line doubled (RFC 5321 section
    4.5.2), and the dot that ends it. Only a block at a time is copied."""
    size = len(content)
    for start in range(0, size, BLOCK):
        block = content[start : start + BLOCK] if size > BLOCK else content
        before = content[max(0, start - 2) : start]
        if block.startswith(b".") and before in (b"", b"\r\n"):
            block = b"." + block
        elif block.startswith(b"\n.") and before.endswith(b"\r"):
            block = b"\n." + block[1:]
        if b"\r\n." in block:
            block = block.replace(b"\r\n.", b"\r\n..")
        yield block + b".\r\n" if start + BLOCK >= size else block
    if not size:
        yield b".\r\n"


def _results(count: int, replies: list[Reply], end: Reply | None) -> list[Result]:
    """Turn the replies of one transaction, as far as they came, into one result a recipient."""
    mail = replies[0] if replies else None
    if mail is None or not mail.ok:
        return [Result(Stage.MAIL, mail)] * count
    rcpts = replies[1 : count + 1]
    data = replies[count + 1] if len(replies) > count + 1 else None
    common = Result(Stage.END, end) if data and data.code == 354 else Result(Stage.DATA, data)
    results = [common if reply.ok else Result(Stage.RCPT, reply) for reply in rcpts]
    return results + [Result(Stage.RCPT)] * (count - len(results))


@cache
def _context(policy: TlsPolicy) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if policy is not TlsPolicy.VERIFIED:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def connect(
    target: Target, *, name: str, tls: TlsPolicy, timeouts: Timeouts, login: Login | None = None
) -> Upstream:
    """Open a connection that is ready for mail. Raises Unavailable.

    Under the policy `opportunistic` a failed handshake is answered by a new connection without TLS; under `required`
    and `verified` nothing is said in the clear but EHLO and STARTTLS, so a stripped offer keeps the message here."""
    try:
        return await _connect(target, name, tls, timeouts, login)
    except Unavailable as error:
        if error.stage is not Stage.TLS or tls is not TlsPolicy.OPPORTUNISTIC or login:
            raise
        return await _connect(target, name, TlsPolicy.NONE, timeouts, login)


async def _connect(target: Target, name: str, tls: TlsPolicy, timeouts: Timeouts, login: Login | None) -> Upstream:
    implicit = target.port == IMPLICIT_TLS_PORT and tls is not TlsPolicy.NONE
    try:
        async with asyncio.timeout(timeouts.connect):
            _, link = await asyncio.get_running_loop().create_connection(
                Link,
                target.address,
                target.port,
                ssl=_context(tls) if implicit else None,
                server_hostname=target.host if implicit else None,
            )
    except ssl.SSLError:
        raise Unavailable(Stage.CONNECT, "handshake failed") from None
    except (OSError, TimeoutError) as error:
        raise Unavailable(Stage.CONNECT, type(error).__name__) from None
    upstream = Upstream(link, timeouts, target.host)
    try:
        await upstream.greet(name)
        secure = implicit
        if not implicit and tls is not TlsPolicy.NONE and "STARTTLS" in upstream.offers:
            await upstream.start_tls(target.host, _context(tls))
            await upstream.hello(name)
            secure = True
        if not secure and tls in (TlsPolicy.REQUIRED, TlsPolicy.VERIFIED):
            raise Unavailable(Stage.TLS, "TLS is required and not offered")
        if login:
            if not secure and tls is not TlsPolicy.NONE:
                raise Unavailable(Stage.LOGIN, "no sign-in without TLS")
            await upstream.sign_in(login)
    except BaseException:
        await upstream.close(politely=False)
        raise
    return upstream
