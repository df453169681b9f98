"""Which reader a roll's source needs, by what lies there."""

from __future__ import annotations

from pathlib import Path

from mailguard.roll.problems import Loaded
from mailguard.roll.sources.native import load_native


def load_source(source: Path) -> Loaded:
    """Read the roll at a path. Raises RollError with every problem; never returns half a roll."""
    return load_native(source)
