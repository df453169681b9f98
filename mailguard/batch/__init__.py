"""Messages of one sending run."""
