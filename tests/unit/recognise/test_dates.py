"""Dates in British forms."""

from datetime import date

import pytest

from mailguard.recognise.dates import find_dates, near_miss


@pytest.mark.parametrize(
    "text",
    [
        "3/3/15", "03/03/2015", "3.3.2015", "03-03-15", "2015-03-03", "3rd March 2015", "3 Mar 2015", "03-Mar-15",
        "March 3, 2015", "3rd of March, 2015", "20150303", "03 03 2015", "3 MARCH '15",
    ],
)  # fmt: skip
def test_every_form_is_the_same_day(text: str) -> None:
    found = list(find_dates(f"DOB {text}, and so on"))
    assert [(f"DOB {text}"[f.start : f.end], f.value) for f in found] == [(text, date(2015, 3, 3))]


@pytest.mark.parametrize("text", ["31/02/2015", "may", "12/13", "1.2.3", "99/99/2015", "phone 07700 900123"])
def test_what_is_no_date(text: str) -> None:
    assert list(find_dates(text)) == []


def test_month_first_only_where_day_first_is_impossible() -> None:
    assert next(find_dates("03/25/2015")).value == date(2015, 3, 25)
    assert next(find_dates("03/04/2015")).value == date(2015, 4, 3)


def test_slips_of_a_birthday() -> None:
    born = date(2015, 3, 4)
    assert near_miss("2015-04-03", born)
    assert near_miss("2016-03-04", born)
    assert not near_miss("2014-11-20", born)
