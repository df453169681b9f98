"""The door in: listeners, limits over all connections, start and graceful stop.

Wiring: `server = Server(settings, intake, observer=metrics)`, then `await server.start()`; `server.addresses` tells
the ports taken; `await server.stop()` when the house closes. `intake` is the Flow. Nothing here knows what becomes of a
message after `intake.take`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Awaitable, Mapping

from mailguard.observe import Event, log
from mailguard.receive.access import AllowList
from mailguard.receive.auth import Users
from mailguard.receive.body import Allowance
from mailguard.receive.connection import SHUTTING_DOWN, Connection, Nobody, Observer
from mailguard.receive.session import Intake, Rules, Session
from mailguard.receive.settings import ListenerSettings, ListenerTls, OnHold, ReceiveSettings
from mailguard.receive.tls import Certificate

BACKLOG = 512


class Server:
    """All listeners of this process. One instance a process; not restartable after `stop`."""

    def __init__(
        self,
        settings: ReceiveSettings,
        intake: Intake,
        *,
        observer: Observer | None = None,
        inherited: Mapping[tuple[str, int], socket.socket] | None = None,
    ) -> None:
        """`observer` counts what is taken and what is put off; `inherited` are listening sockets by host and
        port that are served instead of being opened (socket activation). Raises ValueError for an allow list that is
        none, OSError or ssl.SSLError for a certificate that cannot be used."""
        self.settings = settings
        self.hostname = settings.hostname or socket.getfqdn()
        self.node = settings.node or self.hostname
        self.observer: Observer = observer or Nobody()
        self.allowance = Allowance(settings.in_flight_bytes)
        self._intake = intake
        self._inherited = dict(inherited or {})
        self._peers: Counter[str] = Counter()
        self._connections: dict[Connection, str] = {}
        self._work: set[asyncio.Future[None]] = set()
        self._listening: list[asyncio.Server] = []
        self.closing = False
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Host and port of every listening socket, in the order of the settings."""
        return [tuple(sock.getsockname()[:2]) for server in self._listening for sock in server.sockets]

    async def start(self) -> None:
        """Listen. Raises OSError if an address cannot be taken; what was opened before is closed again."""
        try:
            for listener in self.settings.listeners:
                self._listening.append(await self._listen(listener))
        except BaseException:
            await self.stop()
            raise

    async def _listen(self, listener: ListenerSettings) -> asyncio.Server:
        rules = self._rules(listener)
        context = rules.certificate.context if rules.certificate and listener.tls is ListenerTls.IMPLICIT else None

        def session() -> Session:
            if rules.certificate:
                rules.certificate.context  # noqa: B018 (looks whether the files were renewed)
            return Session(self, self._intake, rules=rules)

        loop = asyncio.get_running_loop()
        opened = self._inherited.pop((listener.host, listener.port), None)
        if opened is not None:
            return await loop.create_server(session, sock=opened, ssl=context, backlog=BACKLOG)
        return await loop.create_server(session, listener.host, listener.port, ssl=context, backlog=BACKLOG)

    def _rules(self, listener: ListenerSettings) -> Rules:
        tls = listener.tls
        certificate = None
        if tls is not ListenerTls.NONE:
            if not (listener.certificate and listener.private_key):
                raise ValueError("a listener with TLS needs a certificate and its private key")
            certificate = Certificate(listener.certificate, listener.private_key)
        if listener.auth and not (certificate and self.settings.users):
            raise ValueError("a listener with AUTH needs TLS and a file of users")
        if listener.proxy_from and tls is ListenerTls.IMPLICIT:
            raise ValueError("the PROXY protocol comes before TLS: use STARTTLS on that listener")
        return Rules(
            trusted=AllowList((*self.settings.allow, *listener.allow)).__contains__,
            behind=AllowList(listener.proxy_from).__contains__,
            certificate=certificate,
            starttls=tls in (ListenerTls.STARTTLS, ListenerTls.REQUIRED),
            tls_first=tls is ListenerTls.REQUIRED,
            users=Users(self.settings.users) if listener.auth and self.settings.users else None,
            school=listener.school,
            reject_held=listener.on_hold is OnHold.REJECT,
        )

    async def stop(self) -> None:
        """Stop listening, let messages that are being received finish within `drain_timeout`, close the rest."""
        self.closing = True
        for server in self._listening:
            server.close()
        for connection in list(self._connections):
            if not connection.busy:
                connection.dismiss(SHUTTING_DOWN)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.settings.drain_timeout):
                await self._quiet.wait()
        for connection in list(self._connections):
            connection.dismiss(SHUTTING_DOWN)
        if self._work:
            await asyncio.wait(self._work)

    # --- Shift: what connections ask of their server -------------------------------------------------------------

    def admit(self, connection: Connection, peer: str) -> str:
        """Count a new connection in; returns a refusal to send it, or ""."""
        self._connections[connection] = peer
        self._quiet.clear()
        self._peers[peer] += 1
        settings = self.settings
        if self.closing:
            return SHUTTING_DOWN
        if len(self._connections) > settings.max_connections or self._peers[peer] > settings.max_connections_per_peer:
            log(Event.CLIENT_REFUSED, reason="too-many-connections", peer=peer)
            return "421 4.7.0 Too many connections, try again later"
        return ""

    def leave(self, connection: Connection) -> None:
        """Count a connection out."""
        peer = self._connections.pop(connection, None)
        if peer is not None:
            self._peers[peer] -= 1
            if not self._peers[peer]:
                del self._peers[peer]
        if not self._connections:
            self._quiet.set()

    async def keep(self, work: Awaitable[None]) -> None:
        """Run `work` to its end even if the caller is cancelled."""
        task = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        await asyncio.shield(task)
