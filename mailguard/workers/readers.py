"""Reading in the jail: which child reads what, how often it is tried, and what need not be read again.

A message of the plainest make is read in two: its text by a shared child, its files by one of their own. The reading of
the files is kept for the next message that carries exactly the same ones, as letters to many families do; its key is
taken from the bytes before any child has seen them, so that no child can choose what its answer stands for. Messages
that carry the same files at the same time wait for one reading of them.

Where the first reading met pictures that may show text, a second one that recognises it takes its place; if that one
dies, what both had stands beside the reason.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from mailguard.model import WHOLE_MESSAGE, Unreadable, UnreadableReason
from mailguard.observe import Event, log
from mailguard.workers import bundle, orders, protocol
from mailguard.workers.crew import Crew, Turns
from mailguard.workers.kept import Kept
from mailguard.workers.pictures import Pictures
from mailguard.workers.route import Bundle, Split, split
from mailguard.workers.server import Child, ChildDied, Server
from mailguard.workers.settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class Written:
    """A reading as it left the jail: sealed memory files to be read one after the other, and how the reader of the
    last one died, if it did. Whoever has it closes it."""

    fds: tuple[int, ...]
    death: Unreadable | None = None

    def close(self) -> None:
        """Close the memory files."""
        protocol.close_all(self.fds)


class _NotPlain(Exception):
    """The content wants a child of its own."""


class Readers:
    """The jail and the turns in which messages enter it."""

    def __init__(self, settings: WorkerSettings) -> None:
        self.crew = Crew(self._start, settings.start_seconds)
        self._settings = settings
        self._text_turns = asyncio.Semaphore(settings.readers)
        self._turns = Turns(settings.readers, settings.slow_readers, settings.slow_after_seconds)
        self.pictures = Pictures(settings, self._give)
        self._kept = Kept(settings.kept_files, settings.kept_bytes, settings.kept_seconds)

    async def read(self, content: bytes, task: orders.Task, *, shared: bool = True) -> Written:
        """Have a message or file read; it never fails for its content. WorkersError after `close`.

        `shared` is False for a message that a shared child could not read: then a child of its own tries once."""
        halves = split(content) if task.name is None else None
        if halves is not None and shared:
            try:
                return await self._read_halves(halves, task)
            except _NotPlain:
                pass
        written, _ = await self._read_alone(content, task, tries=1 if halves is not None else 2)
        return written

    async def read_texts(self, contents: Sequence[bytes], passwords: tuple[str, ...]) -> Sequence[bytes | None]:
        """Have small plain messages read by one shared child; the stream of each reading, None for one that is to be
        read alone. ChildDied where there is no proper answer, WorkersError after `close`."""
        answer = await self.crew.serve(self._texts_by_shared, contents, passwords)
        try:
            readings = bundle.decode_readings(answer)
        except msgspec.MsgspecError:
            readings = ()
        return readings if len(readings) == len(contents) else [None] * len(contents)

    async def _texts_by_shared(self, contents: Sequence[bytes], passwords: tuple[str, ...]) -> bytes:
        async with self._text_turns, self.crew.shared() as child:
            head, body = orders.encode(orders.Texts(passwords)), bundle.encode_contents(contents)
            return await child.ask(head, body, (), self._settings.read_wall_seconds)

    async def look(self, content: bytes, task: orders.Task) -> bytes:
        """What the task asks to be shown of a message; b"" if it cannot be. WorkersError after `close`."""
        fd = protocol.memory_file()
        try:
            await self.crew.serve(self._by_own, fd, content, task)
            return protocol.read_memory_file(fd, self._settings.result_bytes)
        except (ChildDied, protocol.ProtocolError):
            return b""
        finally:
            os.close(fd)

    async def close(self) -> None:
        """End the jail and forget what was kept."""
        await asyncio.gather(self.crew.close(), self.pictures.crew.close())
        self._kept.clear()

    async def _read_halves(self, halves: Split, task: orders.Task) -> Written:
        text = await self._read_shared(halves.text, task)
        if not halves.leaves:
            return Written((text,))
        files: list[Written] = []
        try:
            for files_of in halves.bundles:
                files.append(await self._read_files(files_of, task))
        except BaseException:
            os.close(text)
            for one in files:
                one.close()
            raise
        files.sort(key=lambda one: one.death is not None)  # the last reading may be one that was cut short
        return Written((text, *(fd for one in files for fd in one.fds)), files[-1].death)

    async def _read_files(self, files_of: Bundle, task: orders.Task) -> Written:
        key = self._kept.key(files_of.leaves, task)
        async with self._kept.one_at_a_time(key):
            kept = self._kept.get(key)
            if kept is not None:
                return Written(*kept)
            files, locked = await self._read_alone(files_of.content, task, tries=1)
            if locked:
                files.close()
                raise _NotPlain  # the password may stand in the text
            if files.death is None or len(files.fds) > 1:  # a second reading that died costs too much to be tried again
                self._kept.put(key, files.fds, files.death)
            return files

    async def _read_shared(self, content: bytes, task: orders.Task) -> int:
        fd = protocol.memory_file()
        try:
            said = await self.crew.serve(self._by_shared, fd, content, msgspec.structs.replace(task, text_only=True))
        except BaseException as error:
            os.close(fd)
            if isinstance(error, ChildDied):
                raise _NotPlain from None
            raise
        if said:
            os.close(fd)
            raise _NotPlain
        return fd

    async def _read_alone(self, content: bytes, task: orders.Task, *, tries: int) -> tuple[Written, bool]:
        """Return what was read and whether something was locked."""
        while True:
            tries -= 1
            fd = protocol.memory_file()
            try:
                said = (await self.crew.serve(self._by_own, fd, content, task)).split()
                if orders.PICTURES in said and self.pictures.able:
                    return await self._read_pictures(fd, content, task), orders.LOCKED in said
                return Written((fd,)), orders.LOCKED in said
            except ChildDied as death:
                log(Event.WORKER_DIED, logging.WARNING, worker="reader", reason=death.reason.value)
                if death.alone or not tries:
                    protocol.seal(fd)
                    return Written((fd,), Unreadable(WHOLE_MESSAGE, death.reason, death.detail)), False
                os.close(fd)
            except BaseException:
                os.close(fd)
                raise

    async def _read_pictures(self, first: int, content: bytes, task: orders.Task) -> Written:
        """Return the second reading in place of the first, both where the second did not come to its end."""
        second = protocol.memory_file()
        try:
            await self.pictures.read(second, content, task)
        except ChildDied as death:
            log(Event.WORKER_DIED, logging.WARNING, worker="reader", reason=death.reason.value)
            protocol.seal(second)
            detail = f"the text of its pictures was not all read: {death.detail}"
            return Written((first, second), Unreadable(WHOLE_MESSAGE, death.reason, detail))
        except BaseException:
            os.close(second)
            raise
        os.close(first)
        return Written((second,))

    async def _by_shared(self, fd: int, content: bytes, task: orders.Task) -> bytes:
        async with self._text_turns, self.crew.shared() as child:
            return await self._give(child, fd, content, task, self._settings.read_wall_seconds)

    async def _by_own(self, fd: int, content: bytes, task: orders.Task) -> bytes:
        async with self._turns.turn() as watch, self.crew.fresh() as child:
            watch(child)
            return await self._give(child, fd, content, task, self._settings.read_wall_seconds)

    async def _give(self, child: Child, fd: int, content: bytes, task: orders.Task, seconds: float) -> bytes:
        said = await child.ask(orders.encode(task), content, [fd], seconds)
        try:
            protocol.seal(fd)
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
