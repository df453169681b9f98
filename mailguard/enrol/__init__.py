"""The life of the roll: read from its sources, joined, compared with the one in force, kept as a revision.

`load_source(path)` reads and checks a roll; `bring_in(door, loaded, by, guard)` puts it in force with a report of what
changed, unless the `Guard` finds that it changes too much at once; `roll_back` puts an earlier one in force again.
`add_override`, `end_override`, `note_correction`, `close_correction` are the verbs of the command line and the console
alike; a `Door` is how they reach the store. `RollWatcher` reads again whenever a source changes and keeps the old roll
when the new one is refused. `roll_status` and `who` answer for `mailguard roll status` and `mailguard roll who`.
"""

from mailguard.enrol.actors import Actor, Incomplete, NotAllowed
from mailguard.enrol.compare import Changes, compare
from mailguard.enrol.correcting import Noted, close_correction, export_corrections, list_corrections, note_correction
from mailguard.enrol.door import DatabaseDoor, Door
from mailguard.enrol.guard import Guard, ImportRefused
from mailguard.enrol.imports import Busy, Imported, bring_in, consider, lay_overrides, overrides_differ, roll_back
from mailguard.enrol.lookup import roll_status, who
from mailguard.enrol.overriding import Added, Wanted, add_override, end_override, list_overrides
from mailguard.enrol.sources import load_source
from mailguard.enrol.watcher import RollWatcher, fingerprint

__all__ = [
    "Actor",
    "Added",
    "Busy",
    "Changes",
    "DatabaseDoor",
    "Door",
    "Guard",
    "ImportRefused",
    "Imported",
    "Incomplete",
    "NotAllowed",
    "Noted",
    "RollWatcher",
    "Wanted",
    "add_override",
    "bring_in",
    "close_correction",
    "compare",
    "consider",
    "end_override",
    "export_corrections",
    "fingerprint",
    "lay_overrides",
    "list_corrections",
    "list_overrides",
    "load_source",
    "note_correction",
    "overrides_differ",
    "roll_back",
    "roll_status",
    "who",
]
