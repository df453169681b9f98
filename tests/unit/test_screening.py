"""Recognise and judge together: text in, verdict out."""

from datetime import date

from mailguard.model import (
    Contact,
    Envelope,
    MayReceive,
    Outcome,
    Pupil,
    PupilKey,
    Reading,
    Relationship,
    Roll,
    Segment,
    Verdict,
)
from mailguard.policy import parse_policy
from mailguard.screening import build_guard, screen

ROLL = Roll(
    pupils=(
        Pupil("OAK", "1", "Tamsin", "Okafor", date(2015, 3, 4), postcode="ZZ9 4QT", address="4 Mill Lane"),
        Pupil("OAK", "2", "Rhys", "Pemberton", date(2014, 1, 2)),
    ),
    contacts=(
        Contact("c1", "Ngozi", "Okafor", emails=("ngozi@home.example",)),
        Contact("c2", "Gwen", "Pemberton", emails=("gwen@home.example",)),
    ),
    relationships=(
        Relationship(PupilKey("OAK", "1"), "c1", may_receive=MayReceive.YES),
        Relationship(PupilKey("OAK", "2"), "c2", may_receive=MayReceive.YES),
    ),
)
GUARD = build_guard(ROLL, parse_policy('[[school]]\ncode = "OAK"\nstaff_domains = ["oak.example"]'))
FORM = Segment(
    "Name: Tamsin Okafor\nDate of birth: 04/03/2015\nPostcode: ZZ9 4QT\nAllergies: nuts", ("form.pdf", "page 1")
)
NEWS = Segment("Well done to Rhys Pemberton, who ran in the relay on Saturday.", ("body",))


def verdict(segment: Segment, *to: str) -> Verdict:
    return screen(Reading((segment,)), Envelope("office@oak.example", to), GUARD).verdict


def test_the_same_form_to_two_families():
    result = verdict(FORM, "ngozi@home.example", "gwen@home.example")
    assert [recipient.outcome for recipient in result.recipients] == [Outcome.DELIVER, Outcome.HOLD]
    finding = result.recipients[1].findings[0]
    assert (finding.rule, finding.pupil) == ("other-family", PupilKey("OAK", "1"))
    assert result.school == "OAK"


def test_a_newsletter_passes():
    assert verdict(NEWS, "ngozi@home.example").outcome is Outcome.DELIVER


def test_sightings_of_delivered_mail_are_returned():
    screened = screen(Reading((FORM,)), Envelope("office@oak.example", ("ngozi@home.example",)), GUARD)
    assert screened.verdict.outcome is Outcome.DELIVER
    assert [sighting.pupils for sighting in screened.sightings.pupils] == [(PupilKey("OAK", "1"),)]
