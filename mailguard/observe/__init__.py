"""Metrics, masked logs and health probes: what the relay says about itself, never about a pupil.

Nothing here knows a stage: facts are handed in as enumerations, counts and seconds, and figures that must be right
whichever process acted (decisions, holds, queue) are read through an injected function at scrape time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mailguard.observe.logs import Event, configure, log, log_failure

if TYPE_CHECKING:
    from mailguard.observe.health import Probe, Server
    from mailguard.observe.metrics import Metrics, Snapshot, verdict_label

_PLACES = {
    "Probe": "health", "Server": "health", "Metrics": "metrics", "Snapshot": "metrics", "verdict_label": "metrics",
}  # fmt: skip

__all__ = ["Event", "Metrics", "Probe", "Server", "Snapshot", "configure", "log", "log_failure", "verdict_label"]


def __getattr__(name: str) -> Any:
    """Load a part when it is first asked for: commands that read the settings need no metrics."""
    if name in _PLACES:
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(name)
