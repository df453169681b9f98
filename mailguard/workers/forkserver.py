"""A fork server: one thread, warm, locked, that forks children to order, kills them and says how they ended.

It is started by exec with one socket to the relay and never reads a message itself: each child talks to the relay over
a socket of its own. When the relay ends, however it ends, the server sees its socket close and takes its children with
it; when the server ends, the kernel kills the children. Interrupts from a terminal are not for workers: the relay
finishes what is in flight and then closes the sockets.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from mailguard.workers import heap, orders, protocol, sandbox

_COLLECT = (50_000, 20, 100)
"""Python's own thresholds walk a million live segments and cells again and again: three quarters of decoding them."""

Answer = Callable[[protocol.Packet], bytes]
"""What a child does with one task: the packet in, the body of the answer out. It closes no descriptors."""

Prepare = Callable[[orders.Setup, bytes], Answer]
"""Import, warm and build everything from the setup packet's head and body, before any lock is on."""


class Unfit(Exception):
    """This process must not fork; the text says why and holds no value."""


def main(prepare: Prepare, *, memory_files: bool = False, short_lives: bool = False) -> None:
    """Run a fork server on the socket whose descriptor is the first argument, under the process id that follows it.

    `memory_files` is whether children may make anonymous files in memory; with `short_lives`, as where most children do
    one short task, the server's memory is laid out for cheap forks (`heap`)."""
    sandbox.die_with_parent(int(sys.argv[2]))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    first = protocol.receive(control)
    if first is None:
        return
    setup = orders.decode_setup(first.head)
    try:
        answer = prepare(setup, first.body)
        del first
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads != 1:
            raise Unfit(f"{threads} threads after warming: a fork of them would lock up")
        server = _Server(control, answer, setup, memory_files, short_lives)
    except Exception as error:
        # The fault's text may hold a value of the roll; its type and where it happened do not.
        protocol.send(control, orders.encode(orders.Failed(_where(error))))
        return
    protocol.send(control, orders.encode(orders.Ready(server.layers)))
    server.run()


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    told = f" ({error})" if isinstance(error, ImportError | Unfit) else ""
    return f"{type(error).__name__} at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}{told}"


def _give_back_memory() -> None:
    """Give free memory back to the system: what warming left is copied into the tables of every child and taken out of
    them again at its end. Nothing happens where the C library cannot."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


class _Server:
    def __init__(
        self, control: socket.socket, answer: Answer, setup: orders.Setup, memory_files: bool, short_lives: bool
    ) -> None:
        self._control = control
        self._answer = answer
        self._setup = setup
        self._children: dict[int, int] = {}  # process id -> the relay's number
        self._wakeup, waker = socket.socketpair()
        for end in (self._wakeup, waker):
            end.setblocking(False)
        self._waker = waker
        signal.set_wakeup_fd(waker.fileno())
        gc.collect()
        self._laid_out = short_lives and not setup.pictures and heap.settle()
        if not self._laid_out:
            _give_back_memory()
        gc.freeze()  # what is warm now stays shared with every child
        self._walls = sandbox.build_walls(
            setup.memory_bytes,
            setup.output_bytes,
            setup.cpu_seconds,
            memory_files=memory_files,
            threads=setup.pictures,
        )
        self.layers = sandbox.proven(sandbox.confine_server(), self._walls)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler, or the wake-up is not written

    def run(self) -> None:
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wakeup, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poll.poll()}
            if self._wakeup.fileno() in ready:
                with contextlib.suppress(BlockingIOError):
                    self._wakeup.recv(4096)
                self._bury()
            if self._control.fileno() in ready and not self._obey():
                break
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
        for pid in self._children:
            os.waitpid(pid, 0)

    def _obey(self) -> bool:
        packet = protocol.receive(self._control, fds=0)
        if packet is None:
            return False
        order = orders.decode_order(packet.head)
        if isinstance(order, orders.Fork):
            self._fork(order)
            return True
        for pid, child in self._children.items():
            if child == order.child and isinstance(order, orders.Kill):
                os.kill(pid, signal.SIGKILL)
            elif child == order.child:
                # Counted from our own: the relay may run at a low priority itself.
                lowered = os.getpriority(os.PRIO_PROCESS, 0) + orders.SLOWED
                os.setpriority(os.PRIO_PROCESS, pid, max(lowered, os.getpriority(os.PRIO_PROCESS, pid)))
        return True

    def _fork(self, order: orders.Fork) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            ours.close()
            try:
                if self._laid_out:
                    heap.start_afresh()
                os.nice(order.nice)
                self._live(theirs, server)
            finally:
                os._exit(orders.EXIT_FAULT)
        theirs.close()
        self._children[pid] = order.child
        protocol.send(self._control, orders.encode(orders.Born(order.child, pid)), fds=[ours.fileno()])
        ours.close()

    def _bury(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            dead = orders.Dead(self._children.pop(pid), os.waitstatus_to_exitcode(status))
            protocol.send(self._control, orders.encode(dead))

    def _live(self, tasks: socket.socket, server: int) -> None:
        """Be a child: answer tasks until the relay closes the socket or it is time to retire."""
        sandbox.die_with_parent(server)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end in (self._control, self._wakeup, self._waker):
            end.close()
        layers = sandbox.confine_child(self._walls)
        if {"rlimits", "seccomp"} & set(self.layers) - set(layers):
            return  # a layer that was promised does not hold in this child
        gc.set_threshold(*_COLLECT)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
        try:
            for count in range(1, self._setup.recycle_messages + 1):
                packet = protocol.receive(tasks)
                if packet is None:
                    os._exit(0)
                sandbox.allow_cpu(self._setup.cpu_seconds)
                body = self._answer(packet)
                protocol.close_all(packet.fds)
                del packet
                grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10) - before
                retire = count == self._setup.recycle_messages or grown > self._setup.recycle_growth_bytes
                protocol.send(tasks, orders.encode(orders.Done(retire)), body)
                if retire:
                    os._exit(0)
        except MemoryError:
            os._exit(orders.EXIT_MEMORY)
        except OSError as error:
            os._exit(orders.EXIT_OUTPUT if error.errno == errno.EFBIG else orders.EXIT_FAULT)
