"""The editable word lists."""

import pytest

from mailguard.model import Category
from mailguard.recognise.categories import topics_of
from mailguard.recognise.lexicon import default_lexicon, parse_lexicon

LEXICON = parse_lexicon(
    "[medical]\nallergy\n[attainment weak]\nresults\n[negation]\nno\n"
    "[harmless]\nattendance officer\n[attendance]\nattendance\n",
    "mohammed muhammad\n",
    "[everyday]\nmay\n[ordinary]\nbaker\n",
)


def test_strong_and_weak_terms() -> None:
    topics = topics_of("A nut allergy. The results are in.", LEXICON)
    assert (topics.strong, topics.weak) == ({Category.MEDICAL: 1}, {Category.ATTAINMENT: 1})


@pytest.mark.parametrize("text", ["no allergy", "Allergy: none", "the Attendance Officer"])
def test_negation_and_letterhead(text: str) -> None:
    assert topics_of(text, LEXICON).all() == set()


def test_a_wrong_section_is_named_with_its_line() -> None:
    with pytest.raises(ValueError, match=r"line 2: no section \[medicine\]"):
        parse_lexicon("# a comment\n[medicine]\nasthma\n")
    with pytest.raises(ValueError, match="line 1: an entry before"):
        parse_lexicon("asthma\n")


def test_the_shipped_lists_cover_every_category() -> None:
    lexicon = default_lexicon()
    assert {t.category for seconds in lexicon.terms.values() for terms in seconds.values() for t in terms} == set(
        Category
    )
    assert lexicon.variants["muhammad"] == lexicon.variants["mohammed"]
    assert "may" in lexicon.everyday <= lexicon.ordinary
