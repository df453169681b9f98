"""Metrics, masked logs and health probes."""
