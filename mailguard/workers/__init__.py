"""Processes: the jail that opens files and the screeners that know pupils.

*The jail that opens files knows no pupils; the judge that knows pupils opens no files.* Both are fork servers started
by exec, never forked from the relay, so neither ever held its keys or other mail:

- the jail (`jail_server`) imports and warms every reader once. Plain text shares a long-lived child with everybody's,
  HTML and the files of plain messages (`route` decides) each one with the same sender's (`together`); any other
  message, and whatever meets trouble, gets a child of its own. All are equally jailed.
- a screener server (`screener_server`) builds the guard of one roll and policy revision and forks screeners. A new
  revision is a new server; messages in flight finish on the one they began with.

`Workers` is the only door. It hands a message's bytes to the jail and the reading, undecoded, to a screener; it sees
the verdict only. A child that dies, hangs or swells costs its own message a hold and nobody else anything.
"""

from typing import TYPE_CHECKING, Any

from mailguard.workers.settings import WorkerSettings

if TYPE_CHECKING:
    from mailguard.workers.crew import WorkersError
    from mailguard.workers.pool import Screened, Workers

__all__ = ["Screened", "WorkerSettings", "Workers", "WorkersError"]


def __getattr__(name: str) -> Any:
    """Load the relay's side on first use: the servers import this package too and need no event loop in memory."""
    if name in __all__:
        from mailguard.workers import pool

        return getattr(pool, name)
    raise AttributeError(name)
