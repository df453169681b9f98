"""Each rule of the judge, and what permits, on a small invented roll."""

from datetime import date

import pytest

from mailguard.judge import Lookups, judge, message_school
from mailguard.model import (
    Category,
    Contact,
    ContactSighting,
    Envelope,
    Evidence,
    EvidenceKind,
    HeaderAddress,
    MayReceive,
    Outcome,
    Pupil,
    PupilKey,
    Reading,
    Relationship,
    Roll,
    Sighting,
    Sightings,
    StaffMember,
    Strength,
    UnknownIdentifier,
    Unreadable,
    UnreadableReason,
    Verdict,
)
from mailguard.policy import default_policy, parse_policy

POLICY = """
[[school]]
code = "OAK"
name = "Oakfield"
staff_domains = ["oak.example"]
pupil_domains = ["pupils.oak.example"]
[[school]]
code = "ELM"
staff_domains = ["elm.example"]
[[list]]
address = "allstaff@oak.example"
kind = "staff"
[[list]]
address = "everyone@oak.example"
kind = "families"
[[agency]]
name = "Council"
domains = ["council.example"]
categories = ["sen", "safeguarding"]
encrypted = "deliver"
[[agency]]
name = "Clinic"
addresses = ["nurse@clinic.example"]
schools = ["ELM"]
"""

AMY, BEN = PupilKey("OAK", "1"), PupilKey("OAK", "2")
AMY_TOO = PupilKey("OAK", "3")
STALE = frozenset({"OAK"})
CAL = PupilKey("ELM", "1")

ROLL = Roll(
    pupils=(
        Pupil("OAK", "1", "Amy", "Stone", date(2015, 3, 4), email="amy@pupils.oak.example", registration_group="4B"),
        Pupil("OAK", "2", "Ben", "Hart", date(2014, 1, 2)),
        Pupil("OAK", "3", "Amy", "Stone", date(2013, 9, 9), registration_group="6A"),
        Pupil("ELM", "1", "Cal", "Reed", date(2012, 5, 6)),
    ),
    contacts=(
        Contact("c1", "Ann", "Stone", emails=("ann@home.example", "ann.stone@oak.example"), confidential=True),
        Contact("c2", "Dan", "Stone", emails=("dan@home.example",)),
        Contact("c3", "Bea", "Hart", emails=("bea@home.example", "beatrice@home.example")),
        Contact("c4", "Eve", "Stone", emails=("eve@home.example",)),
        Contact("c5", "Max", "Hart", emails=("max@elm.example",)),
    ),
    relationships=(
        Relationship(AMY, "c1", may_receive=MayReceive.YES),
        Relationship(AMY, "c2", may_receive=MayReceive.YES),
        Relationship(BEN, "c2", may_receive=MayReceive.ORDER),
        Relationship(BEN, "c3", may_receive=MayReceive.YES),
        Relationship(AMY_TOO, "c4", may_receive=MayReceive.YES),
        Relationship(BEN, "c5", may_receive=MayReceive.YES),
        Relationship(CAL, "c5", may_receive=MayReceive.ORDER),
    ),
    staff=(
        StaffMember("OAK", "parentsupport@oak.example"),
        StaffMember("", "ceo@trust.example"),
        StaffMember("ELM", "cover@supply.example"),
    ),
    revision="r1",
)
LOOKUPS = Lookups(ROLL, parse_policy(POLICY))


def record(*pupils: PupilKey, categories: tuple[Category, ...] = (), evidence: tuple[Evidence, ...] = ()) -> Sighting:
    return Sighting(pupils, Strength.RECORD, ("Form.pdf", "page 1"), 1, categories, evidence)


def mention(*pupils: PupilKey, categories: tuple[Category, ...] = ()) -> Sighting:
    return Sighting(pupils, Strength.MENTION, ("body",), 1, categories)


def evidence(kind: EvidenceKind, text: str) -> Evidence:
    return Evidence(kind, text, ("Form.pdf", "page 1"), 0, len(text))


def verdict(
    *to: str,
    seen: tuple[Sighting, ...] = (),
    confidential: tuple[ContactSighting, ...] = (),
    unknown: tuple[UnknownIdentifier, ...] = (),
    unreadable: tuple[Unreadable, ...] = (),
    headers: tuple[HeaderAddress, ...] = (),
    sender: str = "office@oak.example",
    policy: str = "",
    stale: frozenset[str] = frozenset(),
) -> Verdict:
    lookups = Lookups(ROLL, parse_policy(policy + POLICY)) if policy else LOOKUPS
    reading = Reading(unreadable=unreadable, addresses=headers)
    return judge(Sightings(seen, confidential, unknown), reading, Envelope(sender, to), lookups, stale)


def rules(result: Verdict) -> list[list[str]]:
    return [[finding.rule for finding in recipient.findings] for recipient in result.recipients]


def only(to: str, *seen: Sighting, **more: object) -> list[str]:
    return rules(verdict(to, seen=seen, **more))[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("to", "seen", "expected"),
    [
        ("ann@home.example", record(AMY), []),
        ("ANN@Home.example", record(AMY), []),
        ("ann+school@home.example", record(AMY), []),
        ("dan@home.example", record(AMY), []),
        ("bea@home.example", record(AMY), ["other-family"]),
        ("bea@home.example", mention(AMY), []),
        ("bea@home.example", mention(AMY, categories=(Category.MEDICAL,)), ["other-family"]),
        ("bea@home.example", mention(AMY, categories=(Category.CONTACT,)), []),
        ("dan@home.example", mention(BEN), ["barred-contact"]),
        ("dan@home.example", record(BEN), ["barred-contact"]),
        ("everyone@oak.example", record(AMY), ["other-family"]),
        ("office@oak.example", record(AMY), []),
        ("allstaff@oak.example", record(AMY), []),
        ("parents@oak.example", record(AMY), ["unknown-recipient"]),
        ("y4+parents@oak.example", record(AMY), ["unknown-recipient"]),
        ("parentsupport@oak.example", record(AMY), []),
        ("year4families@oak.example", mention(AMY), []),
        ("head@mail.oak.example", record(AMY), ["unknown-recipient"]),
        ("bea%home.example@oak.example", record(AMY), ["unknown-recipient"]),
        ("stranger%else.example@council.example", record(AMY, categories=(Category.SEN,)), ["unknown-recipient"]),
        ("@oak.example", record(AMY), ["unknown-recipient"]),
        ("head@oak.example.evil.example", record(AMY), ["unknown-recipient"]),
        ("head@elm.example", record(AMY), ["other-school"]),
        ("head@elm.example", mention(AMY), []),
        ("cover@supply.example", record(AMY), ["other-school"]),
        ("cover@supply.example", record(CAL), []),
        ("ceo@trust.example", record(AMY), []),
        ("amy@pupils.oak.example", record(AMY), []),
        ("amy@pupils.oak.example", record(BEN), ["pupil-mailbox"]),
        ("amy@pupils.oak.example", mention(BEN), []),
        ("nobody@pupils.oak.example", record(AMY), ["pupil-mailbox"]),
        ("stranger@else.example", record(AMY), ["unknown-recipient"]),
        ("stranger@else.example", mention(AMY), []),
        ("", record(AMY), ["unknown-recipient"]),
        ("no-domain", record(AMY), ["unknown-recipient"]),
        ("sw@council.example", record(AMY, categories=(Category.SEN, Category.IDENTITY)), []),
        ("sw@council.example", record(AMY, categories=(Category.SEN, Category.MEDICAL)), ["unknown-recipient"]),
        ("sw@council.example", record(AMY, categories=(Category.CONTACT,)), ["unknown-recipient"]),
        ("sw@council.example", record(AMY), ["unknown-recipient"]),
        ("nurse@clinic.example", record(CAL), []),
        ("nurse@clinic.example", record(AMY), ["unknown-recipient"]),
        ("desk@clinic.example", record(CAL), ["unknown-recipient"]),
        ("max@elm.example", record(BEN), []),
        ("max@elm.example", record(CAL), ["barred-contact"]),
        ("max@elm.example", record(AMY), ["other-family"]),
        ("ann.stone@oak.example", record(BEN), []),
    ],
)
def test_who_may_have_what(to: str, seen: Sighting, expected: list[str]):
    assert only(to, seen) == expected


def test_what_is_told_of_the_familys_own_child_is_no_record_of_the_child_beside():
    beside = Sighting((AMY,), Strength.RECORD, ("body",), 1, (Category.MEDICAL,), beside=("Ben",))
    assert only("bea@home.example", beside) == []  # Ben's mother: it tells of Ben
    assert only("eve@home.example", beside) == ["other-family"]  # tells a third family of both
    assert only("everyone@oak.example", beside) == ["other-family"]
    assert only("stranger@post.example", beside) == ["unknown-recipient"]
    of_ben = Sighting((BEN,), Strength.RECORD, ("body",), 1, (Category.MEDICAL,), beside=("Amy",))
    assert only("dan@home.example", of_ben) == ["barred-contact"]  # an order is never a matter of whose clause it is
    strict = '[rules]\nother-family = { record = "hold", special = "hold", mention = "hold" }\n'
    found = verdict("bea@home.example", seen=(beside,), policy=strict).recipients[0].findings[0]
    assert (found.strength, found.categories) == (Strength.MENTION, ())
    assert found.sentence.startswith("The message text names Amy Stone (4B), and")


def test_each_recipient_is_decided_alone():
    result = verdict("ann@home.example", "bea@home.example", seen=(record(AMY),))
    assert [r.outcome for r in result.recipients] == [Outcome.DELIVER, Outcome.HOLD]
    assert result.outcome is Outcome.HOLD
    assert result.school == "OAK"
    assert (result.roll_revision, result.policy_revision) == ("r1", LOOKUPS.policy.revision)


def test_without_split_all_are_held():
    assert rules(
        verdict("ann@home.example", "bea@home.example", seen=(record(AMY),), policy="[mail]\nsplit = false\n")
    ) == [["split"], ["other-family"]]
    assert rules(verdict("ann@home.example", seen=(record(AMY),), policy="[mail]\nsplit = false\n")) == [[]]


def test_no_recipient_is_held():
    result = verdict(seen=())
    assert result.outcome is Outcome.HOLD
    assert [(u.place, u.reason) for u in result.unreadable] == [(("message",), UnreadableReason.NO_RECIPIENT)]


def test_a_namesake_passes_as_the_recipients_own_child():
    assert only("ann@home.example", record(AMY, AMY_TOO)) == []
    assert only("eve@home.example", record(AMY, AMY_TOO)) == []
    assert only("bea@home.example", record(AMY, AMY_TOO)) == ["other-family"]
    assert only("dan@home.example", record(AMY, BEN)) == ["barred-contact"]


@pytest.mark.parametrize(
    ("kind", "text", "fits"),
    [
        (EvidenceKind.DOB, "04/03/2015", True),
        (EvidenceKind.DOB, "4.3.15", True),
        (EvidenceKind.DOB, "2015-03-04", True),
        (EvidenceKind.DOB, "4th March 2015", True),
        (EvidenceKind.DOB, "Mar 4, 2015", True),
        (EvidenceKind.DOB, "04032015", True),
        (EvidenceKind.DOB, "9 September 2013", False),
        (EvidenceKind.DOB, "04/03/2013", False),
        (EvidenceKind.CLASS, "4b", True),
        (EvidenceKind.CLASS, "6A", False),
        (EvidenceKind.UPN, "B801200005001", False),
        (EvidenceKind.NAME, "Amy Stone", True),
    ],
)
def test_a_clue_of_the_other_namesake_contradicts(kind: EvidenceKind, text: str, fits: bool):
    seen = record(AMY, AMY_TOO, evidence=(evidence(kind, text),))
    assert only("ann@home.example", seen) == ([] if fits else ["other-family"])


def test_an_ambiguous_finding_carries_the_set_and_no_pupil():
    finding = verdict("bea@home.example", seen=(record(AMY, AMY_TOO),)).recipients[0].findings[0]
    assert finding.pupil is None
    assert finding.pupils == (AMY, AMY_TOO)
    assert finding.sentence == (
        "Form.pdf > page 1 shows a record of Amy Stone (4B) or Amy Stone (6A), "
        "and this address may receive data on Ben Hart only."
    )


ANN_IN_BODY = ContactSighting("c1", ("body",), 1, (evidence(EvidenceKind.PHONE, "07700 900123"),))


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("ann@home.example", []),
        ("dan@home.example", ["confidential-contact"]),
        ("bea@home.example", ["confidential-contact"]),
        ("amy@pupils.oak.example", ["confidential-contact"]),
        ("stranger@else.example", ["confidential-contact"]),
        ("sw@council.example", ["confidential-contact"]),
        ("head@elm.example", ["confidential-contact"]),
        ("office@oak.example", []),
        ("allstaff@oak.example", []),
    ],
)
def test_confidential_details_reach_only_their_owner_and_staff(to: str, expected: list[str]):
    assert only(to, record(AMY) if to.startswith("dan") else mention(AMY), confidential=(ANN_IN_BODY,)) == expected


AT_HOME = (
    Contact(
        "m", "Ann", "Roe", emails=("ann@roe.example",), address="4 Mill Lane", postcode="ZZ1 2AB", confidential=True
    ),
    Contact("s", "Sid", "Fox", emails=("sid@fox.example",), address="4 Mill Lane", postcode="ZZ1 2AB"),
    Contact("d", "Dan", "Roe", emails=("dan@roe.example",), address="14 Mill Lane", postcode="ZZ1 2AB"),
    Contact("n", "Nia", "May", emails=("nia@may.example",), address="9 Mill Lane", postcode="ZZ1 2AB"),
)
HOME = Roll(
    ROLL.pupils[:2],
    AT_HOME,
    tuple(Relationship(BEN if contact == "n" else AMY, contact, may_receive=MayReceive.YES) for contact in "msdn"),
)


@pytest.mark.parametrize(
    ("kinds", "held"),
    [
        ({EvidenceKind.POSTCODE: "ZZ1 2AB"}, []),
        ({EvidenceKind.ADDRESS: "4, Mill Lane"}, ["dan@roe.example", "nia@may.example"]),
        (
            {EvidenceKind.ADDRESS: "4 Mill Lane", EvidenceKind.POSTCODE: "ZZ12AB"},
            ["dan@roe.example", "nia@may.example"],
        ),
        ({EvidenceKind.PHONE: "07700 900111"}, ["sid@fox.example", "dan@roe.example", "nia@may.example"]),
        ({}, ["sid@fox.example", "dan@roe.example", "nia@may.example"]),
    ],
)
def test_the_home_of_a_confidential_contact_is_no_secret_to_who_lives_there(kinds: dict, held: list[str]):
    seen = ContactSighting("m", ("body",), 1, tuple(evidence(kind, text) for kind, text in kinds.items()))
    to = tuple(contact.emails[0] for contact in AT_HOME)
    lookups = Lookups(HOME, parse_policy(POLICY))
    verdict = judge(Sightings(confidential=(seen,)), Reading(), Envelope("office@oak.example", to), lookups)
    assert [r.address for r in verdict.recipients if r.findings] == held


def test_a_postcode_of_a_confidential_contact_is_kept_from_the_same_family():
    moved = (
        *AT_HOME[:2],
        Contact("d", "Dan", "Roe", emails=("dan@roe.example",), address="1 Far Road", postcode="ZZ9 9ZZ"),
    )
    roll = Roll(HOME.pupils, moved, HOME.relationships[:3])
    seen = ContactSighting("m", ("body",), 1, (evidence(EvidenceKind.POSTCODE, "ZZ1 2AB"),))
    lookups = Lookups(roll, parse_policy(POLICY))
    envelope = Envelope("office@oak.example", ("dan@roe.example", "stranger@else.example"))
    verdict = judge(Sightings(confidential=(seen,)), Reading(), envelope, lookups)
    assert [r.address for r in verdict.recipients if r.findings] == ["dan@roe.example"]


def test_a_confidential_address_in_a_header_holds_for_all():
    headers = (HeaderAddress("To", "", "ann@home.example"), HeaderAddress("Cc", "", "dan@home.example"))
    result = verdict("ann@home.example", "dan@home.example", "office@oak.example", headers=headers)
    assert rules(result) == [["confidential-contact"]] * 3
    assert rules(verdict("ann@home.example", "office@oak.example", headers=headers[:1])) == [[], []]
    assert rules(verdict("dan@home.example", headers=headers[:1])) == [["confidential-contact"]]


def test_unknown_numbers_are_children():
    unknown = (UnknownIdentifier(("a.csv", "row 1"), 1), UnknownIdentifier(("a.csv", "row 2"), 1))
    assert only("bea@home.example", unknown=unknown) == ["unknown-upn"]
    assert only("office@oak.example", unknown=unknown) == []
    assert only("head@elm.example", unknown=unknown) == ["unknown-upn"]
    assert only("stranger@else.example", unknown=unknown) == ["unknown-upn"]
    assert only("nurse@clinic.example", unknown=unknown, sender="office@elm.example") == []
    assert only("nurse@clinic.example", unknown=unknown) == ["unknown-upn"]
    finding = verdict("bea@home.example", unknown=unknown).recipients[0].findings[0]
    assert finding.strength is Strength.RECORD
    assert "2 pupil numbers that are not on the roll" in finding.sentence


@pytest.mark.parametrize(
    ("to", "reason", "held"),
    [
        ("ann@home.example", UnreadableReason.ENCRYPTED, True),
        ("amy@pupils.oak.example", UnreadableReason.PICTURE, True),
        ("everyone@oak.example", UnreadableReason.DAMAGED, True),
        ("stranger@else.example", UnreadableReason.CRASHED, True),
        ("head@elm.example", UnreadableReason.TIMEOUT, True),
        ("sw@council.example", UnreadableReason.ENCRYPTED, False),
        ("sw@council.example", UnreadableReason.DAMAGED, True),
        ("nurse@clinic.example", UnreadableReason.ENCRYPTED, True),
        ("office@oak.example", UnreadableReason.ENCRYPTED, False),
        ("allstaff@oak.example", UnreadableReason.TOO_LARGE, False),
        ("ceo@trust.example", UnreadableReason.AMBIGUOUS, False),
    ],
)
def test_what_cannot_be_read_does_not_leave_the_school(to: str, reason: UnreadableReason, held: bool):
    result = verdict(to, unreadable=(Unreadable(("scan.pdf",), reason),))
    assert rules(result) == ([["unreadable"]] if held else [[]])


def test_unreadable_by_reason():
    policy = '[rules]\nunreadable = { picture = "deliver" }\n'
    parts = (Unreadable(("a.png",), UnreadableReason.PICTURE), Unreadable(("b.zip",), UnreadableReason.ENCRYPTED))
    result = verdict("ann@home.example", unreadable=parts, policy=policy)
    assert [finding.place for finding in result.recipients[0].findings] == [("b.zip",)]


@pytest.mark.parametrize(
    ("to", "like"),
    [
        ("baetrice@home.example", "beatrice@home.example"),
        ("bea@hmoe.example", "bea@home.example"),
        ("head@oaks.example", "oak.example"),
        ("ann.ston@home.example", ""),
        ("stranger@else.example", ""),
    ],
)
def test_a_slip_of_the_pen(to: str, like: str):
    findings = verdict(to, seen=(mention(AMY),)).recipients[0].findings
    assert [f.rule for f in findings] == (["similar-address"] if like else [])
    assert not like or like in findings[0].sentence
    assert only(to) == []


def families(count: int) -> tuple[HeaderAddress, ...]:
    return tuple(HeaderAddress("To", "", f"parent{i}@gmail.com") for i in range(count))


def test_too_many_visible_families_hold_all():
    assert only("ann@home.example", headers=families(10)) == []
    assert rules(verdict("bea@home.example", "office@oak.example", headers=families(11))) == [
        ["visible-recipients"],
        ["visible-recipients"],
    ]
    assert only("office@oak.example", headers=families(11)) == []
    own = (HeaderAddress("Cc", "", "ann@home.example"), HeaderAddress("To", "", "dan@home.example"))
    few = '[rules]\nvisible-recipients = { families = 1 }\nconfidential-contact = "deliver"\n'
    assert rules(verdict("ann@home.example", "dan@home.example", headers=own, policy=few)) == [[], []]
    more = (*own, HeaderAddress("To", "", "bea@home.example"))
    assert rules(verdict("ann@home.example", headers=more, policy=few)) == [["visible-recipients"]]


def test_a_stale_roll_permits_no_record_outside():
    assert only("ann@home.example", record(AMY), stale=STALE) == ["other-family"]
    assert only("amy@pupils.oak.example", record(AMY), stale=STALE) == ["pupil-mailbox"]
    assert only("ann@home.example", mention(AMY), stale=STALE) == []
    assert only("office@oak.example", record(AMY), stale=STALE) == []


def test_findings_are_one_for_a_rule_pupil_and_part_in_a_fixed_order():
    seen = (record(BEN), record(AMY), mention(AMY, categories=(Category.SEN,)))
    first = verdict("stranger@else.example", seen=seen).recipients[0].findings
    again = verdict("stranger@else.example", seen=tuple(reversed(seen))).recipients[0].findings
    assert first == again
    assert [(f.place[0], f.pupil) for f in first] == [("Form.pdf", AMY), ("Form.pdf", BEN), ("body", AMY)]


def test_the_school_of_a_message():
    oak, none = Sightings((record(AMY),)), Sightings()
    both = Sightings((record(AMY), record(CAL)))

    def school(sender: str, seen: Sightings = none, listener: str | None = None) -> str:
        return message_school(Envelope(sender, (), listener), seen, LOOKUPS)

    assert school("x@elm.example", oak, "OAK") == "ELM"
    assert school("x@mis.example", oak, "ELM") == "ELM"
    assert school("", oak) == "OAK"
    assert school("x@mis.example", both) == "unknown"
    assert school("x@mis.example") == "unknown"


def test_a_staff_domain_that_two_schools_share():
    text = "".join(f'[[school]]\ncode = "{code}"\nstaff_domains = ["trust.example"]\n' for code in ("OAK", "ELM"))
    shared = Lookups(ROLL, parse_policy(text))
    sender = "office@trust.example"
    assert message_school(Envelope(sender, ()), Sightings(), shared) == "unknown"
    assert message_school(Envelope(sender, (), "ELM"), Sightings(), shared) == "ELM"
    assert message_school(Envelope(sender, ()), Sightings((record(CAL),)), shared) == "ELM"
    reading = Reading()
    for key in (AMY, CAL):
        result = judge(Sightings((record(key),)), reading, Envelope(sender, (sender,)), shared)
        assert result.outcome is Outcome.DELIVER


def test_staff_domains_without_a_policy_file_serve_every_school():
    lookups = Lookups(ROLL, default_policy(("oak.example",)))
    result = judge(Sightings((record(CAL),)), Reading(), Envelope("a@oak.example", ("b@oak.example",)), lookups)
    assert result.outcome is Outcome.DELIVER
    one = Lookups(Roll(pupils=ROLL.pupils[:1]), default_policy(("oak.example",)))
    assert message_school(Envelope("a@oak.example", ()), Sightings(), one) == "OAK"


def test_sentences_say_what_where_whose_and_why_not():
    def sentence(to: str, *seen: Sighting) -> str:
        return verdict(to, seen=seen).recipients[0].findings[0].sentence

    assert sentence("bea@home.example", record(AMY, categories=(Category.MEDICAL, Category.CONTACT))) == (
        "Form.pdf > page 1 shows a record of Amy Stone (4B) (medical and contact details), "
        "and this address may receive data on Ben Hart only."
    )
    assert sentence("dan@home.example", mention(BEN)) == (
        "The message text names Ben Hart, and an order on the roll bars this address from data on Ben Hart."
    )
    assert sentence("head@elm.example", record(AMY)) == (
        "Form.pdf > page 1 shows a record of Amy Stone (4B), and this address is staff of ELM, not of Oakfield."
    )
    assert sentence("nurse@clinic.example", record(AMY)) == (
        "Form.pdf > page 1 shows a record of Amy Stone (4B), and the policy lets Clinic receive nothing from Oakfield."
    )


def test_a_sentence_says_when_a_part_shows_many_pupils():
    others = tuple(PupilKey("OAK", f"9{number}") for number in range(10))
    findings = verdict("ann@home.example", seen=(record(BEN), *(record(key) for key in others))).recipients[0].findings
    assert len(findings) == 11
    assert "shows a record of Ben Hart, with 10 more pupils in the same part, and" in findings[0].sentence


def test_a_stale_roll_is_named_as_the_reason():
    finding = verdict("ann@home.example", seen=(record(AMY),), stale=STALE).recipients[0].findings[0]
    assert finding.sentence.endswith("and the roll is too old to trust for who may have it.")
