import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from mailguard.model import Contact, MayReceive, Pupil, PupilStatus, Relationship, Roll
from mailguard.roll.corrections import Correction, Wrong, as_csv, mended, plain_cell
from mailguard.roll.overrides import subject_of

ADA = Pupil("OAK", "1", "Ada", "Kerr", date(2015, 3, 9), upn="B801200005001")
UNA = Contact("C1", "Una", "Kerr", emails=("una@home.example",))
YES = Relationship(ADA.key, "C1", may_receive=MayReceive.YES)
ROLL = Roll((ADA,), (UNA,), (YES,))
BARE = replace(ROLL, relationships=())
BARRED = replace(ROLL, relationships=(replace(YES, may_receive=MayReceive.ORDER),))


def note(wrong: Wrong, **fields: str) -> Correction:
    return Correction(1, wrong, subject_of(ADA), fields.pop("address", "Una@home.example"), **fields)


CASES = {
    "an address that should not": (note(Wrong.ADDRESS_WRONG), ROLL, BARE),
    "an address that should not, barred": (note(Wrong.ADDRESS_WRONG), ROLL, BARRED),
    "an address that should": (note(Wrong.ADDRESS_MISSING), BARE, ROLL),
    "an order": (note(Wrong.ORDER_MISSING), ROLL, BARRED),
    "left": (note(Wrong.LEFT), ROLL, replace(ROLL, pupils=(replace(ADA, status=PupilStatus.LEAVER),))),
    "gone": (note(Wrong.LEFT), ROLL, replace(ROLL, pupils=())),
    "a detail": (
        note(Wrong.DETAIL, detail="date_of_birth", was="2015-03-09"),
        replace(ROLL, pupils=(replace(ADA, surname="Day"),)),
        replace(ROLL, pupils=(replace(ADA, date_of_birth=date(2015, 9, 3)),)),
    ),
}


@pytest.mark.parametrize(("one", "before", "after"), CASES.values(), ids=CASES)
def test_an_import_that_mends_it_is_seen_and_another_is_not(one: Correction, before: Roll, after: Roll) -> None:
    assert mended([one], before) == frozenset()
    assert mended([one], after) == {1}


def test_a_pupil_who_is_not_there_mends_nothing_else_and_a_note_waits_for_a_person() -> None:
    empty = Roll()
    for wrong in Wrong:
        assert bool(mended([note(wrong, detail="upn", was="x")], empty)) is (wrong is Wrong.LEFT)
    assert mended([note(Wrong.OTHER, note="ask the mother")], BARE) == frozenset()


EVIL = ("=HYPERLINK(1)", "+44 7700 900123", "-1+1", "@SUM(A1)", "|calc", "%x", "\t=1", "\r=1", " =1", "\uff1d1+1")


@pytest.mark.parametrize("text", EVIL)
def test_no_cell_of_the_export_can_be_taken_for_a_formula(text: str) -> None:
    assert plain_cell(text).startswith("'")
    one = note(Wrong.OTHER, note=text, contact=text, address=text, by=text)
    pupil = replace(subject_of(ADA), forename=text, surname=text, pupil_id=text, school=text)
    exported = as_csv([(replace(one, pupil=pupil), datetime(2026, 11, 2, tzinfo=UTC))])
    head, row = csv.reader(io.StringIO(exported))
    assert len(head) == len(row)
    assert all(cell[:1] not in "=+-@|%\t\r" or not cell for cell in row)


def test_the_export_names_pupil_contact_fault_and_date() -> None:
    one = note(Wrong.DETAIL, detail="date_of_birth", was="2015-03-09", contact="Ms Una Kerr", note='she "said"\nso')
    _, row = csv.reader(io.StringIO(as_csv([(one, datetime(2026, 11, 2, 9, tzinfo=UTC))])))
    assert row[:8] == ["1", "2026-11-02", "OAK", "1", "B801200005001", "Ada", "Kerr", "2015-03-09"]
    assert row[8:] == [
        *("Ms Una Kerr", "Una@home.example", "A detail of the pupil is wrong: date of birth.", "2015-03-09"),
        *('she "said" so', ""),
    ]
