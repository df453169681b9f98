"""Messages of one mail merge share a key; others do not."""

import hashlib
import hmac

import pytest

from mailguard.batch.grouping import batch_key, subject_skeleton


def digest(field, value):
    return hmac.digest(b"key", f"{field}\0{value}".encode(), hashlib.sha256)


def key(subject, sender="mis@oak.example", day="2026-11-22"):
    return batch_key(sender, subject, day, digest)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Report for Zebedee Quillfeather", "Report for Anne-Marie O'Neill"),
        ("Report for Zoë Li", "Report for Jo van der Berg"),
        ("Zebedee Quillfeather: autumn report", "Anne Li: autumn report"),
        ("Year 7 report", "Year 11 report"),
        ("Class 3B trip on 12/11/2026", "Class 4A trip on 13/11/2026"),
        ("Information form 00123", "Information form 00124"),
        ("Re: Report for Zebedee Quillfeather", "Report for Anne Li"),
        ("FW: RE: Report for Zebedee", "Report for Anne"),
    ],
)
def test_one_merge_has_one_key(one, other):
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Report for Zebedee Quillfeather", "Detention for Zebedee Quillfeather"),
        ("Newsletter", "Closure"),
        ("Trip", "trip to London"),
        ("", "Report"),
    ],
)
def test_other_templates_have_other_keys(one, other):
    assert key(one) != key(other)


def test_sender_and_day_are_part_of_the_key():
    assert key("x") == key("x", sender=" MIS@oak.example")
    assert len({key("x"), key("x", sender="b@oak.example"), key("x", day="2026-11-23")}) == 3


def test_a_null_sender_is_in_no_batch():
    assert key("x", sender="") == ""


def test_the_key_tells_nothing():
    assert len(key("Report for Zebedee")) == 32
    assert "zebedee" not in key("Report for Zebedee")


@pytest.mark.parametrize(
    ("subject", "skeleton"),
    [
        ("Your child's report", "your child's report"),
        ("URGENT: PLEASE READ", "urgent please read"),
        ("Attendance of Zebedee Quillfeather (10B), week 3", "attendance of * week *"),
        ("Oakfield Primary: closure", "* closure"),
        ("  ", ""),
        ("\U0001f600 é", "é"),
    ],
)
def test_skeletons(subject, skeleton):
    assert subject_skeleton(subject) == skeleton


def test_a_hostile_subject_costs_little():
    assert len(subject_skeleton("Re: " * 100_000 + "a-" * 100_000)) <= 1000
