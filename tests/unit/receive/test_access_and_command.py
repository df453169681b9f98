"""Who may relay; what MAIL and RCPT say."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.receive.access import AllowList
from mailguard.receive.command import CommandError, parse_mail, parse_rcpt, same_mailbox


def test_nobody_is_listed_by_omission() -> None:
    assert "127.0.0.1" not in AllowList([])


@pytest.mark.parametrize(
    ("peer", "listed"),
    [
        ("10.1.2.3", True),
        ("10.2.0.1", False),
        ("::ffff:10.1.9.9", True),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("fe80::1%eth0", True),
        ("", False),
        ("localhost", False),
        ("10.1.2", False),
    ],
)
def test_a_peer_is_listed_by_its_network(peer: str, listed: bool) -> None:
    assert (peer in AllowList(["10.1.0.0/16", "2001:db8::/32", "fe80::/10"])) is listed


def test_host_bits_are_a_slip() -> None:
    with pytest.raises(ValueError):
        AllowList(["10.0.0.5/8"])


@given(st.text(max_size=80))
def test_any_text_is_understood_or_refused_with_a_whole_reply(text: str) -> None:
    for parse in (
        lambda: parse_mail(f"FROM:<{text}>", extended=True).sender,
        lambda: parse_rcpt(f"TO:<{text}>", extended=True, smtputf8=True).recipient,
    ):
        try:
            outcome = parse()
        except CommandError as refusal:
            outcome = refusal.reply[3:6]
        assert outcome == " 5." or not set(outcome) & set("\r\n\0<> ") or outcome.startswith('"')


def test_no_address_takes_long_to_refuse() -> None:
    for hostile in ("a." * 2000, '"' + "\\a" * 2000, "a@" + "b-" * 2000, "@a," * 1000, "a@[" + ":" * 4000):
        began = time.process_time()
        with pytest.raises(CommandError):
            parse_mail(f"FROM:<{hostile}>", extended=True)
        assert time.process_time() - began < 1


@pytest.mark.parametrize("domain", ["{}.test", "mail.{}.test", "mail.{}", "{}"])
def test_a_label_of_a_domain_has_63_octets_at_most(domain: str) -> None:
    longest, longer, far = (f"pat@{domain.format('a' * size)}" for size in (63, 64, 250))
    assert parse_rcpt(f"TO:<{longest}>", extended=True, smtputf8=False).recipient == longest
    assert parse_mail(f"FROM:<{longest}> SIZE=1", extended=True).sender == longest
    for address in (longer, far):
        for said in (f"<{address}>", address, f"<@{address.partition('@')[2]}:pat@family.test>"):
            with pytest.raises(CommandError, match=r"^553 5\.1\.3"):
                parse_rcpt(f"TO:{said}", extended=True, smtputf8=False)
            with pytest.raises(CommandError, match=r"^553 5\.1\.7"):
                parse_mail(f"FROM:{said}", extended=True)
    local = "x" * 64  # a local part is no label
    assert parse_rcpt(f"TO:<{local}@family.test>", extended=True, smtputf8=False).recipient.startswith(local)


def test_a_mailbox_is_one_in_any_case() -> None:
    assert same_mailbox("Pat@Family.test") == same_mailbox("pat@FAMILY.TEST")
    assert same_mailbox("pat@family.test") != same_mailbox("pat+x@family.test")
