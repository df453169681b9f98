"""Logs: JSON lines, known fields only, nothing personal even from libraries and exceptions."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from mailguard.observe import Event, configure, log, log_failure


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, object]]]]:
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    stream = io.StringIO()
    configure(stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def test_an_event_is_one_json_line(lines) -> None:
    log(Event.MESSAGE_JUDGED, message="m1", school="OAK", verdict="hold", rules=("other-family",), ms=1.5)
    (line,) = lines()
    assert line["event"] == "message-judged"
    assert line["rules"] == ["other-family"]
    assert line["level"] == "info"


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(KeyError, match="subject"):
        log(Event.MESSAGE_JUDGED, subject="Ama's report")


def test_an_exception_is_told_without_its_text(lines) -> None:
    try:
        raise ValueError("Ama Osei, 14/03/2014, ama.mother@example.org")
    except ValueError as error:
        log_failure(error, message="m1")
    (line,) = lines()
    assert line["error"].startswith("ValueError at test_logs.py:")
    assert "Osei" not in json.dumps(line)


def test_a_library_is_masked_and_its_trace_dropped(lines) -> None:
    try:
        raise OSError("/spool/Ama Osei.pdf")
    except OSError:
        logging.getLogger("some.library").exception("lost %s of <parent@example.org>", "'Ama Osei'")
    (line,) = lines()
    assert line["event"] == "library"
    assert "Osei" not in json.dumps(line)
    assert "parent@" not in json.dumps(line)


@pytest.mark.parametrize("name", ["mail.log", "asyncio", "pdfminer.pdfparser"])
def test_talkative_libraries_are_quiet(lines, name: str) -> None:
    logging.getLogger(name).info("the body of a message")
    assert lines() == []
