"""mailguard: receive, read, recognise, judge, hold or deliver: an outbound mail guard for schools."""

__version__ = "0.1.0"
