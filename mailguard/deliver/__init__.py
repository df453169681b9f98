"""SMTP out: what may go is sent on, tried again, and reported when it fails."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mailguard.deliver.retry import RetryPlan
from mailguard.deliver.settings import DeliverSettings, Login, Timeouts, TlsPolicy

if TYPE_CHECKING:
    from mailguard.deliver.runner import Runner

_PLACES = {"Runner": "runner"}

__all__ = ["DeliverSettings", "Login", "RetryPlan", "Runner", "Timeouts", "TlsPolicy"]


def __getattr__(name: str) -> Any:
    """Load a part when it is first asked for: commands that read the settings need no door."""
    if name in _PLACES:
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(name)
