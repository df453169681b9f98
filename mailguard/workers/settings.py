"""Settings of the workers, `[workers]` in the configuration: how many, what each may use, how strict the jail is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How many workers there are and what one message may cost them.

    `memory_bytes` is address space beyond what a warm worker already maps. `cpu` limits are CPU seconds of one message,
    `wall` limits are seconds in which a worker sleeps: it neither computes nor waits for a processor (a busy machine
    must not hold mail that is fine). Passing either kills the child and holds the message.
    """

    readers: int = 2  # messages with risky parts read at once; as many again may be text
    screeners: int = 1  # messages screened at once
    require_sandbox: bool = False  # refuse to start when a layer of `sandbox.REQUIRED` is missing
    read_wall_seconds: float = 30.0
    read_cpu_seconds: int = 20
    screen_wall_seconds: float = 30.0
    screen_cpu_seconds: int = 30
    picture_readers: int = 1  # messages whose pictures are read at once, behind all else; 0: pictures are not read
    picture_cpu_seconds: int = 60  # about 45 forms or seven pages full of text
    picture_memory_bytes: int = 5 << 29
    memory_bytes: int = 1 << 30
    screen_memory_bytes: int = 2 << 30
    result_bytes: int = 256 << 20  # the encoded reading of one message; a kernel limit, not a promise
    answer_bytes: int = 64 << 20  # an encoded verdict with its sightings
    quick_cpu_seconds: float = 0.1  # what a worker may use before it yields its turn and runs at the lowest priority
    slow_after_seconds: float = 2.0  # or how long it may take by the clock
    slow_readers: int = 4  # how many such may go on beside the `readers`
    slow_screeners: int = 2  # and how many screeners, beside the `screeners`
    recycle_messages: int = 1000  # a text reader or screener retires after so many messages
    recycle_growth_bytes: int = 64 << 20  # or after its memory grew by so much
    shared_files: int = (
        250  # messages whose files one sender's reader reads before it ends; 0: a reader for each message
    )
    kept_files: int = 128  # readings of files kept for the next message that carries the same ones; 0 keeps none
    kept_bytes: int = 64 << 20
    kept_seconds: float = 3600.0
    start_seconds: float = 120.0  # for a server to import, warm and build its guard
    reader_module: str = "mailguard.extract"
    screener_module: str = "mailguard.screening"
