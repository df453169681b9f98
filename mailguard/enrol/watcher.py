"""Notice that the roll's source changed, and bring the new roll in; a roll that is refused leaves the old in force."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Generic, TypeVar

from mailguard.roll.problems import RollError

T = TypeVar("T")
Fingerprint = tuple[tuple[str, int, int, int], ...]


def fingerprint(source: Path) -> Fingerprint:
    """Return what shows a change without reading: name, size and times of the file, or of each file in the folder.
    Empty if nothing is there."""
    try:
        paths = sorted(source.iterdir()) if source.is_dir() else [source]
        facts = [(path.name, path.stat()) for path in paths if not path.name.startswith(".")]
    except OSError:
        return ()
    return tuple((name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for name, stat in facts)


def changed_at(source: Path) -> float:
    """Return when the source was last written or put in place, in Unix seconds; 0 if nothing is there."""
    return max((max(written, placed) / 1e9 for _, _, written, placed in fingerprint(source)), default=0.0)


class RollWatcher(Generic[T]):
    """Polls sources and hands every new roll to `reload`.

    `look` tells what shows a change, `load` reads. A change is read once it has been quiet for one interval, so that a
    file still being copied is left alone. `reload` gets what was read and puts it in force; `refused` gets the error of
    a roll that was not (RollError: its problems; anything else: a failed reload, which is tried again). Polling goes on
    after any error."""

    def __init__(
        self,
        look: Callable[[], Fingerprint],
        load: Callable[[], T],
        reload: Callable[[T], Awaitable[None]],
        refused: Callable[[Exception], None],
        *,
        seen: Fingerprint | None = None,
        interval: float = 2.0,
    ) -> None:
        self._look = look
        self._reload = reload
        self._refused = refused
        self._load = load
        self._interval = interval
        self._settled = seen
        self._last = seen

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            await self.poll()
            await asyncio.sleep(self._interval)

    async def poll(self) -> None:
        """Look once. The roll is read in a thread, so mail goes on meanwhile."""
        found = await asyncio.to_thread(self._look)
        quiet, self._last = found == self._last, found
        if found == self._settled or not quiet:
            return
        try:
            loaded = await self._read(found)
            if loaded is not None:
                await self._reload(loaded)
                self._settled = found
        except RollError as error:
            self._settled = found
            self._refused(error)
        except Exception as error:
            self._refused(error)

    async def _read(self, found: Fingerprint) -> T | None:
        """Read the source; None if it changed meanwhile, so that what was read may be half of each."""
        try:
            loaded = await asyncio.to_thread(self._load)
        except RollError:
            if await self._changed_since(found):
                return None
            raise
        return None if await self._changed_since(found) else loaded

    async def _changed_since(self, found: Fingerprint) -> bool:
        self._last = await asyncio.to_thread(self._look)
        return self._last != found
