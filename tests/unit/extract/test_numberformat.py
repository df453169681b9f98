"""Numbers as a sheet shows them, and the other spellings given beside them."""

import pytest

from mailguard.extract.numberformat import BUILT_IN, plain, renderer


@pytest.mark.parametrize(
    ("mask", "value", "shown", "others"),
    [
        ("00000000000", 7700900123, "07700900123", "7700900123"),
        ("00000 000000", 7700900123, "07700 900123", "7700900123"),
        ("(00000) 000000", 7700900123, "(07700) 900123", "7700900123"),
        ("000\\-000\\-0000", 1234567890, "123-456-7890", ""),
        ('"P"000000', 1234, "P001234", "1234"),
        ("0000", 42, "0042", "42"),
        ("#,##0.00", 1234.5, "1,234.50", "1234.5"),
        ('"£"#,##0', 1200, "£1,200", ""),
        ("0%", 0.95, "95%", "0.95"),
        ("dd/mm/yyyy", 41712, "14/03/2014", "2014-03-14"),
        ("d-mmm-yy", 41712, "14-Mar-14", "14/03/2014, 2014-03-14"),
        ("[$-809]dd mmmm yyyy;@", 41712, "14 March 2014", "14/03/2014, 2014-03-14"),
        ("yyyy-mm-dd", 41712, "2014-03-14", "14/03/2014"),
        ("h:mm AM/PM", 0.75, "6:00 PM", ""),
        ("[h]:mm", 1.5, "36:00", ""),
        (";;;", 5550001, "5550001", ""),
        ('[>=100]"many";"few"', 7, "many", "7"),
        ('"Zara Quill "0', 7, "Zara Quill 7", ""),
        ('0;"Zara Quill "0', -7, "Zara Quill 7", ""),
        ('General;General;"Zara Quill"', 0, "Zara Quill", "0"),
        ("0.00E+00", 7700900123, "7700900123", ""),
    ],
)
def test_shown_and_other_spellings(mask, value, shown, others):
    render = renderer(mask)
    assert render is not None
    assert render(value) == (shown, others)


@pytest.mark.parametrize("mask", ["General", "@", "0", "#"])
def test_plain_formats_show_the_plain_number(mask):
    assert renderer(mask) is None


def test_the_epoch_of_1904():
    render = renderer("dd/mm/yyyy", True)
    assert render is not None
    assert render(41712 - 1462)[0] == "14/03/2014"


def test_dates_before_march_1900_follow_the_sheet_and_not_the_calendar():
    render = renderer("dd/mm/yyyy")
    assert render is not None
    assert render(1)[0] == "01/01/1900"


@pytest.mark.parametrize(
    ("value", "text"), [(7700900123.0, "7700900123"), (1e15, "1000000000000000"), (0.1, "0.1"), (-3.0, "-3")]
)
def test_plain_numbers_have_no_exponent(value, text):
    assert plain(value) == text


def test_every_built_in_mask_renders():
    for number, mask in BUILT_IN.items():
        render = renderer(mask)
        assert render is None or render(41712.5)[0], number


@pytest.mark.parametrize("mask", ["", '"', "[", "\\", "0;;;;;;", "[$-", "yyyyyyyyyy", "??/??", "_", "*"])
def test_a_broken_mask_still_shows_something(mask):
    render = renderer(mask)
    assert render is None or isinstance(render(12345.678)[0], str)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), -1.0, 1e300, 2958466.0])
def test_a_number_outside_the_calendar_is_shown_as_it_is(value):
    render = renderer("dd/mm/yyyy")
    assert render is not None
    assert render(value)[0] == plain(value)
