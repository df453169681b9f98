"""The only wiring: configuration -> store, workers, doors and loops; start, reload, stop.

Start fails whole: if key, store, roll, policy, sandbox or an address cannot be had, nothing listens and the fault is
named. Stop is gentle: no new mail, what is in hand is judged and delivered within a grace, the rest is in the store and
goes on at the next start. A reload that fails leaves the roll and policy that were in force.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from mailguard import __version__
from mailguard.config import Config
from mailguard.deliver import Runner
from mailguard.flow import Flow
from mailguard.judge.rules import RULE_IDS
from mailguard.model import Message, Roll, Verdict
from mailguard.observe import Event, Metrics, Snapshot, log, log_failure
from mailguard.observe import Server as ObserveServer
from mailguard.policy import Policy, PolicyError, load_policy
from mailguard.receive import Server
from mailguard.roll.problems import RollError
from mailguard.roll.sources.native import load_native
from mailguard.store import Counts, Store, StoreError
from mailguard.workers import Workers, WorkersError

GRACE_SECONDS = 20.0
SNAPSHOT_SECONDS = 5.0


class StartError(Exception):
    """mailguard cannot start; `problems` name every fault found, none with personal data."""

    def __init__(self, *problems: object) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Relay:
    """One mailguard: `await start()`, then `await run()` until `stop` is called (from a signal or another task)."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._store: Store | None = None
        self._workers = Workers(config.workers)
        self._stopping = asyncio.Event()
        self._reload = asyncio.Event()
        self._closing = contextlib.AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self.addresses: list[tuple[str, int]] = []
        self.observe_port = 0

    async def start(self) -> None:
        """Open everything, in the order of dependence. Raises StartError; then nothing is left running."""
        try:
            await self._start()
        except (StoreError, WorkersError, ValueError, OSError) as error:
            await self._closing.aclose()
            raise StartError(_told(error)) from None
        except BaseException:
            await self._closing.aclose()
            raise

    async def _start(self) -> None:
        config, closing = self._config, self._closing
        roll, policy = self._load()
        store = self._store = Store.open(config.store)
        closing.push_async_callback(store.close)
        await store.start()
        closing.push_async_callback(self._workers.close)
        await self._workers.start(roll, policy)
        log(Event.SANDBOX, layers=self._workers.layers)

        metrics = self._metrics = Metrics(self._snapshot, RULE_IDS)
        metrics.sandbox(len(self._workers.layers))
        self._in_force(roll)
        runner = Runner(store, config.deliver, observer=metrics)
        flow = Flow(
            store,
            self._workers,
            runner,
            observer=metrics,
            mode_of=lambda school: config.mode_of(school).value,
            on_held=self._on_held,
        )
        server = Server(config.receive, flow, stage=metrics.stage)
        self._loop = asyncio.get_running_loop()
        probes = {"store": self._store_answers, "workers": lambda: bool(self._workers.layers), "roll": lambda: True}
        observe = ObserveServer(config.observe.host, config.observe.port, metrics.registry, probes)
        observe.start()
        closing.callback(observe.close)
        for work in (flow.run(), runner.run(), self._reloads()):
            self._tasks.append(self._loop.create_task(work))
        closing.push_async_callback(self._end_tasks)
        closing.push_async_callback(runner.drain, GRACE_SECONDS)
        closing.push_async_callback(flow.drain, GRACE_SECONDS)
        closing.push_async_callback(server.stop)
        await server.start()
        self.addresses, self.observe_port = server.addresses, observe.port
        log(Event.STARTED, version=__version__, mode=config.mode.value)

    async def run(self) -> None:
        """Serve until `stop`; then close everything. A loop that dies ends the process: whoever runs it starts it
        again, and the store has everything."""
        stopping = self._loop.create_task(self._stopping.wait())
        try:
            await asyncio.wait([stopping, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            log(Event.STOPPING)
            died = [task for task in self._tasks if task.done() and not task.cancelled()]
            await self._closing.aclose()
            log(Event.STOPPED)
        for task in died:
            task.result()

    def stop(self) -> None:
        """End `run`."""
        self._stopping.set()

    def reload(self) -> None:
        """Read roll and policy again."""
        self._reload.set()

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- roll and policy ---------------------------------------------------------------------------------------------

    def _load(self) -> tuple[Roll, Policy]:
        problems: list[object] = []
        try:
            policy = load_policy(self._config.policy_file)
        except PolicyError as error:
            problems += error.problems
        try:
            roll = load_native(self._config.roll_source).roll
        except RollError as error:
            problems += error.problems
        if problems:
            raise StartError(*problems)
        return roll, policy

    def _in_force(self, roll: Roll) -> None:
        counts = Counter(pupil.school for pupil in roll.pupils)
        self._metrics.roll_in_force(counts, datetime.now(UTC).timestamp())
        log(Event.ROLL_LOADED, revision=roll.revision, pupils=len(roll.pupils), contacts=len(roll.contacts))

    async def _reloads(self) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            try:
                roll, policy = await asyncio.to_thread(self._load)
                await self._workers.replace(roll, policy)
                self._in_force(roll)
            except StartError as error:
                log(Event.ROLL_REFUSED, count=len(error.problems))
            except WorkersError as error:
                log_failure(error, Event.ROLL_REFUSED)

    # --- what others ask ---------------------------------------------------------------------------------------------

    def _on_held(self, message: Message, verdict: Verdict) -> None:
        pass

    def _counts(self) -> Counts:
        """The store's figures, asked from a thread that is not the loop's."""
        assert self._store is not None
        return asyncio.run_coroutine_threadsafe(self._store.counts(), self._loop).result(SNAPSHOT_SECONDS)

    def _snapshot(self) -> Snapshot:
        counts, now = self._counts(), datetime.now(UTC)
        oldest = {school: (now - at).total_seconds() for school, at in counts.oldest_held.items()}
        return Snapshot(counts.held, oldest, counts.queue, counts.decisions)

    def _store_answers(self) -> bool:
        self._counts()
        return True


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error)


async def serve(config: Config, ready: Callable[[Relay], None] = lambda relay: None) -> None:
    """Run one mailguard until SIGTERM or SIGINT; SIGHUP reads roll and policy again. Raises StartError."""
    relay = Relay(config)
    await relay.start()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, relay.stop)
    loop.add_signal_handler(signal.SIGHUP, relay.reload)
    ready(relay)
    await relay.run()
