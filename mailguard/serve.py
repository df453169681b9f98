"""The only wiring: configuration -> store, workers, doors and loops; start, reload, stop.

Start fails whole: if key, store, roll, policy, sandbox or an address cannot be had, nothing listens and the fault is
named. Stop is gentle: no new mail, what is in hand is judged and delivered within a grace, the rest is in the store and
goes on at the next start. A reload that fails leaves the roll and policy that were in force.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from mailguard import __version__
from mailguard.config import Config, ConfigError
from mailguard.deliver import Runner
from mailguard.enrol.apart import Outcome, import_apart, import_here
from mailguard.enrol.door import StoreDoor
from mailguard.enrol.imports import lay_overrides, overrides_differ
from mailguard.enrol.intake import Intake
from mailguard.enrol.lookup import seen_at
from mailguard.enrol.watcher import RollWatcher
from mailguard.flow import Flow
from mailguard.hold.decisions import COUNTED
from mailguard.hold.reminders import Reminder
from mailguard.hold.teller import SchoolPost, Teller
from mailguard.hold.wording import Shelf as WordingShelf
from mailguard.judge.rules import RULE_IDS
from mailguard.model import Envelope, Roll
from mailguard.observe import Event, Metrics, Snapshot, log, log_failure, systemd
from mailguard.observe import Server as ObserveServer
from mailguard.policy import Policy, PolicyError, StaleRoll, load_policy
from mailguard.policy import Problem as PolicyProblem
from mailguard.preflight import preflight
from mailguard.receive import Server
from mailguard.roll.problems import Problem as RollProblem
from mailguard.roll.problems import RollError
from mailguard.stamp import use_of
from mailguard.store import Counts, Store, StoreError
from mailguard.store.retention import Keep, Keeper
from mailguard.store.revisions import current_roll, roll_history, roll_in_force
from mailguard.workers import Screened, Workers, WorkersError

GRACE_SECONDS = 20.0
LOOK_SECONDS = 2.0
SNAPSHOT_SECONDS = 5.0


# What is opened at the start; a change of these waits for a restart.
_FIXED = ("store", "receive", "deliver", "workers", "node", "roll_sources", "observe", "console", "reminders")


class StartError(Exception):
    """mailguard cannot start; `problems` name every fault found, none with personal data."""

    def __init__(self, *problems: object) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Relay:
    """One mailguard: `await start()`, then `await run()` until `stop` is called (from a signal or another task)."""

    def __init__(self, config: Config, reread: Callable[[], Config] | None = None) -> None:
        """`reread` reads the configuration again for `reload` (ConfigError: the one in force stays)."""
        self._config = config
        self._reread = reread
        self._store: Store | None = None
        self._workers = Workers(config.workers)
        self._stopping = asyncio.Event()
        self._reload = asyncio.Event()
        self._closing = contextlib.AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._ages: dict[str, float] = {}
        self._pupils: Counter[str] = Counter()
        self._intake = Intake(config.roll_sources)
        self._first_read = False
        self._following = asyncio.Lock()
        self._refused: frozenset[str] | None = frozenset()  # schools whose newest roll is not in force; None: all
        self.addresses: list[tuple[str, int]] = []
        self.observe_port = 0

    @property
    def store(self) -> Store:
        """The open store. RuntimeError before `start`."""
        if self._store is None:
            raise RuntimeError("the relay was not started")
        return self._store

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
        store = self._store = Store.open(config.store, config.node)
        closing.push_async_callback(store.close)
        await store.start()
        self._loop = asyncio.get_running_loop()
        metrics = self._metrics = Metrics(self._snapshot, RULE_IDS, COUNTED)
        policy, seen = self._load_policy(), self._intake.look()
        roll = await self._first_roll(store)
        closing.push_async_callback(self._workers.close)
        await self._workers.start(roll, policy)
        log(Event.SANDBOX, layers=self._workers.layers)

        metrics.sandbox(len(self._workers.layers))
        await self._in_force(roll, policy)
        hostname, link = config.receive.hostname or socket.getfqdn(), config.console.link
        teller = Teller(store, self._schools, hostname, link, words=WordingShelf(config.notices).of)
        reminder = Reminder(store, self._schools, hostname, config.reminders, link, words=teller.words)
        runner = Runner(store, config.deliver, observer=metrics)
        metrics.routes_down(runner.routes_down)
        flow = Flow(
            store,
            self,
            runner,
            observer=metrics,
            mode_of=lambda school: self._config.mode_of(school).value,
            on_held=teller.held,
            stamp_of=(lambda message: use_of(message, datetime.now(UTC), store.mac)) if config.deliver.stamp else None,
        )
        server = Server(config.receive, flow, observer=metrics, inherited=systemd.inherited_sockets())
        probes = {"store": self._store_answers, "workers": lambda: bool(self._workers.layers)}
        observe = ObserveServer(config.observe.host, config.observe.port, metrics.registry, probes)
        observe.start()
        closing.callback(observe.close)
        keeper = Keeper(store, self._keep)
        # Sources on the network are asked soon after every start; who starts does not wait for them.
        settled = None if self._intake.pulls and not self._first_read else seen
        watcher = RollWatcher(self._intake.look, self._import, self._new_roll, self._roll_refused, seen=settled)
        works = (flow, runner, teller, reminder, keeper, watcher)
        self._tasks += [self._loop.create_task(work.run()) for work in works]
        self._tasks.append(self._loop.create_task(self._follow_changes()))
        self._tasks.append(self._loop.create_task(self._give_life_signs()))
        closing.push_async_callback(self._end_tasks)
        closing.push_async_callback(runner.drain, GRACE_SECONDS)
        closing.push_async_callback(flow.drain, GRACE_SECONDS)
        closing.push_async_callback(server.stop)
        await server.start()
        self.addresses, self.observe_port = server.addresses, observe.port
        listening = tuple(
            f"{host}:{port}" for host, port in (*self.addresses, (config.observe.host, self.observe_port))
        )
        log(Event.STARTED, version=__version__, mode=config.mode.value, listener=listening)

    async def run(self) -> None:
        """Serve until `stop`; then close everything. A loop that dies ends the process: whoever runs it starts it
        again, and the store has everything."""
        stopping = self._loop.create_task(self._stopping.wait())
        try:
            await asyncio.wait([stopping, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            systemd.notify("STOPPING=1")
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
        """Read configuration and policy again; the roll's source is watched anyway. Nothing changes unless all of it
        passes what `mailguard check-config` asks."""
        self._reload.set()

    def _keep(self) -> Keep:
        kept = self._config.retention
        return Keep(kept.decided, kept.delivered_sightings, kept.audit, self._config.hold_expire_after)

    async def _give_life_signs(self) -> None:
        """Ping systemd's watchdog as long as the loop turns and the store answers, if only by an error: what hangs is
        to be started again, what merely has no database is not helped by that."""
        seconds = systemd.watchdog_seconds()
        while seconds:
            with contextlib.suppress(StoreError):
                await self.store.read(roll_in_force)
            systemd.notify("WATCHDOG=1")
            await asyncio.sleep(seconds / 3)
        await self._stopping.wait()

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- roll and policy ---------------------------------------------------------------------------------------------

    def _load_policy(self) -> Policy:
        try:
            return load_policy(self._config.policy_file)
        except PolicyError as error:
            raise StartError(*error.problems) from None

    async def _first_roll(self, store: Store) -> Roll:
        """The roll to start with: the source's, if it is new, else the revision in force. A source that is refused
        stops a first start; later the revision in force stays, and the log says why."""
        current = await store.read(current_roll)
        if current is not None:
            if self._intake.pulls:
                return current
            history = await store.read(roll_history)
            imports = [one for one in history if one.kind != "overrides"]
            # What was imported by command after the source was last written stays in force.
            if imports[0].imported_at.timestamp() >= self._intake.changed_at():
                return current
        self._first_read = True
        try:
            self._imported(await asyncio.to_thread(import_here, self._intake, StoreDoor(store, self._loop)))
        except RollError as error:
            if current is None:
                raise StartError(*error.problems) from None
            self._roll_refused(error)
        roll = await store.read(current_roll)
        if roll is None:
            raise StartError("no roll could be read")
        return roll

    def _import(self) -> Outcome:
        """Import what the sources hold, in a thread and a process of its own: mail goes on meanwhile."""
        return import_apart(self._config.roll_sources, self._config.store, self._config.node)

    def _imported(self, outcome: Outcome) -> None:
        self._refused = frozenset(outcome.failures)
        for school, problems in outcome.failures.items():
            _log_refusal(Event.ROLL_REFUSED, problems, school)

    async def _in_force(self, roll: Roll, policy: Policy) -> None:
        """Note what the workers now judge by."""
        # Its rows are the screeners' now: here they would only be looked through for garbage, over and over.
        self._roll, self._policy = Roll(revision=roll.revision), policy
        self._pupils = Counter({school.code: 0 for school in policy.schools})  # one that is on no roll is told as well
        self._pupils.update(p.school for p in roll.pupils)
        await self._note_ages()
        log(Event.POLICY_LOADED, revision=policy.revision, count=len(policy.schools))
        log(Event.ROLL_LOADED, revision=roll.revision, pupils=len(roll.pupils), contacts=len(roll.contacts))

    async def _note_ages(self) -> None:
        self._ages = await self.store.read(seen_at)
        self._metrics.roll_in_force(self._pupils, self._ages)
        self._metrics.roll_refused(self._refused)

    async def _new_roll(self, outcome: Outcome) -> None:
        """Put in force what the watched sources hold now."""
        self._imported(outcome)
        await self._follow(reload_policy=False)

    async def _judge_by(self, roll: Roll, policy: Policy) -> None:
        if (roll.revision, policy.revision) != (self._roll.revision, self._policy.revision):
            await self._workers.replace(roll, policy)
        await self._in_force(roll, policy)

    def _roll_refused(self, error: Exception) -> None:
        self._refused = None
        self._metrics.roll_refused(None)
        if isinstance(error, RollError):
            _log_refusal(Event.ROLL_REFUSED, error.problems)
        else:
            log_failure(error, Event.ROLL_REFUSED)

    async def _follow_changes(self) -> None:
        """Follow an import by command, and the policy file when asked to; what fails leaves the old in force."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._reload.wait()
            wanted = self._reload.is_set()
            self._reload.clear()
            try:
                await self._follow(wanted)
            except StartError as error:
                _log_refusal(Event.POLICY_REFUSED, error.problems)
            except (StoreError, WorkersError) as error:
                log_failure(error)

    async def _reconfigure(self) -> bool:
        """Take over from the configuration file what can change while mail flows; False if it is refused."""
        if self._reread is None:
            return True
        try:
            config = self._reread()
        except ConfigError as error:
            _log_refusal(Event.CONFIG_REFUSED, error.problems)
            return False
        found = await asyncio.to_thread(preflight, config)
        if found.problems:
            _log_refusal(Event.CONFIG_REFUSED, found.problems)
            return False
        fixed = {name: getattr(self._config, name) for name in _FIXED}
        waits = sorted(name for name, value in fixed.items() if getattr(config, name) != value)
        self._config = replace(config, **fixed)
        log(Event.CONFIG_LOADED, mode=config.mode.value, key=", ".join(waits))
        return True

    async def _follow(self, reload_policy: bool) -> None:
        async with self._following:  # the watcher and the clock must not both put one roll in force
            await self._follow_alone(reload_policy)

    async def _follow_alone(self, reload_policy: bool) -> None:
        reload_policy = reload_policy and await self._reconfigure()
        policy = self._load_policy() if reload_policy else self._policy
        if await self.store.read(overrides_differ):  # the last day of one is over
            await asyncio.to_thread(
                lay_overrides, StoreDoor(self.store, self._loop), "mailguard", "an override expired"
            )
        revision = await self.store.read(roll_in_force)
        digest = revision.digest if revision is not None else self._roll.revision
        if (digest, policy.revision) != (self._roll.revision, self._policy.revision):
            roll = await self.store.read(current_roll)
            if roll is not None:
                await self._judge_by(roll, policy)
        elif await self.store.read(seen_at) != self._ages:
            await self._note_ages()

    async def screen(self, content: bytes, envelope: Envelope) -> Screened:
        """Read and judge one message by the roll in force, which may be too old to permit records."""
        mail = self._policy.mail
        if mail.stale_roll is not StaleRoll.HOLD:
            return await self._workers.screen(content, envelope)
        oldest = datetime.now(UTC).timestamp() - mail.roll_max_age
        stale = frozenset(school for school, seen in self._ages.items() if seen < oldest)
        return await self._workers.screen(content, envelope, stale)

    # --- what others ask ---------------------------------------------------------------------------------------------

    def _schools(self) -> dict[str, SchoolPost]:
        return {
            school.code: SchoolPost(
                school.name,
                self._config.office_of(school.code),
                school.staff_domains,
                self._config.escalate_to_of(school.code),
            )
            for school in self._policy.schools
        }

    def _counts(self) -> Counts:
        """The store's figures, asked from a thread that is not the loop's."""
        return asyncio.run_coroutine_threadsafe(self.store.counts(), self._loop).result(SNAPSHOT_SECONDS)

    def _snapshot(self) -> Snapshot:
        counts, now = self._counts(), datetime.now(UTC)
        oldest = {school: (now - at).total_seconds() for school, at in counts.oldest_held.items()}
        return Snapshot(counts.held, oldest, counts.queue, counts.decisions)

    def _store_answers(self) -> bool:
        self._counts()
        return self.store.has_room()


def _log_refusal(event: Event, problems: Sequence[object], school: str = "") -> None:
    """Log where the first fault stands; `mailguard check-config` tells them all. What stands there is not logged: in a
    file without its heading line even the headings are pupils."""
    first = problems[0]
    where = {"school": school} if school else {}
    if isinstance(first, RollProblem | PolicyProblem):
        log(event, logging.ERROR, count=len(problems), file=first.file, line=first.line, **where)
    else:
        log(event, logging.ERROR, count=len(problems), **where)


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error)


async def serve(
    config: Config,
    ready: Callable[[Relay], None] = lambda relay: None,
    reread: Callable[[], Config] | None = None,
) -> None:
    """Run one mailguard until SIGTERM or SIGINT; SIGHUP reads configuration and policy again. Raises StartError."""
    relay = Relay(config, reread)
    await relay.start()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, relay.stop)
    loop.add_signal_handler(signal.SIGHUP, relay.reload)
    ready(relay)
    systemd.notify("READY=1")
    await relay.run()
