"""The door out: takes what may go, from memory or from the queue, and sees it to a last state.

Wiring: `runner = Runner(store, settings, observer=metrics)`; `runner` is the Flow's courier; `runner.run()` runs until
cancelled; `await runner.drain(seconds)` before that when the house closes. Outcomes are settled without waiting: a kill
between an upstream's 250 and that commit sends one message twice, never loses one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from mailguard.deliver import report
from mailguard.deliver.client import Unavailable
from mailguard.deliver.dsn import Action
from mailguard.deliver.lane import Carried, Lane
from mailguard.deliver.mx import Directory
from mailguard.deliver.parcel import Cargo, Parcel
from mailguard.deliver.replies import Fate, Result, Stage, fate
from mailguard.deliver.route import Route, Routes
from mailguard.deliver.settings import DeliverSettings
from mailguard.model import Envelope, Message, RecipientState
from mailguard.observe import Event, log, log_failure
from mailguard.stamp import stamped
from mailguard.store import Due, DueRecipient, Gone, Settled, Store, StoreError
from mailguard.store.queue import hasten, postpone, recall

POLL_SECONDS = 2.0
CLAIMED = 200
"""Recipients claimed from the queue at one time; mail straight from the door does not wait behind them all."""
WAITING = 50
"""Claimed parcels that wait on one lane; with more, a slow route would keep all others' mail in the queue."""
POSTPONED = timedelta(seconds=20)
"""So long they make room for others, or until their lane is nearly empty."""
REMEMBERED = 2000
"""Postponed recipients that a lane is refilled with when it is nearly empty; more of them wait for their time."""
LANES = 200


class Observer(Protocol):
    """What is counted (mailguard.observe.Metrics)."""

    def attempted(self, result: str, recipients: int = 1) -> None:
        """Recipients whose attempt ended as "sent", "deferred" or "failed"."""

    def stage(self, stage: str, seconds: float) -> None:
        """A message spent `seconds` in a stage."""


class Runner:
    """Delivers queued recipients over the lanes of their routes."""

    def __init__(
        self,
        store: Store,
        settings: DeliverSettings,
        *,
        observer: Observer,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Raises ValueError for a smart host that is none."""
        self._store = store
        self._settings = settings
        self._hostname = settings.hostname or socket.getfqdn()
        self._routes = Routes(settings)
        self._directory = Directory(settings.nameservers, settings.mx_port)
        self._observer = observer
        self._clock = clock
        self._lanes: dict[Route, Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_hand = 0
        self._claimed = 0
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._draining = False
        self._postponed: dict[Route, deque[tuple[str, datetime]]] = {}
        self._recalling: set[Route] = set()
        self._told_of_delay: set[str] = set()

    # --- in ----------------------------------------------------------------------------------------------------------

    def hand_over(self, due: Due, content: bytes | None, done: Callable[[], None] = lambda: None) -> None:
        """Deliver recipients that are leased to this node; `done` is called once when `content` is needed no more."""
        self._put_all(due, Cargo(content, done))

    def wake(self) -> None:
        """Look into the queue now."""
        self._wake.set()

    def routes_down(self) -> int:
        """How many routes over smart hosts do not answer; from any thread."""
        return sum(lane.closed and lane.route.smart for lane in list(self._lanes.values()))

    def _put_all(self, due: Due, cargo: Cargo, *, claimed: bool = False) -> list[Parcel]:
        """Put a parcel for each route on its lane; returns those that a full lane does not take now."""
        by_route: dict[Route, list[DueRecipient]] = {}
        for one in due.recipients:
            by_route.setdefault(self._routes.of(due.school, one.address), []).append(one)
        parcels = [Parcel(due, tuple(some), cargo, route, claimed) for route, some in by_route.items()]
        full = [parcel for parcel in parcels if claimed and self._lane(parcel.route).waiting >= WAITING]
        for parcel in parcels:
            if parcel not in full:
                self._put(parcel)
        return full

    def _put(self, parcel: Parcel) -> None:
        parcel.cargo.hold()
        self._in_hand += 1
        self._claimed += len(parcel.recipients) if parcel.claimed else 0
        self._idle.clear()
        self._lane(parcel.route).put(parcel)

    def _lane(self, route: Route) -> Lane:
        if route not in self._lanes:
            self._lanes[route] = Lane(
                route,
                self._settings,
                self._hostname,
                spawn=self._spawn,
                load=self._load,
                delivered=self._delivered,
                deferred=self._deferred,
                opened=self._opened,
                hurry=self._store.hurry,
                directory=self._directory,
            )
        return self._lanes[route]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # --- running -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Claim what is due until cancelled; connections end with it."""
        try:
            while True:
                self._wake.clear()
                if len(self._lanes) > LANES:
                    self._lanes = {route: lane for route, lane in self._lanes.items() if not lane.idle}
                if not await self._claim():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(POLL_SECONDS):
                            await self._wake.wait()
        finally:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _claim(self) -> bool:
        """Take due recipients in hand; True if there may be more."""
        room = CLAIMED - self._claimed
        if room <= 0 or self._draining:
            return False
        try:
            found = await self._store.claim_due(self._clock(), room)
        except StoreError as error:
            log_failure(error, stage="deliver")
            return False
        full = [parcel for due in found for parcel in self._put_all(due, Cargo(None), claimed=True)]
        if full:
            await self._postpone(full)
        return bool(found)

    async def _postpone(self, parcels: list[Parcel]) -> None:
        """Let those whose lane is full make room for others in the queue; it counts as no try."""
        until = self._clock() + POSTPONED
        try:
            await self._store.write(postpone, [one.id for parcel in parcels for one in parcel.recipients], until)
        except StoreError as error:  # the leases run out
            log_failure(error, stage="deliver")
            return
        for parcel in parcels:
            waiting = self._postponed.setdefault(parcel.route, deque(maxlen=REMEMBERED))
            waiting.extend((one.id, until) for one in parcel.recipients)
        for route in {parcel.route for parcel in parcels}:
            self._refill(route)  # it may have been worked off meanwhile

    def _refill(self, route: Route) -> None:
        """Call back some of what was postponed if its lane is nearly empty."""
        waiting = self._postponed.get(route)
        if not waiting or route in self._recalling or self._draining:
            return
        if self._lane(route).closed or self._lane(route).waiting >= WAITING // 2:
            return
        some = [waiting.popleft() for _ in range(min(len(waiting), WAITING))]
        if not waiting:
            del self._postponed[route]
        self._recalling.add(route)
        self._spawn(self._recall(route, some))

    async def _recall(self, route: Route, some: list[tuple[str, datetime]]) -> None:
        try:
            await self._store.write(recall, some, self._clock())
        except StoreError as error:  # they come at their time
            log_failure(error, stage="deliver")
        finally:
            self._recalling.discard(route)
        self.wake()

    async def drain(self, seconds: float) -> bool:
        """Claim nothing more and wait for what is in hand, at most `seconds`; True if all of it has its outcome. What
        is left keeps its place in the queue."""
        self._draining = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        return self._idle.is_set()

    async def _load(self, parcel: Parcel) -> bytes:
        content = parcel.cargo.content or (await self._store.load(parcel.due.message_id)).content
        if not self._settings.stamp or not self._routes.stamped(parcel.route):
            return content
        envelope = Envelope(parcel.due.sender, tuple(one.address for one in parcel.recipients))
        return stamped(content, parcel.due.message_id, envelope, self._clock(), self._store.mac)

    # --- out ---------------------------------------------------------------------------------------------------------

    async def _delivered(self, parcel: Parcel, content: bytes, carried: Carried) -> asyncio.Future[None] | None:
        """Turn the results of one transaction into outcomes, reports and what is to be sent at once again. Returns what
        is done when the outcomes are in the store, None where they are already."""
        now = self._clock()
        self._observer.stage("deliver", carried.seconds)
        outcomes: list[Settled] = []
        reports: list[report.Outcome] = []
        again: list[DueRecipient] = []
        for n, (one, result) in enumerate(zip(parcel.recipients, carried.results, strict=True)):
            others = any(earlier.stage is not Stage.RCPT for earlier in carried.results[:n])
            verdict = fate(result, smart_host=parcel.route.smart, others_accepted=others)
            if verdict is Fate.AGAIN:
                again.append(one)
                continue
            outcome = self._outcome(one, result, verdict, now, carried.remote)
            outcomes.append(outcome)
            if outcome.state is RecipientState.FAILED:
                reports.append(report.Outcome(one, Action.FAILED, result, carried.remote))
            elif outcome.state is RecipientState.SENT and one.notify and not carried.takes_dsn:
                reports.append(report.Outcome(one, Action.RELAYED, result, carried.remote))
            elif outcome.state is RecipientState.QUEUED and self._settings.plan.delayed(now, one.first_queued_at):
                reports.append(report.Outcome(one, Action.DELAYED, result, carried.remote))
        if again:
            self._put(replace(parcel, recipients=tuple(again)))
        return await self._settle(parcel, outcomes, reports, content)

    def _outcome(self, one: DueRecipient, result: Result, verdict: Fate, now: datetime, remote: str) -> Settled:
        plan = self._settings.plan
        state = {Fate.SENT: RecipientState.SENT, Fate.FAILED: RecipientState.FAILED}.get(verdict, RecipientState.QUEUED)
        next_at = None
        if state is RecipientState.QUEUED:
            if plan.expired(now, one.first_queued_at, result):
                state = RecipientState.FAILED
            else:
                next_at = plan.next_at(now, one.attempts)
        reply = result.reply
        text = reply.text if reply else f"connection lost or timed out ({result.stage.value})"
        return Settled(one.id, state, reply.code if reply else 0, text, next_at, remote)

    async def _deferred(self, parcel: Parcel, error: Unavailable) -> None:
        """No server of the route can be used: back to the queue, or to the sender when the time is over."""
        now, route = self._clock(), parcel.route.name
        result = Result(error.stage, error.reply)
        outcomes = [self._outcome(one, result, Fate.LATER, now, route) for one in parcel.recipients]
        reports = [
            report.Outcome(one, Action.FAILED if outcome.state is RecipientState.FAILED else Action.DELAYED, result, "")
            for one, outcome in zip(parcel.recipients, outcomes, strict=True)
            if outcome.state is RecipientState.FAILED or self._settings.plan.delayed(now, one.first_queued_at)
        ]
        await self._settle(parcel, outcomes, reports, None)

    async def _settle(
        self, parcel: Parcel, outcomes: list[Settled], reports: list[report.Outcome], content: bytes | None
    ) -> asyncio.Future[None] | None:
        settled: asyncio.Future[None] | None = None
        try:
            if not reports:
                return self._store.settle_soon(outcomes)
            failed = report.wanted(parcel.due, reports, Action.FAILED)
            relayed = report.wanted(parcel.due, reports, Action.RELAYED)
            delayed = report.wanted(parcel.due, reports, Action.DELAYED)
            if content is None and (failed or relayed or delayed):
                content = await self._load_for_report(parcel)
            notes = [self._note(parcel.due, group, content or b"") for group in (failed, relayed) if group]
            if notes:
                await self._store.settle(outcomes, dsns=notes)
                self.wake()
            else:
                settled = self._store.settle_soon(outcomes)
            if delayed:
                await self._tell_of_delay(parcel.due, delayed, content or b"")
        except StoreError as error:  # the leases run out and the recipients are claimed again
            log_failure(error, message=parcel.due.message_id, stage="deliver")
        finally:
            self._count(parcel, outcomes)
            parcel.cargo.drop()
            self._in_hand -= 1
            if not self._in_hand:
                self._idle.set()
            if parcel.claimed:
                self._claimed -= len(parcel.recipients)
                if self._claimed < CLAIMED // 2:
                    self._wake.set()
            self._refill(parcel.route)
        return settled

    async def _load_for_report(self, parcel: Parcel) -> bytes:
        """The content, or nothing if it was erased meanwhile: the sender is told all the same."""
        try:
            return await self._load(parcel)
        except Gone:
            return b""

    def _note(self, due: Due, outcomes: list[report.Outcome], content: bytes) -> Message:
        return report.notification(
            due, outcomes, content, hostname=self._hostname, plan=self._settings.plan, now=self._clock()
        )

    async def _tell_of_delay(self, due: Due, outcomes: list[report.Outcome], content: bytes) -> None:
        """Tell the sender once a message, over all tries, nodes and restarts."""
        if due.message_id not in self._told_of_delay:
            await self._store.enqueue(self._note(due, outcomes, content), once=f"delayed:{due.message_id}")
            self._told_of_delay.add(due.message_id)
            self.wake()

    def _count(self, parcel: Parcel, outcomes: list[Settled]) -> None:
        states = {outcome.state for outcome in outcomes}
        for event, state, name in _COUNTED:
            if state in states:
                those = [outcome for outcome in outcomes if outcome.state is state]
                self._observer.attempted(name, len(those))
                log(event, message=parcel.due.message_id, count=len(those), code=those[0].code, route=those[0].route)
        if not parcel.due.sender and RecipientState.FAILED in states:
            log(Event.MESSAGE_FAILED, logging.WARNING, message=parcel.due.message_id, reason="no-one-to-tell")

    async def _opened(self, route: Route) -> None:
        """A closed route works again: what waited for it is due now."""
        try:
            await self._store.write(hasten, route.name, self._clock())
        except StoreError as error:
            log_failure(error, stage="deliver")
        self.wake()


_COUNTED = (
    (Event.MESSAGE_SENT, RecipientState.SENT, "sent"),
    (Event.MESSAGE_DEFERRED, RecipientState.QUEUED, "deferred"),
    (Event.MESSAGE_FAILED, RecipientState.FAILED, "failed"),
)
