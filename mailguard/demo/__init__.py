"""The invented trust and its mail: `build` makes both from a seed, `write` puts them into a folder for `check`."""

from mailguard.demo.build import CHOSEN, Demo, build, write
from mailguard.demo.post import Case, Expected

__all__ = ["CHOSEN", "Case", "Demo", "Expected", "build", "write"]
