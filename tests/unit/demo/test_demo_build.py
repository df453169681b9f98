import csv
import io
import zipfile
from collections import Counter
from email import message_from_bytes, policy
from email.utils import getaddresses
from pathlib import Path

import pytest

from mailguard.demo import build, write
from mailguard.demo.build import SCENARIOS
from mailguard.demo.files import File, as_excel, as_locked_zip, as_pdf
from mailguard.demo.papers import Paper
from mailguard.demo.trust import make_trust
from mailguard.model import MayReceive, Outcome
from mailguard.policy import parse_policy
from mailguard.roll.entitlement import Entitlements
from mailguard.roll.keys import address_key
from mailguard.roll.sources.native import load_native

SEEDS = range(4)
RESERVED = ("example", "test")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_demo_is_the_same_every_time_and_another_with_another_seed(seed: int) -> None:
    first, again, other = build(seed), build(seed), build(seed + 1)
    assert first == again
    assert [case.content for case in first.cases] == [case.content for case in again.cases]
    assert first.roll.revision != other.roll.revision
    assert {case.name for case in first.cases} != {case.name for case in other.cases}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_demo_is_thirty_to_forty_messages_about_half_of_them_misaddressed(seed: int) -> None:
    outcomes = Counter(case.outcome for case in build(seed).cases)
    assert 30 <= outcomes.total() <= 40
    assert 0.4 <= outcomes[Outcome.HOLD] / outcomes.total() <= 0.6


def test_every_scenario_is_a_slip_with_its_innocent_twin() -> None:
    for scenario in SCENARIOS:
        outcomes = {case.outcome for case in build(0, [scenario]).cases}
        assert outcomes == {Outcome.HOLD, Outcome.DELIVER}, scenario.__name__


@pytest.mark.parametrize("seed", SEEDS)
def test_headers_say_what_the_envelope_says(seed: int) -> None:
    for case in build(seed, SCENARIOS).cases:
        message = message_from_bytes(case.content, policy=policy.default)
        shown = [a for h in ("To", "Cc", "Bcc") for _, a in getaddresses([str(v) for v in message.get_all(h, [])])]
        assert tuple(shown) == case.envelope.recipients
        assert getaddresses([str(message["From"])])[0][1] == case.sender


@pytest.mark.parametrize("seed", SEEDS)
def test_only_reserved_domains_appear(seed: int) -> None:
    demo = build(seed, SCENARIOS)
    addresses = [e for c in demo.roll.contacts for e in c.emails] + [m.email for m in demo.roll.staff]
    addresses += [a for case in demo.cases for a in (case.sender, *case.envelope.recipients)]
    assert {address.rpartition(".")[2] for address in addresses} <= set(RESERVED)


@pytest.mark.parametrize("seed", SEEDS)
def test_full_names_are_unique_but_for_the_wanted_namesakes(seed: int) -> None:
    trust = make_trust(seed)
    names = Counter((person.forename, person.surname) for person in trust.roll.pupils)
    wanted = {(f.pupils[0].forename, f.pupils[0].surname) for n, f in trust.awkward.items() if "namesake" in n}
    assert {name for name, count in names.items() if count > 1} == wanted
    assert {count for name, count in names.items() if name in wanted} == {2}
    adults = {(c.forename, c.surname) for c in trust.roll.contacts} | {
        (m.forename, m.surname) for m in trust.roll.staff
    }
    assert not adults & set(names)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_awkward_families_are_what_their_names_say(seed: int) -> None:
    trust = make_trust(seed)
    rights = Entitlements(trust.roll).of
    barred = trust.awkward["barred"]
    assert rights(barred.email(0)).pupils == {p.key for p in barred.pupils} == rights(barred.email(1)).barred
    assert rights(trust.awkward["grandparent"].email(1)).pupils == frozenset()
    half = trust.awkward["half-siblings"]
    assert [len(rights(half.email(n)).pupils) for n in range(3)] == [2, 1, 1]
    assert len({p.school for p in trust.awkward["siblings"].pupils}) == 2
    parent = trust.awkward["staff-parent"].contacts[0]
    assert rights(parent.emails[1]).kinds == {"contact", "staff"}
    assert rights(trust.awkward["shared-mailbox"].email(0)).contacts == tuple(
        c.contact_id for c in trust.awkward["shared-mailbox"].contacts
    )
    assert trust.awkward["confidential"].contacts[0].confidential
    assert {pair.may_receive for pair in trust.roll.relationships} == set(MayReceive)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_mailbox_reaches_one_person_but_for_the_wanted_ones(seed: int) -> None:
    roll = make_trust(seed).roll
    owners = Counter(address_key(email).normal for contact in roll.contacts for email in contact.emails)
    assert sum(count > 1 for count in owners.values()) == 1


def test_a_written_demo_reads_back(tmp_path: Path) -> None:
    demo = write(tmp_path, 7)
    loaded = load_native(tmp_path / "roll")
    assert loaded.roll.revision == demo.roll.revision
    assert loaded.warnings == ()
    parse_policy((tmp_path / "policy.toml").read_text(encoding="utf-8"))
    with (tmp_path / "expected.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["message"] for row in rows} == {f"mail/{p.name}" for p in (tmp_path / "mail").iterdir()}
    assert len(rows) == sum(len(case.expected) for case in demo.cases)
    assert all((row["verdict"] == "hold") == bool(row["rule"]) for row in rows)


def test_a_locked_zip_opens_with_its_password_only() -> None:
    import random

    data = as_locked_zip(random.Random(1), "a.zip", File("a.txt", "text/plain", b"secret" * 50), b"pass").data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("a.txt", pwd=b"pass") == b"secret" * 50
        with pytest.raises(RuntimeError):
            archive.read("a.txt")


def test_files_of_one_seed_are_byte_for_byte_the_same() -> None:
    import random

    paper = Paper("A", "Title", (("Name", "Ada Kerr"),), ("Text.",), ("Head",), (("Cell",),))
    for writer in (as_pdf, as_excel):
        assert writer(random.Random(5), paper).data == writer(random.Random(5), paper).data
