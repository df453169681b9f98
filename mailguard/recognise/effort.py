"""How much of a part, and of its message, is looked at, so that no text takes longer than its sender's patience.

Counted in clues: words of names, facts, segments that have some. Names in running text are the dear ones: each may go
with any other near it. A row of a table costs the same, but a sheet of a whole school is ordinary post, so that more of
them are let through before it is too much.
"""

from __future__ import annotations

THIN = 20_000
"""Clues from which on a part is looked at more thinly."""
TOO_MUCH = 60_000
MOST_OF_ALL = 150_000
"""Clues beyond which no more of a part is read, and beyond which no more of the whole message is."""
ROWS = 8
"""So many clues of a table's rows count as one towards what is too much."""


class Effort:
    """What looking at a part has cost; `message` is that of all its parts together."""

    def __init__(self, message: Effort | None = None) -> None:
        self.message = message
        self.clues = 0
        self.weight = 0.0

    def spend(self, clues: int, in_row: bool) -> None:
        """Count the clues of a segment, which may be a row of a table."""
        weight = clues / ROWS if in_row else clues
        self.clues += clues
        self.weight += weight
        if self.message is not None:
            self.message.weight += weight

    def thin(self) -> bool:
        """Return whether the rest of the part is to be looked at more thinly."""
        return self.clues > THIN

    def too_much(self) -> bool:
        """Return whether no more of the part is to be read."""
        return self.weight > TOO_MUCH

    def too_much_of_all(self) -> bool:
        """Return whether no more of the message is to be read."""
        return self.message is not None and self.message.weight > MOST_OF_ALL
