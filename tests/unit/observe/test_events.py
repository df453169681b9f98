"""Every event is logged somewhere and said what it means."""

from pathlib import Path

import mailguard
from mailguard.observe.logs import MEANINGS, Event

ROOT = Path(mailguard.__file__).parent


def test_every_event_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Event)


def test_every_event_is_logged_by_some_module() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py") if path.name != "logs.py")
    # The console logs decisions; libraries and unexpected failures pass through logs.py itself.
    here = {Event.LIBRARY, Event.FAILURE, Event.DECIDED}
    assert {event for event in Event if f"Event.{event.name}" not in code} <= here
