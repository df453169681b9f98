"""The life of the roll: read from its source, compared with the one in force, kept as a revision, watched for change.

`load_source(path)` reads and checks a roll; `import_roll(tx, loaded, by, guard)` keeps it as the revision in force with
a report of what changed, unless the `Guard` finds that it changes too much at once; `RollWatcher` does both again
whenever the source changes and keeps the old roll when the new one is refused. `roll_status` and `who` answer for
`mailguard roll status` and `mailguard roll who`.
"""

from mailguard.enrol.compare import Changes, compare
from mailguard.enrol.guard import Guard, ImportRefused
from mailguard.enrol.imports import Imported, import_roll
from mailguard.enrol.lookup import roll_status, who
from mailguard.enrol.sources import load_source
from mailguard.enrol.watcher import RollWatcher, fingerprint

__all__ = [
    "Changes",
    "Guard",
    "ImportRefused",
    "Imported",
    "RollWatcher",
    "compare",
    "fingerprint",
    "import_roll",
    "load_source",
    "roll_status",
    "who",
]
