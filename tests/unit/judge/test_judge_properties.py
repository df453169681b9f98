"""Whatever is seen and whoever it goes to: nothing leaves without permission, orders only ever hold, order is nothing.

The oracle below reads the roll row by row and knows nothing of the judge."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.judge import Lookups, judge
from mailguard.model import (
    SENSITIVE,
    Category,
    Contact,
    ContactSighting,
    Envelope,
    MayReceive,
    Outcome,
    Pupil,
    PupilKey,
    Reading,
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

POLICY = parse_policy(
    """
[[school]]
code = "A"
staff_domains = ["a.example"]
pupil_domains = ["pupils.a.example"]
[[school]]
code = "B"
staff_domains = ["b.example"]
[[list]]
address = "news@a.example"
kind = "families"
[[agency]]
domains = ["council.example"]
categories = ["sen"]
"""
)
KEYS = [PupilKey(school, number) for school in "AB" for number in "1234"]
CONTACTS = [f"c{number}" for number in range(6)]
PUPILS = tuple(
    Pupil(key.school, key.pupil, f"F{key.pupil}", f"S{key.school}", email=f"p{key.pupil}@pupils.a.example")
    if key.school == "A"
    else Pupil(key.school, key.pupil, f"F{key.pupil}", f"S{key.school}")
    for key in KEYS
)
RECIPIENTS = [f"{contact}@home.example" for contact in CONTACTS] + [
    "shared@home.example",
    "head@a.example",
    "head@b.example",
    "parents@a.example",
    "news@a.example",
    "p1@pupils.a.example",
    "gone@pupils.a.example",
    "sw@council.example",
    "stranger@else.example",
    "C0@HOME.example",
    "",
]

pairs = st.builds(
    Relationship, st.sampled_from(KEYS), st.sampled_from(CONTACTS), may_receive=st.sampled_from(MayReceive)
)
contacts = st.lists(st.booleans(), min_size=6, max_size=6).map(
    lambda shared: tuple(
        Contact(contact, emails=(f"{contact}@home.example", *(("shared@home.example",) if also else ())))
        for contact, also in zip(CONTACTS, shared, strict=True)
    )
)
rolls = st.builds(
    lambda people, relationships: Roll(PUPILS, people, relationships),
    contacts,
    st.lists(pairs, max_size=12, unique_by=lambda pair: (pair.pupil, pair.contact_id)).map(tuple),
)
places = st.sampled_from([("body",), ("a.pdf", "page 1"), ("b.xlsx", 'sheet "X"', "row 2")])
sightings = st.builds(
    Sightings,
    st.lists(
        st.builds(
            Sighting,
            st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True).map(lambda keys: tuple(sorted(keys))),
            st.sampled_from(Strength),
            places,
            st.just(1),
            st.lists(st.sampled_from(Category), max_size=2, unique=True).map(tuple),
        ),
        max_size=4,
    ).map(tuple),
    st.just(()),
    st.lists(st.builds(UnknownIdentifier, places), max_size=1).map(tuple),
)
readings = st.builds(
    lambda unreadable: Reading(unreadable=tuple(unreadable)),
    st.lists(st.builds(Unreadable, places, st.sampled_from(UnreadableReason)), max_size=1),
)
recipients = st.lists(st.sampled_from(RECIPIENTS), min_size=1, max_size=5, unique=True).map(tuple)


def permitted(roll: Roll, address: str, key: PupilKey, sighting: Sighting) -> bool:
    """Read the roll as a person would: may this address have this pupil's data?"""
    address = address.casefold()
    ids = {contact.contact_id for contact in roll.contacts if address in contact.emails}
    answers = {pair.may_receive for pair in roll.relationships if pair.contact_id in ids and pair.pupil == key}
    if MayReceive.ORDER in answers:
        return False
    if MayReceive.YES in answers or address == f"head@{key.school.lower()}.example":
        return True
    own = key.school == "A" and address == f"p{key.pupil}@pupils.a.example"
    sen_only = address.endswith("@council.example") and set(sighting.categories) - {
        Category.IDENTITY,
        Category.CONTACT,
    } == {Category.SEN}
    return own or sen_only


def barred(roll: Roll, address: str, key: PupilKey) -> bool:
    ids = {contact.contact_id for contact in roll.contacts if address.casefold() in contact.emails}
    return any(
        pair.may_receive is MayReceive.ORDER and pair.contact_id in ids and pair.pupil == key
        for pair in roll.relationships
    )


@settings(max_examples=400, deadline=None)
@given(rolls, sightings, readings, recipients)
def test_nothing_is_delivered_without_permission(roll: Roll, seen: Sightings, reading: Reading, to: tuple[str, ...]):
    verdict = judge(seen, reading, Envelope("head@a.example", to), Lookups(roll, POLICY))
    for decided in verdict.recipients:
        if decided.outcome is Outcome.HOLD:
            assert decided.findings
            continue
        inside = decided.address == "head@a.example"
        assert inside or not reading.unreadable
        assert inside or not seen.unknown
        for sighting in seen.pupils:
            assert not any(barred(roll, decided.address, key) for key in sighting.pupils)
            if sighting.strength is Strength.RECORD or not SENSITIVE.isdisjoint(sighting.categories):
                assert any(permitted(roll, decided.address, key, sighting) for key in sighting.pupils)


@settings(max_examples=300, deadline=None)
@given(rolls, sightings, recipients)
def test_what_everything_permits_is_delivered(roll: Roll, seen: Sightings, to: tuple[str, ...]):
    verdict = judge(replace(seen, unknown=()), Reading(), Envelope("head@a.example", to), Lookups(roll, POLICY))
    for decided in verdict.recipients:
        if all(permitted(roll, decided.address, key, s) for s in seen.pupils for key in s.pupils):
            assert decided.outcome is Outcome.DELIVER


@settings(max_examples=300, deadline=None)
@given(rolls, sightings, readings, recipients, st.sampled_from(KEYS), st.sampled_from(CONTACTS))
def test_an_order_never_turns_hold_into_deliver(
    roll: Roll, seen: Sightings, reading: Reading, to: tuple[str, ...], key: PupilKey, contact: str
):
    kept = tuple(pair for pair in roll.relationships if (pair.pupil, pair.contact_id) != (key, contact))
    ordered = replace(roll, relationships=(*kept, Relationship(key, contact, may_receive=MayReceive.ORDER)))
    envelope = Envelope("head@a.example", to)
    before = judge(seen, reading, envelope, Lookups(roll, POLICY))
    after = judge(seen, reading, envelope, Lookups(ordered, POLICY))
    for was, now in zip(before.recipients, after.recipients, strict=True):
        assert was.outcome is Outcome.DELIVER or now.outcome is Outcome.HOLD


@settings(max_examples=200, deadline=None)
@given(rolls, sightings, readings, recipients, st.randoms(use_true_random=False))
def test_the_order_of_recipients_and_sightings_is_nothing(
    roll: Roll, seen: Sightings, reading: Reading, to: tuple[str, ...], random
):
    lookups = Lookups(roll, POLICY)
    first = judge(seen, reading, Envelope("head@a.example", to), lookups)
    shuffled = random.sample(to, len(to))
    mixed = replace(seen, pupils=tuple(random.sample(seen.pupils, len(seen.pupils))))
    again = judge(mixed, reading, Envelope("head@a.example", tuple(shuffled)), lookups)
    assert first.outcome is again.outcome
    assert {r.address: r.outcome for r in first.recipients} == {r.address: r.outcome for r in again.recipients}
    alone = judge(seen, reading, Envelope("head@a.example", tuple(shuffled)), lookups)
    assert {r.address: r for r in first.recipients} == {r.address: r for r in alone.recipients}


@settings(max_examples=200, deadline=None)
@given(rolls, st.sampled_from(CONTACTS), recipients)
def test_confidential_details_reach_no_other_contact(roll: Roll, contact: str, to: tuple[str, ...]):
    people = tuple(replace(c, confidential=c.contact_id == contact) for c in roll.contacts)
    seen = Sightings(confidential=(ContactSighting(contact, ("body",)),))
    verdict = judge(seen, Reading(), Envelope("head@a.example", to), Lookups(replace(roll, contacts=people), POLICY))
    owner = next(c for c in people if c.contact_id == contact)
    for decided in verdict.recipients:
        if decided.outcome is Outcome.DELIVER:
            assert decided.address.casefold() in (*owner.emails, "head@a.example", "head@b.example")
