"""What readers take and give: a part comes in; segments, child parts and unreadable places come out.

A reader never recurses and never opens another format: it yields a `Child` and the driver reads that child under the
same budget. A reader yields early, so that what it had before it died is not lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mailguard.extract.budget import Budget
from mailguard.model import HeaderAddress, Place, Segment, Unreadable


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf to read: its bytes, where it is, and what its surroundings claim it to be (claims are never believed
    alone: the type is decided by content). `media_type` is lower case and may carry parameters ("text/plain;
    format=flowed"). `depth` counts containers passed on the way, `leaf` how many steps of `place` name the part."""

    data: bytes = field(repr=False)
    place: Place
    name: str = ""
    media_type: str = ""
    charset: str = ""
    depth: int = 0
    passwords: tuple[str, ...] = ()
    leaf: int = 1


@dataclass(frozen=True, slots=True)
class Child:
    """A part found inside a part. `step` is what is added to the parent's place to find it; with `leaf` the child is a
    part of its own (a file), without it belongs to its parent (an embedded object without a name). `above` are steps
    between the parent and the child's own, where the parent holds a message inside itself."""

    data: bytes = field(repr=False)
    step: str
    name: str = ""
    media_type: str = ""
    charset: str = ""
    leaf: bool = True
    above: Place = ()


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The message's MIME has more than one reading, even where all of them show the same."""


@dataclass(frozen=True, slots=True)
class NotLookedAt:
    """A picture too small to be reported that may show a line of text, in a walk that recognises none."""


_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_MOST_STEP = 200


def step_of(name: str) -> str:
    """Return a file's name as a step of a place: control letters are blanks, and no step is longer than people read.
    The whole name is a segment of its own."""
    return _UNFIT.sub(" ", name)[:_MOST_STEP]


Item = Segment | Child | Unreadable | HeaderAddress | Doubtful | NotLookedAt
Reader = Callable[[Part, Budget], Iterator[Item]]
