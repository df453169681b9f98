"""The relay's end of a fork server: start it, have it fork children, talk to them, learn how they ended.

Everything runs in the event loop of whoever started it; sockets never block. Nothing a child sends is believed beyond
its size: an unexpected or malformed packet gets it killed. A server that dies takes its children with it; whoever waits
for one of them learns it at once (`ChildDied`), and the pool starts another server.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from mailguard.model import UnreadableReason
from mailguard.workers import clock, orders, protocol

_BIRTH_SECONDS = 20.0
_BURIAL_SECONDS = 5.0
_SLICE = 1 << 20


class ServerError(Exception):
    """A fork server did not start, or has ended."""


class ChildDied(Exception):
    """A child ended before it answered, or was killed for the time or the answer it took.

    `reason` and `detail` are what to report; `alone` is False when its whole server went down, which says nothing
    about the message it had.
    """

    def __init__(self, reason: UnreadableReason, detail: str, *, alone: bool = True) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.alone = alone


class Evicted(Exception):
    """A child was ended to make room for others before it answered; that says nothing about its message."""


class Child:
    """One forked worker. It does one task at a time, `tasks` so far; `tired` children want no further one."""

    def __init__(self, server: Server, number: int, pid: int, sock: socket.socket, answer_bytes: int) -> None:
        self.number = number
        self.pid = pid
        self.tired = False
        self.tasks = 0
        self.dead: asyncio.Future[int | None] = server.loop.create_future()
        self._server = server
        self._sock = sock
        self._answer_bytes = answer_bytes
        self._waiting: asyncio.Future[protocol.Packet] | None = None
        sock.setblocking(False)
        server.loop.add_reader(sock, self._arrived)

    async def ask(self, head: bytes, body: bytes, fds: Sequence[int], seconds: float) -> bytes:
        """Give the child a task and return the body of its answer; ChildDied if it sleeps for more than `seconds` (see
        `clock.Watch`). Evicted if it was ended for others.

        Cancelling kills the child: its answer would come to nobody.
        """
        self.tasks += 1
        waiting = self._waiting = self._server.loop.create_future()
        watch = clock.Watch(self.pid, clock.Limits(seconds, self._server.cpu_seconds), self._expire)
        try:
            await self._send(head, body, fds)
            packet: protocol.Packet = await waiting
            if packet.apart is not None:
                return await asyncio.to_thread(self._fetch, packet.apart)
        except TimeoutError:  # before OSError, of which it is one
            self.kill()
            await self.gone()
            raise ChildDied(UnreadableReason.TIMEOUT, f"took longer than {seconds:g} seconds") from None
        except Evicted:
            await self.gone()
            raise
        except (OSError, EOFError):
            death = await self._obituary()
            if waiting.done() and isinstance(waiting.exception(), Evicted):  # while its task was still being sent
                raise Evicted from None
            raise death from None
        except (protocol.ProtocolError, msgspec.MsgspecError):
            self.kill()
            await self.gone()
            raise ChildDied(UnreadableReason.CRASHED, "gave a malformed answer") from None
        except BaseException:
            self.kill()
            raise
        finally:
            watch.cancel()
            self._waiting = None
        return packet.body

    def _fetch(self, content: int) -> bytes:
        """Return a long answer, for which a thread waits."""
        try:
            return protocol.read_memory_file(content, self._answer_bytes)
        finally:
            os.close(content)

    async def _send(self, head: bytes, body: bytes, fds: Sequence[int]) -> None:
        """Send a packet; a long body is copied in slices, and others have the event loop in between."""
        if len(body) <= _SLICE:
            protocol.send(self._sock, head, body, fds)
            return
        content = protocol.memory_file()
        try:
            view = memoryview(body)
            for start in range(0, len(body), _SLICE):
                protocol.write_all(content, view[start : start + _SLICE])
                await asyncio.sleep(0)
            protocol.send_apart(self._sock, head, content, fds)
        finally:
            os.close(content)

    def kill(self) -> None:
        """Have the child killed; nothing happens to one that has ended."""
        self.tired = True
        self.hang_up()
        if not self.dead.done():
            self._server.order(orders.Kill(self.number))

    def cpu_seconds(self) -> float | None:
        """Processor time the child has used so far, None where that cannot be told."""
        return clock.cpu_seconds(self.pid)

    def slow_down(self) -> None:
        """Let the child go on at a low priority; it wants no further task, which would be done at that one too."""
        self.tired = True
        self._server.order(orders.Slow(self.number))

    def evict(self) -> None:
        """Have the child killed to make room for others: `ask` raises Evicted."""
        self._resolve(Evicted())
        self.kill()

    def hang_up(self) -> None:
        """Close the child's socket: an idle one ends by itself."""
        self.tired = True
        if self._sock.fileno() >= 0:
            self._server.loop.remove_reader(self._sock)
            self._sock.close()

    def _arrived(self) -> None:
        try:
            welcome = 1 if self._answer_bytes else 0
            packet = protocol.receive(self._sock, fds=welcome, limit=self._answer_bytes, at_once=_SLICE)
            if packet is not None:
                protocol.close_all(packet.fds)
                self.tired = self.tired or orders.decode_done(packet.head).retire
        except BlockingIOError:
            return
        except (OSError, protocol.ProtocolError, msgspec.MsgspecError) as error:
            self._resolve(error)
            return
        if packet is None:
            self.hang_up()
            self._resolve(EOFError())
        elif self._waiting is None or self._waiting.done():
            protocol.close_all(() if packet.apart is None else (packet.apart,))
            self.kill()  # an answer nobody asked for
        else:
            self._waiting.set_result(packet)

    def _expire(self) -> None:
        self._resolve(TimeoutError())

    def _resolve(self, error: Exception) -> None:
        self.tired = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)

    async def gone(self) -> int | None:
        """Wait for the child's death; return its status, None if its server died first or does not say."""
        try:
            return await asyncio.wait_for(asyncio.shield(self.dead), _BURIAL_SECONDS)
        except TimeoutError:
            self._server.kill()
            return None

    async def _obituary(self) -> ChildDied:
        self.hang_up()
        status = await self.gone()
        if status is None:
            return ChildDied(UnreadableReason.CRASHED, "its server ended", alone=False)
        if status == -signal.SIGXCPU:
            return ChildDied(UnreadableReason.TIMEOUT, "used up its processor time")
        if status == orders.EXIT_MEMORY:
            return ChildDied(UnreadableReason.TOO_LARGE, "used up its memory")
        if status in (orders.EXIT_OUTPUT, -signal.SIGXFSZ):
            return ChildDied(UnreadableReason.TOO_LARGE, "its text is longer than the limit")
        how = signal.Signals(-status).name if status < 0 else f"exit code {status}"
        return ChildDied(UnreadableReason.CRASHED, f"ended by {how}")


class Server:
    """One fork server and its children. Made by `start`."""

    def __init__(self, program: str, answer_bytes: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.layers: tuple[str, ...] = ()
        self.cpu_seconds = 0
        self.ended = self.loop.create_future()
        self._answer_bytes = answer_bytes
        self._numbers = itertools.count(1)
        self._born: dict[int, asyncio.Future[Child]] = {}
        self._children: dict[int, Child] = {}
        self._ready: asyncio.Future[orders.Ready] = self.loop.create_future()
        self._ready.add_done_callback(lambda ready: ready.cancelled() or ready.exception())  # always looked at
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", f"mailguard.workers.{program}", str(theirs.fileno()), str(os.getpid())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # No signals of a terminal, but the relay's session: the kernel weighs priorities within a session only
                # where it groups by them (sched_autogroup, sched(7)), and then those of children would mean nothing.
                process_group=0,
                cwd="/",
                env=_environment(program),
            )
        self.loop.add_reader(self._control, self._arrived)

    @classmethod
    async def start(
        cls, program: str, setup: orders.Setup, body: bytes, *, seconds: float, answer_bytes: int = 0
    ) -> Server:
        """Start `mailguard.workers.<program>` by exec and wait until it is warm and locked.

        `answer_bytes` is the longest answer of a child beyond one packet. ServerError if it does not come up.
        """
        server = cls(program, answer_bytes)
        server.cpu_seconds = setup.cpu_seconds
        try:
            protocol.send(server._control, orders.encode(setup), body)
            ready = await asyncio.wait_for(asyncio.shield(server._ready), seconds)
        except OSError as error:
            await server.close()
            raise ServerError(f"{program} did not start: {type(error).__name__}") from error
        except BaseException:
            await server.close()
            raise
        server.layers = ready.layers
        return server

    @property
    def alive(self) -> bool:
        """False once the server has ended."""
        return not self.ended.done()

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    async def fork(self, nice: int = 0) -> Child:
        """Return a new child, its priority lowered by `nice`; ServerError if the server has ended or is silent."""
        number = next(self._numbers)
        born = self._born[number] = self.loop.create_future()
        try:
            if not self.order(orders.Fork(number, nice)):
                raise ServerError("the server has ended")
            return await asyncio.wait_for(born, _BIRTH_SECONDS)
        except TimeoutError:
            self.kill()
            raise ServerError("the server does not answer") from None
        finally:
            self._born.pop(number, None)

    def order(self, order: orders.Fork | orders.Kill | orders.Slow) -> bool:
        """Send an order; False if the server has ended, which also ended its children."""
        try:
            protocol.send(self._control, orders.encode(order))
        except OSError:
            self._end()
            return False
        return True

    def kill(self) -> None:
        """Kill the server, and by the kernel's hand its children."""
        self._process.kill()

    async def close(self) -> None:
        """End the server and its children and wait until they are gone."""
        self._end()
        try:
            await asyncio.to_thread(self._process.wait, _BURIAL_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    def _arrived(self) -> None:
        try:
            packet = protocol.receive(self._control, fds=1)
            if packet is None:
                raise EOFError
            self._take(orders.decode_event(packet.head), packet.fds)
        except BlockingIOError:
            return
        except (OSError, EOFError, protocol.ProtocolError, msgspec.MsgspecError):
            self._end()

    def _take(self, event: orders.Ready | orders.Failed | orders.Born | orders.Dead, fds: list[int]) -> None:
        if isinstance(event, orders.Born) and len(fds) == 1:
            child = Child(self, event.child, event.pid, socket.socket(fileno=fds[0]), self._answer_bytes)
            self._children[event.child] = child
            born = self._born.get(event.child)
            if born is None or born.done():
                child.kill()
            else:
                born.set_result(child)
            return
        protocol.close_all(fds)
        if isinstance(event, orders.Dead):
            dead = self._children.pop(event.child, None)
            if dead is not None and not dead.dead.done():
                dead.dead.set_result(event.status)
        elif self._ready.done():
            self._end()
        elif isinstance(event, orders.Ready):
            self._ready.set_result(event)
        elif isinstance(event, orders.Failed):
            self._ready.set_exception(ServerError(event.why))

    def _end(self) -> None:
        """Take the server for dead: tell everybody who waits for it or for one of its children."""
        if self.ended.done():
            return
        self.ended.set_result(None)
        self.loop.remove_reader(self._control)
        self._control.close()
        for child in self._children.values():
            if not child.dead.done():
                child.dead.set_result(None)
        self._children.clear()
        waiting: list[asyncio.Future[Any]] = [*self._born.values(), self._ready]
        for future in waiting:
            if not future.done():
                future.set_exception(ServerError("the server ended"))


def _environment(program: str) -> dict[str, str]:
    """What a server is told of the relay's surroundings: where modules are, and to stay single-threaded. The jail
    has one heap for all, which can be laid out for its forks (see `heap`)."""
    return {
        "PYTHONPATH": os.pathsep.join(str(entry) for entry in sys.path if entry) or "",
        "PYTHONSAFEPATH": "1",
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
        **({"PYTHONMALLOC": "malloc"} if program == "jail_server" else {}),
    }
