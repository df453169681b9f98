"""Very many findings: what stays of them, what counts the rest, and that nothing is decided differently."""

from collections import Counter
from dataclasses import replace

import pytest

from mailguard.hold.second import MANY_PUPILS, is_needed, pupils_shown
from mailguard.hold.shown import finding_shown
from mailguard.judge import Lookups, gravest, judge
from mailguard.judge.gravest import FEWEST_NAMED, MOST_FINDINGS
from mailguard.model import (
    Category,
    Contact,
    ContactSighting,
    Envelope,
    Evidence,
    EvidenceKind,
    Finding,
    MayReceive,
    Outcome,
    Pupil,
    PupilKey,
    Reading,
    RecipientState,
    Relationship,
    Roll,
    Sighting,
    Sightings,
    Strength,
    UnknownIdentifier,
    Unreadable,
    UnreadableReason,
)
from mailguard.policy import parse_policy
from mailguard.store.holds import Kept

POLICY = '[[school]]\ncode = "OAK"\nname = "Oakfield"\nstaff_domains = ["oak.example"]\n'
MANY, FAMILIES = 250, 60  # 15,000 findings
FATHER, BARRED_FROM = "parent7@home.example", PupilKey("OAK", "240")
SECRET = "contact3"


def key(n):
    return PupilKey("OAK", str(n))


def school(barred=True):
    pupils = tuple(Pupil("OAK", str(n), f"Fay{n}", f"Gorse{n}", registration_group="4B") for n in range(MANY))
    contacts = tuple(
        Contact(f"contact{n}", emails=(f"parent{n}@home.example",), confidential=n == 3) for n in range(MANY)
    )
    pairs = [Relationship(key(n), f"contact{n}", may_receive=MayReceive.YES) for n in range(MANY)]
    if barred:
        pairs.append(Relationship(BARRED_FROM, "contact7", may_receive=MayReceive.ORDER))
    return Lookups(Roll(pupils, contacts, tuple(pairs), revision="r1"), parse_policy(POLICY))


LOOKUPS = school()


def row(n, part="Everybody.xlsx"):
    return (part, 'sheet "All"', f"row {n}")


def record(n, categories=(Category.CONTACT,), part="Everybody.xlsx"):
    evidence = (Evidence(EvidenceKind.NAME, f"Fay{n} Gorse{n}", row(n, part), 0, 10),)
    return Sighting((key(n),), Strength.RECORD, row(n, part), 1, categories, evidence)


REGISTER = tuple(record(n) for n in range(MANY))


def judged(seen=REGISTER, families=FAMILIES, lookups=LOOKUPS, unreadable=(), **more):
    envelope = Envelope("office@oak.example", tuple(f"parent{n}@home.example" for n in range(families)))
    return judge(Sightings(seen, **more), Reading(unreadable=unreadable), envelope, lookups)


def whole(monkeypatch, **more):
    """The verdict as it would be without a bound."""
    with monkeypatch.context() as patch:
        patch.setattr("mailguard.judge.MOST_FINDINGS", 10**9)
        return judged(**more)


def kept(recipient, n=0):
    rules = tuple({one.rule for one in recipient.findings})
    return Kept(n, recipient.address, RecipientState.HELD, "hold", rules, 0, None, "", "", recipient.findings)


def test_a_message_of_fewer_findings_stays_as_it_is(monkeypatch):
    families = MOST_FINDINGS // (MANY - 1)
    assert judged(families=families) == whole(monkeypatch, families=families)
    assert sum(len(one.findings) for one in judged(families=families).recipients) == families * (MANY - 1)


def test_every_recipient_keeps_verdict_rules_strengths_and_kinds(monkeypatch):
    seen = (*(record(n, (Category.MEDICAL,) if n % 50 == 49 else (Category.CONTACT,)) for n in range(MANY)),)
    unread = (Unreadable(("plan.pdf",), UnreadableReason.DAMAGED),)
    secret = (ContactSighting(SECRET, row(3)),)
    for short, full in zip(
        judged(seen, unreadable=unread, confidential=secret).recipients,
        whole(monkeypatch, seen=seen, unreadable=unread, confidential=secret).recipients,
        strict=True,
    ):
        assert (short.address, short.outcome) == (full.address, full.outcome)
        assert {(one.rule, one.strength) for one in short.findings} == {
            (one.rule, one.strength) for one in full.findings
        }
        for rule in {one.rule for one in full.findings}:
            kinds = [{c for f in one.findings if f.rule == rule for c in f.categories} for one in (short, full)]
            assert kinds[0] == kinds[1]
        named = Counter(one for one in short.findings if not one.more)
        assert not named - Counter(full.findings)


def test_named_and_counted_pupils_are_all_of_them():
    share = MOST_FINDINGS // FAMILIES
    for recipient in judged().recipients:
        own = [one for one in recipient.findings if one.rule == "other-family"]
        *named, counting = own
        assert len(named) == share
        assert len({one.pupil for one in named}) + counting.more == MANY - 1 - (recipient.address == FATHER)
        assert (counting.pupil, counting.pupils, counting.evidence) == (None, (), ())
        assert counting.strength is Strength.RECORD
        assert counting.place == ("Everybody.xlsx",)
        assert counting.sentence == (
            f"Everybody.xlsx shows records of {counting.more} more pupils (contact details), "
            "none of whom this address may receive data on."
        )
        assert finding_shown(counting)["more"] == counting.more
        assert all("more" not in finding_shown(one) for one in named)


def test_evidence_is_shared_by_all_recipients():
    first, second = (
        {one.pupil: one for one in recipient.findings if one.pupil} for recipient in judged().recipients[:2]
    )
    both = set(first) & set(second)
    assert len(both) > FEWEST_NAMED
    assert all(first[pupil].evidence is second[pupil].evidence for pupil in both)


def test_an_order_is_always_said_and_said_first():
    father = next(one for one in judged().recipients if one.address == FATHER)
    assert (father.findings[0].rule, father.findings[0].pupil) == ("barred-contact", BARRED_FROM)
    orders = tuple(Finding("barred-contact", row(n), 1, key(n), strength=Strength.MENTION) for n in range(90))
    others = tuple(Finding("other-family", row(n), 1, key(n), strength=Strength.RECORD) for n in range(90, 500))
    short = gravest((*others, *orders), 1000)
    assert short[:90] == orders
    assert len(short) == 90 + FEWEST_NAMED + 1


def test_confidential_details_come_before_other_families_and_headers_before_all():
    details = tuple(Finding("confidential-contact", row(n), 1, sentence=f"Details {n}.") for n in range(40))
    header = Finding("confidential-contact", ("header To",), 1, sentence="In a header.")
    families = tuple(Finding("other-family", row(n), 1, key(n), strength=Strength.RECORD) for n in range(90))
    short = gravest((*families, *details, header), 1000)
    assert short[:FEWEST_NAMED] == (header, *details[: FEWEST_NAMED - 1])
    counting = next(one for one in short if one.rule == "confidential-contact" and one.more)
    assert counting.more == 40 - FEWEST_NAMED + 1
    assert f"in {counting.more} more places" in counting.sentence


def test_the_check_that_broke_off_is_never_among_the_counted():
    files = tuple(Finding("unreadable", (f"file {n}",), 1, sentence=f"File {n}.") for n in range(50))
    broke_off = Finding("unreadable", ("message",), 1, sentence="The message.")
    short = gravest((*files, broke_off), 1000)
    assert short[0] == broke_off
    assert (short[-1].place, short[-1].more) == ((), 51 - FEWEST_NAMED)
    assert is_needed([kept(replace(judged().recipients[0], findings=short))])
    assert not is_needed([kept(replace(judged().recipients[0], findings=gravest(files, 1000)))])


def test_sensitive_records_stay_and_names_alone_go_first():
    names = tuple(Finding("other-family", ("body",), 1, key(n), strength=Strength.MENTION) for n in range(100))
    plain = tuple(Finding("other-family", row(n), 1, key(n), strength=Strength.RECORD) for n in range(100, 110))
    grave = replace(plain[0], pupil=key(900), categories=(Category.SAFEGUARDING,))
    short = gravest((*names, *plain, grave), 1000)
    assert short[0] == grave
    assert set(plain) < set(short)
    assert short[-1].sentence.startswith("The message text names 99 more pupils, none of whom")
    assert short[-1].strength is Strength.MENTION


def test_of_a_pupil_in_many_parts_others_are_named_first():
    parts = tuple(Finding("other-family", row(n, f"{n}.xlsx"), 1, key(1), strength=Strength.RECORD) for n in range(90))
    others = tuple(Finding("other-family", row(n, "z.xlsx"), 1, key(n), strength=Strength.RECORD) for n in range(2, 9))
    short = gravest((*parts, *others), 1000)
    assert {one.pupil for one in short} - {None} == {key(n) for n in range(1, 9)}
    assert short[-1].more == 0
    assert "shows records of the same pupils in 85 more places" in short[-1].sentence


def test_one_more_than_fits_is_named_and_not_counted():
    some = tuple(Finding("other-family", row(n), 1, key(n), strength=Strength.RECORD) for n in range(FEWEST_NAMED + 1))
    assert gravest(some, 1000) == some


def test_namesakes_are_counted_as_one():
    some = tuple(
        Finding("unknown-recipient", row(n), 1, pupils=(key(n), key(n + 500)), strength=Strength.RECORD)
        for n in range(100)
    )
    assert gravest(some, 1000)[-1].more == 100 - FEWEST_NAMED


@pytest.mark.parametrize("families", [FAMILIES, MANY])
def test_a_register_takes_two_people_as_before(monkeypatch, families):
    assert FEWEST_NAMED >= MANY_PUPILS
    short, full = judged(families=families), whole(monkeypatch, families=families)
    for one, other in zip(short.recipients, full.recipients, strict=True):
        if one.address != FATHER:
            assert pupils_shown([kept(one)]) == pupils_shown([kept(other)]) == MANY - 1
        assert is_needed([kept(one)])
    everybody = [kept(one, n) for n, one in enumerate(short.recipients)]
    assert MANY - 1 <= pupils_shown(everybody) <= MANY


def test_staff_and_those_of_equal_standing():
    envelope = Envelope("office@oak.example", ("head@oak.example", *(f"stranger{n}@away.example" for n in range(40))))
    unknown = (UnknownIdentifier(row(1), 1, (Evidence(EvidenceKind.UPN, "A123", row(1), 0, 4),)),)
    found = judge(Sightings(REGISTER, unknown=unknown), Reading(), envelope, LOOKUPS)
    assert (found.recipients[0].outcome, found.recipients[0].findings) == (Outcome.DELIVER, ())
    assert len({id(one.findings) for one in found.recipients[1:]}) == 1  # which is sent to the relay once
    assert {one.rule for one in found.recipients[1].findings} == {"unknown-recipient", "unknown-upn"}
