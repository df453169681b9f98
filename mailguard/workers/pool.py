"""`Workers`: the relay's door to the jail and the screeners.

A message never fails: whatever dies, hangs or answers nonsense ends as an unreadable part or, where no verdict can be
had at all, as a verdict that holds the message for every recipient. A message that may have killed its worker is tried
once more at most.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

import msgspec

from mailguard.model import Envelope, Place, Reading, Roll, Sightings, UnreadableReason, Verdict
from mailguard.observe import Event, log
from mailguard.policy import Policy
from mailguard.workers import answer, bundle, guarded, orders, protocol, stream, together
from mailguard.workers.closed import closed_verdict
from mailguard.workers.crew import Crew, WorkersError
from mailguard.workers.picture import Picture, picture_of
from mailguard.workers.readers import Readers, Written, owner_of
from mailguard.workers.route import split
from mailguard.workers.sandbox import REQUIRED
from mailguard.workers.server import ChildDied, Evicted, Server, ServerError
from mailguard.workers.settings import WorkerSettings
from mailguard.workers.turns import Turns

_TRIES = 2
_RELAY_READS = 1 << 30
_NICE = 5  # small plain letters run first
_HEAVY = 2 << 20
"""Bytes of a reading that is not tried in the quick lane."""
_BYTES_A_SECOND = 2_000_000  # a guess at what judging takes, to say who is next
_LONGEST_GUESS = 5.0

_encode = msgspec.json.Encoder().encode


_Mail = tuple[bytes, Envelope, frozenset[str], str]  # text, envelope, stale schools, owner of the reader


@dataclass(frozen=True, slots=True)
class Screened:
    """What became of one message: the verdict, what was seen in it, and the seconds each stage took."""

    verdict: Verdict
    sightings: Sightings
    read_seconds: float = 0.0
    screen_seconds: float = 0.0


class _Generation:
    """The screeners of one roll and policy revision; ends when it is retired and its last message is done."""

    def __init__(self, settings: WorkerSettings, roll: Roll, policy: Policy, packed: bytes) -> None:
        self.roll_revision = roll.revision
        self.policy_revision = policy.revision
        self.passwords = policy.mail.passwords
        self.crew = Crew(lambda: self._start(settings), settings.start_seconds)
        limits = settings.quick_cpu_seconds, settings.slow_after_seconds
        self.letters = Turns(settings.screeners, 0, *limits)  # small plain messages: nothing else is before them
        self.turns = Turns(settings.screeners, settings.slow_screeners, *limits)
        self._guard = packed
        self._messages = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __enter__(self) -> _Generation:
        self._messages += 1
        self._idle.clear()
        return self

    def __exit__(self, *_: object) -> None:
        self._messages -= 1
        if not self._messages:
            self._idle.set()

    async def retire(self) -> None:
        await self._idle.wait()
        await self.crew.close()

    async def _start(self, settings: WorkerSettings) -> Server:
        return await Server.start(
            "screener_server",
            orders.Setup(
                module=settings.screener_module,
                memory_bytes=settings.screen_memory_bytes,
                cpu_seconds=settings.screen_cpu_seconds,
                output_bytes=settings.answer_bytes,
                recycle_messages=settings.recycle_messages,
                recycle_growth_bytes=settings.recycle_growth_bytes,
            ),
            self._guard,
            seconds=settings.start_seconds,
            answer_bytes=settings.answer_bytes,
        )


@dataclass(frozen=True, slots=True)
class _Work:
    """A question for a screener; `cost` is the seconds that it may take."""

    generation: _Generation
    head: bytes
    body: bytes
    fds: Sequence[int]
    cost: float
    heavy: bool


class Workers:
    """Reads and screens messages in other processes. `start` first, `close` last; all in one event loop."""

    def __init__(self, settings: WorkerSettings | None = None) -> None:
        self._settings = settings or WorkerSettings()
        self._readers = Readers(self._settings)
        self._generation: _Generation | None = None
        self._generations: set[_Generation] = set()  # the one in force, those retiring, one starting
        self._retiring: set[asyncio.Task[None]] = set()
        self._replacing = asyncio.Lock()
        self._small = together.Together(self._screen_together, self._settings.readers)

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers of the sandbox proven to hold in every kind of worker now running."""
        layers = set(self._readers.crew.layers)
        if self._generation is not None:
            layers &= set(self._generation.crew.layers)
        if self._readers.pictures.crew.pid is not None:
            layers &= set(self._readers.pictures.crew.layers)
        return tuple(sorted(layers))

    async def start(self, roll: Roll | None = None, policy: Policy | None = None) -> None:
        """Start the jail and, with a roll and a policy, the screeners. WorkersError if something is missing."""
        starting: list[Awaitable[None]] = [self._open(self._readers.crew)]
        if roll is not None and policy is not None:
            starting.append(self.replace(roll, policy))
        outcomes = await asyncio.gather(*starting, return_exceptions=True)
        faults = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if not faults:
            return
        await self.close()
        if isinstance(faults[0], (WorkersError, ServerError)):
            raise WorkersError(str(faults[0])) from None
        raise faults[0]

    async def start_pictures(self) -> tuple[str, ...]:
        """Start the readers of text in pictures now, not with the first picture; return the layers around them.

        WorkersError if they do not start."""
        try:
            return (await self._readers.pictures.crew.open()).layers
        except ServerError as error:
            raise WorkersError(str(error)) from None

    async def replace(self, roll: Roll, policy: Policy) -> None:
        """Screen with another roll or policy from now on; messages in flight finish on the old ones.

        WorkersError if the new screeners do not start; the old ones then go on.
        """
        async with self._replacing:
            # In a thread and in slices: a large roll takes a second, and mail goes on meanwhile.
            packed = await asyncio.to_thread(guarded.pack_guard, roll, policy)
            generation = _Generation(self._settings, roll, policy, packed)
            self._generations.add(generation)
            try:
                await self._open(generation.crew)
            except BaseException:
                self._generations.discard(generation)
                raise
            old, self._generation = self._generation, generation
            if old is not None:
                task = asyncio.get_running_loop().create_task(self._retire(old))
                self._retiring.add(task)
                task.add_done_callback(self._retiring.discard)

    async def _retire(self, generation: _Generation) -> None:
        await generation.retire()
        self._generations.discard(generation)

    async def read(self, data: bytes, name: str | None = None, passwords: tuple[str, ...] = ()) -> Reading:
        """Return the reading of a message or, with `name`, of a file (its kind is decided by content). `passwords` are
        tried on what is locked."""
        written = await self._readers.read(data, orders.Task(name, passwords))
        try:
            pieces = [protocol.read_memory_file(fd, _RELAY_READS) for fd in written.fds]
            return stream.decode_pieces(pieces, written.death)
        finally:
            written.close()

    async def page_picture(
        self, content: bytes, place: Place, page: int, words: Sequence[str], passwords: tuple[str, ...] = ()
    ) -> Picture | None:
        """Page `page` (from 1) of the PDF at `place` in a message, with `words` boxed. None if there is none to see."""
        task = orders.Task(None, passwords, look=orders.Look(tuple(place), page, tuple(words)))
        return picture_of(await self._readers.look(content, task))

    async def looks(self, content: bytes, words: Sequence[str], passwords: tuple[str, ...] = ()) -> str:
        """Return a page of the HTML of a message's own text, made harmless, `words` marked; "" if it has none, or it
        took too much. Made in the jail, so to be shown only where nothing of it can act."""
        task = orders.Task(None, passwords, look=orders.Look(("body",), -1, tuple(words)))
        return (await self._readers.look(content, task)).decode("utf-8", "replace")

    async def part_bytes(self, content: bytes, place: Place, passwords: tuple[str, ...] = ()) -> bytes:
        """The bytes of the part at `place` in a message; b"" if there is none."""
        return await self._readers.look(content, orders.Task(None, passwords, look=orders.Look(tuple(place), 0)))

    async def screen(self, content: bytes, envelope: Envelope, stale: frozenset[str] = frozenset()) -> Screened:
        """Return the verdict on a message; the roll of the `stale` schools is too old to permit records.

        Never raises for a bad message. RuntimeError before `start`, WorkersError after `close`.
        """
        if self._generation is None:
            raise RuntimeError("workers were not started with a roll and a policy")
        tried = False
        if len(content) <= together.MOST_BYTES and (halves := split(content)) is not None and not halves.leaves:
            owner = owner_of(halves, envelope.sender)
            screened = await self._small.put((halves.text, envelope, stale, owner), len(content), owner)
            if screened is not None:
                return screened
            tried = True
        clock = asyncio.get_running_loop().time
        with self._generation as generation:
            begun = clock()
            task = orders.Task(None, generation.passwords)
            written = await self._readers.read(content, task, envelope.sender, shared=not tried)
            try:
                read = clock()
                tries = _TRIES - 1 if tried else _TRIES
                verdict, sightings = await self._screen(generation, written, stale, envelope, tries)
            finally:
                written.close()
            return Screened(verdict, sightings, read - begun, clock() - read)

    async def close(self) -> None:
        """End every worker. Messages in flight get no verdict: their `screen` raises WorkersError."""
        crews = [generation.crew for generation in self._generations]
        await self._small.close()
        await asyncio.gather(self._readers.close(), *(crew.close() for crew in crews))
        await asyncio.gather(*self._retiring)

    async def _open(self, crew: Crew) -> None:
        try:
            server = await crew.open()
        except ServerError as error:
            raise WorkersError(str(error)) from None
        missing = [layer for layer in REQUIRED if layer not in server.layers]
        if self._settings.require_sandbox and missing:
            await crew.close()
            raise WorkersError(f"require_sandbox is set and this machine does not offer: {', '.join(missing)}")

    async def _screen_together(self, mails: Sequence[_Mail]) -> Sequence[Screened | None]:
        """Read and screen small plain messages; None for one that is to go alone."""
        assert self._generation is not None
        clock = asyncio.get_running_loop().time
        results: list[Screened | None] = [None] * len(mails)
        with self._generation as generation:
            begun = clock()
            try:
                readings = await self._readers.read_texts(
                    [text for text, *_ in mails], generation.passwords, mails[0][3]
                )
                there = [n for n, reading in enumerate(readings) if reading is not None]
                if not there:
                    return results
                read = clock()
                asked = [bundle.Asked(_encode(mails[n][1]), readings[n] or b"", mails[n][2]) for n in there]
                head, body = orders.encode(orders.Questions()), bundle.encode_asked(asked)
                packet = await generation.crew.serve(self._ask_of_letters, generation, head, body, len(asked))
                answers = bundle.decode_answers(packet)
                screened = clock()
                for n, one in zip(there, answers, strict=True):
                    verdict, sightings = await answer.decode(one)
                    if {held.address for held in verdict.recipients} == set(mails[n][1].recipients):
                        results[n] = Screened(verdict, sightings, read - begun, screened - read)
            except (ChildDied, Evicted, msgspec.MsgspecError, ValueError):
                pass  # it is not known whose fault it was: each of them goes alone
        return results

    async def _screen(
        self, generation: _Generation, written: Written, stale: frozenset[str], envelope: Envelope, tries: int
    ) -> tuple[Verdict, Sightings]:
        head, body = orders.encode(orders.Question(written.death, stale)), _encode(envelope)
        size = sum(os.fstat(fd).st_size for fd in written.fds)
        heavy = size > _HEAVY
        last = ChildDied(UnreadableReason.CRASHED, "")
        while tries:
            tries -= 1
            work = _Work(generation, head, body, written.fds, min(size / _BYTES_A_SECOND, _LONGEST_GUESS), heavy)
            try:
                verdict, sightings = await answer.decode(await generation.crew.serve(self._ask, work, envelope.sender))
            except Evicted:
                tries, heavy = tries + 1, True
            except ChildDied as error:
                log(Event.WORKER_DIED, logging.WARNING, worker="screener", reason=error.reason.value)
                last = error
                if error.reason is UnreadableReason.TIMEOUT:
                    break
            except (msgspec.MsgspecError, ValueError):
                last = ChildDied(UnreadableReason.CRASHED, "gave a malformed verdict")
            else:
                if {held.address for held in verdict.recipients} == set(envelope.recipients):
                    return verdict, sightings
                last = ChildDied(UnreadableReason.CRASHED, "gave a verdict on other recipients")
        revisions = {"roll_revision": generation.roll_revision, "policy_revision": generation.policy_revision}
        return closed_verdict(envelope, last.reason, last.detail, **revisions), Sightings()

    async def _ask_of_letters(self, generation: _Generation, head: bytes, body: bytes, count: int) -> bytes:
        async with generation.letters.turn(crowd=count > 1) as watch, generation.crew.shared() as child:
            watch(child)
            return await child.ask(head, body, (), self._settings.screen_wall_seconds)

    async def _ask(self, work: _Work, sender: str) -> bytes:
        crew, turns = work.generation.crew, work.generation.turns
        lent = crew.fresh(orders.SLOWED) if work.heavy else crew.shared(_NICE)
        async with turns.turn(work.cost, sender, heavy=work.heavy) as watch, lent as child:
            watch(child)
            return await child.ask(work.head, work.body, work.fds, self._settings.screen_wall_seconds)
