"""The verbs of one SMTP session (RFC 5321), one transaction after another.

Each reply has an enhanced code (RFC 2034), greeting and EHLO apart, and no detail. A message is answered with 250 only
after `Intake.take` returned: it is durable by then. From the end of the body on, the work is shielded: a client that
hangs up early takes nothing away.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from mailguard.model import Envelope, Message
from mailguard.observe import Event, log
from mailguard.receive import wire
from mailguard.receive.auth import Users, plain_credentials, text_of
from mailguard.receive.body import NO_ROOM, TOO_LARGE, BodyRefused, read_body
from mailguard.receive.command import CommandError, MailCommand, RcptCommand, parse_mail, parse_rcpt, same_mailbox
from mailguard.receive.connection import Closing, Connection, Shift
from mailguard.receive.settings import ReceiveSettings
from mailguard.receive.tls import Certificate

NOT_LISTED = "550 5.7.1 This host may not relay here"
LOGINS = 3
LOGIN_DELAY = 1.0


class Intake(Protocol):
    """The house behind the door."""

    def check_room(self, size: int) -> None:
        """Raise mailguard.store.StoreFull if a message of `size` bytes (0: not declared) cannot be made durable now."""

    async def let_in(self) -> None:
        """Return when the next message may begin: a sender waits for a moment at most."""

    async def take(self, message: Message) -> None:
        """Make `message` durable and see to the rest of its way. Raises StoreFull, or anything else for a fault."""

    async def take_or_reject(self, message: Message) -> bool:
        """The same, but judge first: False, and nothing stored, if a recipient would be held."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one listener. `trusted` tells from a peer's address whether it may relay; where it may not, only an
    authenticated client may name recipients. `behind` tells whether it is a load balancer."""

    trusted: Callable[[str], bool]
    behind: Callable[[str], bool] = lambda peer: False
    certificate: Certificate | None = None
    starttls: bool = False
    tls_first: bool = False
    users: Users | None = None
    school: str | None = None
    reject_held: bool = False


class Session(Connection):
    """One connection with its verbs, under the rules of its listener."""

    def __init__(
        self,
        shift: Shift,
        intake: Intake,
        *,
        rules: Rules,
    ) -> None:
        super().__init__(
            shift, rules.certificate.context if rules.starttls and rules.certificate else None, rules.behind
        )
        self._intake = intake
        self._rules = rules
        self._failed_logins = 0
        self._trusted_peer: str | None = None  # the one that was looked up last, if it may relay
        self.forget()

    # --- verbs without mail ------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Drop the transaction in hand."""
        self._mail: MailCommand | None = None
        self._recipients: dict[str, RcptCommand] = {}

    async def smtp_HELO(self, hostname: str) -> None:
        """RFC 5321 section 4.1.1.1."""
        await self._hello(hostname, extended=False)

    async def smtp_EHLO(self, hostname: str) -> None:
        """RFC 5321 section 4.1.1.1."""
        await self._hello(hostname, extended=True)

    async def _hello(self, hostname: str, *, extended: bool) -> None:
        if not hostname:
            raise CommandError("501 5.5.4 Say your name: EHLO hostname")
        self.forget()
        self.helo = hostname
        self.extended = extended
        lines = [self.hostname, *(self._extensions() if extended else ())]
        for line in lines[:-1]:
            self.reply(f"250-{line}")
        self.reply(f"250 {lines[-1]}")

    def _extensions(self) -> list[str]:
        offers = ["PIPELINING", f"SIZE {self.shift.settings.max_message_bytes}", "8BITMIME", "SMTPUTF8"]
        offers += ["ENHANCEDSTATUSCODES", "DSN"]
        if self.tls_context and not self.secure:
            offers.append("STARTTLS")
        if self._rules.users and self.secure:
            offers.append("AUTH PLAIN LOGIN")
        return offers

    async def smtp_NOOP(self, arg: str) -> None:
        """RFC 5321 section 4.1.1.9."""
        self.reply("250 2.0.0 OK")

    async def smtp_RSET(self, arg: str) -> None:
        """RFC 5321 section 4.1.1.5."""
        if arg:
            raise CommandError("501 5.5.4 Syntax: RSET")
        self.forget()
        self.reply("250 2.0.0 OK")

    async def smtp_VRFY(self, arg: str) -> None:
        """RFC 5321 section 3.5.3: who exists here is not told."""
        self.reply("252 2.5.0 Send the message and see")

    async def smtp_EXPN(self, arg: str) -> None:
        """RFC 5321 section 3.5."""
        self.reply("502 5.5.1 Not offered")

    async def smtp_HELP(self, arg: str) -> None:
        """RFC 5321 section 4.1.1.8."""
        self.reply("214 2.0.0 RFC 5321")

    async def smtp_AUTH(self, arg: str) -> None:
        """RFC 4954, over TLS only: a password in the clear is a password given away."""
        if not self._rules.users:
            raise CommandError("502 5.5.1 Not offered")
        if not self.secure:
            raise CommandError("538 5.7.11 TLS comes first")
        if self.user or self._mail is not None:
            raise CommandError("503 5.5.1 Not now")
        mechanism, _, response = arg.partition(" ")
        name, password = await self._credentials(mechanism.upper(), response.strip())
        if await asyncio.to_thread(self._rules.users.known, name, password):
            self.user = name
            self.reply("235 2.7.0 Welcome")
            return
        self._failed_logins += 1
        log(Event.CLIENT_REFUSED, reason="authentication", peer=self.peer)
        await asyncio.sleep(LOGIN_DELAY)
        if self._failed_logins >= LOGINS:
            self.reply("421 4.7.0 Too many failed attempts")
            raise Closing
        raise CommandError("535 5.7.8 Name or password is wrong")

    async def _credentials(self, mechanism: str, response: str) -> tuple[str, str]:
        """Return name and password by PLAIN (RFC 4616) or LOGIN; raises CommandError."""
        if mechanism == "PLAIN":
            if not response:
                self.reply("334 ")
                response = await self.read_response()
            if credentials := plain_credentials(response):
                return credentials
        elif mechanism == "LOGIN":
            answers = [text_of(response)] if response else []
            for challenge in ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6")[len(answers) :]:
                self.reply(challenge)
                answers.append(text_of(await self.read_response()))
            if answers[0] is not None and answers[1] is not None:
                return answers[0], answers[1]
        else:
            raise CommandError("504 5.5.4 PLAIN or LOGIN")
        raise CommandError("501 5.5.2 Not understood")

    async def smtp_QUIT(self, arg: str) -> None:
        """RFC 5321 section 4.1.1.10."""
        self.reply("221 2.0.0 Bye")
        raise Closing

    async def smtp_STARTTLS(self, arg: str) -> None:
        """RFC 3207."""
        if arg:
            raise CommandError("501 5.5.4 Syntax: STARTTLS")
        if not self.tls_context:
            raise CommandError("502 5.5.1 Not offered")
        if self.secure:
            raise CommandError("503 5.5.1 TLS is on already")
        await super().smtp_STARTTLS("")

    # --- mail --------------------------------------------------------------------------------------------------

    async def smtp_MAIL(self, arg: str) -> None:
        """RFC 5321 section 4.1.1.2: refused early where the message would not fit."""
        if not self.helo:
            raise CommandError("503 5.5.1 Say EHLO first")
        if self._rules.tls_first and not self.secure:
            raise CommandError("530 5.7.0 STARTTLS comes first")
        if self._mail is not None:
            raise CommandError("503 5.5.1 One sender a message")
        command = parse_mail(arg, extended=self.extended)
        if command.size > self.shift.settings.max_message_bytes:
            raise CommandError(TOO_LARGE)
        await self._intake.let_in()
        self._intake.check_room(command.size)
        self._mail = command
        self.reply("250 2.1.0 OK")

    async def smtp_RCPT(self, arg: str) -> None:
        """RFC 5321 section 4.1.1.3: only trusted hosts and authenticated clients name recipients; one twice is one."""
        if self._mail is None:
            raise CommandError("503 5.5.1 MAIL comes first")
        if self._trusted_peer != self.peer and self._rules.trusted(self.peer):
            self._trusted_peer = self.peer
        if not (self.user or self._trusted_peer == self.peer):
            log(Event.CLIENT_REFUSED, reason="not-listed", peer=self.peer)
            refusal = (
                "530 5.7.0 Authentication required" if self._rules.users else "550 5.7.1 This host may not relay here"
            )
            raise CommandError(refusal)
        command = parse_rcpt(arg, extended=self.extended, smtputf8=self._mail.smtputf8)
        key = same_mailbox(command.recipient)
        if key not in self._recipients and len(self._recipients) >= self.shift.settings.max_recipients:
            raise CommandError("452 4.5.3 Too many recipients in one message")
        self._recipients.setdefault(key, command)
        self.reply("250 2.1.5 OK")

    async def smtp_DATA(self, arg: str) -> None:
        """RFC 5321 section 4.1.1.4: the body is read, checked, made durable, and only then answered."""
        if arg:
            raise CommandError("501 5.5.4 Syntax: DATA")
        if self._mail is None:
            raise CommandError("503 5.5.1 MAIL comes first")
        if not self._recipients:
            raise CommandError("554 5.5.1 No valid recipients")
        mail, recipients = self._mail, tuple(self._recipients.values())
        self.forget()
        self.reply("354 End with <CRLF>.<CRLF>")
        await self.flush()
        started = time.perf_counter()
        message_id, at = new_id(), datetime.now(UTC)
        try:
            content = await self._read_content(mail, message_id, at)
        except BodyRefused as refusal:
            if refusal.reply == NO_ROOM:
                self.shift.observer.put_off("busy")
            raise CommandError(refusal.reply) from None
        await self.shift.keep(self._hand_in(self._message(message_id, at, content, mail, recipients)))
        self._junk = 0
        self.shift.observer.stage("receive", time.perf_counter() - started)
        self.reply(f"250 2.0.0 OK, queued as {message_id}")

    async def _read_content(self, mail: MailCommand, message_id: str, at: datetime) -> bytes:
        """Return our Received field and the body, checked and without dots; raises CommandError."""
        settings = self.shift.settings
        trace = wire.received_header(
            helo=self.helo,
            peer=self.peer,
            hostname=self.hostname,
            node=self.shift.node,
            protocol=self._protocol(mail),
            message_id=message_id,
            at=at,
        )
        pace = _Pace(self, settings)
        content = await read_body(self._reader, trace, settings.max_message_bytes, self.shift.allowance, pace.arrived)
        self.allow(settings.command_timeout)
        if wire.looping(content, self.shift.node):
            log(Event.MESSAGE_REFUSED, reason="loop", peer=self.peer)
            raise CommandError("554 5.4.6 Routing loop: too many Received fields")
        return content

    def _message(
        self, message_id: str, at: datetime, content: bytes, mail: MailCommand, recipients: tuple[RcptCommand, ...]
    ) -> Message:
        return Message(
            id=message_id,
            envelope=Envelope(mail.sender, tuple(command.recipient for command in recipients), self._rules.school),
            content=content,
            received_at=at,
            peer=self.peer,
            helo=self.helo,
            protocol=self._protocol(mail),
            body_type=mail.body_type,
            smtputf8=mail.smtputf8,
            ret=mail.ret,
            envid=mail.envid,
            notify=tuple(command.notify for command in recipients),
            orcpt=tuple(command.orcpt for command in recipients),
        )

    async def _hand_in(self, message: Message) -> None:
        if not self._rules.reject_held:
            await self._intake.take(message)
        elif not await self._intake.take_or_reject(message):
            raise CommandError("550 5.7.1 Not sent: it shows a pupil's data to someone who may not have it")

    def _protocol(self, mail: MailCommand) -> str:
        return wire.protocol_name(
            extended=self.extended,
            tls=self.secure,
            authenticated=bool(self.user),
            utf8=mail.smtputf8,
        )


class _Pace:
    """Watches how fast a body comes in: a pause longer than `data_timeout`, or less than `minimum_rate` bytes a second
    over `rate_window`, ends the session."""

    def __init__(self, session: Session, settings: ReceiveSettings) -> None:
        self._session = session
        self._settings = settings
        self._since = session.loop.time()
        self._bytes = 0
        session.allow(settings.data_timeout)

    def arrived(self, count: int) -> None:
        """Note one read of `count` bytes; raises ConnectionAbortedError for a client that only pretends to send."""
        settings = self._settings
        self._session.allow(settings.data_timeout)
        self._bytes += count
        elapsed = self._session.loop.time() - self._since
        if elapsed >= settings.rate_window:
            if self._bytes < settings.minimum_rate * elapsed:
                self._session.dismiss("421 4.4.2 Too slow, closing connection")
                raise ConnectionAbortedError
            self._since += elapsed
            self._bytes = 0


def new_id() -> str:
    """Return a message id: 10 characters of time, so that ids sort by it, and 48 random bits."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(6)}"
