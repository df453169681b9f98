"""SMTP out: what may go is sent on, tried again, and reported when it fails."""

from mailguard.deliver.retry import RetryPlan
from mailguard.deliver.runner import Runner
from mailguard.deliver.settings import DeliverSettings, Login, Timeouts, TlsPolicy

__all__ = ["DeliverSettings", "Login", "RetryPlan", "Runner", "Timeouts", "TlsPolicy"]
