"""One SMTP connection without its verbs: command lines in, replies out, deadlines, the end.

aiosmtpd gives the protocol its place in the event loop and its STARTTLS; the command loop and every reply are ours,
because the stock loop takes bare LF for the end of a command, tells a client the text of an exception, closes without
a word and knows one deadline a command only.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

from aiosmtpd.proxy_protocol import get_proxy
from aiosmtpd.smtp import SMTP, TLSSetupException

from mailguard.observe import Event, log, log_failure
from mailguard.receive.body import NO_ROOM, Allowance, received
from mailguard.receive.command import CommandError
from mailguard.receive.settings import ReceiveSettings
from mailguard.store import StoreError, StoreFull

for _name in ("mail.log", "mail.error", "mail.debug"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # at INFO they write every address, at DEBUG every line

LINE_LIMIT = 4096
_PROXY_SECONDS = 5.0
_LONGEST_SKIP = 1 << 20
SHUTTING_DOWN = "421 4.3.2 Shutting down, try again later"
INTERNAL = "451 4.3.0 Cannot take this now, try again later"
_FOREIGN = frozenset({"GET", "POST", "PUT", "CONNECT", "OPTIONS", "HEAD"})
_NO_MAIL = frozenset({"HELO", "EHLO", "NOOP", "RSET", "VRFY", "EXPN", "HELP", "AUTH", "STARTTLS"})


class Closing(Exception):
    """Ends the session after the replies that are queued."""


class Observer(Protocol):
    """Counts what comes in, and what is put off."""

    def stage(self, stage: str, seconds: float) -> None:
        """Note how long a message took to be received."""

    def put_off(self, reason: str) -> None:
        """Note a message that was put off: "no-room", "busy", "store-down" or "fault"."""


class Nobody:
    """An observer that counts nothing."""

    def stage(self, stage: str, seconds: float) -> None:
        """Count nothing."""

    def put_off(self, reason: str) -> None:
        """Count nothing."""


class Shift(Protocol):
    """What all connections of a server share."""

    settings: ReceiveSettings
    hostname: str
    node: str
    allowance: Allowance
    observer: Observer
    closing: bool

    def admit(self, connection: Connection, peer: str) -> str:
        """Count a new connection in; returns a refusal to send it, or ""."""

    def leave(self, connection: Connection) -> None:
        """Count a connection out."""

    async def keep(self, work: Awaitable[None]) -> None:
        """Run `work` to its end even if the caller is cancelled."""


class Connection(SMTP):
    """Lines, replies and time of one connection; `Session` adds the verbs (methods `smtp_VERB`)."""

    line_length_limit = 65536

    def __init__(self, shift: Shift, tls_context: ssl.SSLContext | None, behind: Callable[[str], bool]) -> None:
        """`behind` tells of a peer that it is a load balancer and opens with a PROXY header."""
        self._deadline = 0.0
        self._behind = behind
        self.shift = shift
        super().__init__(
            None,
            hostname=shift.hostname,
            ident="ESMTP mailguard",
            enable_SMTPUTF8=True,
            tls_context=tls_context,
            timeout=shift.settings.command_timeout,
            loop=asyncio.get_running_loop(),
        )
        self.peer = ""
        self.busy = False
        self._replies: list[str] = []
        self._junk = 0

    # --- transport ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or begin again under TLS: what was said in the clear is forgotten (RFC 3207 section 4.2)."""
        self.helo = ""
        self.extended = False
        self.user = ""
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Note the end; a message that is being made durable is not undone by it."""
        self.shift.leave(self)
        super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """Let the command loop answer what came before a half-close; the stock method would cancel it."""
        self._reader.feed_eof()
        return not self.secure

    @property
    def secure(self) -> bool:
        """True under TLS, from the start or after STARTTLS."""
        return self.transport is not None and self.transport.get_extra_info("sslcontext") is not None

    def allow(self, seconds: float) -> None:
        """Move the deadline of the next read. One timer serves all of them: it looks at the deadline when it fires, and
        is set anew only where the deadline comes before that."""
        self._deadline = self.loop.time() + seconds
        if self._timeout_handle is not None and self._deadline < self._timeout_handle.when():
            self._timeout_handle.cancel()
            self._timeout_handle = None
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_at(self._deadline, self._timeout_cb)

    def _reset_timeout(self, duration: float | None = None) -> None:
        self.allow(duration or self.shift.settings.command_timeout)

    def _timeout_cb(self) -> None:
        if self.loop.time() < self._deadline:
            self._timeout_handle = self.loop.call_at(self._deadline, self._timeout_cb)
        else:
            self.dismiss("421 4.4.2 Timeout, closing connection")

    def dismiss(self, reply: str) -> None:
        """Say `reply` and close; a client that does not even read is cut off."""
        if self.transport is None:
            return
        transport = cast(asyncio.WriteTransport, self.transport)  # uvloop's transports are none by inheritance
        if transport.get_write_buffer_size():
            transport.abort()
        else:
            transport.write(reply.encode() + b"\r\n")
            transport.close()

    def forget(self) -> None:
        """Drop the transaction in hand, if any (RSET)."""

    # --- command loop ------------------------------------------------------------------------------------------

    async def _handle_client(self) -> None:
        try:
            await self._greet()
            while self.transport is not None and not self.transport.is_closing():
                await self._next_command()
                if self.shift.closing:
                    self.reply(SHUTTING_DOWN)
                    raise Closing
        except (Closing, asyncio.IncompleteReadError, ConnectionError):
            with contextlib.suppress(ConnectionError):
                await self.flush()
        except TLSSetupException:
            log(Event.CLIENT_REFUSED, reason="tls-handshake", peer=self.peer)
        finally:
            if self.transport is not None:
                self.transport.close()

    async def _greet(self) -> None:
        peer = self._writer.get_extra_info("peername")
        self.peer = str(peer[0]) if isinstance(peer, tuple) else ""
        if self._behind(self.peer):
            await self._hear_proxy()
        if refusal := self.shift.admit(self, self.peer):
            self.reply(refusal)
            raise Closing
        self.reply(f"220 {self.hostname} {self.__ident__}")

    async def _hear_proxy(self) -> None:
        """Take the client's address from the PROXY header (versions 1 and 2); raises Closing for a bad header. One
        without an address is the balancer's own health check."""
        self.allow(_PROXY_SECONDS)
        header = await get_proxy(self._reader)
        if not header.valid:
            log(Event.CLIENT_REFUSED, reason="proxy-header", peer=self.peer)
            raise Closing
        self.allow(self.shift.settings.command_timeout)
        if header.src_addr:
            self.peer = str(header.src_addr)

    async def read_response(self) -> str:
        """Return the client's answer to a challenge, without its line end; raises CommandError where it gives up."""
        await self.flush()
        line = (await self._read_line()).decode("ascii", "replace").strip()
        if line == "*":
            raise CommandError("501 5.7.0 Authentication cancelled")
        return line

    async def _next_command(self) -> None:
        line = await self._read_line()
        self.allow(self.shift.settings.command_timeout)
        self.busy = True
        try:
            await self._obey(line)
        except CommandError as refusal:
            self.reply(refusal.reply)
        except StoreFull:
            log(Event.MESSAGE_REFUSED, logging.WARNING, reason="no-room", peer=self.peer)
            self.shift.observer.put_off("no-room")
            self.reply(NO_ROOM)
        except (Closing, TLSSetupException, asyncio.IncompleteReadError, ConnectionError):
            raise
        except Exception as error:
            log_failure(error, stage="receive", peer=self.peer)
            self.shift.observer.put_off("store-down" if isinstance(error, StoreError) else "fault")
            self.forget()
            self.reply(INTERNAL)
        finally:
            self.busy = False

    async def _read_line(self) -> bytes:
        """Return the next command line without its CRLF. Replies wait until the client has nothing more in the pipe
        (RFC 2920), so that a pipelined transaction is answered in one packet."""
        if b"\n" not in received(self._reader):
            await self.flush()
        while True:
            try:
                return bytes(await self._reader.readuntil())
            except asyncio.LimitOverrunError as error:
                await self._skip_line(error.consumed)

    async def _skip_line(self, consumed: int) -> None:
        """Drop a line that is longer than the reader's buffer; one without any end is the end of the session."""
        skipped = 0
        while skipped < _LONGEST_SKIP:
            skipped += len(await self._reader.read(consumed))
            try:
                await self._reader.readuntil()
            except asyncio.LimitOverrunError as error:
                consumed = error.consumed
            else:
                await self.push("500 5.5.2 Line too long")
                return
        self.reply("500 5.5.2 Line too long")
        raise Closing

    async def _obey(self, line: bytes) -> None:
        if len(line) > LINE_LIMIT:
            raise CommandError("500 5.5.2 Line too long")
        if not line.endswith(b"\r\n") or b"\r" in line[:-2] or b"\0" in line:
            self._count_junk()
            raise CommandError("500 5.5.2 Lines end in CRLF and hold no control characters")
        try:
            verb, _, argument = line[:-2].decode().partition(" ")
        except UnicodeDecodeError:
            raise CommandError("500 5.5.2 Commands are UTF-8") from None
        verb = verb.upper()
        if verb in _FOREIGN:
            self.reply("421 4.7.0 This is a mail server")
            raise Closing
        method = self._smtp_methods.get(verb)
        if method is None or verb in _NO_MAIL:
            self._count_junk()
        if method is None:
            raise CommandError("500 5.5.1 Command not recognised")
        await method(argument.strip(" "))

    def _count_junk(self) -> None:
        self._junk += 1
        if self._junk > self.shift.settings.junk_commands:
            self.reply("421 4.7.0 Too many commands without mail")
            raise Closing

    def reply(self, line: str) -> None:
        """Queue one reply line; it goes out when the client is waited for."""
        self._replies.append(line)

    async def push(self, status: Any) -> None:
        """Send one reply at once (what aiosmtpd's own verbs call)."""
        self.reply(status)
        await self.flush()

    async def flush(self) -> None:
        """Send the queued replies in one write."""
        if self._replies and self.transport is not None:
            self._writer.write("".join(reply + "\r\n" for reply in self._replies).encode())
            self._replies.clear()
            await self._writer.drain()
