"""Grown-ups by the place of their names."""

import pytest

from mailguard.model import Segment
from mailguard.recognise.context import Surroundings
from mailguard.recognise.roles import Role, role_of, titled

NAME = "Sarah Hill"


def role(text: str) -> Role:
    start = text.index(NAME)
    return role_of(Surroundings([Segment(text, ("body",))]), 0, start, start + len(NAME))


@pytest.mark.parametrize(
    "text",
    [
        "Please ask Mrs Sarah Hill about it.",
        "Kind regards,\nSarah Hill\nSENCO",
        "Yours sincerely\n\nSarah Hill",
        "Many thanks\n\nSarah Hill, Attendance Officer",
        "Mother: Sarah Hill",
        "Emergency contact 1: Sarah Hill 07700 900123",
        "From: Sarah Hill <s@x.example>",
        "Minutes taken by Sarah Hill.",
        "Sarah Hill, Headteacher, will speak.",
        "Her mother Sarah Hill rang.",
        "Mother's name: Sarah Hill",
        "Teacher's comment (class list): Sarah Hill",
        "Team leader: Sarah Hill",
        "Lunchtime supervisors: Sarah Hill",
        "Sports coach: Sarah Hill",
        "Young person's social worker: Sarah Hill",
        "Mum: Sarah Hill has rung",
        "Teacher: Sarah Hill, Room 4",
        "Nurse on duty: Sarah Hill (bleep 12)",
        "Referral completed by: Sarah Hill and sent on Monday",
    ],
)
def test_grown_ups(text: str) -> None:
    assert role(text) is Role.ADULT


@pytest.mark.parametrize(
    "text",
    [
        "Sarah Hill was absent today.",
        "Pupil: Sarah Hill",
        "Headteacher's award: Sarah Hill, for coming in every day.",
        "Teachers' star of the week: Sarah Hill",
        "Coach's player of the match: Sarah Hill",
        "Playground leaders: Sarah Hill, Tom Bell",
        "Peer mentors for Year 7: Sarah Hill",
        "Young carers' day: Sarah Hill, who cares for her mum, made the poster.",
        "Lunchtime supervisors: Sarah Hill is not to have milk.",
        "Dear parents of Sarah Hill,",
        "Jack was hit by Sarah Hill.",
        "Mum rang: Sarah Hill has chickenpox.",
        "Teacher says: Sarah Hill, poor thing, tired again",
        "From the coach: Sarah Hill turned up without boots and told the lads they had been sold.",
        "Note from the nurse: Sarah Hill needs the cream twice a day.",
        "Sarah Hill's report\nPlease contact the school office if you have any questions.",
    ],
)
def test_pupils(text: str) -> None:
    assert role(text) is Role.OPEN


def test_greetings_and_titles() -> None:
    assert role("Dear Sarah Hill,") is Role.GREETED
    assert role("Miss Sarah Hill won.") is Role.MISS
    assert titled("Dear Mrs Hill", 9)
    assert not titled("Dear Sarah Hill", 11)
