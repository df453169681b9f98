"""What replies mean, when to try again, what a report says."""

from __future__ import annotations

import email
from datetime import UTC, datetime, timedelta

import pytest

from mailguard.deliver import dsn
from mailguard.deliver.replies import Fate, Reply, Result, Stage, fate
from mailguard.deliver.retry import RetryPlan, probe_wait
from mailguard.deliver.route import Routes, parse_host
from mailguard.deliver.settings import DeliverSettings

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stage", "code", "text", "others", "expected"),
    [
        (Stage.END, 250, "2.0.0 ok", False, Fate.SENT),
        (Stage.END, 451, "", False, Fate.LATER),
        (Stage.END, 554, "5.6.0 no", False, Fate.FAILED),
        (Stage.RCPT, 550, "5.1.1 who", False, Fate.FAILED),
        (Stage.RCPT, 552, "5.2.2 full", True, Fate.FAILED),
        (Stage.RCPT, 450, "4.2.0 later", True, Fate.LATER),
        (Stage.RCPT, 452, "4.5.3 too many", True, Fate.AGAIN),
        (Stage.RCPT, 452, "too many", True, Fate.AGAIN),
        (Stage.RCPT, 452, "4.5.3 too many", False, Fate.LATER),
        (Stage.RCPT, 452, "4.2.2 full", True, Fate.LATER),
        (Stage.RCPT, 554, "5.7.1 relay access denied", False, Fate.LATER),
        (Stage.MAIL, 550, "not you", False, Fate.LATER),
        (Stage.MAIL, 552, "5.3.4 too large", False, Fate.FAILED),
        (Stage.MAIL, 553, "5.1.8 bad sender", False, Fate.FAILED),
        (Stage.DATA, 421, "4.3.2 bye", False, Fate.LATER),
        (Stage.DATA, 250, "what?", False, Fate.LATER),
    ],
)
def test_fate_at_a_smart_host(stage: Stage, code: int, text: str, others: bool, expected: Fate) -> None:
    assert fate(Result(stage, Reply(code, text)), smart_host=True, others_accepted=others) is expected


def test_elsewhere_a_permanent_refusal_is_permanent() -> None:
    assert fate(Result(Stage.MAIL, Reply(550)), smart_host=False, others_accepted=False) is Fate.FAILED


@pytest.mark.parametrize("stage", list(Stage))
def test_silence_is_never_success_and_never_failure(stage: Stage) -> None:
    assert fate(Result(stage), smart_host=False, others_accepted=True) is Fate.LATER


def test_the_last_wait_repeats() -> None:
    plan = RetryPlan(schedule=(timedelta(minutes=1), timedelta(minutes=5)))
    assert [(plan.next_at(NOW, n) - NOW).total_seconds() / 60 for n in range(4)] == [1, 5, 5, 5]


@pytest.mark.parametrize("schedule", [(), (timedelta(0),)])
def test_a_schedule_that_would_not_wait_is_refused(schedule: tuple[timedelta, ...]) -> None:
    with pytest.raises(ValueError):
        RetryPlan(schedule=schedule)


def test_a_refusal_of_us_ends_sooner_than_an_outage() -> None:
    plan, ours, away = RetryPlan(), Result(Stage.MAIL, Reply(550, "no")), Result(Stage.CONNECT)
    queued = NOW - timedelta(hours=5)
    assert plan.expired(NOW, queued, ours)
    assert not plan.expired(NOW, queued, away)
    assert plan.expired(NOW, NOW - timedelta(days=3), away)


def test_probes_back_off_and_spread() -> None:
    assert [probe_wait(n, 0.5) for n in (1, 2, 3, 4, 5, 99)] == [5, 10, 20, 40, 60, 60]
    assert (probe_wait(1, 0.0), round(probe_wait(1, 0.999), 1)) == (4.0, 6.0)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("mx.test", "mx.test", 25),
        ("mx.test:2526", "mx.test", 2526),
        ("[::1]:26", "::1", 26),
        ("127.0.0.1", "127.0.0.1", 25),
    ],
)
def test_servers_are_named_with_or_without_port(text: str, host: str, port: int) -> None:
    assert (parse_host(text).name, parse_host(text).port) == (host, port)


@pytest.mark.parametrize("text", ["", "mx.test:0", "mx.test:70000", "::1", "mx test", "mx.test:"])
def test_what_is_no_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_host(text)


def test_a_school_may_have_its_own_way_out() -> None:
    routes = Routes(DeliverSettings(smart_hosts=("a.test",), by_school={"OAK": ("oak.test:26", "b.test")}))
    assert routes.of("OAK", "p@home.test").name == "oak.test:26,b.test:25"
    assert routes.of("ELM", "p@home.test").name == routes.of("unknown", "q@x.test").name == "a.test:25"


def test_without_a_smart_host_each_domain_is_a_way_of_its_own() -> None:
    routes = Routes(DeliverSettings(smart_hosts=("mx",), by_school={"OAK": ("oak.test:26",)}))
    assert routes.of("OAK", "p@home.test").smart
    assert routes.of("ELM", "p@Home.test") == routes.of("ELM", "q@home.test")
    assert (routes.of("ELM", "p@Home.test").name, routes.of("ELM", "p@home.test").smart) == ("home.test", False)


def note(**more: object) -> dsn.Notification:
    values: dict[str, object] = {
        "to": "office@oakfield.example",
        "hostname": "relay.test",
        "message_id": "id1",
        "at": NOW,
        "arrived_at": NOW,
        "recipients": [dsn.Reported("b@family.test", dsn.Action.FAILED, "5.1.1", "550 5.1.1 no", "mx.test")],
        "header": b"Subject: x\r\n",
    }
    return dsn.Notification(**{**values, **more})  # type: ignore[arg-type]


def test_a_report_is_a_sound_message_with_three_parts() -> None:
    message = email.message_from_bytes(dsn.build(note(envid="a+2Bb")))
    assert not message.defects
    assert [part.get_content_type() for part in message.get_payload()] == [
        "text/plain",
        "message/delivery-status",
        "text/rfc822-headers",
    ]
    status = message.get_payload(1).get_payload()
    assert status[0]["Original-Envelope-Id"] == "a+b"
    assert status[1]["Remote-MTA"] == "dns; mx.test"
    assert message.get_payload(2).get_payload() == "Subject: x\r\n"


@pytest.mark.parametrize(
    "evil", ["550 no\r\nBcc: x@y.test", "550 no\n\n--=_id1\n", "550 \x00\x1b[31m", "550 " + "x" * 9000]
)
def test_an_upstreams_words_cannot_break_a_report(evil: str) -> None:
    data = dsn.build(note(recipients=[dsn.Reported("b@family.test", dsn.Action.FAILED, "5.1.1", evil, "mx\r\n.test")]))
    message = email.message_from_bytes(data)
    assert len(message.get_payload()) == 3
    assert message["Bcc"] is None
    assert data.count(b"\n") == data.count(b"\r\n")
    assert max(map(len, data.split(b"\r\n"))) <= 998


def test_eight_bit_headers_are_declared() -> None:
    data = dsn.build(note(header="Subject: Schüler\r\n".encode()))
    message = email.message_from_bytes(data)
    assert message["Content-Transfer-Encoding"] == "8bit"
    assert message.get_payload(2)["Content-Transfer-Encoding"] == "8bit"


@pytest.mark.parametrize(
    ("notify", "actions"),
    [
        ("", {"failed", "delayed"}),
        ("NEVER", set()),
        ("SUCCESS", {"relayed"}),
        ("FAILURE,DELAY", {"failed", "delayed"}),
    ],
)
def test_the_sender_decides_what_is_reported(notify: str, actions: set[str]) -> None:
    assert {action.value for action in dsn.Action if dsn.wanted(action, notify)} == actions


def test_a_very_long_header_is_cut_at_a_line() -> None:
    header = dsn.header_block(b"X-A: 1\r\n" * 20_000 + b"\r\nbody")
    assert len(header) <= 64 * 1024
    assert header.endswith(b"X-A: 1\r\n")
    assert dsn.header_block(b"A: b\r\n\r\nbody\r\n") == b"A: b\r\n"
