"""The clockwork between the doors: received -> read -> screened -> queued or held. The only mover between stages.

Wiring (serve):
    flow = Flow(store, workers, runner, mode_of=..., observer=metrics, on_held=notices.held)
    server = Server(receive_settings, flow, observer=metrics)          # flow is the server's Intake
    group.create_task(flow.run()); group.create_task(runner.run()); await server.start()
Shutting down: `await server.stop()`, `await flow.drain(seconds)`, `await runner.drain(seconds)`, cancel both `run`s,
then close workers and store.

A message is in the store before anything here begins, and leaves the state *received* only by a verdict that is in the
store. So whatever fails, it is judged later or held, never let through: a fault while judging leaves it unjudged and a
suspect, and so is what an earlier process left behind, because it may have died over it. A suspect is started again,
few at a time, then quite alone, and each start is counted in the store first; only one that is found again and again
after it was alone is held as crashed. So a message that kills the relay is held in the end, and one that merely was in
hand when the relay was killed is not held for that.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from time import monotonic, perf_counter
from typing import Protocol

from mailguard.batch.grouping import batch_key, subject_of
from mailguard.model import Envelope, Message, Outcome, Sightings, UnreadableReason, Verdict
from mailguard.observe import Event, log, log_failure, verdict_label
from mailguard.store import AlreadyJudged, Due, Gone, Store, StoreError, audit
from mailguard.store.queue import count_start, starts_of
from mailguard.workers import Screened
from mailguard.workers.closed import closed_verdict
from mailguard.workers.precedence import Hands, Precedence, Waiting

STRAY_POLL_SECONDS = 5.0
SLOW_SECONDS = 5.0
"""A message that takes longer gives its place to others and goes on beside them."""
MOST_SLOW = 512
MOST_FRESH = 512
"""Messages in hand whose content is in memory, within its budget: who waits for whom is decided by the workers' lanes,
which see them all, and a few dozen hostile ones must not keep a letter from getting there."""
SUSPECTS_AT_ONCE = 2
"""So few, because every one of them comes under closer suspicion if the relay dies while they are being judged."""
_ALONE_AFTER = 1
"""Starts after which a message is judged while no other suspect is."""
MOST_STARTS = 4
"""Starts after which a message that was found again is held. It takes a relay that dies within moments of each of them:
one that is killed several times a minute for reasons of its own must not hold mail for that."""
_FETCH = 200
_BREATH_SECONDS = 0.1


class Screener(Protocol):
    """Reads and judges one message (mailguard.workers.Workers)."""

    async def screen(self, content: bytes, envelope: Envelope) -> Screened:
        """Return the verdict; a message that cannot be read is one that holds."""


class Courier(Protocol):
    """Delivers what may go (mailguard.deliver.Runner)."""

    def hand_over(self, due: Due, content: bytes | None, done: Callable[[], None]) -> None:
        """Take recipients that are leased to this node, with the content if it is in memory; `done` is called once when
        the content is no longer needed."""

    def wake(self) -> None:
        """Look for work in the store now."""


class Observer(Protocol):
    """What is counted (mailguard.observe.Metrics)."""

    def judged(self, verdict: Verdict, mode: str) -> None:
        """One message has its verdict."""

    def stage(self, stage: str, seconds: float) -> None:
        """A message spent `seconds` in a stage."""


class Flow:
    """Judges every accepted message once and hands on what may go."""

    def __init__(
        self,
        store: Store,
        screener: Screener,
        courier: Courier,
        *,
        observer: Observer,
        mode_of: Callable[[str], str] = lambda school: "enforce",
        on_held: Callable[[Message, Verdict], None] = lambda message, verdict: None,
        stamp_of: Callable[[Message], str] | None = None,
        concurrency: int = 32,
    ) -> None:
        """`mode_of` gives "enforce" or "observe" for a school's code or "unknown". `on_held` is called after the commit
        when a recipient was held (never in observe mode). `concurrency` messages that are not in
        memory any more are in hand at once."""
        self._store = store
        self._screener = screener
        self._courier = courier
        self._observer = observer
        self._mode_of = mode_of
        self._on_held = on_held
        self._stamp_of = stamp_of
        self._concurrency = concurrency
        self._fresh = Hands(MOST_FRESH)
        self._loaded = Hands(concurrency)
        self._suspects = Hands(SUSPECTS_AT_ONCE)
        self._senders = Precedence(self._begin)
        self.let_in = self._senders.let_in
        self._running = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_hand: set[str] = set()
        self._untouched: set[str] = set()
        self._slow: set[str] = set()
        self._faults = 0
        self._bench = asyncio.Condition()
        self._on_bench, self._alone = 0, False
        self._look = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._slack = asyncio.Event()
        self._slack.set()

    # --- Intake: what the door in asks for ---------------------------------------------------------------------------

    def check_room(self, size: int) -> None:
        """Raise StoreFull if a message of `size` bytes cannot be stored now."""
        self._store.check_room(size)

    async def take(self, message: Message) -> None:
        """Make `message` durable, then start it on its way. Raises StoreError: then nothing was promised, though it
        may be there (a sync that failed): the sender sends it again."""
        with self._senders:
            if not await self._pass_again(message):
                await self._store.accept(message)
                self.submit(message)

    async def _pass_again(self, message: Message) -> bool:
        """Queue a message that comes back with our own stamp, without judging it twice; False if it has none that
        counts, or it was used before."""
        use = self._stamp_of(message) if self._stamp_of else ""
        due = await self._store.enqueue(message, once=f"stamp {use}", handover=True) if use else None
        if due is None:
            return False
        await self._store.write(audit.append, [audit.Entry("passed-again", "mailguard", message.id)])
        log(Event.MESSAGE_STAMPED, message=message.id, count=len(due.recipients), bytes=len(message.content))
        size = len(message.content)
        kept = Waiting(message.id, None, size if self._store.memory.try_reserve(size) else 0)
        self._courier.hand_over(due, message.content if kept.reserved else None, lambda: self._release(kept))
        return True

    async def take_or_reject(self, message: Message) -> bool:
        """Judge `message` while its sender waits: False, and nothing stored, if it would be held for anyone; else the
        same as `take`, with the verdict already there."""
        if await self._pass_again(message):
            return True
        screened = await self._screener.screen(message.content, message.envelope)
        mode = self._mode_of(screened.verdict.school)
        if mode == "enforce" and screened.verdict.outcome is Outcome.HOLD:
            self._observer.judged(screened.verdict, mode)
            log(Event.MESSAGE_REFUSED, message=message.id, reason="held", rules=_rules(screened.verdict))
            return False
        size = len(message.content)
        waiting = Waiting(message.id, message, size if self._store.memory.try_reserve(size) else 0)
        self._in_hand.add(message.id)
        try:
            await self._store.accept(message)
            await self._settle(waiting, message, screened)
        except StoreError:
            if not await self._stored(message.id):
                raise
        finally:
            self._leave(waiting)
        return True

    async def _stored(self, message_id: str) -> bool:
        """True if a message that could not be settled is in the store all the same: it is judged again later, and its
        sender must not send it twice."""
        try:
            await self._store.load(message_id)
        except StoreError:
            return False
        return True

    def submit(self, message: Message) -> None:
        """Start an accepted message. Past the memory budget only the store keeps it, and its turn comes later."""
        size = len(message.content)
        if self._store.memory.try_reserve(size):
            self._start(Waiting(message.id, message, size))
        else:
            self._untouched.add(message.id)
            self._look.set()

    # --- running -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Judge until cancelled, beginning with what an earlier process left behind."""
        self._running = True
        self._begin()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._find_strays())
                group.create_task(self._listen())
                group.create_task(self._make_room())
        finally:
            self._running = False
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def drain(self, seconds: float) -> bool:
        """Wait until everything in hand is judged, at most `seconds`; True if so. The rest is found at next start."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        return self._idle.is_set()

    def _start(self, waiting: Waiting) -> None:
        self._in_hand.add(waiting.message_id)
        self._idle.clear()
        if len(self._in_hand) - len(self._slow) > self._concurrency:
            self._slack.clear()
        self._hands(waiting).waiting.append(waiting)
        self._begin()

    def _hands(self, waiting: Waiting) -> Hands:
        if waiting.suspect:
            return self._suspects
        return self._loaded if waiting.message is None else self._fresh

    def _begin(self, at_least: int = 0) -> None:
        """Judge as many as there are hands for; what is fresh gives way to senders, all but `at_least` of it."""
        while self._running and self._suspects.waiting and self._suspects.free:
            self._spawn(self._suspects.take())
        begun = 0
        for hands in (self._fresh, self._loaded):
            while self._running and hands.waiting and hands.free:
                if self._senders.stop(hands, begun, at_least):
                    return
                begun += 1
                self._spawn(hands.take())
        self._senders.left(self._fresh)

    def _spawn(self, waiting: Waiting) -> None:
        task = asyncio.get_running_loop().create_task(self._see_to(waiting))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self) -> None:
        """Another process (a release, another node) has changed the store: pass it on."""
        while True:
            await self._store.changed()
            self._courier.wake()
            self._look.set()

    async def _find_strays(self) -> None:
        """Find messages that were accepted and are in nobody's hand: after a crash, past the memory budget, after a
        fault."""
        while True:
            self._look.clear()
            faults = self._faults
            try:
                found = await self._store.unjudged(len(self._in_hand) + _FETCH)
                strays = [message_id for message_id in found if message_id not in self._in_hand]
                for message_id in strays:
                    self._start(Waiting(message_id, None, suspect=message_id not in self._untouched))
                    self._untouched.discard(message_id)
                if strays:
                    log(Event.RECOVERED, count=len(strays))
                    await self._slack.wait()
                    # A full disk fails them all again and again: then there is no reason to hurry.
                    await asyncio.sleep(_BREATH_SECONDS if faults == self._faults else STRAY_POLL_SECONDS)
                    continue
            except StoreError as error:
                log_failure(error, stage="screen")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STRAY_POLL_SECONDS):
                    await self._look.wait()

    async def _make_room(self) -> None:
        """Let others in beside a message that takes long (its pictures wait for their reader), as long as it is within
        the memory budget: scans must not take every hand there is."""
        while True:
            await asyncio.sleep(SLOW_SECONDS / 4)
            slow = monotonic() - SLOW_SECONDS
            for waiting in list(self._fresh.busy.values()):
                if waiting.since <= slow and waiting.reserved and len(self._slow) < MOST_SLOW:
                    self._fresh.let_go(waiting)
                    self._slow.add(waiting.message_id)
            self._tell_slack()
            self._begin()

    async def _see_to(self, waiting: Waiting) -> None:
        try:
            await self._judge(waiting)
        except (AlreadyJudged, Gone):
            pass  # somebody else was faster: there is nothing left to do
        except Exception as error:  # the message stays unjudged in the store and is found again
            self._faults += 1
            log_failure(error, message=waiting.message_id, stage="screen")
        finally:
            self._leave(waiting)

    def _tell_slack(self) -> None:
        if len(self._in_hand) - len(self._slow) <= self._concurrency:
            self._slack.set()

    def _leave(self, waiting: Waiting) -> None:
        self._release(waiting)
        self._in_hand.discard(waiting.message_id)
        self._slow.discard(waiting.message_id)
        self._tell_slack()
        if not self._in_hand:
            self._idle.set()
        self._hands(waiting).let_go(waiting)
        self._begin()

    def _release(self, waiting: Waiting) -> None:
        reserved, waiting.reserved = waiting.reserved, 0
        if reserved:
            self._store.memory.release(reserved)

    async def _judge(self, waiting: Waiting) -> None:
        message = waiting.message or await self._store.load(waiting.message_id)
        if not waiting.suspect:
            await self._screen(waiting, message)
            return
        starts = await self._store.read(starts_of, message.id)
        if starts >= MOST_STARTS:
            crashed = closed_verdict(message.envelope, UnreadableReason.CRASHED, "the relay stopped over it")
            await self._settle(waiting, message, Screened(crashed, Sightings()))
            return
        async with self._turn(alone=starts >= _ALONE_AFTER):
            await self._store.write(count_start, message.id)
            await self._screen(waiting, message)

    @contextlib.asynccontextmanager
    async def _turn(self, *, alone: bool) -> AsyncIterator[None]:
        """Let suspects in together, or one alone."""
        async with self._bench:
            await self._bench.wait_for(lambda: not self._alone and not (alone and self._on_bench))
            self._alone = alone
            self._on_bench += 1
        try:
            yield
        finally:
            async with self._bench:
                self._alone = False
                self._on_bench -= 1
                self._bench.notify_all()

    async def _screen(self, waiting: Waiting, message: Message) -> None:
        screened = await self._screener.screen(message.content, message.envelope)
        self._observer.stage("read", screened.read_seconds)
        self._observer.stage("screen", screened.screen_seconds)
        await self._settle(waiting, message, screened)

    async def _settle(self, waiting: Waiting, message: Message, screened: Screened) -> None:
        """Record the verdict, then deliver what it lets go and tell of what it holds."""
        verdict = screened.verdict
        mode = self._mode_of(verdict.school)
        begun = perf_counter()
        subject = subject_of(message.content)
        due = await self._store.record_verdict(
            message.id,
            verdict,
            screened.sightings,
            mode=mode,
            batch_key=self._batch(message, subject) if verdict.outcome is Outcome.HOLD else "",
            subject=subject,
            handover=True,
        )
        self._observer.stage("settle", perf_counter() - begun)
        self._observer.judged(verdict, mode)
        log(
            Event.MESSAGE_JUDGED,
            message=message.id,
            verdict=verdict_label(verdict),
            school=verdict.school,
            mode=mode,
            rules=_rules(verdict),
            count=len(verdict.recipients),
            bytes=len(message.content),
        )
        if due is not None and due.recipients:
            kept = Waiting(message.id, None, waiting.reserved)
            waiting.reserved = 0
            self._courier.hand_over(due, message.content if kept.reserved else None, lambda: self._release(kept))
        if mode == "enforce" and verdict.outcome is Outcome.HOLD:
            self._on_held(message, verdict)

    def _batch(self, message: Message, subject: str) -> str:
        day = message.received_at.date().isoformat()
        return batch_key(message.envelope.sender, subject, day, self._store.digest)


def _rules(verdict: Verdict) -> tuple[str, ...]:
    return tuple(sorted({finding.rule for one in verdict.recipients for finding in one.findings}))
