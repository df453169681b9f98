"""The life of the roll: read from its sources, joined, compared with the one in force, kept as a revision.

`sources.load_source(path)` reads and checks a roll; `imports.bring_in(door, loaded, by, guard)` puts it in force with a
report of what changed, unless the `Guard` finds that it changes too much; `roll_back` puts an earlier one in force.
`add_override`, `end_override`, `note_correction`, `close_correction` are the verbs of the command line and the console
alike; a `Door` is how they reach the store. `RollWatcher` reads again whenever a source changes and keeps the old roll
when the new one is refused. `roll_status` and `who` answer for `mailguard roll status` and `mailguard roll who`.
"""
