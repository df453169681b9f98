"""SMTP in: who may hand us mail, and what is taken from them."""

from mailguard.receive.server import Server
from mailguard.receive.session import Intake
from mailguard.receive.settings import ListenerSettings, ListenerTls, OnHold, ReceiveSettings

__all__ = ["Intake", "ListenerSettings", "ListenerTls", "OnHold", "ReceiveSettings", "Server"]
