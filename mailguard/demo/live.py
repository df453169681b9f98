"""The demo run for real: the relay, a mail server that keeps what it gets, and the made-up trust's mail through both.

Everything is on loopback and in a temporary folder that goes with the demo. A message is as expected if every recipient
is, and if what arrived ends in the very bytes that were sent.
"""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from mailguard.config import load_config
from mailguard.demo.build import write
from mailguard.demo.post import Case, Expected
from mailguard.model import Outcome, RecipientState, show_place
from mailguard.serve import Relay
from mailguard.store import holds, write_key_file
from mailguard.store.holds import Held

WAIT_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_ON_THE_WAY = frozenset({RecipientState.RECEIVED, RecipientState.QUEUED})

_CONFIGURATION = """\
[store]
url = "sqlite:///store/mailguard.db"
key_file = "key"
[receive]
listen = ["127.0.0.1:0"]
[deliver]
smart_host = "127.0.0.1:{sink}"
tls = "none"
[roll]
source = "roll"
[policy]
file = "policy.toml"
[observe]
listen = "127.0.0.1:0"
[console]
listen = "127.0.0.1:{console}"
public_url = "http://127.0.0.1:{console}"
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of one case: `held` if a recipient is, `reason` and `place` of the first finding that holds one."""

    number: int
    case: Case
    held: bool
    as_expected: bool
    reason: str = ""
    place: str = ""
    said: str = field(default="", repr=False)


class Sink:
    """A mail server at the end of the way: keeps, by recipient, what it was given."""

    def __init__(self) -> None:
        self.arrived: dict[str, list[bytes]] = {}
        self._server: asyncio.Server | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one message (a hook of aiosmtpd)."""
        content = envelope.original_content or b""
        for address in envelope.rcpt_tos:
            self.arrived.setdefault(address, []).append(content)
        return "250 2.0.0 OK"

    async def start(self) -> int:
        """Listen on a free port of loopback; returns it."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, enable_SMTPUTF8=True, loop=loop, data_size_limit=None), "127.0.0.1", 0
        )
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()


class Live:
    """A running demo."""

    def __init__(self, relay: Relay, sink: Sink, cases: Sequence[Case]) -> None:
        self.relay = relay
        self.cases = cases
        self._sink = sink

    async def run(self) -> AsyncIterator[Shown]:
        """Send every case through the relay, one after another, and tell what became of it."""
        host, port = self.relay.addresses[0]
        for number, case in enumerate(self.cases, 1):
            message_id, said = await asyncio.to_thread(hand_in, host, port, case)
            if not message_id:
                yield Shown(number, case, False, False, said=said)
                continue
            held = await self._settled(message_id)
            yield self._shown(number, case, held)

    async def _settled(self, message_id: str) -> Held:
        """Wait until nobody of the message's recipients is on the way any more."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                held = await self.relay.store.read(holds.details, message_id)
                if not any(one.state in _ON_THE_WAY for one in held.recipients):
                    return held
                await asyncio.sleep(_LOOK_SECONDS)

    def _shown(self, number: int, case: Case, held: Held) -> Shown:
        states = {one.address: one for one in held.recipients}
        as_expected = all(
            self._is_as_expected(case, recipient, states[recipient.address].state, states[recipient.address].rules)
            for recipient in case.expected
        )
        waiting = [one for one in held.recipients if one.state is RecipientState.HELD]
        findings = [finding for one in waiting for finding in one.findings]
        first = findings[0] if findings else None
        return Shown(
            number,
            case,
            bool(waiting),
            as_expected,
            first.rule if first else "",
            show_place(first.place) if first else "",
            first.sentence if first else "",
        )

    def _is_as_expected(self, case: Case, expected: Expected, state: RecipientState, rules: Sequence[str]) -> bool:
        got = any(content.endswith(case.content) for content in self._sink.arrived.get(expected.address, ()))
        if expected.outcome is Outcome.HOLD:
            return state is RecipientState.HELD and not got and expected.rule in rules
        return state is RecipientState.SENT and got


def hand_in(host: str, port: int, case: Case) -> tuple[str, str]:
    """Send one case as a mail program does. Returns the id under which the relay took it ("" if it refused) and what
    it said."""
    with smtplib.SMTP(host, port, timeout=WAIT_SECONDS) as client:
        client.ehlo()
        steps = [client.mail(case.sender, ["SMTPUTF8"] if not case.sender.isascii() else [])]
        steps += [client.rcpt(recipient.address) for recipient in case.expected]
        code, said = next((step for step in steps if step[0] >= 300), (0, b""))
        if not code:
            code, said = client.data(case.content)
    text = said.decode("ascii", "replace")
    return (text.rpartition(" ")[2] if code == 250 else ""), text


@asynccontextmanager
async def live(folder: Path, seed: int, console_port: int = 0) -> AsyncIterator[Live]:
    """Make the demo of a seed in `folder` and start the relay. Its configuration has the console at `console_port`;
    `mailguard.demo.desk` runs it. Raises StartError."""
    sink = Sink()
    port = await sink.start()
    try:
        demo = write(folder, seed)
        (folder / "store").mkdir(mode=0o700)
        write_key_file(folder / "key")
        (folder / "mailguard.toml").write_text(_CONFIGURATION.format(sink=port, console=console_port), encoding="utf-8")
        relay = Relay(load_config(folder / "mailguard.toml"))
        await relay.start()
        running = asyncio.get_running_loop().create_task(relay.run())
        try:
            yield Live(relay, sink, demo.cases)
        finally:
            relay.stop()
            await running
    finally:
        sink.close()
