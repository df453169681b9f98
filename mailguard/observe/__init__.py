"""Metrics, masked logs and health probes: what the relay says about itself, never about a pupil.

Nothing here knows a stage: facts are handed in as enumerations, counts and seconds, and figures that must be right
whichever process acted (decisions, holds, queue) are read through an injected function at scrape time.
"""

from mailguard.observe.health import Probe, Server
from mailguard.observe.logs import Event, configure, log, log_failure
from mailguard.observe.metrics import Metrics, Snapshot

__all__ = ["Event", "Metrics", "Probe", "Server", "Snapshot", "configure", "log", "log_failure"]
