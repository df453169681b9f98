"""What the relay and its fork servers say to each other: heads of packets, as strict JSON."""

from __future__ import annotations

import msgspec

from mailguard.model import Unreadable


class Setup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """First packet to a server: which module does the work and what each child may use."""

    module: str
    memory_bytes: int
    cpu_seconds: int
    output_bytes: int
    recycle_messages: int
    recycle_growth_bytes: int
    pictures: bool = False  # the text of pictures is recognised as well


class Ready(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """The server is warm and locked; `layers` are those proven to hold."""

    layers: tuple[str, ...]


class Failed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """The server could not start; `why` names the fault without any value."""

    why: str


class Born(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A child was forked, as process `pid`; its socket comes with the packet."""

    child: int
    pid: int


class Dead(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """A child has ended; `status` is its exit code, or minus the signal that ended it."""

    child: int
    status: int


SLOWED = 15
"""How far the priority of work that takes long is lowered. Others get the processor from it at once (measured: within
0.1 ms, as from SCHED_IDLE), yet 3 % of a machine that is never idle is left to it, so that it comes to an end."""


class Fork(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Fork a child under this number; `nice` is how far its priority is lowered."""

    child: int
    nice: int = 0


class Kill(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Kill this child; the answer is Dead."""

    child: int


class Slow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Let this child go on at a priority lowered by SLOWED."""

    child: int


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of a message is to be shown: page `page` of the PDF at `place`, `words` boxed; with page 0 the part's
    bytes, with -1 its HTML made harmless, `words` marked."""

    place: tuple[str, ...]
    page: int
    words: tuple[str, ...] = ()


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Head of a reading task. The body is the content; the descriptor is where the reading is written.

    `name` is None for a message; `of_message` tells that the file is a leaf of one that has one reading only.
    `text_only` asks a shared child for the plain route: it answers NOT_PLAIN as soon as it meets anything but readable
    text. `usual_only` is for a sender's shared child: it answers UNUSUAL as soon as it meets what it cannot read, but
    for pictures. With `look` the descriptor is where that is written, nothing else.
    """

    name: str | None
    passwords: tuple[str, ...] = ()
    text_only: bool = False
    look: Look | None = None
    of_message: bool = False
    usual_only: bool = False


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Head of a reading task of several small plain messages (see `together`): no descriptor, the readings are the
    answer."""

    passwords: tuple[str, ...] = ()


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Head of a screening task. The body is the envelope, the descriptors hold the reading, piece after piece; `death`
    says how the reader of the last piece ended if it did not finish; `stale`, of which schools the roll is too old."""

    death: Unreadable | None = None
    stale: frozenset[str] = frozenset()


class Questions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Head of a screening task of several small messages (see `together`)."""


class Done(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Head of a child's answer; after `retire` it ends by itself and wants no more."""

    retire: bool = False


NOT_PLAIN = b"not plain"
"""Answer of a shared reader that met something it will not open; the message wants a child of its own."""

UNUSUAL = b"unusual"
"""Answer of a sender's shared reader that met something unreadable; the files want a child of their own."""

LOCKED = b"locked"
"""Answer of a reader that read all it could and met something encrypted; may stand beside PICTURES."""

PICTURES = b"pictures"
"""Answer of a reader that met pictures in which a reader that recognises text may see more."""

EXIT_MEMORY = 12
"""Exit code of a child that ran out of memory."""
EXIT_OUTPUT = 27
"""Exit code of a child whose answer grew over its limit."""
EXIT_FAULT = 70
"""Exit code of a child whose program raised."""

decode_event = msgspec.json.Decoder(Ready | Failed | Born | Dead).decode
decode_order = msgspec.json.Decoder(Fork | Kill | Slow).decode
decode_setup = msgspec.json.Decoder(Setup).decode
decode_task = msgspec.json.Decoder(Task | Texts).decode
decode_question = msgspec.json.Decoder(Question | Questions).decode
decode_done = msgspec.json.Decoder(Done).decode
encode = msgspec.json.Encoder().encode
