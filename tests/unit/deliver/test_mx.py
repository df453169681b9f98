"""Delivery by DNS: order and failover of MX records, address records, domains that take no mail, circles, and a slow
domain that keeps nobody else waiting."""

from __future__ import annotations

import asyncio
import email
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.message import Message as MailMessage
from pathlib import Path

import pytest
from dialogues.dnskit import DnsServer
from dialogues.relaykit import FAST_TIMEOUTS, Relay, Upstream, eventually, relay, send

from mailguard.deliver import DeliverSettings, RetryPlan
from mailguard.deliver import runner as runner_module
from mailguard.deliver.client import Unavailable
from mailguard.deliver.mx import A_CIRCLE, NO_DOMAIN, NO_MAIL, NO_SERVER, Directory, NoRoute

SENDER_ZONE = {("oakfield.example", "MX"): ["10 in.oakfield.example."], ("in.oakfield.example", "A"): ["127.0.0.9"]}


def ask(zone: dict[tuple[str, str], list[str]], domain: str, failing: str = "") -> list[str]:
    async def story() -> list[str]:
        server = DnsServer(zone)
        server.failing = {failing}
        await server.start()
        try:
            return [target.address for target in await Directory([server.address]).servers(domain, "relay.test")]
        finally:
            server.stop()

    return asyncio.run(story())


def test_servers_come_in_order_of_preference_ipv6_first() -> None:
    zone = {
        ("home.test", "MX"): ["20 second.test.", "10 first.test.", "30 gone.test."],
        ("first.test", "A"): ["192.0.2.1"],
        ("first.test", "AAAA"): ["2001:db8::1"],
        ("second.test", "A"): ["192.0.2.2"],
    }
    assert ask(zone, "Home.test") == ["2001:db8::1", "192.0.2.1", "192.0.2.2"]


def test_a_domain_without_mx_is_its_own_server() -> None:
    assert ask({("home.test", "A"): ["192.0.2.7"]}, "home.test") == ["192.0.2.7"]
    assert ask({("xn--bcher-kva.test", "AAAA"): ["2001:db8::7"]}, "bücher.test") == ["2001:db8::7"]
    assert ask({}, "[192.0.2.8]") == ["192.0.2.8"]
    assert ask({}, "[IPv6:2001:db8::8]") == ["2001:db8::8"]


def test_servers_no_better_than_this_one_are_left_out() -> None:
    zone = {("home.test", "MX"): ["10 best.test.", "20 Relay.test.", "20 peer.test.", "30 worse.test."]}
    zone |= {(f"{name}.test", "A"): [f"192.0.2.{n}"] for n, name in enumerate(("best", "peer", "worse"))}
    assert ask(zone, "home.test") == ["192.0.2.0"]


@pytest.mark.parametrize(
    ("zone", "reply"),
    [
        ({}, NO_DOMAIN),
        ({("home.test", "MX"): ["0 ."]}, NO_MAIL),
        ({("home.test", "TXT"): ['"nothing"']}, NO_SERVER),
        ({("home.test", "MX"): ["10 relay.test."]}, A_CIRCLE),
    ],
)
def test_what_dns_refuses_for_good(zone: dict[tuple[str, str], list[str]], reply: object) -> None:
    with pytest.raises(NoRoute) as refused:
        ask(zone, "home.test")
    assert refused.value.reply == reply


@pytest.mark.parametrize("failing", ["home.test", "mx.test"])
def test_a_server_failure_is_not_for_good(failing: str) -> None:
    with pytest.raises(Unavailable):
        ask({("home.test", "MX"): ["10 mx.test."], ("mx.test", "A"): ["192.0.2.1"]}, "home.test", failing)


def played(
    folder: Path,
    zone: dict[tuple[str, str], list[str]],
    servers: dict[str, Upstream],
    story: Callable[[Relay, DnsServer], Awaitable[None]],
    connections: int = 5,
) -> None:
    """`servers`: address on loopback -> what answers there, all on one port."""

    async def run() -> None:
        dns = DnsServer(zone | SENDER_ZONE)
        await dns.start()
        port = 0
        for host, server in servers.items():
            await server.start(port, host)
            port = server.port
        settings = DeliverSettings(
            smart_hosts=("mx",),
            nameservers=(dns.address,),
            mx_port=port,
            connections=connections,
            hostname="relay.test",
            timeouts=FAST_TIMEOUTS,
            idle=1.0,
            plan=RetryPlan(schedule=(timedelta(milliseconds=200),)),
        )
        async with relay(folder, [], deliver=settings) as house:
            await story(house, dns)
        for server in servers.values():
            await server.stop()
        dns.stop()

    asyncio.run(run())


def reports(upstream: Upstream) -> list[MailMessage]:
    return [email.message_from_bytes(got.content) for got in upstream.got if got.sender == ""]


def test_each_domain_gets_its_own_and_the_sender_hears_of_those_that_cannot(tmp_path: Path) -> None:
    zone = {
        ("one.test", "MX"): ["10 dead.test.", "20 live.test."],
        ("dead.test", "A"): ["127.0.0.5"],
        ("live.test", "A"): ["127.0.0.2"],
        ("two.test", "A"): ["127.0.0.3"],
        ("nomail.test", "MX"): ["0 ."],
    }
    one, two, home = Upstream(), Upstream(), Upstream()
    people = ("a@one.test", "b@one.test", "c@two.test", "d@nomail.test", "e@nowhere.test")

    async def story(house: Relay, dns: DnsServer) -> None:
        await send(house.port, recipients=people)
        await eventually(lambda: bool(one.got and two.got and len(home.got) == 2))

    played(tmp_path, zone, {"127.0.0.2": one, "127.0.0.3": two, "127.0.0.9": home}, story)
    assert [got.recipients for got in (*one.got, *two.got)] == [["a@one.test", "b@one.test"], ["c@two.test"]]
    told = {
        (part["Final-Recipient"], part["Status"], part["Action"])
        for report in reports(home)
        for part in report.get_payload()[1].get_payload()[1:]  # type: ignore[union-attr, index]
    }
    assert told == {("rfc822; d@nomail.test", "5.1.10", "failed"), ("rfc822; e@nowhere.test", "5.1.2", "failed")}


def test_mail_waits_while_dns_fails(tmp_path: Path) -> None:
    home = Upstream()

    async def story(house: Relay, dns: DnsServer) -> None:
        dns.failing.add("two.test")
        await send(house.port, recipients=("c@two.test",))
        await eventually(lambda: house.counter.attempts.get("deferred", 0) > 0)
        dns.failing.clear()
        await eventually(lambda: bool(home.got))

    played(tmp_path, {("two.test", "A"): ["127.0.0.3"]}, {"127.0.0.3": home}, story)
    assert [got.recipients for got in home.got] == [["c@two.test"]]


def test_a_slow_domain_keeps_no_other_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more mail for a slow domain than is claimed at one time, another's mail comes through."""
    monkeypatch.setattr(runner_module, "CLAIMED", 6)
    monkeypatch.setattr(runner_module, "WAITING", 2)
    refusals = 30  # the first try of each: from then on all of them are claimed from the queue

    def first(line: str) -> str:
        nonlocal refusals
        refusals -= 1
        if refusals < 0:
            slow.delay = 2.0
        return "250 2.1.5 ok" if refusals < 0 else "451 4.3.0 later"

    slow, quick = Upstream({"RCPT": first}), Upstream({"RCPT": "451 4.3.0 later"})

    async def story(house: Relay, dns: DnsServer) -> None:
        for n in range(30):
            await send(house.port, recipients=(f"p{n}@slow.test",))
        await eventually(lambda: slow.delay > 0)
        await send(house.port, recipients=("q@quick.test",))
        await eventually(lambda: "RCPT TO:<q@quick.test>" in quick.log)
        quick.answers.clear()
        await eventually(lambda: bool(quick.got))
        assert len(slow.got) < 25

    zone = {("slow.test", "A"): ["127.0.0.2"], ("quick.test", "A"): ["127.0.0.3"]}
    played(tmp_path, zone, {"127.0.0.2": slow, "127.0.0.3": quick}, story, connections=2)
