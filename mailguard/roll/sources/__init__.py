"""Where rolls come from: one file a source, each returning the same Roll."""
