"""Reading in the jail: which child reads what, how often it is tried, and what need not be read again.

A message of the plainest make is read in two: its text by a shared child, its files by one that reads those of the same
sender only (see `together`), or by a new one where that meets anything unusual. The reading of the files is kept for
the sender's next message that carries exactly the same ones, as letters to many families do; its key is taken from the
bytes before any child has seen them, so that no child can choose what its answer stands for. Messages that carry the
same files at the same time wait for one reading of them.

Where the first reading met pictures that may show text, a second one that recognises it takes its place; if that one
dies, what both had stands beside the reason.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from mailguard.model import WHOLE_MESSAGE, Unreadable, UnreadableReason
from mailguard.observe import Event, log
from mailguard.workers import bundle, orders, protocol
from mailguard.workers.crew import Crew
from mailguard.workers.kept import Kept
from mailguard.workers.pictures import Pictures
from mailguard.workers.route import Bundle, Split, split
from mailguard.workers.server import Child, ChildDied, Evicted, Server
from mailguard.workers.settings import WorkerSettings
from mailguard.workers.together import MOST_BYTES
from mailguard.workers.turns import Turns

_FILES_NICE, _TEXTS_NICE = 10, 5  # small plain letters run before texts of other mail, and those before files
_BYTES_A_SECOND = 200_000  # a guess at what reading takes, to say who is next
_LONGEST_GUESS = 5.0
_LARGE = 256 << 10


@dataclass(frozen=True, slots=True)
class Written:
    """A reading as it left the jail: sealed memory files to be read one after the other, and how the reader of the
    last one died, if it did. Whoever has it closes it."""

    fds: tuple[int, ...]
    death: Unreadable | None = None

    def close(self) -> None:
        """Close the memory files."""
        protocol.close_all(self.fds)


@dataclass(frozen=True, slots=True)
class _Job:
    """What is asked of a reader, and for whom: one sender's mail does not keep others' waiting. `owner` is whose shared
    reader may read it (see `together`)."""

    task: orders.Task
    sender: str
    owner: str = ""


class _NotPlain(Exception):
    """The content wants a child of its own."""


class Readers:
    """The jail and the turns in which messages enter it."""

    def __init__(self, settings: WorkerSettings) -> None:
        self.crew = Crew(self._start, settings.start_seconds)
        self._settings = settings
        limits = settings.quick_cpu_seconds, settings.slow_after_seconds
        self._letters = Turns(settings.readers, 0, *limits)  # small plain messages: nothing else is before them
        self._texts = Turns(settings.readers, 0, *limits)
        self._turns = Turns(settings.readers, settings.slow_readers, *limits)
        self.pictures = Pictures(settings, self._give)
        self._kept = Kept(settings.kept_files, settings.kept_bytes, settings.kept_seconds)

    async def read(self, content: bytes, task: orders.Task, sender: str = "", *, shared: bool = True) -> Written:
        """Have a message or file read; it never fails for its content. WorkersError after `close`.

        `sender` is whose it is: one sender's mail does not keep others' waiting. `shared` is False for a message that a
        shared child could not read: then a child of its own tries once."""
        job = _Job(task, sender)
        halves = await self._halves(content) if task.name is None else None
        if halves is not None and shared:
            try:
                return await self._read_halves(halves, job)
            except _NotPlain:
                pass
        written, _ = await self._read_alone(content, job, tries=1 if halves is not None else 2)
        return written

    async def read_texts(
        self, contents: Sequence[bytes], passwords: tuple[str, ...], owner: str = ""
    ) -> Sequence[bytes | None]:
        """Have small plain messages of one owner (`owner_of`) read by one shared child: each one's reading, None for
        one to be read alone. ChildDied or Evicted where there is no proper answer, WorkersError after `close`."""
        return _readings(await self.crew.serve(self._letters_by_shared, contents, passwords, owner), len(contents))

    async def look(self, content: bytes, task: orders.Task) -> bytes:
        """What the task asks to be shown of a message; b"" if it cannot be. WorkersError after `close`."""
        fd = protocol.memory_file()
        try:
            await self.crew.serve(self._by_own, fd, content, _Job(task, ""))
            return protocol.read_memory_file(fd, self._settings.result_bytes)
        except (ChildDied, protocol.ProtocolError):
            return b""
        finally:
            os.close(fd)

    async def close(self) -> None:
        """End the jail and forget what was kept."""
        await asyncio.gather(self.crew.close(), self.pictures.crew.close())
        self._kept.clear()

    async def _halves(self, content: bytes) -> Split | None:
        return split(content) if len(content) <= _LARGE else await asyncio.to_thread(split, content)

    async def _read_halves(self, halves: Split, job: _Job) -> Written:
        text = await self._read_shared(halves.text, replace(job, owner=owner_of(halves, job.sender)))
        if not halves.leaves:
            return Written((text,))
        files: list[Written] = []
        try:
            for files_of in halves.bundles:
                files.append(await self._read_files(files_of, job))
        except BaseException:
            os.close(text)
            for one in files:
                one.close()
            raise
        files.sort(key=lambda one: one.death is not None)  # the last reading may be one that was cut short
        return Written((text, *(fd for one in files for fd in one.fds)), files[-1].death)

    async def _read_files(self, files_of: Bundle, job: _Job) -> Written:
        # What a sender's shared reader says stands for that sender's mail only: a file that took it over must not
        # speak for what others attach.
        owner = job.sender if self._may_share(files_of.content, job) else ""
        if len(files_of.content) <= _LARGE:
            key = self._kept.key(files_of.leaves, job.task, owner)
        else:
            key = await asyncio.to_thread(self._kept.key, files_of.leaves, job.task, owner)
        async with self._kept.one_at_a_time(key):
            kept = self._kept.get(key)
            if kept is not None:
                return Written(*kept)
            if files_of.name is not None:
                job = replace(job, task=msgspec.structs.replace(job.task, name=files_of.name, of_message=True))
            files, locked = await self._read_usual(files_of.content, job)
            if locked:
                files.close()
                raise _NotPlain  # the password may stand in the text
            if files.death is None or len(files.fds) > 1:  # a second reading that died costs too much to be tried again
                self._kept.put(key, files.fds, files.death)
            return files

    async def _read_shared(self, content: bytes, job: _Job) -> int:
        """Return a memory file with the reading of text; _NotPlain where it is more than that."""
        try:
            if len(content) <= MOST_BYTES:
                return await self._read_small(content, job)
            return await self._read_large(content, job)
        except (ChildDied, Evicted):
            raise _NotPlain from None

    async def _read_small(self, content: bytes, job: _Job) -> int:
        answer = await self.crew.serve(self._small_by_shared, content, job)
        (reading,) = _readings(answer, 1)
        if reading is None:
            raise _NotPlain
        return protocol.memory_file(reading)

    async def _read_large(self, content: bytes, job: _Job) -> int:
        fd = protocol.memory_file()
        try:
            task = msgspec.structs.replace(job.task, text_only=True)
            said = await self.crew.serve(self._text_by_shared, fd, content, replace(job, task=task))
        except BaseException:
            os.close(fd)
            raise
        if said:
            os.close(fd)
            raise _NotPlain
        return fd

    def _may_share(self, content: bytes, job: _Job) -> bool:
        return bool(job.sender and self._settings.shared_files) and len(content) <= _LARGE

    async def _read_usual(self, content: bytes, job: _Job) -> tuple[Written, bool]:
        """Return what `_read_alone` would, read by the sender's own shared reader if it meets nothing unusual."""
        if not self._may_share(content, job):
            return await self._read_alone(content, job, tries=1)
        heavy = False
        fd = protocol.memory_file()
        try:
            task = msgspec.structs.replace(job.task, usual_only=True)
            said = await self.crew.serve(self._by_senders, fd, content, replace(job, task=task))
            if said == orders.PICTURES and self.pictures.able:
                return await self._read_pictures(fd, content, job), False
            if not said:
                return Written((fd,)), False
        except Evicted:
            heavy = True
        except ChildDied as death:
            log(Event.WORKER_DIED, logging.WARNING, worker="reader", reason=death.reason.value)
            if death.reason is UnreadableReason.TIMEOUT:
                return await _cut_short(fd, death), False
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)  # what is wrong may be the fault of what that reader read before
        return await self._read_alone(content, job, tries=1, heavy=heavy)

    async def _read_alone(self, content: bytes, job: _Job, *, tries: int, heavy: bool = False) -> tuple[Written, bool]:
        """Return what was read and whether something was locked."""
        while True:
            tries -= 1
            fd = protocol.memory_file()
            try:
                said = (await self.crew.serve(self._by_own, fd, content, job, heavy=heavy)).split()
                if orders.PICTURES in said and self.pictures.able:
                    return await self._read_pictures(fd, content, job), orders.LOCKED in said
                return Written((fd,)), orders.LOCKED in said
            except ChildDied as death:
                log(Event.WORKER_DIED, logging.WARNING, worker="reader", reason=death.reason.value)
                if death.alone or not tries:
                    return await _cut_short(fd, death), False
                os.close(fd)
            except BaseException:
                os.close(fd)
                raise

    async def _read_pictures(self, first: int, content: bytes, job: _Job) -> Written:
        """Return the second reading in place of the first, both where the second did not come to its end."""
        second = protocol.memory_file()
        try:
            await self.pictures.read(second, content, job.task, job.sender)
        except ChildDied as death:
            log(Event.WORKER_DIED, logging.WARNING, worker="reader", reason=death.reason.value)
            await _seal(second)
            detail = f"the text of its pictures was not all read: {death.detail}"
            return Written((first, second), Unreadable(WHOLE_MESSAGE, death.reason, detail))
        except BaseException:
            os.close(second)
            raise
        os.close(first)
        return Written((second,))

    async def _letters_by_shared(self, contents: Sequence[bytes], passwords: tuple[str, ...], owner: str) -> bytes:
        async with self._letters.turn(crowd=len(contents) > 1) as watch, self.crew.shared(0, owner) as child:
            watch(child)
            head, body = orders.encode(orders.Texts(passwords)), bundle.encode_contents(contents)
            return await child.ask(head, body, (), self._settings.read_wall_seconds)

    async def _small_by_shared(self, content: bytes, job: _Job) -> bytes:
        turn = self._texts.turn(_guess(content), job.sender)
        async with turn as watch, self.crew.shared(_TEXTS_NICE, job.owner) as child:
            watch(child)
            head, body = orders.encode(orders.Texts(job.task.passwords)), bundle.encode_contents([content])
            return await child.ask(head, body, (), self._settings.read_wall_seconds)

    async def _text_by_shared(self, fd: int, content: bytes, job: _Job) -> bytes:
        turn = self._texts.turn(_guess(content), job.sender)
        async with turn as watch, self.crew.shared(_TEXTS_NICE, job.owner) as child:
            watch(child)
            return await self._give(child, fd, content, job.task, self._settings.read_wall_seconds)

    async def _by_senders(self, fd: int, content: bytes, job: _Job) -> bytes:
        lent = self.crew.shared(_FILES_NICE, job.sender, self._settings.shared_files)
        async with self._turns.turn(_guess(content), job.sender) as watch, lent as child:
            watch(child)
            said = await self._give(child, fd, content, job.task, self._settings.read_wall_seconds)
            child.tired = child.tired or bool(said)
            return said

    async def _by_own(self, fd: int, content: bytes, job: _Job, *, heavy: bool = False) -> bytes:
        try:
            return await self._by_new(fd, content, job, heavy=heavy)
        except Evicted:  # its child has ended and writes no more
            os.ftruncate(fd, 0)
            os.lseek(fd, 0, os.SEEK_SET)
            return await self._by_new(fd, content, job, heavy=True)

    async def _by_new(self, fd: int, content: bytes, job: _Job, *, heavy: bool) -> bytes:
        nice = orders.SLOWED if heavy else _FILES_NICE
        turn = self._turns.turn(_guess(content), job.sender, heavy=heavy)
        async with turn as watch, self.crew.fresh(nice) as child:
            watch(child)
            return await self._give(child, fd, content, job.task, self._settings.read_wall_seconds)

    async def _give(self, child: Child, fd: int, content: bytes, task: orders.Task, seconds: float) -> bytes:
        said = await child.ask(orders.encode(task), content, [fd], seconds)
        try:
            await _seal(fd)
        except OSError:
            child.kill()
            await child.gone()
            raise ChildDied(UnreadableReason.CRASHED, "kept its answer open") from None
        return said

    async def _start(self) -> Server:
        settings = self._settings
        setup = orders.Setup(
            module=settings.reader_module,
            memory_bytes=settings.memory_bytes,
            cpu_seconds=settings.read_cpu_seconds,
            output_bytes=settings.result_bytes,
            recycle_messages=settings.recycle_messages,
            recycle_growth_bytes=settings.recycle_growth_bytes,
        )
        return await Server.start("jail_server", setup, b"", seconds=settings.start_seconds)


def owner_of(halves: Split, sender: str) -> str:
    """Whose shared reader may read the text of a message: everybody's ("") or its sender's (see `together`)."""
    return "" if halves.bare else sender or "<>"


def _readings(answer: bytes, count: int) -> Sequence[bytes | None]:
    """Return what a shared child answered to a packet of so many messages, None for each if that is not proper."""
    try:
        readings = bundle.decode_readings(answer)
    except msgspec.MsgspecError:
        readings = ()
    return readings if len(readings) == count else [None] * count


async def _cut_short(fd: int, death: ChildDied) -> Written:
    """What a reader had written when it died."""
    await _seal(fd)
    return Written((fd,), Unreadable(WHOLE_MESSAGE, death.reason, death.detail))


async def _seal(fd: int) -> None:
    """Seal a memory file in a thread; OSError as `protocol.seal`. The thread has a descriptor of its own: the number of
    this one may be another file's before the thread is done, if whoever waits is cancelled."""
    own = os.dup(fd)

    def seal() -> None:
        try:
            protocol.seal(own)
        finally:
            os.close(own)

    await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, seal))


def _guess(content: bytes) -> float:
    return min(len(content) / _BYTES_A_SECOND, _LONGEST_GUESS)
