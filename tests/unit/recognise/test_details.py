"""Phones, postcodes, e-mail addresses and streets."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.recognise.details import (
    address_key,
    another_home,
    find_addresses,
    find_emails,
    find_numbers,
    find_postcodes,
    phone_key,
    phone_keys,
)


@pytest.mark.parametrize(
    "text",
    ["07700 900123", "+44 (0)7700 900 123", "0044 7700 900123", "447700900123", "07700-900-123", "(07700) 900123"],
)
def test_a_phone_has_one_key(text: str) -> None:
    assert phone_key(text) == "7700900123"
    assert "7700900123" in {phone_key(number) for _, _, number in find_numbers(f"ring {text} now")}


def test_two_phones_side_by_side() -> None:
    found = {phone_key(number) for _, _, number in find_numbers("07700 900123 07700 900124")}
    assert {"7700900123", "7700900124"} <= found


def test_postcodes() -> None:
    assert [key for _, _, key in find_postcodes("zz1 2ab, ZZ12AB; EC1A 1BB; S1 2CI")] == ["ZZ12AB", "ZZ12AB", "EC1A1BB"]


def test_emails_keep_their_offsets() -> None:
    text = "mail <Ama.Osei@Home.example>, or 'x@y.example'."
    assert [(text[start:end], key) for start, end, key in find_emails(text)] == [
        ("Ama.Osei@Home.example", "ama.osei@home.example"),
        ("x@y.example", "x@y.example"),
    ]


def test_streets_are_compared_without_their_abbreviation() -> None:
    assert address_key("12 Acorn Road, Exampleton") == address_key("12, acorn rd")
    assert address_key("Rose Cottage") == ""
    assert [key for _, _, key in find_addresses("Flat 3, 12b Acorn Rd")] == ["12b acorn road"]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("35 Hawthorn Rise, Tilmouth", True),
        ("35 Hawthorn Rise, Ashmere", False),
        ("35 Hawthorn Rise, Zoe said", False),
        ("35 Hawthorn Rise", False),
        ("Flat 22, 35 Hawthorn Rise", True),
        ("35 Hawthorn Rise, Tilmouth, ZZ1 2AB", False),
        ("35 Hawthorn Rise, Ashmere, ZZ9 2AB", True),
    ],
)
def test_a_home_of_the_same_number_and_street_is_another_by_town_postcode_or_flat(text: str, other: bool) -> None:
    home = ("35 Hawthorn Rise, Ashmere", "ZZ1 2AB")
    start, end, _ = next(find_addresses(text))
    assert another_home(home, text, start, end, {"tilmouth", "ashmere"}) is other


def test_a_flat_is_another_than_the_next_flat() -> None:
    text = "Flat 2, 35 Hawthorn Rise"
    start, end, _ = next(find_addresses(text))
    assert another_home(("Flat 3, 35 Hawthorn Rise, Ashmere", ""), text, start, end, ())
    assert not another_home(("Flat 2, 35 Hawthorn Rise, Ashmere", ""), text, start, end, ())


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.text("0447 +()-\n\u0660x", max_size=14) | st.sampled_from(["07700 900123", "0044 7700 900123"])))
def test_many_phones_at_once_have_the_keys_they_have_one_by_one(texts: list[str]) -> None:
    assert phone_keys(texts) == [phone_key(text) for text in texts]
