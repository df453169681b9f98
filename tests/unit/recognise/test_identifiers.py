"""Check digits and letters of pupil, learner and NHS numbers."""

from mailguard.recognise.identifiers import find_upns, nhs_fits, squash, uln_fits, upn_fits


def test_the_published_examples() -> None:
    assert upn_fits("B801200005001")
    assert upn_fits("M80120000500A")
    assert not upn_fits("A801200005001")
    assert not upn_fits("I801200005001")
    assert uln_fits("9276308686")
    assert not uln_fits("9276308687")
    assert nhs_fits("9434765919")
    assert not nhs_fits("9434765918")


def test_every_single_wrong_digit_and_every_swap_changes_the_letter() -> None:
    upn = "B801200005001"
    for place in range(1, 13):
        for digit in "0123456789":
            if digit != upn[place]:
                assert not upn_fits(upn[:place] + digit + upn[place + 1 :])
    for place in range(1, 12):
        if upn[place] != upn[place + 1]:
            assert not upn_fits(upn[:place] + upn[place + 1] + upn[place] + upn[place + 2 :])


def test_upns_are_found_however_they_are_spaced() -> None:
    text = "B801200005001, b8012 00005 001 and XB801200005001"
    assert [found for _, _, found in find_upns(text)] == ["B801200005001", "B801200005001"]
    assert squash("b 801-2000") == "B8012000"
