"""What takes two people: sensitive kinds, barred contacts, and records of so many pupils that it is a register."""

import pytest

from mailguard.hold.second import MANY_PUPILS, is_needed, is_sensitive, pupils_shown
from mailguard.model import Category, Evidence, EvidenceKind, Finding, PupilKey, RecipientState, Strength
from mailguard.store.holds import Kept


def kept(*findings, n=0):
    rules = tuple({one.rule for one in findings})
    return Kept(n, f"{n}@home.example", RecipientState.HELD, "hold", rules, 0, None, "", "", findings)


def record(n, strength=Strength.RECORD, categories=(Category.CONTACT,)):
    return Finding("other-family", ("a.csv",), 1, PupilKey("OAK", str(n)), strength=strength, categories=categories)


def namesakes(*ns):
    return Finding(
        "other-family", ("a",), 1, None, pupils=tuple(PupilKey("OAK", str(n)) for n in ns), strength=Strength.RECORD
    )


def strange_upn(text):
    evidence = Evidence(EvidenceKind.UPN, text, ("body",), 0, len(text))
    return Finding("unknown-upn", ("body",), 1, None, evidence=(evidence,))


def test_a_register_of_contact_details_takes_two_people():
    register = [record(n) for n in range(MANY_PUPILS)]
    assert is_needed([kept(*register)])
    assert not is_needed([kept(*register[1:])])
    assert not is_sensitive([kept(*register)])


def test_the_same_pupils_for_many_recipients_are_no_more():
    letter = [record(1), record(2), record(1, categories=(Category.IDENTITY,))]
    assert pupils_shown([kept(*letter, n=n) for n in range(500)]) == 2


def test_it_counts_over_all_recipients_that_are_chosen():
    one_each = [kept(record(n), n=n) for n in range(MANY_PUPILS)]
    assert is_needed(one_each)
    assert not is_needed(one_each[:-1])


def test_names_alone_namesakes_and_children_on_no_roll():
    assert pupils_shown([kept(*(record(n, Strength.MENTION) for n in range(50)))]) == 0
    assert pupils_shown([kept(namesakes(1, 2, 3), namesakes(1, 2, 3), record(1))]) == 2
    assert pupils_shown([kept(*(strange_upn(f"UPN{n}") for n in range(12)))]) == 12


def test_pupils_whom_a_finding_only_counts_are_pupils():
    counting = Finding("other-family", ("a.csv",), 1, strength=Strength.RECORD, more=7)
    named = [record(n) for n in range(3)]
    assert is_needed([kept(*named, counting)])
    assert not is_needed([kept(*named[1:], counting)])
    assert not is_needed([kept(*named, Finding("other-family", ("a.csv",), 1, strength=Strength.MENTION, more=50))])
    # One recipient's counted may be another's named: they are not added up.
    assert pupils_shown([kept(*named, counting, n=n) for n in range(300)]) == 10
    assert pupils_shown([kept(*named, counting), kept(record(5), record(6), n=1)]) == 10


def test_what_could_not_be_checked_at_all_takes_two_people():
    assert is_needed([kept(Finding("unreadable", ("message",), 1, None))])
    assert not is_needed([kept(Finding("unreadable", ("plan.pdf",), 1, None))])  # one locked file among what was read


@pytest.mark.parametrize("category", [Category.MEDICAL, Category.SAFEGUARDING, Category.ATTAINMENT])
def test_one_sensitive_record_is_enough(category):
    assert is_needed([kept(record(1, categories=(category,)))])
    assert not is_needed([kept(record(1))])
