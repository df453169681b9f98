"""Reading and index to sightings: which pupils of the roll a message is about. Pure."""
