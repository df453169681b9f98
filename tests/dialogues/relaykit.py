"""A relay in one process for tests: real doors, flow and store; a screener and an upstream server that do as told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from mailguard.deliver import DeliverSettings, RetryPlan, Runner, Timeouts, TlsPolicy
from mailguard.deliver import runner as runner_module
from mailguard.flow import Flow
from mailguard.model import Envelope, Finding, Message, Outcome, RecipientVerdict, Sightings, Verdict
from mailguard.receive import ListenerSettings, ReceiveSettings, Server
from mailguard.store import Store, StoreSettings, write_key_file
from mailguard.workers import Screened

LETTER = b"From: Office <office@oakfield.example>\r\nTo: p@family.test\r\nSubject: Trip\r\n\r\nSee you there.\r\n"


@dataclass
class Delivered:
    """One message as the upstream server got it."""

    sender: str
    recipients: list[str]
    content: bytes
    mail_line: str
    rcpt_lines: list[str]


@dataclass
class Upstream:
    """An SMTP server that answers as told. `answers` gives the reply to a verb: a text, or a function of the command
    line; None drops the connection. "END" is the reply to the last dot, "BODY": None drops it during the content."""

    answers: dict[str, str | Callable[[str], str | None] | None] = field(default_factory=dict)
    offers: list[str] = field(default_factory=lambda: ["PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "DSN"])
    tls: ssl.SSLContext | None = None
    got: list[Delivered] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    connections: int = 0
    address: str = ""
    delay: float = 0.0

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, host, port, limit=64 << 20)
        self.port = self._server.sockets[0].getsockname()[1]
        self.address = f"{host}:{self.port}"

    async def stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _answer(self, verb: str, line: str, default: str) -> str | None:
        answer = self.answers.get(verb, default)
        return answer(line) if callable(answer) else answer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(text: str | None) -> None:
            if text is None:
                raise ConnectionError
            writer.write(text.encode() + b"\r\n")
            await writer.drain()
            if text.startswith("421"):
                raise ConnectionError

        await say(self._answer("CONNECT", "", "220 upstream.test ESMTP"))
        mail_line, rcpts = "", []
        while True:
            line = (await reader.readuntil(b"\r\n")).decode().rstrip("\r\n")
            self.log.append(line)
            verb = line.partition(" ")[0].upper()
            if verb == "EHLO":
                offers = [*self.offers, *(["STARTTLS"] if self.tls and not writer.get_extra_info("ssl_object") else [])]
                default = "\r\n".join(["250-upstream.test", *(f"250-{offer}" for offer in offers), "250 HELP"])
                await say(self._answer(verb, line, default))
            elif verb == "STARTTLS":
                await say(self._answer(verb, line, "220 2.0.0 go"))
                assert self.tls
                await writer.start_tls(self.tls)
            elif verb == "MAIL":
                reply = self._answer(verb, line, "250 2.1.0 ok")
                mail_line, rcpts = (line, []) if reply and reply.startswith("250") else ("", [])
                await say(reply)
            elif verb == "RCPT":
                reply = self._answer(verb, line, "250 2.1.5 ok") if mail_line else "503 5.5.1 no"
                if reply and reply.startswith("25"):
                    rcpts.append(line)
                await say(reply)
            elif verb == "DATA":
                reply = self._answer(verb, line, "354 go on" if rcpts else "554 5.5.1 no valid recipients")
                await say(reply)
                if reply and reply.startswith("354"):
                    await say(await self._content(reader, mail_line, rcpts))
            elif verb == "QUIT":
                await say("221 2.0.0 bye")
                return
            elif verb == "RSET":
                mail_line, rcpts = "", []
                await say("250 2.0.0 ok")
            else:
                await say(self._answer(verb, line, "250 2.0.0 ok"))

    async def _content(self, reader: asyncio.StreamReader, mail_line: str, rcpts: list[str]) -> str | None:
        if self._answer("BODY", "", "go") is None:
            await reader.read(100)
            return None
        lines = []
        while (line := await reader.readuntil(b"\n")) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        await asyncio.sleep(self.delay)
        reply = self._answer("END", mail_line, "250 2.0.0 taken")
        if reply is None or reply.startswith("2"):
            addresses = [line.partition("<")[2].partition(">")[0] for line in (mail_line, *rcpts)]
            self.got.append(Delivered(addresses[0], addresses[1:], b"".join(lines), mail_line, rcpts))
        return reply


class StubScreener:
    """Holds the recipients in `hold`, delivers the rest; `fault` is raised instead as often as it says."""

    def __init__(self) -> None:
        self.hold: set[str] = set()
        self.faults: list[Exception] = []
        self.seen: list[bytes] = []
        self.begun = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def screen(self, content: bytes, envelope: Envelope) -> Screened:
        self.begun += 1
        await self.gate.wait()
        self.seen.append(content)
        if self.faults:
            raise self.faults.pop()
        return Screened(
            Verdict(
                tuple(
                    RecipientVerdict(address, Outcome.HOLD, (Finding("other-family", sentence="Not theirs."),))
                    if address in self.hold
                    else RecipientVerdict(address, Outcome.DELIVER)
                    for address in envelope.recipients
                ),
                school="OAK",
                roll_revision="r1",
                policy_revision="p1",
            ),
            Sightings(),
        )


class Counter:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.verdicts: list[tuple[str, str]] = []
        self.attempts: dict[str, int] = {}
        self.stages: list[str] = []
        self.refusals: list[str] = []

    def judged(self, verdict: Verdict, mode: str) -> None:
        self.verdicts.append((verdict.outcome.value, mode))

    def attempted(self, result: str, recipients: int = 1) -> None:
        self.attempts[result] = self.attempts.get(result, 0) + recipients

    def stage(self, stage: str, seconds: float) -> None:
        self.stages.append(stage)

    def put_off(self, reason: str) -> None:
        self.refusals.append(reason)


@dataclass
class Relay:
    """The running parts, for a test to look into."""

    store: Store
    flow: Flow
    runner: Runner
    server: Server
    screener: StubScreener
    counter: Counter
    held: list[Message]

    @property
    def port(self) -> int:
        return self.server.addresses[0][1]


FAST_TIMEOUTS = Timeouts(connect=5, greeting=5, command=5, block=5, end=5)


def store_settings(folder: Path) -> StoreSettings:
    key = folder / "key"
    if not key.exists():
        write_key_file(key)
    return StoreSettings(url=f"sqlite:///{folder}/mailguard.db", key_file=key, reserve_bytes=1)


@asynccontextmanager
async def relay(
    folder: Path,
    upstreams: list[str],
    *,
    receive: ReceiveSettings | None = None,
    plan: RetryPlan | None = None,
    tls: TlsPolicy = TlsPolicy.OPPORTUNISTIC,
    mode: str = "enforce",
    screener: StubScreener | None = None,
    deliver: DeliverSettings | None = None,
) -> AsyncIterator[Relay]:
    """A relay on loopback that delivers to `upstreams`."""
    runner_module.POLL_SECONDS = 0.1
    store = Store.open(store_settings(folder))
    await store.start()
    counter, stub, held = Counter(), screener or StubScreener(), []
    runner = Runner(
        store,
        deliver
        or DeliverSettings(
            smart_hosts=tuple(upstreams),
            tls=tls,
            plan=plan or RetryPlan(),
            hostname="relay.test",
            timeouts=FAST_TIMEOUTS,
            idle=1.0,
        ),
        observer=counter,
    )
    flow = Flow(
        store,
        stub,
        runner,
        observer=counter,
        mode_of=lambda school: mode,
        on_held=lambda message, verdict: held.append(message),
    )
    settings = receive or ReceiveSettings(listeners=(ListenerSettings(port=0),), hostname="relay.test")
    server = Server(settings, flow, observer=counter)
    await server.start()
    tasks = [asyncio.ensure_future(flow.run()), asyncio.ensure_future(runner.run())]
    try:
        yield Relay(store, flow, runner, server, stub, counter, held)
    finally:
        await server.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await store.close()


async def talk(port: int, script: bytes, host: str = "127.0.0.1", source: str | None = None) -> str:
    """Send `script` in one go, close our side, and return all that came back."""
    local = (source, 0) if source else None
    reader, writer = await asyncio.open_connection(host, port, local_addr=local)
    writer.write(script)
    writer.write_eof()
    try:
        async with asyncio.timeout(20):
            return (await reader.read()).decode()
    finally:
        writer.close()


async def send(
    port: int,
    content: bytes = LETTER,
    sender: str = "office@oakfield.example",
    recipients: tuple[str, ...] = ("p@family.test",),
    mail_options: str = "",
    rcpt_options: str = "",
) -> str:
    """Send one message; returns the last reply."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
    head = f"EHLO client.test\r\nMAIL FROM:<{sender}>{mail_options}\r\n"
    head += "".join(f"RCPT TO:<{address}>{rcpt_options}\r\n" for address in recipients)
    replies = await talk(port, head.encode() + b"DATA\r\n" + stuffed + b".\r\nQUIT\r\n")
    return replies.splitlines()[-2]


async def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until `condition` holds; the limit only ends a test that has failed."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def either_loop(kind: str) -> Iterator[None]:
    """Body of a fixture: let `asyncio.run` use the standard library's loop or uvloop's, whose transports differ."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy() if kind == "uvloop" else None)
    yield
    asyncio.set_event_loop_policy(None)
