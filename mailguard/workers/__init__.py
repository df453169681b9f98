"""Processes: the jail that opens files and the screeners that know pupils."""
