"""SMTP in: who may hand us mail, and what is taken from them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mailguard.receive.settings import ListenerSettings, ListenerTls, OnHold, ReceiveSettings

if TYPE_CHECKING:
    from mailguard.receive.server import Server
    from mailguard.receive.session import Intake

_PLACES = {"Server": "server", "Intake": "session"}

__all__ = ["Intake", "ListenerSettings", "ListenerTls", "OnHold", "ReceiveSettings", "Server"]


def __getattr__(name: str) -> Any:
    """Load a part when it is first asked for: commands that read the settings need no door."""
    if name in _PLACES:
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(name)
