"""One route at work: its waiting parcels, its connections and its health.

A server that cannot be reached, or refuses everything, closes the lane: parcels go back to the queue, and one look
every few seconds (with back-off) tells when it is open again. So an outage costs one connection attempt a minute, not
one a message, and no message loses its turn.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from mailguard.deliver.client import Target, Transaction, Unavailable, Upstream, connect
from mailguard.deliver.mx import Directory, NoRoute
from mailguard.deliver.parcel import Parcel
from mailguard.deliver.replies import Result, Stage, is_refusal_of_us
from mailguard.deliver.retry import probe_wait
from mailguard.deliver.route import Route, targets
from mailguard.deliver.settings import DeliverSettings
from mailguard.observe import Event, log, log_failure

STRIKES = 5
"""Transactions in a row that fail for reasons of the server, until the lane closes."""
SHUN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Carried:
    """What one parcel came to: a result a recipient, what the server at the other end was called and offered, and the
    seconds it took."""

    results: list[Result]
    remote: str
    takes_dsn: bool
    seconds: float


Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class Lane:
    """Carries parcels over one route. `load` gives a parcel's content, `delivered` and `deferred` take its outcome;
    `opened` is called when the route works again, `hurry` when a parcel waits for the outcome of another. Tasks are
    started by `spawn`, which keeps them."""

    def __init__(
        self,
        route: Route,
        settings: DeliverSettings,
        hostname: str,
        *,
        spawn: Spawn,
        load: Callable[[Parcel], Awaitable[bytes]],
        delivered: Callable[[Parcel, bytes, Carried], Awaitable[asyncio.Future[None] | None]],
        deferred: Callable[[Parcel, Unavailable], Awaitable[None]],
        opened: Callable[[Route], Awaitable[None]],
        hurry: Callable[[], None],
        directory: Directory,
    ) -> None:
        self.route = route
        self._settings = settings
        self._hostname = hostname
        self._spawn = spawn
        self._load = load
        self._delivered = delivered
        self._deferred = deferred
        self._opened = opened
        self._hurry = hurry
        self._directory = directory
        self._parcels: deque[Parcel] = deque()
        self._workers = 0
        self._idle: list[asyncio.Future[Parcel | None]] = []  # workers without work, the last to fall idle at the end
        self._strikes = 0
        self._failures = 0
        self._shunned: dict[str, float] = {}
        self._closed_by: Unavailable | None = None

    @property
    def waiting(self) -> int:
        """Parcels that wait for a connection."""
        return len(self._parcels)

    @property
    def idle(self) -> bool:
        """True if nothing would be lost with this lane."""
        return not (self._workers or self._parcels) and self._closed_by is None

    @property
    def closed(self) -> bool:
        """True while the server does not answer or refuses everything."""
        return self._closed_by is not None

    def put(self, parcel: Parcel) -> None:
        """Take a parcel; it ends in `delivered` or `deferred`."""
        while self._idle:  # the one that was busy last: few connections that are busy cost less than many
            worker = self._idle.pop()
            if not worker.done():
                worker.set_result(parcel)
                return
        self._parcels.append(parcel)
        if self._workers < self._settings.connections:
            self._workers += 1
            self._spawn(self._work())

    async def _work(self) -> None:
        """Carry parcels over one connection until there are none for a while. The content of one leaves only when the
        outcome of the one before it is in the store: so a kill sends at most one a connection twice."""
        upstream: Upstream | None = None
        settled: asyncio.Future[None] | None = None
        try:
            while True:
                parcel = await self._next()
                if parcel is None:
                    return
                upstream, settled = await self._carry(parcel, upstream, settled)
        finally:
            self._workers -= 1
            if upstream is not None:
                await upstream.close()

    async def _next(self) -> Parcel | None:
        if self._parcels:
            return self._parcels.popleft()
        loop = asyncio.get_running_loop()
        called: asyncio.Future[Parcel | None] = loop.create_future()
        self._idle.append(called)
        timer = loop.call_later(self._settings.idle, _give_up, called)
        try:
            return await called
        finally:
            timer.cancel()
            if called in self._idle:
                self._idle.remove(called)

    async def _carry(
        self, parcel: Parcel, upstream: Upstream | None, earlier: asyncio.Future[None] | None
    ) -> tuple[Upstream | None, asyncio.Future[None] | None]:
        """Carry one parcel; returns the connection for the next one, and what it has to wait for."""
        settled: asyncio.Future[None] | None = None
        try:
            if self._closed_by is not None:
                raise self._closed_by
            content = await self._load(parcel)
            begun = monotonic()
            if earlier is not None and not earlier.done():
                self._hurry()  # now somebody waits for that outcome
            try:
                upstream, results = await self._send(parcel.transaction(content), upstream, earlier)
            except NoRoute as error:
                carried = Carried([Result(Stage.CONNECT, error.reply)] * len(parcel.recipients), "", False, 0.0)
            else:
                self._note(results)
                carried = Carried(results, upstream.remote, "DSN" in upstream.offers, monotonic() - begun)
            settled = await self._delivered(parcel, content, carried)
        except Unavailable as error:
            self._close(error)
            await self._deferred(parcel, error)
        except Exception as error:
            log_failure(error, message=parcel.due.message_id, stage="deliver")
            await self._deferred(parcel, Unavailable(Stage.CONNECT, "internal error"))
        if upstream is not None and not upstream.usable:
            await upstream.close()
            return None, settled
        return upstream, settled

    async def _send(
        self, mail: Transaction, upstream: Upstream | None, earlier: asyncio.Future[None] | None
    ) -> tuple[Upstream, list[Result]]:
        """Send over `upstream`, or over a new connection if there is none or it proves stale: a server may close an
        idle connection at any time, and that is no failure of the message."""
        if upstream is not None:
            results = await upstream.send(mail, earlier)
            if upstream.usable or not all(_unheard(result) for result in results):
                return upstream, results
            await upstream.close()
        upstream = await self._open()
        return upstream, await upstream.send(mail, earlier)

    async def _open(self) -> Upstream:
        """Connect to the first server that answers; one that did not is asked last for a minute. Raises Unavailable,
        or NoRoute for a domain that has none."""
        if self.route.domain:
            return await self._open_one_of(await self._directory.servers(self.route.domain, self._hostname))
        hosts = sorted(self.route.hosts, key=lambda host: self._shunned.get(str(host), 0.0) > monotonic())
        trouble = Unavailable(Stage.CONNECT, "no server")
        for host in hosts:
            try:
                return await self._open_one_of(await targets(host))
            except Unavailable as error:
                trouble = error
            self._shunned[str(host)] = monotonic() + SHUN_SECONDS
        raise trouble

    async def _open_one_of(self, places: Sequence[Target]) -> Upstream:
        settings = self._settings
        trouble = Unavailable(Stage.CONNECT, "no address")
        for target in places:
            try:
                return await connect(
                    target,
                    name=self._hostname,
                    tls=settings.tls,
                    timeouts=settings.timeouts,
                    login=settings.login if self.route.smart else None,
                )
            except Unavailable as error:
                trouble = error
        raise trouble

    def _note(self, results: list[Result]) -> None:
        """Judge the server by a transaction: it works if it said anything about a recipient or the message."""
        if any(_about_mail(result) for result in results):
            self._strikes = self._failures = 0
            return
        self._strikes += 1
        if self._strikes >= STRIKES:
            self._close(Unavailable(Stage.MAIL, "refuses every message", results[0].reply))

    def _close(self, error: Unavailable) -> None:
        if self._closed_by is None:
            self._closed_by = error
            code = error.reply.code if error.reply else 0
            log(Event.ROUTE_DOWN, logging.WARNING, route=self.route.name, reason=error.stage.value, code=code)
            self._spawn(self._probe())

    async def _probe(self) -> None:
        while True:
            self._failures += 1
            await asyncio.sleep(probe_wait(self._failures, random.random()))
            try:
                upstream = await self._open()
            except Unavailable:
                continue
            except NoRoute:
                break  # the next parcel gets that answer
            await upstream.close()
            break
        self._closed_by = None
        log(Event.ROUTE_UP, route=self.route.name)
        await self._opened(self.route)


def _give_up(called: asyncio.Future[Parcel | None]) -> None:
    if not called.done():
        called.set_result(None)


def _unheard(result: Result) -> bool:
    return result.stage is Stage.MAIL and (result.reply is None or result.reply.code == 421)


def _about_mail(result: Result) -> bool:
    if result.reply is None or result.reply.code == 421:
        return False
    return result.stage is not Stage.MAIL or (result.reply.permanent and not is_refusal_of_us(result))
