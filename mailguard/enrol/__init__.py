"""The life of the roll: revisions, watching, reload."""
